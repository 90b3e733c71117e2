"""A line of a settings card: what it is and what it means on the left, the control on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Space
from app.ui.widgets import label, muted


class SettingRow(QWidget):
    """
    Attributes:
        text: The explanation, to be changed with the state of things.
    """

    def __init__(self, title: str, text: str = "", *controls: QWidget) -> None:
        super().__init__()
        self._title = label(title, "strong")
        self.text: QLabel = muted(text)
        self.text.setVisible(bool(text))
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self.text)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addLayout(words, 1)
        row.addSpacing(Space.L)
        for control in controls:
            row.addWidget(control, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_texts(self, title: str, text: str) -> None:
        self._title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
