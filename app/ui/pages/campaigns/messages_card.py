"""The table of messages in a report: filtered by what happened, searched, opened, exported."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QStandardPaths, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.models.states import DeliveryState
from app.reports.metrics import DeliveryCounts, attempts, delivery_ids
from app.ui.context import AppContext
from app.ui.operations import Lane
from app.ui.pages.campaigns.message_sheet import MessageSheet
from app.ui.pages.campaigns.messages_model import ACCOUNT, ADDRESS, REASON, REPLY, STATE, MessagesModel
from app.ui.pages.campaigns.outcomes import OutcomeGroups, Outcomes
from app.ui.pages.campaigns.words import delivery_words, number
from app.ui.progress import CancelToken, Progress, Report
from app.ui.theme import Space
from app.ui.widgets import DataTable, EmptyState, SearchField, Segmented, secondary_button

# Recipient, what happened, why (which takes what the others leave), the server's answer, tries, account, when.
_WIDTHS = (204, 124, 240, 150, 56, 110, 118)
_NARROW_WIDTHS = (190, 128, 200, 0, 60, 100, 116)
_NARROW = 860

FILTERS: dict[str, tuple[DeliveryState, ...]] = {
    "all": (),
    "sent": (DeliveryState.SENT,),
    "waiting": (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED),
    "failed": (DeliveryState.FAILED,),
    "left_out": (DeliveryState.SKIPPED, DeliveryState.CANCELLED),
    "in_doubt": (DeliveryState.IN_DOUBT,),
}


class MessagesCard(QWidget):
    """
    Signals:
        groups_changed: `has_groups` may be another.
    """

    groups_changed = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._dispatch_id = 0
        self._title = ""
        self._request = 0
        self._names = {
            "all": self.tr("All"),
            "sent": self.tr("Sent"),
            "waiting": self.tr("Waiting"),
            "failed": self.tr("Refused"),
            "left_out": self.tr("Left out"),
            "in_doubt": self.tr("In doubt"),
        }
        self.filter = Segmented(self.tr("Which messages"), list(self._names.items()))
        self.search = SearchField(self.tr("Find an address"), name="searchMessages")
        self.search.setMaximumWidth(240)
        self.export = secondary_button(self.tr("Export"), "download", name="exportMessages")
        menu = QMenu(self.export)
        menu.addAction(self.tr("As an Excel workbook …"), partial(self._on_export, "xlsx"))
        menu.addAction(self.tr("As a CSV file …"), partial(self._on_export, "csv"))
        self.export.setMenu(menu)
        self.model = MessagesModel(context.workspace, context.operations, self)
        self.table = DataTable(self.tr("Messages"), tall=True)
        self.table.setObjectName("messages")
        self.table.setModel(self.model)
        self.table.paint_cells_in(ADDRESS, STATE)
        self.table.stretch(REASON)
        self.table.horizontalHeader().setStretchLastSection(False)
        self.table.setMinimumHeight(150)
        self.table.setColumnHidden(ACCOUNT, True)
        self.groups = OutcomeGroups()
        self.groups.only_wanted.connect(self.reload)
        self.groups.export_wanted.connect(partial(self._on_export, "xlsx"))
        self.table.set_empty(
            EmptyState("mail", self.tr("No message fits"), self.tr("Choose another kind, or search for another word."))
        )
        tools = QHBoxLayout()
        tools.setSpacing(Space.S)
        tools.addWidget(self.filter)
        tools.addStretch(0)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addLayout(tools)
        column.addWidget(self.groups)
        column.addWidget(self.table, 1)
        self.filter.chosen.connect(self._on_filter)
        self.search.searched.connect(self.reload)
        self.table.opened.connect(self._on_opened)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        is_narrow = self.width() < _NARROW
        self.table.set_widths(*(_NARROW_WIDTHS if is_narrow else _WIDTHS))
        self.table.setColumnHidden(REPLY, is_narrow)
        if not is_narrow and self.table.isColumnHidden(ACCOUNT):
            self.table.setColumnWidth(REPLY, _WIDTHS[REPLY] + _WIDTHS[ACCOUNT])

    def set_dispatch(self, dispatch_id: int) -> None:
        if dispatch_id != self._dispatch_id:
            self._dispatch_id = dispatch_id
            self.filter.choose("all")
            self.groups.show_kind("all")
            self.search.clear()
            self.model.set_ids(array("q"))

    def set_counts(self, counts: DeliveryCounts, title: str) -> None:
        """*title*: what the exported file is called."""
        self._title = title
        for key, states in FILTERS.items():
            count = sum(counts[state] for state in states) if states else counts.total
            self.filter.set_text(key, f"{self._names[key]} {number(count)}")
            self.filter.set_shown(key, bool(count) or key in ("all", "sent", self.filter.current))

    def set_outcomes(self, outcomes: Outcomes, *, several_accounts: bool) -> None:
        self.groups.set_outcomes(outcomes)
        self.groups_changed.emit()
        if self.table.isColumnHidden(ACCOUNT) is several_accounts:
            self.table.setColumnHidden(ACCOUNT, not several_accounts)
            self._fit_columns()

    @property
    def has_groups(self) -> bool:
        """Whether something can be done about the messages on show, group by group."""
        return self.groups.isVisibleTo(self)

    def show_only(self, key: str) -> None:
        self.filter.choose(key)
        self._on_filter(key)

    @Slot(str)
    def _on_filter(self, key: str) -> None:
        self.groups.show_kind(key)
        self.groups_changed.emit()
        self.reload()

    @Slot()
    def reload(self) -> None:
        self._request += 1
        self._context.operations.run(self._load(self._request))

    async def load(self, *, total: int) -> None:
        """Fetch the ids, unless all *total* of them are there; the selection and the place in the table stay."""
        if (
            self.filter.current == "all"
            and not (self.search.text() or self.groups.only)
            and len(self.model.ids) == total
        ):
            self.model.set_ids(self.model.ids)
            return
        self._request += 1
        await self._load(self._request)

    async def _load(self, request: int) -> None:
        query = partial(
            delivery_ids,
            self._context.workspace,
            self._dispatch_id,
            states=FILTERS[self.filter.current],
            reasons=self.groups.only,
            search=self.search.text(),
        )
        ids = await self._context.operations.read(query)
        if request != self._request:
            return
        selected = {self.model.ids[row] for row in self.table.selected_rows()}
        place = self.table.verticalScrollBar().value()
        if self.model.set_ids(ids):
            self._select(selected)
            self.table.verticalScrollBar().setValue(place)

    def _select(self, wanted: set[int]) -> None:
        if not wanted:
            return
        selection = QItemSelection()
        for row, one in enumerate(self.model.ids):
            if one in wanted:
                selection.select(self.model.index(row, 0), self.model.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    @Slot(object)
    def _on_opened(self, index: QModelIndex) -> None:
        self._context.operations.run(self._open(index.row()))

    async def _open(self, number: int) -> None:
        row = self.model.row(number)
        if row is None:
            return
        tries = await self._context.operations.read(partial(attempts, self._context.workspace, row.id))
        MessageSheet(self, row, tries).open()

    def _on_export(self, kind: str, reasons: Collection[str] = ()) -> None:
        """*reasons*: only those, of what the table shows."""
        dialog = QFileDialog(self, self.tr("Export the messages"))
        dialog.setObjectName("exportDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Excel workbook (*.xlsx)") if kind == "xlsx" else self.tr("CSV file (*.csv)"))
        dialog.setDefaultSuffix(kind)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.selectFile(f"{_file_name(self._title)}.{kind}")
        dialog.fileSelected.connect(lambda path: self.export_to(Path(path), reasons))
        dialog.open()

    def export_to(self, path: Path, reasons: Collection[str] = ()) -> None:
        """Write what the table shows to *path*, or of that only what came of *reasons*."""
        states, search = FILTERS[self.filter.current], self.search.text()
        reasons = reasons or self.groups.only
        workspace, dispatch_id = self._context.workspace, self._dispatch_id

        def work(report: Report, cancel: CancelToken) -> int:
            from app.reports.export import export_deliveries  # brings openpyxl, and that numpy

            return export_deliveries(
                workspace,
                dispatch_id,
                path,
                states=states,
                reasons=reasons,
                search=search,
                words=delivery_words,
                progress=lambda done, total: report(Progress(done, total)),
                is_cancelled=lambda: cancel.cancelled,
            )

        self._context.operations.run_with_progress(
            work,
            title=self.tr("Exporting messages"),
            success=lambda count: self.tr("{0} rows were written to {1}").format(number(count), path.name),
            lane=Lane.READ,
        )


def _file_name(title: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in title)
    return " ".join(kept.split())[:80] or "messages"
