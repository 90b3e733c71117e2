"""What the home page shows, read in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.audience.contacts import Counts
from app.audience.contacts import count as count_contacts
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryCounts
from app.ui.pages.campaigns.rows import CampaignRow, read_groups, read_rows, sent_since

RECENT = timedelta(days=30)


@dataclass(frozen=True)
class HomeState:
    """
    Attributes:
        recent: What became of the messages of the last 30 days.
    """

    organisation: str
    contacts: Counts
    campaigns: tuple[CampaignRow, ...]
    recent: DeliveryCounts

    @property
    def has_people(self) -> bool:
        return self.contacts.total > 0

    @property
    def has_chosen_design(self) -> bool:
        return any(row.campaign.template_id is not None for row in self.campaigns)

    @property
    def draft(self) -> CampaignRow | None:
        return next((row for row in self.campaigns if row.campaign.status is CampaignStatus.DRAFT), None)

    @property
    def sent(self) -> CampaignRow | None:
        """A campaign of which something was sent, the latest."""
        return next((row for row in self.campaigns if row.counts and row.counts[DeliveryState.SENT]), None)

    @property
    def delivered_share(self) -> float | None:
        """The accepted part of what was tried; None while nothing was."""
        accepted, refused = self.recent[DeliveryState.SENT], self.recent[DeliveryState.FAILED]
        return accepted / (accepted + refused) if accepted + refused else None


def read_home(workspace: Workspace) -> HomeState:
    rows = read_rows(workspace, read_groups(workspace))
    return HomeState(
        organisation=workspace.organisation().name,
        contacts=count_contacts(workspace),
        campaigns=tuple(rows),
        recent=sent_since(rows, datetime.now(UTC) - RECENT),
    )
