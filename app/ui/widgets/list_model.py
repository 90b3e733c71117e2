"""A table model over a list of values, for everything that fits into memory (a few thousand rows).

What can grow beyond that (contacts, deliveries) has a model of its own that fetches rows when they are painted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.ui.widgets.cells import CELL_ROLE, Cell, spoken

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

_LEADING = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

# The value a row was made from; survives a proxy model.
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """
    Attributes:
        text: The cell's text, or a `Cell` to paint.
        sort: What to sort by; the text unless given.
        number: Right-aligned, header too.
    """

    title: str
    text: Callable[[Row], str | Cell]
    sort: Callable[[Row], Any] | None = None
    number: bool = False
    tooltip: Callable[[Row], str] | None = None


class ListModel(QAbstractTableModel, Generic[Row]):
    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = list(columns)
        self._rows: list[Row] = []
        self._sorted_by: tuple[int, Qt.SortOrder] | None = None

    def set_rows(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self._apply_sort()
        self.endResetModel()

    @property
    def rows(self) -> Sequence[Row]:
        return self._rows

    def row(self, number: int) -> Row:
        return self._rows[number]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, row = self._columns[index.column()], self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                value = column.text(row)
                return value if isinstance(value, str) else spoken(value)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _TRAILING if column.number else _LEADING
            case Qt.ItemDataRole.ToolTipRole:
                return column.tooltip(row) if column.tooltip else None
            case _ if role == CELL_ROLE:
                value = column.text(row)
                return None if isinstance(value, str) else value
            case _ if role == ROW_ROLE:
                return row
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _TRAILING if self._columns[section].number else _LEADING
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sorted_by = (column, order) if column >= 0 else None
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self._rows[index.row()] for index in before]
        self._apply_sort()
        places = {id(row): number for number, row in enumerate(self._rows)}
        after = [self.index(places[id(row)], index.column()) for row, index in zip(kept, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _apply_sort(self) -> None:
        if self._sorted_by is None:
            return
        number, order = self._sorted_by
        column = self._columns[number]
        key = column.sort or (lambda row: _plain(column.text(row)).casefold())
        self._rows.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)


def _plain(value: str | Cell) -> str:
    return value if isinstance(value, str) else spoken(value)
