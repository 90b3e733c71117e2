"""The campaigns of a workspace: listed, drafted, copied, deleted. What becomes of them is in `launching`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from app.audience.audience import Audience
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import AccountKind, CampaignKind, DispatchState, MessageFormat
from app.models.tables import Account, Attachment, Campaign, CampaignRoute, Identity, Template
from app.models.workspace import Workspace
from app.sending.breaker import Breaker
from app.sending.campaign_records import (
    GIVE_UP_AFTER_H,
    CampaignInfo,
    campaign_info,
    editable,
    existing,
    latest_dispatches,
    routes_by_campaign,
    routes_with_sender,
)
from app.sending.launching import GRACE, NO_GRACE, cancel, launch, pause, resume, take_back
from app.sending.windows import SendingWindow

__all__ = [
    "GIVE_UP_AFTER_H",
    "GRACE",
    "NO_GRACE",
    "CampaignInfo",
    "cancel",
    "change_campaign",
    "copy_campaign",
    "create_campaign",
    "delete_campaigns",
    "get_campaign",
    "launch",
    "list_campaigns",
    "pause",
    "restore_campaigns",
    "resume",
    "routes_with_sender",
    "set_routes",
    "take_back",
]

_LONGEST_NAME = 200


def list_campaigns(workspace: Workspace) -> tuple[CampaignInfo, ...]:
    """All campaigns that the user made, those changed or sent last first."""
    with workspace.read() as session:
        latest, routes = latest_dispatches(session), routes_by_campaign(session)
        campaigns = session.scalars(
            select(Campaign)
            .where(Campaign.deleted_at.is_(None), Campaign.kind == CampaignKind.CAMPAIGN)
            .order_by(Campaign.updated_at.desc(), Campaign.id.desc())
        )
        return tuple(campaign_info(one, latest.get(one.id), routes.get(one.id, {})) for one in campaigns)


def get_campaign(workspace: Workspace, campaign_id: int) -> CampaignInfo:
    """One campaign.

    Raises:
        UserFacingError: it was deleted.
    """
    with workspace.read() as session:
        campaign = existing(session, campaign_id)
        routes = routes_by_campaign(session, campaign_id)
        return campaign_info(
            campaign, latest_dispatches(session, campaign_id).get(campaign_id), routes.get(campaign_id, {})
        )


def create_campaign(
    workspace: Workspace,
    *,
    name: str,
    template_id: int | None = None,
    identity_id: int | None = None,
    audience: Audience | None = None,
) -> int:
    """Start a draft and return its id. Subject and preheader come from the template."""
    with workspace.write() as session:
        template = session.get(Template, template_id) if template_id is not None else None
        campaign = Campaign(
            name=name,
            template_id=template_id,
            identity_id=identity_id,
            subject=template.subject if template else "",
            preheader=template.preheader if template else "",
            audience=(audience or Audience()).to_json(),
        )
        session.add(campaign)
        session.flush()
        return campaign.id


def change_campaign(
    workspace: Workspace,
    campaign_id: int,
    *,
    name: str | None = None,
    subject: str | None = None,
    preheader: str | None = None,
    template_id: int | None = None,
    identity_id: int | None = None,
    audience: Audience | None = None,
    format: MessageFormat | None = None,  # noqa: A002  the word of the model
    reply_to: str | None = None,
    headers: Sequence[tuple[str, str]] | None = None,
    window: SendingWindow | None = None,
    breaker: Breaker | None = None,
    give_up_after_h: int | None = None,
    file_field: str | None = None,
) -> None:
    """Change what is given of a draft. What the values mean is said at `CampaignInfo`.

    A draft may be half done: whether it could be sent is asked when it is launched. A new *identity_id* takes the place
    and the share of the one before.

    Raises:
        UserFacingError: it was deleted, or something of it was sent or waits to be sent.
    """
    changes: dict[str, object] = {
        "name": name,
        "subject": subject,
        "preheader": preheader,
        "template_id": template_id,
        "audience": audience.to_json() if audience is not None else None,
        "format": format,
        "reply_to": reply_to.strip() if reply_to is not None else None,
        "headers": [list(pair) for pair in headers] if headers is not None else None,
        "window": window.to_json() if window is not None else None,
        "breaker": _stored(breaker) if breaker is not None else None,
        "give_up_after_h": give_up_after_h,
        "file_field": file_field,
    }
    only_name = identity_id is None and all(value is None for key, value in changes.items() if key != "name")
    with workspace.write() as session:
        campaign = existing(session, campaign_id) if only_name else editable(session, campaign_id)
        if identity_id is not None and identity_id != campaign.identity_id:
            _change_sender(session, campaign, identity_id)
        for attribute, value in changes.items():
            if value is not None:
                setattr(campaign, attribute, value)
        campaign.updated_at = utcnow()


def set_routes(workspace: Workspace, campaign_id: int, weights: Mapping[int, int]) -> None:
    """Send a draft from several From addresses, which share the messages by weight.

    One of weight 0 is used when no other can send. With none or one there is nothing to share. The campaign's own From
    address stays if it is among them; else the one with the largest share takes its place.

    Raises:
        UserFacingError: nobody would get anything, or the practice account is among several; nothing was changed.
    """
    with workspace.write() as session:
        campaign = editable(session, campaign_id)
        if weights and not any(weight > 0 for weight in weights.values()):
            raise UserFacingError("None of the accounts has a share.", "Give at least one of them a share.")
        if len(weights) > 1 and weights.keys() & _practice_ids(session):
            raise UserFacingError(
                "The practice account cannot share a campaign: what it gets reaches nobody.", "Take it out."
            )
        if weights and campaign.identity_id not in weights:
            campaign.identity_id = max(weights, key=lambda one: weights[one])
        _store_routes(session, campaign_id, weights if len(weights) > 1 else {})
        campaign.updated_at = utcnow()


def copy_campaign(workspace: Workspace, campaign_id: int) -> int:
    """Make a draft with the same content, audience, files and options, and return its id."""
    with workspace.write() as session:
        original = existing(session, campaign_id)
        copied = {name: getattr(original, name) for name in _COPIED}
        copy = Campaign(**copied, name=f"{original.name} (copy)"[:_LONGEST_NAME])
        # Where the count of an earlier dispatch began anew means nothing to the next one.
        copy.breaker = _stored(replace(Breaker.from_json(original.breaker), since=None))
        session.add(copy)
        session.flush()
        for table in (CampaignRoute, Attachment):
            _copy_rows(session, table, campaign_id, copy.id)
        return copy.id


def delete_campaigns(workspace: Workspace, campaign_ids: Iterable[int]) -> None:
    """Hide campaigns; `restore_campaigns` brings them back.

    Raises:
        UserFacingError: one of them is being sent; nothing was deleted.
    """
    with workspace.write() as session:
        for campaign_id in campaign_ids:
            dispatch = latest_dispatches(session, campaign_id).get(campaign_id)
            if dispatch is not None and dispatch.state in (DispatchState.PLANNED, DispatchState.SENDING):
                raise UserFacingError("A campaign that is being sent cannot be deleted.", "Cancel it first.")
            existing(session, campaign_id).deleted_at = utcnow()


def restore_campaigns(workspace: Workspace, campaign_ids: Iterable[int]) -> None:
    """Bring deleted campaigns back."""
    with workspace.write() as session:
        for campaign_id in campaign_ids:
            session.get_one(Campaign, campaign_id).deleted_at = None


_COPIED = (
    "subject", "preheader", "template_id", "identity_id", "audience", "format", "reply_to", "headers", "window",
    "give_up_after_h", "file_field",
)  # fmt: skip


def _stored(breaker: Breaker) -> dict[str, object]:
    """Empty for the program's own thresholds, so that better ones of a later version hold for old drafts too."""
    return {} if breaker == Breaker() else breaker.to_json()


