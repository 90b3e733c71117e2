"""The tokens in force, for code that paints.

One `QApplication` has one look, so this is as global as the application's own palette. `Theme` alone sets it.
Whoever paints reads `tokens()` inside `paintEvent`; Qt repaints everything when the palette changes.
"""

from __future__ import annotations

from app.ui.theme.tokens import LIGHT, Tokens

_active = LIGHT


def tokens() -> Tokens:
    return _active


def activate(chosen: Tokens) -> None:
    global _active  # noqa: PLW0603 - see the module's docstring
    _active = chosen
