"""What is stored of a campaign, as the rest of the program sees it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.audience import Audience
from app.errors import UserFacingError
from app.models.states import CampaignStatus, MessageFormat, campaign_status
from app.models.tables import Campaign, CampaignRoute, Dispatch
from app.sending.breaker import Breaker
from app.sending.windows import SendingWindow

GIVE_UP_AFTER_H = 48
"""How many hours a message that was not taken is tried again, unless the campaign says otherwise."""


@dataclass(frozen=True)
class CampaignInfo:
    """A campaign and where its latest dispatch stands.

    Attributes:
        reply_to: Where answers go; empty for where the From address says.
        headers: Headers of the user's own: name and value, in which merge tags may stand.
        window: When it may go out, beside what its accounts say.
        give_up_after_h: For how many hours a message that was not taken is tried again.
        file_field: The key of the field that names each person's own file; empty for none.
        routes: The share of each From address where there are several; 0 for one that steps in for the others. Empty if
            all goes out from `identity_id`.
    """

    id: int
    name: str
    subject: str
    preheader: str
    template_id: int | None
    identity_id: int | None
    audience: Audience
    updated_at: datetime
    status: CampaignStatus
    dispatch_id: int | None = None
    due_at: datetime | None = None
    finished_at: datetime | None = None
    problem: str = ""
    format: MessageFormat = MessageFormat.HTML_AND_TEXT
    reply_to: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    window: SendingWindow = SendingWindow.ALWAYS
    breaker: Breaker = field(default_factory=Breaker)
    give_up_after_h: int = GIVE_UP_AFTER_H
    file_field: str = ""
    routes: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_editable(self) -> bool:
        """Nothing of it was sent and nothing waits to be sent."""
        return self.status in (CampaignStatus.DRAFT, CampaignStatus.CANCELLED) and self.dispatch_id is None

    @property
    def shares(self) -> Mapping[int, int]:
        """The share of each From address it is sent from, also of a single one."""
        return self.routes or ({self.identity_id: 1} if self.identity_id is not None else {})


def existing(session: Session, campaign_id: int) -> Campaign:
    """The row of a campaign.

    Raises:
        UserFacingError: it was deleted.
    """
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.deleted_at is not None:
        raise UserFacingError("This campaign was deleted.")
    return campaign


def editable(session: Session, campaign_id: int) -> Campaign:
    """The row of a campaign of which nothing was sent and nothing waits to be sent.

    Raises:
        UserFacingError: it was deleted, or it is on its way.
    """
    campaign = existing(session, campaign_id)
    if latest_dispatches(session, campaign_id):
        raise UserFacingError("This campaign is on its way and cannot be changed.", "Make a copy and change that.")
    return campaign


def latest_dispatches(session: Session, campaign_id: int | None = None) -> dict[int, Dispatch]:
    """The newest dispatch of each campaign, or of one."""
    newest = select(func.max(Dispatch.id)).group_by(Dispatch.campaign_id)
    if campaign_id is not None:
        newest = newest.where(Dispatch.campaign_id == campaign_id)
    found = session.scalars(select(Dispatch).where(Dispatch.id.in_(newest)))
    return {dispatch.campaign_id: dispatch for dispatch in found}


def routes_by_campaign(session: Session, campaign_id: int | None = None) -> dict[int, dict[int, int]]:
    """The shares of the From addresses of each campaign that has several, or of one."""
    query = select(CampaignRoute.campaign_id, CampaignRoute.identity_id, CampaignRoute.weight)
    if campaign_id is not None:
        query = query.where(CampaignRoute.campaign_id == campaign_id)
    routes: dict[int, dict[int, int]] = {}
    for owner, identity_id, weight in session.execute(query.order_by(CampaignRoute.identity_id)):
        routes.setdefault(owner, {})[identity_id] = weight
    return routes


def routes_with_sender(
    routes: Mapping[int, int], old_id: int | None, new_id: int, practice_ids: Collection[int]
) -> dict[int, int]:
    """*routes* when another From address takes the place of the campaign's own, and with it its share.

    Empty if nothing is left to share: *practice_ids*, the addresses of the practice account, send alone.
    """
    changed = dict(routes)
    share = changed.pop(old_id, 0) if old_id is not None else 0
    changed[new_id] = changed.get(new_id, 0) or share
    is_shared = len(changed) > 1 and any(changed.values()) and not changed.keys() & set(practice_ids)
    return changed if is_shared else {}


def campaign_info(campaign: Campaign, dispatch: Dispatch | None, routes: Mapping[int, int]) -> CampaignInfo:
    """The campaign of these rows."""
    return CampaignInfo(
        id=campaign.id,
        name=campaign.name,
        subject=campaign.subject,
        preheader=campaign.preheader,
        template_id=campaign.template_id,
        identity_id=campaign.identity_id,
        audience=Audience.from_json(campaign.audience),
        updated_at=campaign.updated_at,
        status=campaign_status(dispatch.state, dispatch.wish, dispatch.problem) if dispatch else CampaignStatus.DRAFT,
        dispatch_id=dispatch.id if dispatch else None,
        due_at=dispatch.due_at if dispatch else None,
        finished_at=dispatch.finished_at if dispatch else None,
        problem=dispatch.problem if dispatch else "",
        format=campaign.format,
        reply_to=campaign.reply_to,
        headers=_pairs(campaign.headers),
        window=SendingWindow.from_json(campaign.window),
        breaker=Breaker.from_json(campaign.breaker),
        give_up_after_h=campaign.give_up_after_h,
        file_field=campaign.file_field,
        routes=routes,
    )


def _pairs(stored: Iterable[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in stored)
