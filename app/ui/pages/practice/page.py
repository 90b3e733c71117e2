"""The practice inbox: a list that grows while a campaign is being sent, and the message that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from PySide6.QtCore import QLocale, QModelIndex, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.sending.practice_inbox import KEPT, PracticeEntry, clear_practice, count_practice, list_practice
from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.practice.message_view import MessageView
from app.ui.pages.practice.model import MESSAGE, WHEN, InboxModel
from app.ui.pages.practice.outcomes_sheet import OutcomesSheet
from app.ui.theme import Space
from app.ui.widgets import DataTable, EmptyState, SearchField, ask, link_button, primary_button, secondary_button

_LEAST_LIST_WIDTH, _LIST_WIDTH = 240, 360
_FIRST_LOOK = 200
"""So many new messages are looked for before everything is read again."""


class PracticePage(Page):
    """Messages that arrive are slipped in above the ones on show, without moving what is being read."""

    watches: ClassVar[frozenset[str]] = frozenset({things.PRACTICE})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations, self.tr("Practice inbox"))
        self._context = context
        self._search = ""
        self.model = InboxModel(self)
        self.table = DataTable(self.tr("Messages"), tall=True)
        self.table.setObjectName("practiceMessages")
        self.table.setModel(self.model)
        self.table.paint_cells_in(MESSAGE)
        self.table.stretch(MESSAGE)
        self.table.setColumnWidth(WHEN, 84)
        self.table.setSelectionMode(DataTable.SelectionMode.SingleSelection)
        self.table.set_empty(
            EmptyState("search", self.tr("Nothing found"), self.tr("No message has this recipient or subject."))
        )
        self.table.selectionModel().currentRowChanged.connect(self._on_current)
        self.search = SearchField(self.tr("Search recipient or subject"), name="searchPractice")
        self.search.searched.connect(self._on_searched)
        self.message = MessageView(context)
        self._how = secondary_button(
            self.tr("Try outcomes"), "flask-conical", on_click=self._explain, name="tryOutcomes"
        )
        self._clear = secondary_button(
            self.tr("Clear"), "trash-2", on_click=lambda: self.operations.run(self._clear_all()), name="clearPractice"
        )
        self.header.add_action(self._how)
        self.header.add_action(self._clear)
        self.set_empty(self._nothing_yet())
        self._build()

    async def load(self) -> None:
        """Take in what arrived since the last look."""
        count = await self.operations.read(partial(count_practice, self._context.workspace))
        self._show_count(count)
        if not count:
            self.model.replace([])
            self.message.show_entry(None)
        elif not await self._slip_in():
            await self._read_all()
        self.show_empty(count == 0)

    def shown(self, **kwargs: Any) -> None:
        """`search` looks for a recipient at once."""
        if "search" in kwargs:
            self.search.setText(str(kwargs["search"]))

    async def _slip_in(self) -> bool:
        """Put the newest on top; False if that does not lead to what is there already."""
        newest = self.model.newest
        if newest is None:
            return False
        latest = await self._list(_FIRST_LOOK)
        if newest not in latest:
            return False
        self.model.put_on_top(latest[: latest.index(newest)], keep=KEPT)
        return True

    async def _read_all(self) -> None:
        selected = self._selected()
        self.model.replace(await self._list(KEPT))
        row = self.model.row_of(selected.id) if selected is not None else None
        if self.model.rowCount():
            self.table.selectRow(row or 0)
        else:
            self.message.show_entry(None)

    async def _list(self, limit: int) -> Sequence[PracticeEntry]:
        work = partial(list_practice, self._context.workspace, search=self._search, limit=limit)
        return await self.operations.read(work)

    def _selected(self) -> PracticeEntry | None:
        row = self.table.currentIndex().row()
        return self.model.entry(row) if row >= 0 else None

    def _show_count(self, count: int) -> None:
        number = QLocale().toString(count)
        words = self.tr("1 message") if count == 1 else self.tr("{0} messages").format(number)
        self.header.set_subtitle(self.tr("{0} · nothing here left this computer").format(words) if count else "")
        for action in (self._how, self._clear):
            action.setVisible(count > 0)

    @Slot(str)
    def _on_searched(self, text: str) -> None:
        self._search = text
        self.operations.run(self._read_all())

    @Slot(QModelIndex, QModelIndex)
    def _on_current(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.message.show_entry(self.model.entry(current.row()))

    def _explain(self) -> None:
        OutcomesSheet(self).open()

    async def _clear_all(self) -> None:
        is_sure = await ask(
            self,
            title=self.tr("Clear the practice inbox?"),
            text=self.tr("All practice messages are thrown away. Contacts, campaigns and reports stay as they are."),
            confirm=self.tr("Clear the inbox"),
            danger=True,
        )
        if is_sure:
            await self.operations.write(partial(clear_practice, self._context.workspace))
            self.search.clear()
            self.operations.announce(things.PRACTICE)

    def _nothing_yet(self) -> EmptyState:
        return EmptyState(
            "inbox",
            self.tr("Practise without anybody noticing"),
            self.tr(
                "Send a campaign from the practice account: it takes the same way as a real one, but every message "
                "ends here, on this computer, for you to look at."
            ),
            primary_button(self.tr("New campaign"), "plus", on_click=self._begin, name="practiceCampaign"),
            link_button(self.tr("How to try outcomes"), on_click=self._explain, name="howToPractise"),
        )

    def _begin(self) -> None:
        self._context.show_page("campaigns", new=True)

    def _build(self) -> None:
        left = QWidget()
        left.setMinimumWidth(_LEAST_LIST_WIDTH)
        left.setMaximumWidth(_LIST_WIDTH)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self.search)
        column.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(left, 1)
        row.addWidget(self.message, 1)
        self.content.addLayout(row)
