"""Where things stand, what runs, and for a newcomer: what to do first."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import ClassVar

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QWidget

from app import paths
from app.models.states import DeliveryState
from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.campaigns.news import REPORT_SEEN
from app.ui.pages.campaigns.rows import columns, state_sentence
from app.ui.pages.campaigns.words import messages, number, percent
from app.ui.pages.home import first_steps
from app.ui.pages.home.first_steps import FirstSteps
from app.ui.pages.home.state import HomeState, read_home
from app.ui.theme import Kind, Size, Space
from app.ui.widgets import (
    Banner,
    Card,
    DataTable,
    FigureCard,
    ListModel,
    link_button,
    primary_button,
)

_LATEST = 5
_HEADER_HEIGHT = 36


class HomePage(Page):
    watches: ClassVar[frozenset[str]] = frozenset(
        {things.CONTACTS, things.LISTS, things.CAMPAIGNS, things.SENDING, things.ORGANISATION, REPORT_SEEN}
    )
    scrolls: ClassVar[bool] = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations)
        self.context = context
        self._state: HomeState | None = None
        self._report_seen = False
        self._was_fresh = False
        self.new = primary_button(
            self.tr("New campaign"), "plus", on_click=lambda: context.show_page("campaigns", new=True), name="homeNew"
        )
        self.header.add_action(self.new)
        self.steps = FirstSteps()
        self.steps.wanted.connect(self._on_step)
        self._problem = Banner(
            "",
            "",
            Kind.BAD,
            link_button(self.tr("Look at it"), on_click=self._open_problem, name="openProblem"),
        )
        self.figures = {
            "people": FigureCard(self.tr("People who can be mailed")),
            "sent": FigureCard(self.tr("Sent in 30 days")),
            "delivered": FigureCard(self.tr("Accepted by their servers")),
            "refused": FigureCard(self.tr("Refused")),
        }
        self._model = ListModel(columns(with_actions=False))
        self.table = DataTable(self.tr("Latest campaigns"), tall=True, flush=True)
        self.table.setObjectName("latestCampaigns")
        self._latest = Card(self.tr("Campaigns"), flush=True)
        self._build()
        # Here, because this page is there from the start.
        context.actions.add(
            "new-campaign",
            self.tr("New campaign"),
            lambda: context.show_page("campaigns", new=True),
            icon="send",
            shortcut=QKeySequence.StandardKey.New,
            section=self.tr("Campaigns"),
            keywords="newsletter write mail",
        )

    async def load(self) -> None:
        state = await self.operations.read(partial(read_home, self.context.workspace))
        self._state = state
        # Once the whole round was made the list goes away, but not under the eyes of who has just made it.
        is_fresh = state.sent is None or not self._report_seen
        self._was_fresh = self._was_fresh or state.sent is None
        self.steps.setVisible(is_fresh and self._was_fresh)
        self.steps.set_state(state, report_seen=self._report_seen)
        self.header.set_title(_greeting(self))
        self.header.set_subtitle(self._sentence(state))
        self.new.setVisible(not self.steps.isVisibleTo(self))
        self._show_figures(state)
        for card in self.figures.values():
            card.setVisible(state.has_people or bool(state.campaigns))
        self._model.set_rows(state.campaigns[:_LATEST])
        rows = len(self._model.rows)
        self._latest.setVisible(rows > 0)
        self.table.setFixedHeight(_HEADER_HEIGHT + rows * Size.TALL_ROW - 1)
        problem = next((row.campaign for row in state.campaigns if row.campaign.problem), None)
        self._problem.setVisible(problem is not None)
        if problem is not None:
            self._problem.set_message(self.tr("“{0}” needs you").format(problem.name), problem.problem, Kind.BAD)

    def refresh(self, changed: frozenset[str]) -> None:
        self._note(changed)
        super().refresh(changed)

    def invalidate(self, changed: frozenset[str]) -> None:
        self._note(changed)
        super().invalidate(changed)

    def _note(self, changed: frozenset[str]) -> None:
        self._report_seen = self._report_seen or REPORT_SEEN in changed

    def _build(self) -> None:
        figures = QHBoxLayout()
        figures.setSpacing(Space.L)
        for card in self.figures.values():
            figures.addWidget(card, 1)
        table = self.table
        table.setModel(self._model)
        table.paint_cells_in(0, 1)
        table.stretch(0)
        table.set_widths(300, 260, 110, 180)
        table.horizontalHeader().setStretchLastSection(False)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.opened.connect(self._on_opened)
        table.clicked.connect(self._on_opened)
        self._latest.add_action(
            link_button(
                self.tr("All campaigns"),
                on_click=lambda: self.context.show_page("campaigns", list=True),
                name="allCampaigns",
            )
        )
        self._latest.body.addWidget(table)
        for part in (self._problem, self.steps):
            self.content.addWidget(part)
        self.content.addLayout(figures)
        self.content.addWidget(self._latest)
        self.content.addStretch(1)

    def _sentence(self, state: HomeState) -> str:
        if not state.has_people:
            return self.tr("Everything is ready. The first thing you need is people to write to.")
        if not state.campaigns:
            return self.tr("Nothing is being sent, and nothing is planned.")
        return state_sentence(state.campaigns)

    def _show_figures(self, state: HomeState) -> None:
        people, recent = state.contacts, state.recent
        not_mailable = people.not_mailable
        note = self.tr("and {0} who may not").format(number(not_mailable)) if not_mailable else ""
        self.figures["people"].set_value(number(people.mailable), note if people.total else self.tr("nobody yet"))
        sent, refused = recent[DeliveryState.SENT], recent[DeliveryState.FAILED]
        self.figures["sent"].set_value(number(sent), self.tr("messages") if sent else self.tr("nothing yet"))
        share = state.delivered_share
        self.figures["delivered"].set_value(
            "–" if share is None else percent(share),
            "" if share is None else self.tr("of {0}").format(messages(sent + refused)),
        )
        self.figures["refused"].set_value(
            "–" if share is None else number(refused),
            self.tr("{0} of all").format(percent(1 - share)) if share is not None and refused else "",
        )

    @Slot(QModelIndex)
    def _on_opened(self, index: QModelIndex) -> None:
        self.context.show_page("campaigns", campaign=self._model.row(index.row()).id)

    def _open_problem(self) -> None:
        if self._state is None:
            return
        problem = next((row for row in self._state.campaigns if row.campaign.problem), None)
        if problem is not None:
            self.context.show_page("campaigns", campaign=problem.id)

    # The first five minutes

    @Slot(str)
    def _on_step(self, deed: str) -> None:
        state, show_page = self._state, self.context.show_page
        draft = state.draft if state else None
        match deed:
            case first_steps.IMPORT:
                show_page("contacts", start_import=True)
            case first_steps.SAMPLE:
                show_page("contacts", files=[paths.resources() / "sample" / "contacts.xlsx"])
            case first_steps.DESIGN if draft is not None:
                show_page("campaigns", campaign=draft.id, gallery=True)
            case first_steps.DESIGN:
                show_page("campaigns", new=True, gallery=True)
            case first_steps.SEND if draft is not None:
                show_page("campaigns", campaign=draft.id)
            case first_steps.SEND:
                show_page("campaigns", new=True)
            case first_steps.REPORT if state is not None and state.sent is not None:
                show_page("campaigns", campaign=state.sent.id)
            case _:
                show_page("campaigns", list=True)


def _greeting(page: QWidget) -> str:
    hour = datetime.now().astimezone().hour
    if 5 <= hour < 12:
        return page.tr("Good morning")
    return page.tr("Good afternoon") if 12 <= hour < 18 else page.tr("Good evening")
