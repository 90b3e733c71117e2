"""Text, by its rank on the page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget


def label(text: str = "", role: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> QLabel:
    """A label in one of the roles: title, heading, strong, muted, caption, figure, error, code, key."""
    made = QLabel(text, parent)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    # Plain text always: names and subjects come from customers and may look like markup.
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def title(text: str = "") -> QLabel:
    return label(text, "title")


def heading(text: str = "") -> QLabel:
    return label(text, "heading")


def strong(text: str = "") -> QLabel:
    return label(text, "strong")


def muted(text: str = "", *, wrap: bool = True) -> QLabel:
    return label(text, "muted", wrap=wrap)


def caption(text: str = "", *, wrap: bool = True) -> QLabel:
    return label(text, "caption", wrap=wrap)


def figure(text: str = "") -> QLabel:
    """A big number."""
    return label(text, "figure")


class Explanation(QLabel):
    """The words under a choice. They are read before the choice is made, so a click on them makes it."""

    def __init__(self, choice: QAbstractButton, text: str, *, indent: int) -> None:
        super().__init__(text)
        self._choice = choice
        self.setProperty("role", "caption")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setContentsMargins(indent, 0, 0, 0)
        choice.setAccessibleDescription(text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # a label lets it through, and then the release goes elsewhere

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._choice.setFocus(Qt.FocusReason.MouseFocusReason)
            self._choice.click()
        super().mouseReleaseEvent(event)