def _change_sender(session: Session, campaign: Campaign, identity_id: int) -> None:
    routes = routes_by_campaign(session, campaign.id).get(campaign.id, {})
    if routes:
        changed = routes_with_sender(routes, campaign.identity_id, identity_id, _practice_ids(session))
        _store_routes(session, campaign.id, changed)
    campaign.identity_id = identity_id


def _store_routes(session: Session, campaign_id: int, routes: Mapping[int, int]) -> None:
    session.execute(delete(CampaignRoute).where(CampaignRoute.campaign_id == campaign_id))
    session.add_all(
        CampaignRoute(campaign_id=campaign_id, identity_id=identity_id, weight=max(0, weight))
        for identity_id, weight in routes.items()
    )


def _practice_ids(session: Session) -> frozenset[int]:
    query = select(Identity.id).join(Account, Account.id == Identity.account_id)
    return frozenset(session.scalars(query.where(Account.kind == AccountKind.PRACTICE)))


def _copy_rows(session: Session, table: type[CampaignRoute | Attachment], from_id: int, to_id: int) -> None:
    columns = [column for column in table.__table__.columns if column.key not in ("id", "campaign_id")]
    source = select(literal(to_id), *columns).where(table.campaign_id == from_id)
    session.execute(insert(table).from_select(["campaign_id", *(column.key for column in columns)], source))
