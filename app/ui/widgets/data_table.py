"""The table every list is shown in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QStyle, QStyledItemDelegate, QTableView, QWidget

from app.ui.theme import Radius, Size, Type, paint_icon, set_property, tabular, tokens
from app.ui.widgets.busy import BusyOverlay
from app.ui.widgets.cells import CellDelegate, IsolatedText, padding
from app.ui.widgets.empty_state import EmptyState

_HEADER_HEIGHT = 36


class DataTable(QTableView):
    """Rows of one height, whole rows selected, no grid but hairlines, a header aligned with its cells.

    Alignment comes from the model (`TextAlignmentRole`, for cells and headers alike), what is more than text from
    its `CELL_ROLE`. Tab leaves the table; arrow keys move inside it; Return opens the row.

    Signals:
        opened: The `QModelIndex` of a row that was double-clicked or opened with Return.
    """

    opened = Signal(object)

    _corners: Sequence[_Corner] = ()  # events arrive before __init__ is through

    def __init__(self, label: str, *, tall: bool = False, flush: bool = False, parent: QWidget | None = None) -> None:
        """*label*: what the rows are, for screen readers. *tall*: room for two lines. *flush*: fills a flush `Card`."""
        super().__init__(parent)
        self.setAccessibleName(label)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setAlternatingRowColors(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setFont(tabular(self.font()))
        self.setHorizontalHeader(TableHeader(self))
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(Size.TALL_ROW if tall else Size.ROW)
        self._scrolls = True
        set_property(self, "flush", flush)
        self.setItemDelegate(IsolatedText(self) if self.isRightToLeft() else QStyledItemDelegate(self))
        rounded = (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner) if flush else tuple(Qt.Corner)
        self._corners = [_Corner(self, corner, outset=1 if flush else 0) for corner in rounded]
        self._busy = BusyOverlay(self)
        self._empty: QWidget | None = None
        self._delegate = CellDelegate(self)
        self.doubleClicked.connect(self._on_double_clicked)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.modelReset.connect(self._on_rows_changed)
            model.rowsInserted.connect(self._on_rows_changed)
            model.rowsRemoved.connect(self._on_rows_changed)
        self._on_rows_changed()

    def paint_cells_in(self, *columns: int) -> None:
        """These columns show pills, progress or two lines. The others are painted by Qt, which is faster."""
        for column in columns:
            self.setItemDelegateForColumn(column, self._delegate)

    def stretch(self, column: int) -> None:
        """Let *column* take what the others leave."""
        self.horizontalHeader().setStretchLastSection(False)
        self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def set_widths(self, *widths: int) -> None:
        for column, width in enumerate(widths):
            self.setColumnWidth(column, width)

    def show_all_rows(self) -> None:
        """As high as its rows, for short tables in cards; the card's border replaces the last hairline."""
        model = cast("QAbstractItemModel | None", self.model())
        rows = model.rowCount() if model is not None else 0
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The page scrolls, the table does not, not even by the hairline that is cut off.
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(lambda value: bar.setValue(0) if value else None)
        self._scrolls = False
        self.setFixedHeight(_HEADER_HEIGHT + rows * self.verticalHeader().defaultSectionSize() - (2 if rows else 0))

    def set_empty(self, state: EmptyState) -> None:
        """What lies over the table while it has no rows ("No contact fits this search")."""
        self._empty = state
        state.setParent(self.viewport())
        self._on_rows_changed()

    def set_loading(self, loading: bool, text: str = "") -> None:
        """Veil the table while its rows are being fetched."""
        if loading:
            self._busy.start(text)
        else:
            self._busy.stop()

    def selected_rows(self) -> list[int]:
        # None before there is a model, which PySide's stubs do not know.
        selection = cast("QItemSelectionModel | None", self.selectionModel())
        return sorted(index.row() for index in selection.selectedRows()) if selection is not None else []

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.opened.emit(index)
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self._scrolls:
            super().wheelEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for corner in self._corners:
            corner.place()
        self._place_empty()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        # The focus ring changes with a property, which repaints the table but not the corners over it.
        if event.type() == QEvent.Type.DynamicPropertyChange:
            for corner in self._corners:
                corner.update()
        return handled

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        self.opened.emit(index)

    @Slot()
    def _on_rows_changed(self) -> None:
        if self._empty is not None:
            model = cast("QAbstractItemModel | None", self.model())
            self._place_empty()
            self._empty.setVisible(model is not None and model.rowCount() == 0)

    def _place_empty(self) -> None:
        if self._empty is not None:
            self._empty.setGeometry(self.viewport().rect())


