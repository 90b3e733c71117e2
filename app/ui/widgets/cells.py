"""Table cells that are more than text: pills, progress, two lines. A model says what, the delegate paints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.theme import Size, Space, Type, tokens
from app.ui.widgets.pill import HEIGHT, PillLook, paint_pill, pill_width

_BAR_WIDTH = 84
_LEAST_BAR = 24
_BAR_HEIGHT = 6
_GAP = 12

# The item data role under which a model returns a `PillLook`, `ProgressCell` or `TwoLines`.
CELL_ROLE = int(Qt.ItemDataRole.UserRole) + 100


@dataclass(frozen=True, slots=True)
class ProgressCell:
    """A pill followed by a bar and its percentage.

    Attributes:
        fraction: 0 to 1.
        text: What stands after the bar ("62 %"), worded by the model in the user's locale.
    """

    fraction: float
    text: str
    pill: PillLook | None = None


@dataclass(frozen=True, slots=True)
class TwoLines:
    """A name and, muted under it, what it is about. Needs rows of `Size.TALL_ROW`."""

    title: str
    note: str


Cell = PillLook | ProgressCell | TwoLines
Index = QModelIndex | QPersistentModelIndex


def spoken(cell: Cell) -> str:
    """The cell in words, for screen readers, copying and sorting."""
    match cell:
        case PillLook():
            return cell.text
        case ProgressCell():
            return f"{cell.pill.text}, {cell.text}" if cell.pill else cell.text
        case TwoLines():
            return f"{cell.title}, {cell.note}"


def padding(table: QWidget | None) -> int:
    """The space left and right of a cell's content; inside a card it lines up with the card's title."""
    return Space.L if table is not None and table.property("flush") else Space.M


class CellDelegate(QStyledItemDelegate):
    """Paints `CELL_ROLE`; rows without one are painted as usual. Mirrors in right-to-left layouts."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell = index.data(CELL_ROLE)
        if cell is None:
            super().paint(painter, option, index)
            return
        styled = QStyleOptionViewItem(option)
        self.initStyleOption(styled, index)
        styled.text = ""
        widget: QWidget | None = getattr(option, "widget", None)
        style = widget.style() if widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, styled, painter, widget)
        painter.save()
        painter.setFont(getattr(styled, "font", painter.font()))
        self._paint_cell(_Brush(painter, option), cell)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell = index.data(CELL_ROLE)
        size = super().sizeHint(option, index)
        if cell is None:
            return size
        font = getattr(option, "font", QApplication.font())
        pad = padding(getattr(option, "widget", None))
        return QSize(2 * pad + _width(cell, font), Size.TALL_ROW if isinstance(cell, TwoLines) else size.height())

    def _paint_cell(self, brush: _Brush, cell: Cell) -> None:
        match cell:
            case PillLook():
                brush.pill(cell)
            case ProgressCell():
                if cell.pill is not None:
                    brush.pill(cell.pill)
                brush.bar(cell.fraction, cell.text)
            case TwoLines():
                brush.lines(cell)


def _width(cell: Cell, font: QFont) -> int:
    match cell:
        case PillLook():
            return pill_width(cell, font)
        case ProgressCell():
            pill = pill_width(cell.pill, font) + _GAP if cell.pill else 0
            return pill + _BAR_WIDTH + _GAP + _advance(font, cell.text)
        case TwoLines():
            return max(_advance(font, cell.title) * 11 // 10, _advance(font, cell.note))


def _advance(font: QFont, text: str) -> int:
    """Rounded up: a pixel too few would elide the text."""
    return QFontMetrics(font).horizontalAdvance(text) + 2


class _Brush:
    """Paints from the leading edge of a cell to its trailing edge, mirrored where text runs right to left."""

    def __init__(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        self._painter = painter
        cell: QRect = getattr(option, "rect")  # noqa: B009 - missing in PySide's stubs
        # Without the hairline below, so that everything stands on the middle of the text beside it.
        self._cell = cell.adjusted(0, 0, 0, -1)
        self._direction: Qt.LayoutDirection = getattr(option, "direction")  # noqa: B009
        self._font = QFont(painter.font())
        pad = padding(getattr(option, "widget", None))
        self._x = self._cell.left() + pad
        self._end = self._cell.right() - pad + 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def pill(self, look: PillLook) -> None:
        width = min(pill_width(look, self._font), self._end - self._x)
        rect = QRect(self._x, self._cell.center().y() - HEIGHT // 2, width, HEIGHT)
        self._painter.setFont(self._font)
        paint_pill(self._painter, self._visual(rect), look, self._direction)
        self._x += width + _GAP

    def bar(self, fraction: float, words: str) -> None:
        """The bar gives way to its words where the column is narrow."""
        room = self._end - self._x - _GAP - _advance(self._font, words)
        width = min(_BAR_WIDTH, room)
        if width >= _LEAST_BAR:
            self._bar(fraction, width)
        self._text(words, tokens().muted)

    def _bar(self, fraction: float, width: int) -> None:
        y = self._cell.center().y() - _BAR_HEIGHT // 2
        self._rounded(QRect(self._x, y, width, _BAR_HEIGHT), tokens().line)
        done = round(width * max(0.0, min(1.0, fraction)))
        if done:
            self._rounded(QRect(self._x, y, max(done, _BAR_HEIGHT), _BAR_HEIGHT), tokens().accent)
        self._x += width + _GAP

    def _text(self, text: str, color: str) -> None:
        rect = QRect(self._x, self._cell.top(), self._end - self._x, self._cell.height())
        self._line(rect, text, color, self._font)

    def lines(self, cell: TwoLines) -> None:
        width = self._end - self._x
        middle = self._cell.center().y()
        strong = QFont(self._font)
        strong.setWeight(QFont.Weight.DemiBold)
        self._line(QRect(self._x, middle - 18, width, 18), cell.title, tokens().text, strong)
        small = QFont(self._font)
        small.setPixelSize(Type.CAPTION)
        self._line(QRect(self._x, middle, width, 17), cell.note, tokens().muted, small)

    def _line(self, rect: QRect, text: str, color: str, font: QFont) -> None:
        if rect.width() <= 0:
            return
        # Isolated, so that "62 %" does not turn into "% 62" between right-to-left words.
        elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        align = QStyle.visualAlignment(self._direction, Qt.AlignmentFlag.AlignLeft) | Qt.AlignmentFlag.AlignVCenter
        self._painter.setFont(font)
        self._painter.setPen(QColor(color))
        self._painter.drawText(self._visual(rect), align, f"\u2068{elided}\u2069")

    def _rounded(self, rect: QRect, color: str) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QColor(color))
        self._painter.drawRoundedRect(QRectF(self._visual(rect)), _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)

    def _visual(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self._direction, self._cell, rect)


class IsolatedText(QStyledItemDelegate):
    """For right-to-left windows: keeps "62 %" from turning into "% 62" between right-to-left words."""

    def displayText(self, value: Any, locale: Any) -> str:
        return f"\u2068{super().displayText(value, locale)}\u2069"
