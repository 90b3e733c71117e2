"""A plain editor for MJML: line numbers, one marked line, indentation that follows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from app.ui.pages.templates.mjml_highlighter import MjmlHighlighter
from app.ui.pages.templates.text_pane import fixed_font
from app.ui.theme import tokens

_PAD = 10
_GAP = 6


class CodeEditor(QPlainTextEdit):
    """Tab indents, so Shift+Tab is what leaves it with the keyboard."""

    _highlighter: MjmlHighlighter | None = None  # events arrive before __init__ is through

    def __init__(self, name: str, accessible_name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setFont(fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabStopDistance(2 * self.fontMetrics().horizontalAdvance(" "))
        self._marked: int | None = None
        self._highlighter = MjmlHighlighter(self.document())
        self._gutter = _Gutter(self)
        self.blockCountChanged.connect(self._fit_gutter)
        self.updateRequest.connect(self._scroll_gutter)
        self.cursorPositionChanged.connect(self._paint_lines)
        self._fit_gutter()
        self._paint_lines()

    def text(self) -> str:
        """The text as it is: `toPlainText` would turn no-break spaces into plain ones."""
        return self.document().toRawText().replace("\u2029", "\n")

    def mark_line(self, line: int | None) -> None:
        """Tint *line* (counted from 1) as faulty; None takes the mark away."""
        if line != self._marked:
            self._marked = line
            self._paint_lines()
            self._gutter.update()

    @property
    def marked_line(self) -> int | None:
        return self._marked

    def go_to(self, line: int) -> None:
        """Bring *line* into sight and put the cursor there."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()
            self.setFocus()

    def insert(self, text: str) -> None:
        """Put *text* where the cursor is; one step for undo."""
        self.textCursor().insertText(text)
        self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()
            self.textCursor().insertText("\n" + line[: len(line) - len(line.lstrip())])
            self.ensureCursorVisible()
            return
        if event.key() == Qt.Key.Key_Tab:
            self.textCursor().insertText("  ")
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, is_next: bool) -> bool:
        # QPlainTextEdit keeps both directions for itself.
        return False if is_next else QWidget.focusNextPrevChild(self, is_next)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._gutter.setGeometry(0, 0, self.viewport().x() - _GAP, self.height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._highlighter is not None:
            self._highlighter.follow_theme()
            self._paint_lines()

    def first_visible(self) -> tuple[QTextBlock, int]:
        """The block at the top, and where in the editor it begins."""
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        return block, self.viewport().y() + round(top)

    def _gutter_width(self) -> int:
        digits = max(3, len(str(self.blockCount())))
        return _PAD + digits * self.fontMetrics().horizontalAdvance("9") + _GAP

    @Slot()
    def _fit_gutter(self) -> None:
        self.setViewportMargins(self._gutter_width(), 0, 0, 0)

    def _scroll_gutter(self, area: QRect, moved_by: int) -> None:
        if moved_by:
            self._gutter.scroll(0, moved_by)
        else:
            self._gutter.update(0, area.y() + self.viewport().y(), self._gutter.width(), area.height())

    @Slot()
    def _paint_lines(self) -> None:
        here = self._line_selection(self.textCursor(), tokens().hover)
        marks = [here]
        if self._marked is not None:
            block = self.document().findBlockByNumber(self._marked - 1)
            if block.isValid():
                marks.append(self._line_selection(QTextCursor(block), tokens().bad_tint))
        self.setExtraSelections(marks)

    def _line_selection(self, cursor: QTextCursor, color: str) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        cursor.clearSelection()
        selection.cursor = cursor
        selection.format.setBackground(QColor(color))
        selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return selection


class _Gutter(QWidget):
    """The numbers beside the lines."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self._editor = editor
        self.setBackgroundRole(QPalette.ColorRole.AlternateBase)

    def sizeHint(self) -> QSize:
        return QSize(40, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(tokens().sunken))
        painter.setFont(self._editor.font())
        block, top = self._editor.first_visible()
        current = self._editor.textCursor().blockNumber()
        while block.isValid() and top <= event.rect().bottom():
            height = round(self._editor.blockBoundingRect(block).height())
            number = block.blockNumber() + 1
            if number == self._editor.marked_line:
                painter.fillRect(QRect(0, top, self.width(), height), QColor(tokens().bad_tint))
            color = self._color(number, is_current=block.blockNumber() == current)
            painter.setPen(QColor(color))
            place = QRect(QPoint(0, top), QSize(self.width() - _PAD, height))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(number))
            block, top = block.next(), top + height

    def _color(self, number: int, *, is_current: bool) -> str:
        if number == self._editor.marked_line:
            return tokens().bad
        return tokens().text if is_current else tokens().faint
