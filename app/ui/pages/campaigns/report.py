"""What became of a campaign: live while it is sent, and for ever after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.audience.audience import count as count_audience
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, dispatch_report, sent_over_time
from app.sending.campaigns import CampaignInfo, cancel, copy_campaign, get_campaign, pause, resume
from app.sending.outlook import Outlook, Way, outlook_of_dispatch, outlook_of_draft, ways_of
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.charts import SendingCharts, step_for
from app.ui.pages.campaigns.launch_card import LaunchCard
from app.ui.pages.campaigns.leaving import LeavingBanner
from app.ui.pages.campaigns.messages_card import MessagesCard
from app.ui.pages.campaigns.news import REPORT_SEEN
from app.ui.pages.campaigns.outcomes import Outcomes, read_outcomes
from app.ui.pages.campaigns.outlook_words import takes_words
from app.ui.pages.campaigns.report_deeds import ReportDeeds
from app.ui.pages.campaigns.report_words import banner_of, figures_of, sentence_of, via_words
from app.ui.pages.campaigns.rows import read_groups
from app.ui.pages.campaigns.view import View
from app.ui.pages.campaigns.words import people, status_pill
from app.ui.theme import Kind, Space, icon, set_property
from app.ui.widgets import (
    Banner,
    FigureCard,
    Pill,
    ask,
    link_button,
    primary_button,
    quiet_button,
    secondary_button,
)

_ROOM_FOR_CHARTS = 640
_ROOM_FOR_CHARTS_AND_GROUPS = 860
_NEVER = datetime.min.replace(tzinfo=UTC)
_LOOK_AHEAD_EVERY = timedelta(seconds=5)
_GROUPED = (DeliveryState.FAILED, DeliveryState.SKIPPED, DeliveryState.IN_DOUBT, DeliveryState.DEFERRED)


class Report(View):
    """
    Signals:
        taken_back: The id of a campaign that is a draft again.
        copied: The id of the new draft.
    """

    taken_back = Signal(int)
    copied = Signal(int)

    watches: ClassVar[frozenset[str]] = frozenset({things.SENDING, things.CAMPAIGNS, things.ACCOUNTS})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._campaign_id = 0
        self._dispatch_id = 0
        self.report: DispatchReport | None = None
        self._ways: tuple[Way, ...] = ()
        self._outlook: Outlook | None = None
        self._outlook_at = _NEVER
        self._outcomes = Outcomes()
        self._pill = Pill()
        self._leaving = LeavingBanner(context)
        self._leaving.taken_back.connect(self.taken_back)
        self._check_account = link_button(
            self.tr("Open Accounts"), on_click=lambda: context.show_page("accounts"), name="checkAccount"
        )
        self._show_failed = link_button(
            self.tr("Show the refused"), on_click=lambda: self.messages.show_only("failed"), name="showFailed"
        )
        self._show_doubt = link_button(
            self.tr("Show them"), on_click=lambda: self.messages.show_only("in_doubt"), name="showInDoubt"
        )
        self._banner = Banner("", "", Kind.INFO, self._show_doubt, self._show_failed, self._check_account)
        self._banner.setObjectName("reportBanner")
        self.figures = {key: FigureCard(name) for key, name in self._figure_names().items()}
        self._launch = LaunchCard()
        self.charts = SendingCharts()
        self.messages = MessagesCard(context)
        self.messages.groups_changed.connect(self._show_charts)
        self.deeds = ReportDeeds(context, self, lambda: self._dispatch_id)
        self.deeds.drafted.connect(self.copied)
        self._build()

    def set_dispatch(self, campaign_id: int, dispatch_id: int) -> None:
        """Whose report the next `load` shows."""
        if dispatch_id != self._dispatch_id:
            self.report, self._outlook, self._outcomes, self._outlook_at = None, None, Outcomes(), _NEVER
        self._campaign_id, self._dispatch_id = campaign_id, dispatch_id
        self.messages.set_dispatch(dispatch_id)

    async def load(self) -> None:
        workspace, operations = self.context.workspace, self.context.operations
        campaign = await operations.read(partial(get_campaign, workspace, self._campaign_id))
        if campaign.dispatch_id is None:
            self.taken_back.emit(self._campaign_id)
            return
        report = await operations.read(partial(dispatch_report, workspace, self._dispatch_id))
        step_s = step_for(_duration(report))
        steps = await operations.read(partial(sent_over_time, workspace, self._dispatch_id, step_s=step_s))
        await self.messages.load(total=report.counts.total)
        await self._look_around(report)
        is_new = self.report is None
        if report.status is CampaignStatus.SCHEDULED:
            await self._load_launch(campaign, report)
        self.report = report
        self._leaving.watch(campaign)
        self._show(report)
        self.charts.set_steps(steps, step_s, intended=report.counts.intended)
        if is_new:
            operations.announce(REPORT_SEEN)

    async def _look_around(self, report: DispatchReport) -> None:
        """Read what costs more than a count only when it can have changed, or now and then: this runs four times a
        second while it is being sent.
        """
        workspace, operations = self.context.workspace, self.context.operations
        before = self.report
        self._ways = await operations.read(partial(ways_of, workspace, report.dispatch_id))
        now = datetime.now(UTC)
        if before is None or _settled_otherwise(before, report):
            self._outcomes = await operations.read(partial(read_outcomes, workspace, report))
        if before is None or before.status is not report.status or now - self._outlook_at >= _LOOK_AHEAD_EVERY:
            self._outlook_at = now
            self._outlook = await operations.read(partial(outlook_of_dispatch, workspace, report.dispatch_id))

    async def _load_launch(self, campaign: CampaignInfo, report: DispatchReport) -> None:
        workspace, operations = self.context.workspace, self.context.operations
        groups = await operations.read(partial(read_groups, workspace))
        count = await operations.read(partial(count_audience, workspace, campaign.audience))
        outlook = await operations.read(
            partial(outlook_of_draft, workspace, campaign, count.mailable, at=report.due_at)
        )
        self._launch.set_report(
            report,
            groups.describe(campaign.audience),
            count,
            via=via_words(report, self._ways),
            takes=takes_words(outlook),
        )

    # Building

    def _build(self) -> None:
        self.add_way_back()
        self._cancel = quiet_button(self.tr("Cancel"), "circle-x", on_click=self._on_cancel, name="cancelDispatch")
        self._pause = secondary_button(self.tr("Pause"), "pause", on_click=self._on_pause, name="pauseDispatch")
        self._resume = primary_button(self.tr("Resume"), "play", on_click=self._on_resume, name="resumeDispatch")
        self._open_accounts = primary_button(
            self.tr("Open Accounts"),
            "at-sign",
            on_click=lambda: self.context.show_page("accounts"),
            name="openAccounts",
        )
        groups = self.messages.groups
        groups.retry_wanted.connect(self.deeds.retry)
        groups.resend_wanted.connect(lambda: self.deeds.resend_doubt(self._in_doubt))
        groups.arrived_wanted.connect(lambda: self.deeds.settle_doubt(self._in_doubt))
        groups.non_openers_wanted.connect(self.deeds.write_to_non_openers)
        self._copy = secondary_button(self.tr("Make a copy"), "copy", on_click=self._on_copy, name="copyCampaign")
        self.header.add_action(self._pill)
        for button in (self._copy, self._cancel, self._pause, self._resume, self._open_accounts):
            self.header.add_action(button)
        figures = QHBoxLayout()
        figures.setSpacing(Space.M)
        for card in self.figures.values():
            figures.addWidget(card, 1)
        self.column.addWidget(self._leaving)
        self.column.addWidget(self._banner)
        self.column.addWidget(self._launch)
        self.column.addLayout(figures)
        self.column.addWidget(self.charts, 2)
        self.column.addWidget(self.messages, 5)
        # Keeps what is there at the top while charts and messages are not.
        self.column.addStretch(0)

    def _figure_names(self) -> dict[str, str]:
        return {
            "sent": self.tr("Sent"),
            "waiting": self.tr("Waiting"),
            "deferred": self.tr("Trying again"),
            "failed": self.tr("Refused"),
            "left_out": self.tr("Left out"),
            "in_doubt": self.tr("In doubt"),
        }

    # Showing

    def _show(self, report: DispatchReport) -> None:
        self.header.set_title(report.campaign_name or self.tr("Untitled"))
        self.header.set_subtitle(sentence_of(report, self._ways, self._outlook))
        self.header.subtitle.setToolTip(report.sender)
        self._pill.set(status_pill(report.status, report.counts, due_at=report.due_at))
        figures = figures_of(report)
        for key, card in self.figures.items():
            card.setVisible(key in figures and report.status is not CampaignStatus.SCHEDULED)
            card.set_value(*figures.get(key, ("0", "")))
        self._show_banner(report)
        status = report.status
        waits = status is CampaignStatus.SCHEDULED
        runs = status is CampaignStatus.SENDING
        rests = status in (CampaignStatus.PAUSED, CampaignStatus.NEEDS_YOU)
        self._pause.setVisible(runs)
        self._resume.setVisible(rests)
        self._cancel.setVisible(runs or rests)
        self._copy.setVisible(not (runs or rests or waits))
        self._launch.setVisible(waits)
        self._show_charts()
        self.messages.setVisible(not waits)
        self.messages.set_counts(report.counts, report.campaign_name)
        self.messages.set_outcomes(self._outcomes, several_accounts=len(self._ways) > 1)

    @property
    def _in_doubt(self) -> int:
        return self.report.counts[DeliveryState.IN_DOUBT] if self.report is not None else 0

    def _show_banner(self, report: DispatchReport) -> None:
        message = banner_of(report, self._ways, self._outlook, ready=self._outcomes.ready)
        self._banner.setVisible(message is not None)
        self._resume.setText(self.tr("Go on anyway") if message and message.goes_on else self.tr("Resume"))
        # What has to be mended first is the thing to do on this page.
        is_stuck = message is not None and message.about_account and report.status is CampaignStatus.NEEDS_YOU
        self._open_accounts.setVisible(is_stuck)
        set_property(self._resume, "role", "secondary" if is_stuck else "primary")
        self._resume.setIcon(icon("play", "muted" if is_stuck else "on_accent"))
        if message is not None:
            self._banner.set_message(message.title, message.text, message.kind)
            self._check_account.setVisible(message.about_account and not is_stuck)
            self._show_doubt.setVisible(message.about_doubt)
            self._show_failed.setVisible(message.about_failed or message.goes_on)

    def _show_charts(self) -> None:
        """Below a certain height the table needs the room more, and what can be done about a group of messages too."""
        waits = self.report is None or self.report.status is CampaignStatus.SCHEDULED
        needed = _ROOM_FOR_CHARTS_AND_GROUPS if self.messages.has_groups else _ROOM_FOR_CHARTS
        self.charts.setVisible(not waits and self.height() >= needed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_charts()

    # Acting

    def _on_pause(self) -> None:
        self._wish(pause, self._pause)

    def _on_resume(self) -> None:
        self._wish(resume, self._resume)

    def _wish(self, wish: Callable[[Workspace, int], None], button: QPushButton) -> None:
        self.context.operations.run(
            partial(wish, self.context.workspace, self._dispatch_id), busy=button, refreshes=[things.SENDING]
        )

    def _on_cancel(self) -> None:
        self.context.operations.run(self._ask_and_cancel())

    async def _ask_and_cancel(self) -> None:
        if self.report is None:
            return
        counts = self.report.counts
        sure = await ask(
            self,
            title=self.tr("Cancel “{0}”?").format(self.report.campaign_name),
            text=self.tr("{0} will not get it. {1} got it already; that cannot be taken back.").format(
                people(counts.left), people(counts[DeliveryState.SENT])
            ),
            confirm=self.tr("Cancel the campaign"),
            cancel=self.tr("Go on"),
            danger=True,
        )
        if sure:
            await self.context.operations.write(partial(cancel, self.context.workspace, self._dispatch_id))
            self.context.operations.announce(things.SENDING, things.CAMPAIGNS)

    def _on_copy(self) -> None:
        self.context.operations.run(
            partial(copy_campaign, self.context.workspace, self._campaign_id),
            busy=self._copy,
            success=self._on_copied,
            refreshes=[things.CAMPAIGNS],
        )

    def _on_copied(self, campaign_id: int) -> None:
        self.copied.emit(campaign_id)


def _settled_otherwise(before: DispatchReport, report: DispatchReport) -> bool:
    """Whether other messages than those that were sent are in another state now."""
    return (before.status, before.state) != (report.status, report.state) or any(
        before.counts[state] != report.counts[state] for state in _GROUPED
    )


def _duration(report: DispatchReport) -> timedelta:
    if report.started_at is None:
        return timedelta()
    return (report.finished_at or datetime.now(UTC)) - report.started_at
