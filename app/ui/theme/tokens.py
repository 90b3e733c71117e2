"""The design tokens: every colour, distance, radius and text size the interface may use.

Nothing else in `app.ui` names a colour. Widgets get theirs from the stylesheet; painters ask
`app.ui.theme.tokens()`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one scheme, as #RRGGBB."""

    name: str
    # Surfaces, from the back to the front.
    ground: str
    sidebar: str
    surface: str
    sunken: str
    raised: str
    hover: str
    # `line` separates; `strong_line` outlines controls and therefore keeps 3:1 against what it stands on.
    line: str
    strong_line: str
    # Text.
    text: str
    muted: str
    faint: str
    # The one accent.
    accent: str
    accent_hover: str
    accent_press: str
    on_accent: str
    accent_tint: str
    on_accent_tint: str
    # What things mean. The plain colour is for text and icons, the tint for what lies behind them.
    good: str
    good_tint: str
    warning: str
    warning_tint: str
    bad: str
    bad_tint: str
    bad_press: str
    on_bad: str
    info: str
    info_tint: str
    neutral_tint: str
    # Interaction.
    selection: str
    focus: str
    second_series: str
    scroll_bar: str
    shadow: str

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    def with_more_contrast(self) -> Tokens:
        """For people who asked their system for more contrast: no hairlines, no grey text."""
        return replace(self, line=self.strong_line, muted=self.text, faint=self.muted)

    def as_mapping(self) -> dict[str, str]:
        return asdict(self)


LIGHT = Tokens(
    name="light",
    ground="#F6F6F3",
    sidebar="#EEEEEA",
    surface="#FFFFFF",
    sunken="#F2F2EE",
    raised="#FFFFFF",
    hover="#F4F5F2",
    line="#E4E4DE",
    strong_line="#868D8B",
    text="#1C2321",
    muted="#56605D",
    faint="#67706D",
    accent="#0B6E5F",
    accent_hover="#095E51",
    accent_press="#074E44",
    on_accent="#FFFFFF",
    accent_tint="#DFF0EC",
    on_accent_tint="#0A6254",
    good="#17693A",
    good_tint="#E0F3E6",
    warning="#875000",
    warning_tint="#FDF0D5",
    bad="#A8231B",
    bad_tint="#FBE6E4",
    bad_press="#8A1C15",
    on_bad="#FFFFFF",
    info="#1F5A93",
    info_tint="#E4EFFA",
    neutral_tint="#ECEDE8",
    selection="#DDEEEA",
    focus="#0B6E5F",
    second_series="#B8872B",
    scroll_bar="#C3C7C2",
    shadow="#1C2321",
)

DARK = Tokens(
    name="dark",
    ground="#151817",
    sidebar="#1A1E1D",
    surface="#1F2423",
    sunken="#181C1B",
    raised="#262C2A",
    hover="#272D2B",
    line="#303735",
    strong_line="#78827F",
    text="#E9ECEA",
    muted="#A9B3B0",
    faint="#8D9895",
    accent="#4FC3AE",
    accent_hover="#68D2BF",
    accent_press="#3DB09B",
    on_accent="#06231D",
    accent_tint="#1D3833",
    on_accent_tint="#6FD6C3",
    good="#79D39C",
    good_tint="#1B3526",
    warning="#F2BC63",
    warning_tint="#3A2F18",
    bad="#F59389",
    bad_tint="#432422",
    bad_press="#E07B70",
    on_bad="#2B0B08",
    info="#8BBDF0",
    info_tint="#1E3045",
    neutral_tint="#2D3432",
    selection="#24413B",
    focus="#6FD6C3",
    second_series="#E0B75E",
    scroll_bar="#47504D",
    shadow="#000000",
)


class Space(IntEnum):
    """Distances in pixels."""

    XS = 4
    S = 8
    M = 12
    L = 16
    XL = 20
    XXL = 24
    PAGE = 32


class Radius(IntEnum):
    """Corner radii in pixels: items in a list, controls, cards and dialogs."""

    ITEM = 6
    CONTROL = 8
    CARD = 12


class Size(IntEnum):
    """Sizes that several widgets must agree on, in pixels."""

    CONTROL = 32
    SIDEBAR = 224
    NAV_ROW = 36
    ROW = 34
    TALL_ROW = 52
    ICON = 16
    ICON_LARGE = 18


class Type(IntEnum):
    """Text sizes in pixels."""

    CAPTION = 12
    BODY = 13
    HEADING = 15
    TITLE = 24
    FIGURE = 26


class Kind(StrEnum):
    """What a pill, a banner or a toast says about the state of things."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    ACCENT = "accent"

    def colors(self, tokens: Tokens) -> tuple[str, str]:
        """(text and icon colour, tint behind it)"""
        match self:
            case Kind.NEUTRAL:
                return tokens.muted, tokens.neutral_tint
            case Kind.INFO:
                return tokens.info, tokens.info_tint
            case Kind.GOOD:
                return tokens.good, tokens.good_tint
            case Kind.WARNING:
                return tokens.warning, tokens.warning_tint
            case Kind.BAD:
                return tokens.bad, tokens.bad_tint
            case Kind.ACCENT:
                return tokens.on_accent_tint, tokens.accent_tint

    @property
    def icon(self) -> str:
        """The name of the icon that goes with it, so that colour never stands alone."""
        return _ICONS[self]


_ICONS = {
    Kind.NEUTRAL: "circle",
    Kind.INFO: "info",
    Kind.GOOD: "circle-check",
    Kind.WARNING: "triangle-alert",
    Kind.BAD: "circle-alert",
    Kind.ACCENT: "sparkles",
}
