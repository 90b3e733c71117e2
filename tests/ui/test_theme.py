from itertools import product

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPalette
from PySide6.QtWidgets import QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.settings import ThemeChoice
from app.ui.application import App
from app.ui.sidebar import monogram_colors
from app.ui.theme import DARK, LIGHT, Kind, Tokens, icon, tokens
from app.ui.theme.resources import ICONS

SCHEMES = pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=lambda scheme: scheme.name)


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two #RRGGBB colours."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def text_pairs(scheme: Tokens) -> list[tuple[str, str, str]]:
    """(what, text, behind it) for all text the stylesheet and the painters produce."""
    behind = ("ground", "sidebar", "surface", "sunken", "raised", "hover", "selection")
    pairs = [
        (f"{ink} on {paper}", getattr(scheme, ink), getattr(scheme, paper))
        for ink, paper in product(("text", "muted"), behind)
    ]
    pairs += [(f"faint on {paper}", scheme.faint, getattr(scheme, paper)) for paper in ("surface", "raised", "ground")]
    pairs += [
        (f"link on {paper}", scheme.on_accent_tint, getattr(scheme, paper))
        for paper in ("ground", "surface", "raised", "accent_tint", "sidebar", "info_tint", "warning_tint", "bad_tint")
    ]
    pairs += [
        (f"primary, {state}", scheme.on_accent, getattr(scheme, state))
        for state in ("accent", "accent_hover", "accent_press")
    ]
    pairs += [(f"danger, {state}", scheme.on_bad, getattr(scheme, state)) for state in ("bad", "bad_press")]
    pairs += [(f"{kind} pill", *kind.colors(scheme)) for kind in Kind]
    pairs += [(f"text on {kind} banner", scheme.text, kind.colors(scheme)[1]) for kind in Kind]
    pairs += [(f"error on {paper}", scheme.bad, getattr(scheme, paper)) for paper in ("surface", "raised", "ground")]
    pairs += [(f"monogram of {name}", *monogram_colors(name, scheme)) for name in "ABCDEFGHIJ"]
    return pairs


@SCHEMES
def test_all_text_is_readable(scheme: Tokens) -> None:
    weak = {what: round(ratio, 2) for what, ink, paper in text_pairs(scheme) if (ratio := contrast(ink, paper)) < 4.5}
    assert weak == {}


@SCHEMES
def test_outlines_and_focus_ring_are_visible(scheme: Tokens) -> None:
    lines = {
        "control on surface": contrast(scheme.strong_line, scheme.surface),
        "control on ground": contrast(scheme.strong_line, scheme.ground),
        "focus on ground": contrast(scheme.focus, scheme.ground),
        "focus on surface": contrast(scheme.focus, scheme.surface),
        "focus on sidebar": contrast(scheme.focus, scheme.sidebar),
        "focus on a chosen entry": contrast(scheme.focus, scheme.accent_tint),
        "progress": contrast(scheme.accent, scheme.line),
        "second series": contrast(scheme.second_series, scheme.surface),
    }
    assert {what: round(ratio, 2) for what, ratio in lines.items() if ratio < 3} == {}


@SCHEMES
def test_more_contrast_leaves_no_grey_text(scheme: Tokens) -> None:
    strong = scheme.with_more_contrast()
    assert contrast(strong.line, strong.surface) >= 3
    assert contrast(strong.muted, strong.surface) >= 7


def test_the_theme_can_be_chosen_and_reaches_palette_and_painters(qapp: App, qtbot: QtBot) -> None:
    with qtbot.waitSignal(qapp.theme.changed) as heard:
        qapp.theme.set_mode(ThemeChoice.DARK)
    assert heard.args == [DARK]
    assert tokens() is DARK
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.ground
    with qtbot.assertNotEmitted(qapp.theme.changed):
        qapp.theme.set_mode(ThemeChoice.DARK)


def test_icons_follow_the_theme_and_stay_sharp(qapp: App) -> None:
    kept = icon("users")
    before = kept.pixmap(QSize(16, 16), 2.0).toImage()
    assert (before.width(), before.devicePixelRatio()) == (32, 2.0)
    qapp.theme.set_mode(ThemeChoice.DARK)
    assert kept.pixmap(QSize(16, 16), 2.0).toImage() != before


def test_an_icon_shows_the_state_of_its_button() -> None:
    made = icon("users", "muted", on="accent")
    off = made.pixmap(QSize(16, 16), QIcon.Mode.Normal, QIcon.State.Off).toImage()
    on = made.pixmap(QSize(16, 16), QIcon.Mode.Normal, QIcon.State.On).toImage()
    assert on != off


def test_every_icon_file_is_an_outline_that_takes_its_colour() -> None:
    files = list(ICONS.glob("*.svg"))
    assert len(files) > 40
    assert [path.name for path in files if "currentColor" not in path.read_text(encoding="utf-8")] == []


def test_the_focus_ring_is_for_the_keyboard(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    first, second = QLineEdit(), QPushButton("Save")
    column.addWidget(first)
    column.addWidget(second)
    window.show()
    window.activateWindow()
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, "\t")
    assert second.property("focusVisible") is True
    second.clearFocus()
    assert second.property("focusVisible") is False


def test_what_has_the_focus_is_scrolled_to(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    content, inside, outside = QWidget(), QPushButton("Choose a design"), QPushButton("Next person")
    tall = QVBoxLayout(content)
    tall.addSpacing(1000)
    tall.addWidget(inside)
    area = QScrollArea(widgetResizable=True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    column = QVBoxLayout(window)
    column.addWidget(area)
    column.addWidget(outside)
    window.resize(300, 200)
    window.show()
    window.activateWindow()
    outside.setFocus()
    qtbot.waitUntil(outside.hasFocus)
    qtbot.keyClick(outside, "\t", Qt.KeyboardModifier.ShiftModifier)
    assert inside.hasFocus()
    assert inside.visibleRegion().boundingRect() == inside.rect()
