"""Text, by its rank on the page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


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
