"""Feeds the card at the foot of the sidebar with the campaign that is being sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from app.errors import UserFacingError
from app.models.states import CampaignStatus
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryCounts, delivery_counts
from app.sending.campaigns import CampaignInfo, list_campaigns, pause, resume
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.words import number
from app.ui.theme import Kind
from app.ui.widgets import ProgressCard, RunningJob

_ON_ITS_WAY = (CampaignStatus.NEEDS_YOU, CampaignStatus.SENDING, CampaignStatus.PAUSED)


@dataclass(frozen=True)
class _Running:
    campaign: CampaignInfo
    counts: DeliveryCounts
    more: int


class RunningJobFeed(QObject):
    """Reads when sending is announced, one read at a time, so the card never lags behind a flood of news."""

    def __init__(self, context: AppContext, card: ProgressCard) -> None:
        super().__init__(card)
        self._context = context
        self._card = card
        self._running: _Running | None = None
        self._is_reading = False
        self._read_again = False
        card.pause_toggled.connect(self._on_pause_toggled)
        card.opened.connect(self._on_opened)
        context.operations.changed.connect(self._on_changed)
        self.refresh()

    def refresh(self) -> None:
        if self._is_reading:
            self._read_again = True
            return
        self._is_reading = True
        self._context.operations.run(self._refresh(), on_error=self._on_error)

    async def _refresh(self) -> None:
        try:
            self._running = await self._context.operations.read(partial(_read, self._context.workspace))
            self._card.set_job(_job(self._running) if self._running else None)
        finally:
            self._is_reading = False
        if self._read_again:
            self._read_again = False
            self.refresh()

    @Slot(object)
    def _on_changed(self, changed: frozenset[str]) -> None:
        if changed & {things.SENDING, things.CAMPAIGNS}:
            self.refresh()

    def _on_error(self, error: UserFacingError) -> None:
        """The page on show says what is wrong with the workspace; the card only stops claiming to know."""
        del error
        self._card.set_job(None)

    @Slot(bool)
    def _on_pause_toggled(self, wants_pause: bool) -> None:
        if self._running is None or self._running.campaign.dispatch_id is None:
            return
        wish = pause if wants_pause else resume
        self._context.operations.run(
            partial(wish, self._context.workspace, self._running.campaign.dispatch_id), refreshes=[things.SENDING]
        )

    @Slot()
    def _on_opened(self) -> None:
        if self._running is not None:
            self._context.show_page("campaigns", campaign=self._running.campaign.id)


def _read(workspace: Workspace) -> _Running | None:
    """The campaign on its way that matters most, and how many others there are."""
    found = [one for one in list_campaigns(workspace) if one.status in _ON_ITS_WAY]
    if not found:
        return None
    first = min(found, key=lambda one: _ON_ITS_WAY.index(one.status))
    if first.dispatch_id is None:
        raise LookupError(f"campaign {first.id} is on its way without a dispatch")
    return _Running(first, delivery_counts(workspace, [first.dispatch_id])[first.dispatch_id], len(found) - 1)


def _job(running: _Running) -> RunningJob:
    campaign, counts = running.campaign, running.counts
    state, kind = {
        CampaignStatus.SENDING: (_tr("Sending now"), Kind.ACCENT),
        CampaignStatus.PAUSED: (_tr("Paused"), Kind.WARNING),
        CampaignStatus.NEEDS_YOU: (_tr("Needs you"), Kind.BAD),
    }[campaign.status]
    return RunningJob(
        state,
        campaign.name or campaign.subject,
        counts.done_share if counts.intended else None,
        _tr("{0} of {1}").format(number(counts.settled), number(counts.intended)) if counts.intended else "",
        paused=campaign.status is not CampaignStatus.SENDING,
        kind=kind,
        more=running.more,
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("RunningJob", text)
