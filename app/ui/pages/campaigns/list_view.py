"""All campaigns: what they are, where they stand, and what can be done with them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCursor, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.models.states import CampaignStatus
from app.sending.campaigns import copy_campaign, delete_campaigns, restore_campaigns
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.leaving import LeavingBanner
from app.ui.pages.campaigns.rows import (
    ACTIONS_COLUMN,
    CampaignRow,
    columns,
    read_groups,
    read_rows,
    state_sentence,
)
from app.ui.pages.campaigns.view import View
from app.ui.theme import Space, icon
from app.ui.widgets import (
    DataTable,
    EmptyState,
    ListModel,
    SearchField,
    Segmented,
    Toast,
    primary_button,
)

_BEING_SENT = frozenset(
    {CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.NEEDS_YOU}
)
_FILTERS = {
    "all": frozenset(CampaignStatus),
    "drafts": frozenset({CampaignStatus.DRAFT}),
    "sending": _BEING_SENT,
    "sent": frozenset({CampaignStatus.FINISHED, CampaignStatus.CANCELLED}),
}


class CampaignList(View):
    """
    Signals:
        opened: The id of the campaign to open.
        new_wanted: The user wants to begin a campaign.
    """

    opened = Signal(int)
    new_wanted = Signal()

    watches: ClassVar[frozenset[str]] = frozenset({things.CAMPAIGNS, things.SENDING, things.LISTS, things.CONTACTS})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context, "")
        self.header.set_title(self.tr("Campaigns"))
        self._rows: list[CampaignRow] = []
        self._search = SearchField(self.tr("Find a campaign"), name="searchCampaigns")
        self._search.setMaximumWidth(280)
        self._filter = Segmented(
            self.tr("Which campaigns"),
            [
                ("all", self.tr("All")),
                ("drafts", self.tr("Drafts")),
                ("sending", self.tr("On their way")),
                ("sent", self.tr("Sent")),
            ],
        )
        self._leaving = LeavingBanner(context)
        self._leaving.taken_back.connect(self.opened)
        self._model = ListModel(columns())
        self.table = DataTable(self.tr("Campaigns"), tall=True)
        self.table.setObjectName("campaigns")
        self._build_table()
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._on_tick)
        self._new = primary_button(self.tr("New campaign"), "plus", on_click=self.new_wanted.emit, name="newCampaign")
        self.header.add_action(self._new)
        self._body = QStackedWidget()
        self._body.addWidget(self._build_full())
        self._body.addWidget(self._build_empty())
        self.column.addWidget(self._body, 1)
        self._search.searched.connect(self._apply_filter)
        self._filter.chosen.connect(self._apply_filter)

    async def load(self) -> None:
        workspace, operations = self.context.workspace, self.context.operations
        groups = await operations.read(partial(read_groups, workspace))
        self._rows = await operations.read(partial(read_rows, workspace, groups))
        self.header.set_subtitle(state_sentence(self._rows))
        self._body.setCurrentIndex(0 if self._rows else 1)
        self._new.setVisible(bool(self._rows))
        self._apply_filter()
        leaving = next((row for row in self._rows if row.is_counting_down), None)
        self._leaving.watch(leaving.campaign if leaving else None)
        if leaving is not None:
            self._tick.start()
        else:
            self._tick.stop()

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self._model)
        table.paint_cells_in(0, 1)
        table.stretch(0)
        table.horizontalHeader().setStretchLastSection(False)
        table.set_widths(300, 250, 110, 170, 48)
        table.opened.connect(lambda index: self.opened.emit(self._row(index).id))
        table.clicked.connect(self._on_clicked)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._on_menu_wanted)
        table.set_empty(
            EmptyState("search", self.tr("No campaign fits"), self.tr("Try another word, or look at all of them."))
        )

    def _build_full(self) -> QWidget:
        full = QWidget()
        tools = QHBoxLayout()
        tools.addWidget(self._filter)
        tools.addStretch(0)
        tools.addWidget(self._search, 1)
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self._leaving)
        column.addLayout(tools)
        column.addWidget(self.table, 1)
        return full

    def _build_empty(self) -> QWidget:
        return EmptyState(
            "send",
            self.tr("Send your first campaign"),
            self.tr(
                "Choose who gets it, choose a design, look at what each person will read, and send. "
                "The practice account lets you try it all without anything leaving this computer."
            ),
            primary_button(self.tr("New campaign"), "plus", on_click=self.new_wanted.emit, name="firstCampaign"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows = self.table.selected_rows()
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and rows and self.table.hasFocus():
            self._delete([self._model.row(row) for row in rows])
            return
        super().keyPressEvent(event)

    def _row(self, index: QModelIndex) -> CampaignRow:
        return self._model.row(index.row())

    @Slot()
    def _apply_filter(self) -> None:
        wanted, word = _FILTERS[self._filter.current], self._search.text().strip().casefold()
        shown = [
            row
            for row in self._rows
            if row.campaign.status in wanted and word in f"{row.campaign.name} {row.campaign.subject}".casefold()
        ]
        chosen = {self._model.row(row).id for row in self.table.selected_rows()}
        self._model.set_rows(shown)
        for number, row in enumerate(shown):
            if row.id in chosen:
                self.table.selectRow(number)

    @Slot()
    def _on_tick(self) -> None:
        """Count down the seconds of what is about to leave."""
        if self._model.rows:
            last = self._model.index(len(self._model.rows) - 1, 1)
            self._model.dataChanged.emit(self._model.index(0, 1), last)

    @Slot(QModelIndex)
    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == ACTIONS_COLUMN:
            self._open_menu(self._row(index), QCursor.pos())

    @Slot(QPoint)
    def _on_menu_wanted(self, spot: QPoint) -> None:
        index = self.table.indexAt(spot)
        if index.isValid():
            self._open_menu(self._row(index), self.table.viewport().mapToGlobal(spot))

    def _open_menu(self, row: CampaignRow, spot: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("campaignMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("folder-open", "muted"), self.tr("Open"), lambda: self.opened.emit(row.id))
        menu.addAction(icon("copy", "muted"), self.tr("Make a copy"), partial(self._copy, row))
        menu.addSeparator()
        menu.addAction(icon("trash-2", "muted"), self.tr("Delete"), partial(self._delete, [row]))
        menu.popup(spot)

    def _copy(self, row: CampaignRow) -> None:
        self.context.operations.run(
            partial(copy_campaign, self.context.workspace, row.id),
            success=self._on_copied,
            refreshes=[things.CAMPAIGNS],
        )

    def _on_copied(self, campaign_id: int) -> None:
        self.opened.emit(campaign_id)

    def _delete(self, rows: list[CampaignRow]) -> None:
        ids = [row.id for row in rows]
        name = rows[0].campaign.name or self.tr("Untitled")
        words = (
            self.tr("“{0}” was deleted").format(name)
            if len(rows) == 1
            else self.tr("{0} campaigns were deleted").format(len(rows))
        )
        self.context.operations.run(
            partial(delete_campaigns, self.context.workspace, ids),
            success=lambda _: Toast(words, action=self.tr("Undo"), on_action=partial(self._restore, ids)),
            refreshes=[things.CAMPAIGNS],
        )

    def _restore(self, ids: list[int]) -> None:
        self.context.operations.run(
            partial(restore_campaigns, self.context.workspace, ids), refreshes=[things.CAMPAIGNS]
        )
