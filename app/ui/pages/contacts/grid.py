"""The table of contacts: selecting, editing, copying; what is done with the selected is up to the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QAbstractItemView, QWidget

from app.ui.pages.contacts.cell_bubble import CellBubble
from app.ui.pages.contacts.cell_editor import CellEditorDelegate
from app.ui.pages.contacts.columns import ColumnMemory
from app.ui.pages.contacts.grid_model import ContactGridModel
from app.ui.pages.contacts.grid_painter import GridPainter, Strip
from app.ui.theme import Size
from app.ui.widgets import DataTable

# Beyond this the selection is not carried over to newly sorted rows: nobody remembers whom it held.
_CARRIED_ROWS = 1_000


class ContactGrid(DataTable):
    """
    Signals:
        selected: Another row is the current one, or other rows are selected.
        delete_asked, copy_asked: The user pressed the key for it.
        menu_asked: The user wants the menu for the selected rows, at a global point.
        sorted_by: A header was clicked: the key of the column, and whether descending.
        column_resized: The user made a `GridColumn` as wide as this.
        edit_ended: The editor of a cell was closed.
    """

    selected = Signal()
    delete_asked = Signal()
    copy_asked = Signal()
    menu_asked = Signal(object)
    sorted_by = Signal(str, bool)
    column_resized = Signal(object, int)
    edit_ended = Signal()

    def __init__(self, model: ContactGridModel, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Contacts"), parent=parent)
        self.setObjectName("contactGrid")
        self._rows_model = model
        self._painter: GridPainter | None = None
        self._carried: tuple[int | None, int, list[int]] | None = None
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed | triggers.AnyKeyPressed)
        self._editors = CellEditorDelegate(self)
        self._editors.refused.connect(self.complain)
        self.setItemDelegate(self._editors)
        self.bubble = CellBubble(self.viewport())
        model.modelAboutToBeReset.connect(self._remember_selection)
        self.setModel(model)
        model.modelReset.connect(self._restore_selection)
        model.modelReset.connect(self.bubble.hide)
        model.rowsInserted.connect(self.selected)
        head = self.horizontalHeader()
        head.setSectionsMovable(False)
        head.setSortIndicatorShown(True)
        head.sortIndicatorChanged.connect(self._on_sort_changed)
        head.sectionResized.connect(self._on_resized)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.selectionModel().currentChanged.connect(self._on_selection_changed)

    # The selection

    def selected_ids(self) -> list[int]:
        """The ids of the selected contacts, in the order of the grid."""
        ids = self._rows_model.ids
        ranges = sorted((chosen.top(), chosen.bottom()) for chosen in self._ranges())
        return [contact_id for top, bottom in ranges for contact_id in ids[top : bottom + 1]]

    def selected_count(self) -> int:
        return sum(chosen.height() for chosen in self._ranges())

    def select_contact(self, contact_id: int) -> bool:
        """Make a contact the selected one and bring it into sight; False if it is not among the rows."""
        row = self._rows_model.row_of(contact_id)
        if row is None:
            return False
        self.selectRow(row)
        self.scrollTo(self._rows_model.index(row, 0), QAbstractItemView.ScrollHint.EnsureVisible)
        return True

    @property
    def current_id(self) -> int | None:
        """The contact of the current row, if that is selected."""
        index = self.currentIndex()
        is_selected = index.isValid() and self.selectionModel().isSelected(index)
        return self._rows_model.ids[index.row()] if is_selected else None

    def current_address(self) -> str:
        """The address of the current row, as far as it is there already."""
        line = self._rows_model.line(self.currentIndex().row()) if self.currentIndex().isValid() else None
        return line.texts[0] if line is not None else ""

    # The columns

    def set_columns(self, memory: ColumnMemory, in_use: frozenset[str]) -> None:
        """Show the columns that *memory* wants shown, as wide as it wants them."""
        head = self.horizontalHeader()
        blocked = head.blockSignals(True)
        for section, column in enumerate(self._rows_model.columns):
            self.setColumnHidden(section, not memory.is_shown(column, in_use))
            self.setColumnWidth(section, memory.width(column))
        head.blockSignals(blocked)

    def show_order(self, key: str, *, descending: bool) -> None:
        """Point the arrow in the header, without asking anybody to sort."""
        section = next((at for at, column in enumerate(self._rows_model.columns) if column.key == key), -1)
        head = self.horizontalHeader()
        blocked = head.blockSignals(True)
        head.setSortIndicator(section, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder)
        head.blockSignals(blocked)
        head.viewport().update()

    def visible_sections(self) -> list[int]:
        return [section for section in range(self._rows_model.columnCount()) if not self.isColumnHidden(section)]

    # Complaints

    @Slot(object, str)
    def complain(self, index: QModelIndex, text: str) -> None:
        """Say beside the cell what is wrong with it."""
        if index.isValid():
            self.scrollTo(QModelIndex(index))
            self.bubble.show_at(self.visualRect(QModelIndex(index)), text)

    def complain_about(self, contact_id: int, key: str, text: str) -> None:
        row = self._rows_model.row_of(contact_id)
        section = next((at for at, column in enumerate(self._rows_model.columns) if column.key == key), None)
        if row is not None and section is not None:
            self.complain(self._rows_model.index(row, section), text)

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._painter is None:
            self._painter = GridPainter(self.font(), height=Size.ROW, device_ratio=self.devicePixelRatioF())
        strips = self._strips(event.rect())
        top = self.rowAt(event.rect().top())
        if top < 0 or not strips:
            return
        chosen = [(picked.top(), picked.bottom()) for picked in self._ranges()]
        rtl = self.isRightToLeft()
        painter.setFont(self.font())
        for row in range(top, self._rows_model.rowCount()):
            y = self.rowViewportPosition(row)
            if y > event.rect().bottom():
                break
            selected = any(first <= row <= last for first, last in chosen)
            self._painter.paint_row(painter, self._rows_model.line(row), strips, y, selected=selected, rtl=rtl)
        if self.hasFocus() and self.currentIndex().isValid():
            self._painter.paint_current(painter, self.visualRect(self.currentIndex()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.is_editing:
            return  # what the editor did not want; the Return that ends an edit opens nothing
        self.bubble.hide()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_asked.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_asked.emit()
        elif event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.selected_count():
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            spot = self.visualRect(self.currentIndex()).bottomLeft()
            self.menu_asked.emit(self.viewport().mapToGlobal(spot) if by_key else event.globalPos())

    @property
    def is_editing(self) -> bool:
        return self.state() == QAbstractItemView.State.EditingState

    def closeEditor(self, editor: QWidget, hint: QAbstractItemDelegate.EndEditHint) -> None:
        super().closeEditor(editor, hint)
        if not self.is_editing:
            self.edit_ended.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.bubble.hide()
        super().scrollContentsBy(dx, dy)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.DevicePixelRatioChange):
            self._painter = None
        super().changeEvent(event)

    @Slot(QModelIndex)
    def _on_double_clicked(self, index: QModelIndex) -> None:
        # A double click edits a cell; only what cannot be edited opens the contact.
        if not self._rows_model.flags(index) & Qt.ItemFlag.ItemIsEditable:
            self.opened.emit(index)

    @Slot(int, Qt.SortOrder)
    def _on_sort_changed(self, section: int, order: Qt.SortOrder) -> None:
        if 0 <= section < len(self._rows_model.columns):
            key = self._rows_model.columns[section].key
            self.sorted_by.emit(key, order == Qt.SortOrder.DescendingOrder)

    @Slot(int, int, int)
    def _on_resized(self, section: int, _old: int, width: int) -> None:
        # A section that is being hidden gets the width 0.
        if width and 0 <= section < len(self._rows_model.columns):
            self.column_resized.emit(self._rows_model.columns[section], width)

    @Slot()
    def _on_selection_changed(self) -> None:
        self.viewport().update()
        self.selected.emit()

    @Slot()
    def _remember_selection(self) -> None:
        chosen = self.selected_ids() if self.selected_count() <= _CARRIED_ROWS else []
        self._carried = (self.current_id, self.currentIndex().column(), chosen)

    @Slot()
    def _restore_selection(self) -> None:
        if self._carried is None:
            return
        current, section, chosen = self._carried
        self._carried = None
        model = self._rows_model
        last = max(0, model.columnCount() - 1)
        wanted = set(chosen)
        rows = [row for row, contact_id in enumerate(model.ids) if contact_id in wanted] if wanted else []
        selection = QItemSelection()
        for row in rows:
            selection.append(QItemSelectionRange(model.index(row, 0), model.index(row, last)))
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect)
        place = model.row_of(current) if current is not None else None
        if place is not None:
            self.selectionModel().setCurrentIndex(model.index(place, max(0, section)), flags.NoUpdate)
        self.selected.emit()

    def _ranges(self) -> Sequence[QItemSelectionRange]:
        # None before there is a model, which PySide's stubs do not know.
        selection = cast("QItemSelectionModel | None", self.selectionModel())
        if selection is None:
            return []
        ranges = cast("Sequence[QItemSelectionRange]", selection.selection())
        return [chosen for chosen in ranges if chosen.isValid() and chosen.left() == 0]

    def _strips(self, area: QRect) -> list[Strip]:
        head = self.horizontalHeader()
        strips = []
        for section, column in enumerate(self._rows_model.columns):
            if head.isSectionHidden(section):
                continue
            x, width = head.sectionViewportPosition(section), head.sectionSize(section)
            if x <= area.right() and x + width > area.left():
                strips.append(Strip(section, column, x, width))
        return strips
