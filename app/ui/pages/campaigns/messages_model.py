"""The messages of a dispatch as a table that fetches its rows when they are painted."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from app.models.states import DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryRow, delivery_page
from app.ui.operations import Operations
from app.ui.pages.campaigns.words import delivery_pill, moment, number, reason_words
from app.ui.widgets.cells import CELL_ROLE, Cell, TwoLines, spoken
from app.ui.widgets.list_model import ROW_ROLE

Index = QModelIndex | QPersistentModelIndex

_PAGE = 64
_MOST_PAGES = 64
# A read takes a few milliseconds; waiting for it is better than painting a blank row first.
_PATIENCE_S = 0.02
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

ADDRESS, STATE, REASON, REPLY, TRIES, ACCOUNT, WHEN = range(7)


class MessagesModel(QAbstractTableModel):
    """Holds ids, and the rows around those that were painted last.

    Signals:
        arrived: The number of a page that was fetched; from a worker thread.
    """

    arrived = Signal(int, int)

    def __init__(self, workspace: Workspace, operations: Operations, parent: QObject) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._operations = operations
        self._ids: array[int] = array("q")
        self._pages: OrderedDict[int, list[DeliveryRow | None]] = OrderedDict()
        self._fetching: dict[int, Future[list[DeliveryRow]]] = {}
        self._stale: set[int] = set()
        self._generation = 0
        self._titles = (
            self.tr("Recipient"),
            self.tr("What happened"),
            self.tr("Why"),
            self.tr("The server’s answer"),
            self.tr("Tries"),
            self.tr("Account"),
            self.tr("When"),
        )
        self.arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def ids(self) -> array[int]:
        return self._ids

    def set_ids(self, ids: array[int]) -> bool:
        """Show the deliveries *ids*; rows already fetched are fetched anew. Whether it is another set of rows."""
        self._generation += 1
        self._fetching.clear()
        if ids == self._ids:
            # The old rows stay on the screen until the new ones are there.
            self._stale = set(self._pages)
            if ids:
                self.dataChanged.emit(self.index(0, 0), self.index(len(ids) - 1, WHEN))
            return False
        self.beginResetModel()
        self._ids = ids
        self._pages.clear()
        self._stale.clear()
        self.endResetModel()
        return True

    def row(self, number: int) -> DeliveryRow | None:
        """The delivery in row *number*; None until it has been fetched."""
        page = self._page(number // _PAGE)
        place = number % _PAGE
        return page[place] if page is not None and place < len(page) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == TRIES else None
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role not in (
            Qt.ItemDataRole.DisplayRole,
            Qt.ItemDataRole.AccessibleTextRole,
            Qt.ItemDataRole.ToolTipRole,
            Qt.ItemDataRole.TextAlignmentRole,
            CELL_ROLE,
            ROW_ROLE,
        ):
            return None
        row = self.row(index.row())
        if row is None:
            return None
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if index.column() == TRIES else None
        if role == Qt.ItemDataRole.ToolTipRole:
            words = (reason_words(row.state, row.reason), row.reply) if index.column() in (REASON, REPLY) else ()
            return "\n".join(filter(None, words))
        value = _cell(row, index.column())
        if role == CELL_ROLE:
            return None if isinstance(value, str) else value
        return value if isinstance(value, str) else spoken(value)

    def _page(self, number: int) -> list[DeliveryRow | None] | None:
        page = self._pages.get(number)
        if page is not None:
            self._pages.move_to_end(number)
        if page is None or number in self._stale:
            future = self._fetch(number)
            if page is None:
                try:
                    self._keep(number, future.result(_PATIENCE_S))
                except TimeoutError:
                    return None
                return self._pages[number]
        return page

    def _fetch(self, number: int) -> Future[list[DeliveryRow]]:
        future = self._fetching.get(number)
        if future is None:
            self._stale.discard(number)
            ids = self._ids[number * _PAGE : (number + 1) * _PAGE]
            future = self._operations.start_read(partial(delivery_page, self._workspace, ids))
            self._fetching[number] = future
            future.add_done_callback(partial(self._tell, self._generation, number))
        return future

    def _tell(self, generation: int, number: int, _future: Future[list[DeliveryRow]]) -> None:
        if shiboken6.isValid(self):
            self.arrived.emit(generation, number)

    @Slot(int, int)
    def _on_arrived(self, generation: int, number: int) -> None:
        future = self._fetching.get(number)
        if generation != self._generation or future is None or future.cancelled():
            return
        self._keep(number, future.result())
        first = number * _PAGE
        last = min(len(self._ids), first + _PAGE) - 1
        self.dataChanged.emit(self.index(first, 0), self.index(last, WHEN))

    def _keep(self, number: int, rows: list[DeliveryRow]) -> None:
        found = {row.id: row for row in rows}
        ids = self._ids[number * _PAGE : (number + 1) * _PAGE]
        self._pages[number] = [found.get(one) for one in ids]
        self._pages.move_to_end(number)
        self._fetching.pop(number, None)
        while len(self._pages) > _MOST_PAGES:
            self._pages.popitem(last=False)


def _cell(row: DeliveryRow, column: int) -> str | Cell:
    match column:
        case 0:
            return TwoLines(row.name, row.address) if row.name else TwoLines(row.address, "")
        case 1:
            return delivery_pill(row.state)
        case 2:
            return reason_words(row.state, row.reason)
        case 3:
            return " ".join(row.reply.split())
        case 4:
            return number(row.attempts) if row.attempts else ""
        case 5:
            return row.account
    return when(row)


def when(row: DeliveryRow) -> str:
    if row.settled_at is not None and row.state is not DeliveryState.SKIPPED:
        return moment(row.settled_at)
    if row.state is DeliveryState.DEFERRED and row.due_at is not None:
        return moment(row.due_at)
    return ""
