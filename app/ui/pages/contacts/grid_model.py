"""The contacts as a table: an id for every row, and the rows themselves only where somebody looks.

Eight bytes a row stay in memory, and sixty-four pages of what was painted last. A page is read in a reader thread while
the painting waits a few milliseconds for it (with 200,000 encrypted contacts it takes 1.4 ms, 3.5 at most); if the disk
needs longer, the rows are painted as grey bars and arrive when they are there.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from app.audience import contacts
from app.audience.cells import CellValue
from app.audience.contacts import ContactQuery, ContactRow
from app.audience.search import select_ids
from app.models.fields import FieldInfo
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts import cell_text, wording
from app.ui.pages.contacts.columns import GridColumn, columns_of

PAGE_ROWS = 128
KEPT_PAGES = 64
_PATIENCE_S = 0.008
_AHEAD_AFTER_S = 0.05
# Most lists are counted before this; only longer ones are shown before they are.
_FIRST_ROWS_AFTER_S = 0.04

Index = QModelIndex | QPersistentModelIndex

_LEADING = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TRAILING = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is ready to be painted; `texts` are in the order of the columns."""

    row: ContactRow
    texts: tuple[str, ...]


Page = list[Line | None]


class ContactGridModel(QAbstractTableModel):
    """
    Signals:
        edited: The user typed into a cell, which shows it already: the contact's id, the field's key, the text.
        counted: The number of rows is final: the whole snapshot of ids is there.
    """

    edited = Signal(object, str, str)
    counted = Signal()

    def __init__(self, workspace: Workspace, operations: Operations, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._operations = operations
        self._fields: tuple[FieldInfo, ...] = ()
        self._columns: tuple[GridColumn, ...] = ()
        self._ids: array[int] = array("q")
        self._pages: OrderedDict[int, Page] = OrderedDict()
        self._stale: set[int] = set()
        self._reading: dict[int, Future[Page]] = {}
        self._reading_ahead: asyncio.Task[None] | None = None
        self.query = ContactQuery()

    # What it holds

    @property
    def columns(self) -> Sequence[GridColumn]:
        return self._columns

    @property
    def fields(self) -> Sequence[FieldInfo]:
        return self._fields

    @property
    def ids(self) -> Sequence[int]:
        """The ids of all rows, in order."""
        return self._ids

    def row_of(self, contact_id: int) -> int | None:
        try:
            return self._ids.index(contact_id)
        except ValueError:
            return None

    def line(self, row: int) -> Line | None:
        """The row if it is in memory or comes within a few milliseconds; None while it is being fetched."""
        number = row // PAGE_ROWS
        page = self._pages.get(number)
        if page is not None:
            self._pages.move_to_end(number)
            if number in self._stale:
                self._start(number)
        else:
            page = self._fetch(number)
        return page[row % PAGE_ROWS] if page is not None and row % PAGE_ROWS < len(page) else None

    # What fills it

    def set_fields(self, fields: Sequence[FieldInfo]) -> None:
        """Have a column for each of *fields*."""
        if tuple(fields) == self._fields:
            return
        self.beginResetModel()
        self._fields = tuple(fields)
        self._columns = columns_of(self._fields)
        self._forget_pages()
        self.endResetModel()

    async def load(self, query: ContactQuery) -> None:
        """Show what *query* asks for: the first rows as soon as they are known, the rest when all are counted."""
        everything = asyncio.ensure_future(self._operations.read(partial(contacts.ids, self._workspace, query)))
        # Looked at here, as nobody else may: whoever cancels the load does not wait for it.
        everything.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await asyncio.wait([everything], timeout=_FIRST_ROWS_AFTER_S)
            if not everything.done() and query != self.query:
                self._take(query, await self._operations.read(partial(_first_ids, self._workspace, query)))
            self._take(query, await everything)
        finally:
            everything.cancel()
        self.counted.emit()

    def refresh_rows(self, contact_ids: Iterable[int] | None = None) -> None:
        """Read the rows of these contacts again, or all in memory; the old ones stay until the new are there."""
        self._reading = {number: future for number, future in self._reading.items() if not future.done()}
        if contact_ids is None:
            self._stale.update(self._pages)
        else:
            rows = (self.row_of(contact_id) for contact_id in contact_ids)
            self._stale.update(row // PAGE_ROWS for row in rows if row is not None)
        for number in self._stale & self._pages.keys():
            self._start(number)

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._ids)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _TRAILING if self._columns[section].is_number else _LEADING
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = super().flags(index)
        if index.isValid() and self._columns[index.column()].field is not None:
            return usual | Qt.ItemFlag.ItemIsEditable
        return usual

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _TRAILING if column.is_number else _LEADING
        if role not in _TEXT_ROLES:
            return None
        line = self.line(index.row())
        if line is None:
            return self.tr("Loading") if role == Qt.ItemDataRole.AccessibleTextRole else None
        if role == Qt.ItemDataRole.EditRole:
            return cell_text.typed(self._value(line, column))
        text = line.texts[index.column()]
        return f"{column.title}: {text}" if role == Qt.ItemDataRole.AccessibleTextRole and text else text

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        column = self._columns[index.column()] if index.isValid() else None
        if role != Qt.ItemDataRole.EditRole or column is None or column.field is None:
            return False
        line = self.line(index.row())
        text = str(value).strip()
        if line is None or text == cell_text.typed(self._value(line, column)):
            return False
        texts = (*line.texts[: index.column()], text, *line.texts[index.column() + 1 :])
        self._pages[index.row() // PAGE_ROWS][index.row() % PAGE_ROWS] = replace(line, texts=texts)
        self.dataChanged.emit(index, index)
        self.edited.emit(line.row.id, column.key, text)
        return True

    # Reading

    def _value(self, line: Line, column: GridColumn) -> CellValue:
        return None if column.place is None else line.row.values[column.place]

    def _take(self, query: ContactQuery, found: array[int]) -> None:
        """Make *found* the rows, with as little ado as possible."""
        is_same_question = query == self.query
        self.query = query
        known = len(self._ids)
        if not is_same_question or found[:known] != self._ids:
            self.beginResetModel()
            self._ids = found
            self._forget_pages()
            self.endResetModel()
            return
        if len(found) > known:
            self.beginInsertRows(QModelIndex(), known, len(found) - 1)
            self._ids = found
            self.endInsertRows()
        self.refresh_rows()

    def _forget_pages(self) -> None:
        self._pages.clear()
        self._stale.clear()
        self._reading.clear()

    def _fetch(self, number: int) -> Page | None:
        """The page *number*, if it comes in time."""
        future = self._start(number)
        try:
            page = future.result(_PATIENCE_S)
        except TimeoutError:
            return None
        except Exception:  # noqa: BLE001 - told by the task that waits for the same future
            return None
        self._keep(number, page)
        if self._reading_ahead is not None:
            self._reading_ahead.cancel()
        self._reading_ahead = self._operations.run(self._read_ahead(number))
        return page

    async def _read_ahead(self, number: int) -> None:
        """Fetch the neighbours of a page for who scrolls on; not at once, as that would slow the painting down."""
        await asyncio.sleep(_AHEAD_AFTER_S)
        for neighbour in (number - 1, number + 1):
            if 0 <= neighbour * PAGE_ROWS < len(self._ids) and neighbour not in self._pages:
                self._start(neighbour)

    def _start(self, number: int) -> Future[Page]:
        """Read a page, unless that is being done."""
        if number not in self._reading:
            ids = self._ids[number * PAGE_ROWS : (number + 1) * PAGE_ROWS]
            query = partial(_read_page, self._workspace, ids, self._fields, self._columns)
            self._reading[number] = self._operations.start_read(query)
            self._stale.discard(number)
            self._operations.run(self._arrive(number, self._reading[number]))
        return self._reading[number]

    async def _arrive(self, number: int, future: Future[Page]) -> None:
        page = await asyncio.wrap_future(future)
        if self._reading.get(number) is not future:
            return  # of rows that are no longer the rows
        del self._reading[number]
        if self._pages.get(number) is page:
            return  # came in time
        self._keep(number, page)
        top = self.index(number * PAGE_ROWS, 0)
        bottom = self.index(min((number + 1) * PAGE_ROWS, len(self._ids)) - 1, len(self._columns) - 1)
        self.dataChanged.emit(top, bottom)

    def _keep(self, number: int, page: Page) -> None:
        self._pages[number] = page
        self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)


_TEXT_ROLES = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.EditRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
    }
)


def _first_ids(workspace: Workspace, query: ContactQuery) -> array[int]:
    with workspace.read() as session:
        return array("q", session.scalars(select_ids(session, query).limit(PAGE_ROWS)))


def _read_page(
    workspace: Workspace, ids: Sequence[int], fields: Sequence[FieldInfo], columns: Sequence[GridColumn]
) -> Page:
    found = {row.id: row for row in contacts.page(workspace, ids, fields)}
    return [_line(found[contact_id], columns) if contact_id in found else None for contact_id in ids]


def _line(row: ContactRow, columns: Sequence[GridColumn]) -> Line:
    texts = (
        wording.status_look(row.status).text if column.place is None else cell_text.shown(row.values[column.place])
        for column in columns
    )
    return Line(row, tuple(texts))
