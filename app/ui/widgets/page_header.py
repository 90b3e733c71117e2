"""The head of a page: its title, the state of things in one sentence, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Space
from app.ui.widgets.labels import muted, title


class PageHeader(QWidget):
    def __init__(self, text: str = "", subtitle: str = "", *actions: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title(text)
        self.title.setObjectName("pageTitle")
        self.subtitle = muted(subtitle)
        self.subtitle.setObjectName("pageSubtitle")
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(Space.S)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.L)
        row.addLayout(words, 1)
        row.addLayout(self._actions)
        row.setAlignment(self._actions, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.set_subtitle(subtitle)
        for action in actions:
            self.add_action(action)

    def set_title(self, text: str) -> None:
        self.title.setText(text)

    def set_subtitle(self, text: str) -> None:
        """The state in numbers: "18,204 people · 17,391 can be mailed"."""
        self.subtitle.setText(text)
        self.subtitle.setVisible(bool(text))

    def add_before(self, widget: QWidget) -> None:
        """Put a button before the title: the way back."""
        self._row.insertWidget(0, widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_action(self, widget: QWidget) -> None:
        """Add a button on the right; add the primary one last, so that it stands at the edge."""
        self._actions.addWidget(widget)
