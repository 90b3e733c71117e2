"""A text to be carried elsewhere, with a button that copies it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.ui.pages.templates.text_pane import fixed_font
from app.ui.theme import Space
from app.ui.widgets import icon_button, label


class CopiedText(QWidget):
    def __init__(self, name: str, object_name: str, *, lines: int = 1) -> None:
        super().__init__()
        self._text = QPlainTextEdit()
        self._text.setObjectName(object_name)
        self._text.setAccessibleName(name)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFont(fixed_font())
        self._text.setFixedHeight(26 + lines * 16)
        self._text.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff if lines == 1 else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )
        self._text.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        copy = icon_button("copy", self.tr("Copy: {0}").format(name), on_click=self._copy, name=f"{object_name}Copy")
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        row.addWidget(self._text, 1)
        row.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(label(name, "strong"))
        column.addLayout(row)

    def set_text(self, text: str) -> None:
        self._text.setPlainText(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
