"""Buttons, by how much attention they ask for.

One primary button a page. Everything else is secondary, quiet (in toolbars and footers) or a link (in text and cards).
Danger is only for the button that really destroys something, inside the sheet that says what.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from app.ui.theme import Size, icon

Slot = Callable[[], object]

# Two pixels wider than the drawing on either side: QSS leaves only 4 px between icon and text.
_ICON_SIZE = QSize(Size.ICON + 4, Size.ICON)


def primary_button(text: str, icon: str = "", *, on_click: Slot | None = None, name: str = "") -> QPushButton:
    """The one thing to do on this page or in this sheet."""
    return _button(text, "primary", icon, "on_accent", on_click, name)


def secondary_button(text: str, icon: str = "", *, on_click: Slot | None = None, name: str = "") -> QPushButton:
    return _button(text, "secondary", icon, "muted", on_click, name)


def quiet_button(text: str, icon: str = "", *, on_click: Slot | None = None, name: str = "") -> QPushButton:
    return _button(text, "quiet", icon, "muted", on_click, name)


def danger_button(text: str, icon: str = "", *, on_click: Slot | None = None, name: str = "") -> QPushButton:
    return _button(text, "danger", icon, "on_bad", on_click, name)


def link_button(text: str, *, on_click: Slot | None = None, name: str = "") -> QPushButton:
    """Looks like a link; for secondary ways onward inside cards and sentences."""
    button = _button(text, "link", "", "", on_click, name)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def leading(link: QWidget) -> QHBoxLayout:
    """*link* at the leading edge, its text in line with the texts above."""
    link.setProperty("leading", True)
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(link)
    row.addStretch(1)
    return row


def icon_button(
    icon_name: str, label: str, *, on_click: Slot | None = None, name: str = "", small: bool = False
) -> QToolButton:
    """A button without words; *label* is what a screen reader says and the tooltip shows."""
    button = QToolButton()
    button.setIcon(icon(icon_name, "muted", active="text"))
    button.setIconSize(QSize(Size.ICON, Size.ICON) if small else QSize(Size.ICON_LARGE, Size.ICON_LARGE))
    button.setAccessibleName(label)
    button.setToolTip(label)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    if small:
        button.setProperty("role", "small")
    if name:
        button.setObjectName(name)
    if on_click is not None:
        button.clicked.connect(lambda _checked=False: on_click())
    return button


class Button(QPushButton):
    """Return presses the button that has the focus, as the space bar does; Qt leaves it to the sheet's default one."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


def _button(text: str, role: str, icon_name: str, color: str, on_click: Slot | None, name: str) -> QPushButton:
    button = Button(text)
    button.setProperty("role", role)
    # Without this every button in a dialog fights to be the default one.
    button.setAutoDefault(False)
    if icon_name:
        button.setIcon(icon(icon_name, color))
        button.setIconSize(_ICON_SIZE)
        button.setProperty("iconic", True)
    if name:
        button.setObjectName(name)
    if on_click is not None:
        button.clicked.connect(lambda _checked=False: on_click())
    return button
