"""The campaigns as a table shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.audience.audience import Audience, sent_campaigns
from app.audience.lists import all_lists, all_tags
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryCounts, delivery_counts
from app.sending.campaigns import CampaignInfo, list_campaigns
from app.ui.pages.campaigns.words import joined, moment, number, status_cell
from app.ui.widgets import Cell, Column, TwoLines

ACTIONS_COLUMN = 4


def _tr(text: str) -> str:
    return QCoreApplication.translate("Campaigns", text)


@dataclass(frozen=True)
class GroupNames:
    """What the lists, the tags and the campaigns of dispatches are called, to name an audience with."""

    lists: dict[int, str]
    tags: dict[int, str]
    dispatches: dict[int, str] = field(default_factory=dict)

    def describe(self, audience: Audience) -> str:
        if audience.is_empty:
            return _tr("Nobody chosen yet")
        left_out = bool(audience.excluded_list_ids or audience.excluded_tag_ids)
        if audience.everyone:
            return _tr("Everybody, with exceptions") if left_out else _tr("Everybody")
        names = [
            *(self.lists.get(one, _tr("a deleted list")) for one in sorted(audience.list_ids)),
            *(self.tags.get(one, _tr("a deleted tag")) for one in sorted(audience.tag_ids)),
        ]
        if audience.dispatch_id is not None:
            names.insert(0, recipients_words(audience, self.dispatches))
        return joined(names)


def recipients_words(audience: Audience, dispatches: Mapping[int, str]) -> str:
    """As in "Those who did not open “Spring offers”"; empty if *audience* does not ask for an earlier message."""
    if audience.dispatch_id is None:
        return ""
    return _tr(audience.reaction.words).format(dispatches.get(audience.dispatch_id, _tr("a deleted campaign")))


@dataclass(frozen=True)
class CampaignRow:
    """
    Attributes:
        counts: None for a campaign that was never launched.
        audience: Whom it goes to, in words.
    """

    campaign: CampaignInfo
    counts: DeliveryCounts | None
    audience: str

    @property
    def id(self) -> int:
        return self.campaign.id

    @property
    def is_counting_down(self) -> bool:
        return self.campaign.status is CampaignStatus.SCHEDULED


def read_groups(workspace: Workspace) -> GroupNames:
    return GroupNames(
        lists={group.id: group.name for group in all_lists(workspace)},
        tags={group.id: group.name for group in all_tags(workspace)},
        dispatches=sent_campaigns(workspace),
    )


def read_rows(workspace: Workspace, groups: GroupNames) -> list[CampaignRow]:
    """All campaigns with their counts; what needs attention or moves comes first, then drafts, then the rest."""
    campaigns = list_campaigns(workspace)
    dispatches = [one.dispatch_id for one in campaigns if one.dispatch_id is not None]
    counts = delivery_counts(workspace, dispatches) if dispatches else {}
    rows = [
        CampaignRow(
            one,
            counts.get(one.dispatch_id) if one.dispatch_id is not None else None,
            groups.describe(one.audience),
        )
        for one in campaigns
    ]
    return sorted(rows, key=lambda row: _URGENCY.get(row.campaign.status, len(_URGENCY)))


_URGENCY = {
    CampaignStatus.NEEDS_YOU: 0,
    CampaignStatus.SENDING: 1,
    CampaignStatus.PAUSED: 1,
    CampaignStatus.SCHEDULED: 2,
    CampaignStatus.DRAFT: 3,
}


def columns(*, with_actions: bool = True) -> list[Column[CampaignRow]]:
    made: list[Column[CampaignRow]] = [
        Column(_tr("Campaign"), lambda row: TwoLines(row.campaign.name or _tr("Untitled"), row.audience)),
        Column(_tr("State"), _state, tooltip=lambda row: row.campaign.problem),
        Column(_tr("Recipients"), _recipients, number=True),
        Column(_tr("When"), when_words),
    ]
    if with_actions:
        made.append(Column("", lambda _row: "⋯", number=True, tooltip=lambda _row: _tr("Open, copy or delete")))
    return made


def _state(row: CampaignRow) -> Cell:
    return status_cell(row.campaign.status, row.counts, due_at=row.campaign.due_at)


def _recipients(row: CampaignRow) -> str:
    if row.counts is None or not row.counts.total:
        return "–"
    return number(row.counts.intended)


def when_words(row: CampaignRow) -> str:
    campaign = row.campaign
    match campaign.status:
        case CampaignStatus.DRAFT:
            return _tr("changed {0}").format(moment(campaign.updated_at))
        case CampaignStatus.SCHEDULED:
            return moment(campaign.due_at) if campaign.due_at else ""
        case CampaignStatus.FINISHED | CampaignStatus.CANCELLED:
            return moment(campaign.finished_at) if campaign.finished_at else ""
    return _tr("since {0}").format(moment(campaign.due_at)) if campaign.due_at else ""


def state_sentence(rows: Sequence[CampaignRow]) -> str:
    """What is going on, for the head of a page: "One campaign is being sent. 2 drafts." """
    count = {status: sum(row.campaign.status is status for row in rows) for status in CampaignStatus}
    sentences = [
        _counted(count[CampaignStatus.NEEDS_YOU], _tr("One campaign needs you."), _tr("{0} campaigns need you.")),
        _counted(
            count[CampaignStatus.SENDING], _tr("One campaign is being sent."), _tr("{0} campaigns are being sent.")
        ),
        _counted(count[CampaignStatus.PAUSED], _tr("One is paused."), _tr("{0} are paused.")),
        _counted(count[CampaignStatus.SCHEDULED], _tr("One is scheduled."), _tr("{0} are scheduled.")),
        _counted(count[CampaignStatus.DRAFT], _tr("One draft."), _tr("{0} drafts.")),
        _counted(count[CampaignStatus.FINISHED], _tr("One was sent."), _tr("{0} were sent.")),
    ]
    return " ".join(filter(None, sentences))


def _counted(count: int, one: str, many: str) -> str:
    return "" if not count else one if count == 1 else many.format(number(count))


def sent_since(rows: Sequence[CampaignRow], since: datetime) -> DeliveryCounts:
    """The counts of all campaigns that left after *since*, together."""
    together: dict[DeliveryState, int] = {}
    for row in rows:
        if row.counts is not None and row.campaign.due_at is not None and row.campaign.due_at >= since:
            for state, count in row.counts.by_state.items():
                together[state] = together.get(state, 0) + count
    return DeliveryCounts(together)
