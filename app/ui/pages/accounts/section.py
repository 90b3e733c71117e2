"""A part of the account sheet: a heading, a sentence about it, and its fields."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.ui.theme import Space
from app.ui.widgets import Form, heading, muted


class Beside(QWidget):
    """Fields under and beside each other.

    Attributes:
        form: Where the fields go.
    """

    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self.form.setSpacing(Space.M)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.M)
        self._column.addLayout(self.form)

    def add_beside(self, fields: Sequence[QWidget], stretches: Sequence[int]) -> None:
        """Put *fields* beside each other, sharing the width as *stretches* say."""
        row = QGridLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setHorizontalSpacing(Space.M)
        for column, (field, stretch) in enumerate(zip(fields, stretches, strict=True)):
            # A stretch below: an error under one field must not push its neighbours down.
            cell = QVBoxLayout()
            cell.addWidget(field)
            cell.addStretch(1)
            row.addLayout(cell, 0, column)
            row.setColumnStretch(column, stretch)
            row.setColumnMinimumWidth(column, 1)
        self.form.addLayout(row)


class Section(Beside):
    """Fields with a heading, and a sentence about them."""

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__()
        self._title = heading(title)
        self._text = muted(text)
        self._text.setVisible(bool(text))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        self._column.insertLayout(0, words)

    def set_words(self, title: str, text: str = "") -> None:
        """Call it something else."""
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
