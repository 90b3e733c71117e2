"""The campaigns of a workspace: drafted, checked, sent, paused, resumed, cancelled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audience.audience import Audience
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import CampaignStatus, DispatchState, Wish, campaign_status
from app.models.tables import Account, Campaign, CampaignRoute, Dispatch, DispatchRoute, Identity, Template
from app.models.workspace import Workspace
from app.sending.breaker import count_anew

GRACE = timedelta(seconds=10)
"""How long “Undo” takes back a send."""
NO_GRACE = timedelta(0)


@dataclass(frozen=True)
class CampaignInfo:
    """A campaign and where its latest dispatch stands."""

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

    @property
    def is_editable(self) -> bool:
        """Nothing of it was sent and nothing waits to be sent."""
        return self.status in (CampaignStatus.DRAFT, CampaignStatus.CANCELLED) and self.dispatch_id is None


def list_campaigns(workspace: Workspace) -> tuple[CampaignInfo, ...]:
    """All campaigns, those changed or sent last first."""
    with workspace.read() as session:
        latest = _latest_dispatches(session)
        campaigns = session.scalars(
            select(Campaign)
            .where(Campaign.deleted_at.is_(None))
            .order_by(Campaign.updated_at.desc(), Campaign.id.desc())
        )
        return tuple(_info(campaign, latest.get(campaign.id)) for campaign in campaigns)


def get_campaign(workspace: Workspace, campaign_id: int) -> CampaignInfo:
    """One campaign.

    Raises:
        UserFacingError: it was deleted.
    """
    with workspace.read() as session:
        return _info(_existing(session, campaign_id), _latest_dispatches(session, campaign_id).get(campaign_id))


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
) -> None:
    """Change what is given of a draft.

    Raises:
        UserFacingError: it was deleted, or something of it was sent or waits to be sent.
    """
    changes: dict[str, object] = {
        "name": name,
        "subject": subject,
        "preheader": preheader,
        "template_id": template_id,
        "identity_id": identity_id,
        "audience": audience.to_json() if audience else None,
    }
    with workspace.write() as session:
        campaign = _existing(session, campaign_id)
        only_name = all(value is None for key, value in changes.items() if key != "name")
        if not only_name and _latest_dispatches(session, campaign_id):
            raise UserFacingError("This campaign is on its way and cannot be changed.", "Make a copy and change that.")
        for attribute, value in changes.items():
            if value is not None:
                setattr(campaign, attribute, value)
        campaign.updated_at = utcnow()


def copy_campaign(workspace: Workspace, campaign_id: int) -> int:
    """Make a draft with the same content and audience, and return its id."""
    original = get_campaign(workspace, campaign_id)
    copy_id = create_campaign(
        workspace,
        name=f"{original.name} (copy)",
        template_id=original.template_id,
        identity_id=original.identity_id,
        audience=original.audience,
    )
    change_campaign(workspace, copy_id, subject=original.subject, preheader=original.preheader)
    return copy_id


def delete_campaigns(workspace: Workspace, campaign_ids: Iterable[int]) -> None:
    """Hide campaigns; `restore_campaigns` brings them back.

    Raises:
        UserFacingError: one of them is being sent; nothing was deleted.
    """
    with workspace.write() as session:
        for campaign_id in campaign_ids:
            dispatch = _latest_dispatches(session, campaign_id).get(campaign_id)
            if dispatch is not None and dispatch.state in (DispatchState.PLANNED, DispatchState.SENDING):
                raise UserFacingError("A campaign that is being sent cannot be deleted.", "Cancel it first.")
            _existing(session, campaign_id).deleted_at = utcnow()


def restore_campaigns(workspace: Workspace, campaign_ids: Iterable[int]) -> None:
    """Bring deleted campaigns back."""
    with workspace.write() as session:
        for campaign_id in campaign_ids:
            session.get_one(Campaign, campaign_id).deleted_at = None


def launch(workspace: Workspace, campaign_id: int, *, at: datetime | None = None, grace: timedelta = GRACE) -> int:
    """Have a campaign sent at *at*, or now after a *grace* period in which it can be taken back.

    Returns:
        The id of the new dispatch.

    Raises:
        UserFacingError: something is missing, or it was sent before.
    """
    with workspace.write() as session:
        campaign = _existing(session, campaign_id)
        if _latest_dispatches(session, campaign_id):
            raise UserFacingError(
                "This campaign was already sent.",
                "Make a copy to send it again, so that nobody gets it twice unawares.",
            )
        if not campaign.subject.strip():
            raise UserFacingError("This campaign has no subject.", "Write one.")
        if campaign.template_id is None:
            raise UserFacingError("This campaign has no template.", "Choose one.")
        if campaign.identity_id is None:
            raise UserFacingError("This campaign has no From address.", "Choose one.")
        routes = _routes(session, campaign)
        _refuse_if_none_can_send(session, routes)
        dispatch = Dispatch(
            campaign_id=campaign_id,
            account_id=routes[0].account_id,
            identity_id=routes[0].identity_id,
            due_at=at or utcnow() + grace,
        )
        session.add(dispatch)
        campaign.updated_at = utcnow()
        session.flush()
        session.add_all(DispatchRoute(dispatch_id=dispatch.id, **vars(route)) for route in routes)
        return dispatch.id


def take_back(workspace: Workspace, dispatch_id: int) -> None:
    """Undo a launch whose time has not come: the campaign is a draft again.

    Raises:
        UserFacingError: it has begun.
    """
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        if dispatch.state is not DispatchState.PLANNED:
            raise UserFacingError("The first messages are on their way already.", "Pause or cancel the campaign.")
        session.delete(dispatch)


def pause(workspace: Workspace, dispatch_id: int) -> None:
    """Let nothing more go out; what is on its way is finished."""
    _wish(workspace, dispatch_id, Wish.PAUSE)


def resume(workspace: Workspace, dispatch_id: int) -> None:
    """Go on where it stopped; a problem noted with it or its accounts is taken as solved."""
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        _refuse_if_over(dispatch)
        if dispatch.problem:
            count_anew(session, dispatch_id, utcnow())
        dispatch.wish, dispatch.problem = Wish.RUN, ""
        ways = select(DispatchRoute.account_id).where(DispatchRoute.dispatch_id == dispatch_id)
        session.execute(update(Account).where(Account.id.in_(ways)).values(problem=""))


def cancel(workspace: Workspace, dispatch_id: int) -> None:
    """Stop for good: who has not got the message will not get it."""
    _wish(workspace, dispatch_id, Wish.CANCEL)


def _wish(workspace: Workspace, dispatch_id: int, wish: Wish) -> None:
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        _refuse_if_over(dispatch)
        dispatch.wish = wish


def _refuse_if_over(dispatch: Dispatch) -> None:
    if dispatch.state in (DispatchState.FINISHED, DispatchState.CANCELLED) or dispatch.wish is Wish.CANCEL:
        raise UserFacingError("This campaign is over already.")


@dataclass(frozen=True)
class _Route:
    identity_id: int
    account_id: int
    weight: int


def _routes(session: Session, campaign: Campaign) -> list[_Route]:
    """The ways a campaign leaves: its own From address first, then the further ones."""
    rows = session.execute(
        select(CampaignRoute.identity_id, Identity.account_id, CampaignRoute.weight)
        .join(Identity, Identity.id == CampaignRoute.identity_id)
        .where(CampaignRoute.campaign_id == campaign.id)
        .order_by(CampaignRoute.identity_id != campaign.identity_id, CampaignRoute.identity_id)
    )
    several = [_Route(*row) for row in rows]
    if any(route.weight for route in several):
        return several
    identity = session.get_one(Identity, campaign.identity_id)
    return [_Route(identity.id, identity.account_id, 1)]


def _refuse_if_none_can_send(session: Session, routes: Sequence[_Route]) -> None:
    ids = [route.account_id for route in routes]
    problems = session.scalars(select(Account.problem).where(Account.id.in_(ids))).all()
    if all(problems):
        raise UserFacingError(f"The account cannot send: {problems[0]}", "Correct it under Accounts.")


def _existing(session: Session, campaign_id: int) -> Campaign:
    campaign = session.get(Campaign, campaign_id)
    if campaign is None or campaign.deleted_at is not None:
        raise UserFacingError("This campaign was deleted.")
    return campaign


def _latest_dispatches(session: Session, campaign_id: int | None = None) -> dict[int, Dispatch]:
    newest = select(func.max(Dispatch.id)).group_by(Dispatch.campaign_id)
    if campaign_id is not None:
        newest = newest.where(Dispatch.campaign_id == campaign_id)
    found = session.scalars(select(Dispatch).where(Dispatch.id.in_(newest)))
    return {dispatch.campaign_id: dispatch for dispatch in found}


def _info(campaign: Campaign, dispatch: Dispatch | None) -> CampaignInfo:
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
    )
