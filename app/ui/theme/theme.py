"""Applies the look: Fusion, one palette and one stylesheet made from the tokens, light or dark like the system."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from app.settings import ThemeChoice
from app.ui.theme.active import activate
from app.ui.theme.focus import FocusRing
from app.ui.theme.fonts import application_font
from app.ui.theme.stylesheet import Sprites, stylesheet
from app.ui.theme.tokens import DARK, LIGHT, Tokens


class Theme(QObject):
    """The look of the application; one per `QApplication`.

    Signals:
        changed: The `Tokens` now in force. Only needed by what Qt does not repaint itself (a web page, a plot).
    """

    changed = Signal(object)

    def __init__(self, app: QApplication, mode: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(app)
        self._app = app
        self._mode = mode
        self._tokens: Tokens | None = None
        self._sprites = Sprites()
        app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(application_font())
        self._focus_ring = FocusRing(app)
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        hints.accessibility().contrastPreferenceChanged.connect(self._apply)
        self.set_mode(mode)

    @property
    def tokens(self) -> Tokens:
        return self._tokens or LIGHT

    @property
    def mode(self) -> ThemeChoice:
        return self._mode

    def set_mode(self, mode: ThemeChoice) -> None:
        """Follow the system, or keep to light or dark."""
        self._mode = mode
        # Native title bars and file dialogs follow this; offscreen and on bare X11 it does nothing.
        self._app.styleHints().setColorScheme(_SCHEMES[mode])
        self._apply()

    @Slot()
    def _apply(self) -> None:
        tokens = self._wanted()
        if tokens == self._tokens:
            return
        self._tokens = tokens
        activate(tokens)
        self._app.setPalette(palette(tokens))
        self._app.setStyleSheet(stylesheet(tokens, self._sprites))
        self.changed.emit(tokens)

    def _wanted(self) -> Tokens:
        hints = self._app.styleHints()
        system_is_dark = hints.colorScheme() == Qt.ColorScheme.Dark
        dark = self._mode is ThemeChoice.DARK or (self._mode is ThemeChoice.SYSTEM and system_is_dark)
        tokens = DARK if dark else LIGHT
        if hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return tokens.with_more_contrast()
        return tokens


_SCHEMES = {
    ThemeChoice.SYSTEM: Qt.ColorScheme.Unknown,
    ThemeChoice.LIGHT: Qt.ColorScheme.Light,
    ThemeChoice.DARK: Qt.ColorScheme.Dark,
}


def palette(tokens: Tokens) -> QPalette:
    """The tokens as Qt's palette, for everything the stylesheet does not reach."""
    role = QPalette.ColorRole
    colors = {
        role.Window: tokens.ground,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.sunken,
        role.Text: tokens.text,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.bad,
        role.Highlight: tokens.selection,
        role.HighlightedText: tokens.text,
        role.Accent: tokens.accent,
        role.Link: tokens.on_accent_tint,
        role.LinkVisited: tokens.on_accent_tint,
        role.PlaceholderText: tokens.faint,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.Light: tokens.surface,
        role.Midlight: tokens.sunken,
        role.Mid: tokens.line,
        role.Dark: tokens.strong_line,
        role.Shadow: tokens.shadow,
    }
    result = QPalette()
    for which, color in colors.items():
        result.setColor(which, QColor(color))
    for which in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.faint))
    return result
