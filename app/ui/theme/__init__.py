"""The look: tokens, theme, icons, type."""

from app.ui.theme.active import tokens
from app.ui.theme.focus import has_visible_focus, set_property
from app.ui.theme.fonts import tabular
from app.ui.theme.icons import icon, paint_icon
from app.ui.theme.theme import Theme
from app.ui.theme.tokens import DARK, LIGHT, Kind, Radius, Size, Space, Tokens, Type

__all__ = [
    "DARK",
    "LIGHT",
    "Kind",
    "Radius",
    "Size",
    "Space",
    "Theme",
    "Tokens",
    "Type",
    "has_visible_focus",
    "icon",
    "paint_icon",
    "set_property",
    "tabular",
    "tokens",
]
