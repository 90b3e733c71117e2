"""A part of the account sheet: a heading, a sentence about it, and its fields."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.ui.theme import Space
from app.ui.widgets import Form, FormField, heading, muted


class Section(QWidget):
    """
    Attributes:
        form: Where the fields go.
    """

    def __init__(self, title: str, text: str = "") -> None:
        super().__init__()
        self.form = Form()
        self.form.setSpacing(Space.M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(heading(title))
        if text:
            words.addWidget(muted(text))
        column.addLayout(words)
        column.addLayout(self.form)

    def add_beside(self, fields: Sequence[FormField], stretches: Sequence[int]) -> None:
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
        self.form.addLayout(row)