class TableHeader(QHeaderView):
    """Paints its sections itself: the same padding as the cells, a small muted face, an arrow where it is sorted."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setFixedHeight(_HEADER_HEIGHT)
        self.setHighlightSections(False)
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(48)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setStretchLastSection(True)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _HEADER_HEIGHT)

    def sectionSizeFromContents(self, section: int) -> QSize:
        words = QFontMetrics(self._font()).horizontalAdvance(self._text(section))
        return QSize(words + 2 * padding(self._table) + 18, _HEADER_HEIGHT)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        current = tokens()
        painter.save()
        painter.fillRect(rect, QColor(current.surface))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(current.line))
        is_sorted = self.isSortIndicatorShown() and self.sortIndicatorSection() == section
        align = QStyle.visualAlignment(self.layoutDirection(), self._alignment(section))
        to_right = bool(align & Qt.AlignmentFlag.AlignRight)
        pad = padding(self._table)
        inner = rect.adjusted(pad, 0, -pad, 0)
        font = self._font()
        room = inner.width() - (18 if is_sorted else 0)
        text = QFontMetrics(font).elidedText(self._text(section), Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(QColor(current.text if is_sorted else current.muted))
        painter.drawText(inner, align | Qt.AlignmentFlag.AlignVCenter, text)
        if is_sorted:
            words = QFontMetrics(font).horizontalAdvance(text)
            x = inner.right() - words - 17 if to_right else inner.left() + words + 4
            ascending = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            arrow = QRect(x, rect.center().y() - 6, 14, 14)
            paint_icon(painter, "arrow-up" if ascending else "arrow-down", arrow, current.text)
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        # The part right of the last section.
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(tokens().surface))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(tokens().line))
        painter.end()
        super().paintEvent(event)

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(Type.CAPTION)
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _text(self, section: int) -> str:
        return str(self.model().headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) or "")

    def _alignment(self, section: int) -> Qt.AlignmentFlag:
        given = self.model().headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        return self.defaultAlignment() if given is None else Qt.AlignmentFlag(given)


class _Corner(QWidget):
    """Rounds one corner of a table: Qt paints rows and header with square corners over the rounded frame."""

    def __init__(self, table: DataTable, corner: Qt.Corner, *, outset: int) -> None:
        """*outset*: how far outside the table the rounded frame runs."""
        super().__init__(table)
        self._table = table
        self._outset = outset
        self._corner = corner
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(Radius.CARD, Radius.CARD)

    def place(self) -> None:
        area = self._table.rect()
        box = self.rect()
        right = self._corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner)
        bottom = self._corner in (Qt.Corner.BottomLeftCorner, Qt.Corner.BottomRightCorner)
        x = area.width() - box.width() if right else 0
        y = area.height() - box.height() if bottom else 0
        self.move(x, y)
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        table = self._table
        out = self._outset
        whole = QRectF(table.rect()).translated(-self.x(), -self.y()).adjusted(-out, -out, out, out)
        edge = whole.adjusted(0.5, 0.5, -0.5, -0.5)
        outside = QPainterPath()
        outside.addRect(whole)
        inside = QPainterPath()
        inside.addRoundedRect(edge, Radius.CARD, Radius.CARD)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        behind = tokens().raised if table.window().property("role") == "sheet" else tokens().ground
        painter.fillPath(outside - inside, QColor(behind))
        ringed = bool(table.property("focusVisible")) and table.hasFocus()
        painter.setPen(QPen(QColor(tokens().focus if ringed else tokens().line), 1))
        painter.drawPath(inside)
