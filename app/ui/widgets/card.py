"""A surface that groups what belongs together."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import Space
from app.ui.widgets.labels import caption, figure, heading, muted


class Card(QFrame):
    """Add content to `body`; `add_action` puts a link or button beside the title.

    Attributes:
        body: The layout for the card's content.
    """

    def __init__(self, title: str = "", note: str = "", *, flush: bool = False, parent: QWidget | None = None) -> None:
        """*note*: a muted remark opposite the title. *flush*: content reaches the border (tables, pictures)."""
        super().__init__(parent)
        self.setProperty("role", "card")
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._outer.setSpacing(0)
        self._head = QHBoxLayout()
        self._head.setSpacing(Space.S)
        self._head.setContentsMargins(Space.L, Space.M, Space.L, Space.M if flush else 0)
        self._title = heading(title)
        if title:
            self._head.addWidget(self._title)
            self._head.addStretch(1)
            if note:
                self._head.addWidget(caption(note, wrap=False))
            self._outer.addLayout(self._head)
        self.body = QVBoxLayout()
        self.body.setSpacing(Space.S)
        margin = 0 if flush else Space.L
        self.body.setContentsMargins(margin, Space.S if title and not flush else margin, margin, margin)
        self._outer.addLayout(self.body, 1)

    def set_title(self, title: str) -> None:
        """Change the title of a card that has one."""
        self._title.setText(title)

    def add_action(self, widget: QWidget) -> None:
        self._head.addWidget(widget)


class FigureCard(Card):
    """One number with its name and a remark: "Delivered / 99.2 % / +0.3 points since February"."""

    def __init__(self, name: str, value: str = "–", note: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.body.setSpacing(2)
        self._name = muted(name, wrap=False)
        self._value = figure(value)
        self._note = caption(note)
        for part in (self._name, self._value, self._note):
            self.body.addWidget(part)
        self.body.addStretch(1)

    def set_value(self, value: str, note: str = "") -> None:
        self._value.setText(value)
        self._note.setText(note)
