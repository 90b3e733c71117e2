"""Read-only or edited plain text that fills a card to its border."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

# Two pixels of border while it has the focus, and what its round corners leave out.
_BORDER = 4


class TextPane(QWidget):
    """Shows *edit* without the border that the stylesheet gives to every text field: it lies outside of the pane."""

    def __init__(self, edit: QPlainTextEdit) -> None:
        super().__init__()
        self.edit = edit
        edit.setParent(self)
        self.setFocusProxy(edit)
        self.setMinimumSize(120, 80)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.edit.setGeometry(self.rect().adjusted(-_BORDER, -_BORDER, _BORDER, _BORDER))


def fixed_font(size: int = 13) -> QFont:
    """The system's own face for code."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(size)
    return font


def reading_pane(name: str, accessible_name: str, *, fixed: bool = False) -> TextPane:
    """A pane for text that is only read and copied."""
    edit = QPlainTextEdit()
    edit.setReadOnly(True)
    edit.setObjectName(name)
    edit.setAccessibleName(accessible_name)
    edit.document().setDocumentMargin(12)
    if fixed:
        edit.setFont(fixed_font())
        edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    return TextPane(edit)
