"""A campaign on its way: launched, taken back, paused, resumed, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import DispatchState, Wish
from app.models.tables import Account, Campaign, CampaignRoute, Dispatch, DispatchRoute, Identity
from app.models.workspace import Workspace
from app.sending.breaker import count_anew
from app.sending.campaign_records import existing, latest_dispatches
from app.sending.halted import let_single_messages_go
from app.sending.plan import compile_campaign

GRACE = timedelta(seconds=10)
"""How long “Undo” takes back a send."""
NO_GRACE = timedelta(0)


def launch(workspace: Workspace, campaign_id: int, *, at: datetime | None = None, grace: timedelta = GRACE) -> int:
    """Have a campaign sent at *at*, or now after a *grace* period in which it can be taken back.

    The message is made once, so that what would stop it later is said now.

    Returns:
        The id of the new dispatch.

    Raises:
        UserFacingError: something is missing, the message cannot be made, or it was sent before.
    """
    with workspace.write() as session:
        campaign = existing(session, campaign_id)
        session.refresh(campaign, with_for_update=True)  # who launches it at the same moment comes after us
        if latest_dispatches(session, campaign_id):
            raise UserFacingError(
                "This campaign was already sent.",
                "Make a copy to send it again, so that nobody gets it twice unawares.",
            )
        if not campaign.subject.strip():
            raise UserFacingError("This campaign has no subject.", "Write one.")
        compile_campaign(session, campaign_id)
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
        dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
        if dispatch.state is not DispatchState.PLANNED:
            raise UserFacingError("The first messages are on their way already.", "Pause or cancel the campaign.")
        session.delete(dispatch)


def pause(workspace: Workspace, dispatch_id: int) -> None:
    """Let nothing more go out; what is on its way is finished."""
    _wish(workspace, dispatch_id, Wish.PAUSE)


def resume(workspace: Workspace, dispatch_id: int) -> None:
    """Go on where it stopped; a problem noted with it or its accounts is taken as solved."""
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
        _refuse_if_over(dispatch)
        if dispatch.problem:
            count_anew(session, dispatch_id, utcnow())
        dispatch.wish, dispatch.problem = Wish.RUN, ""
        ways = select(DispatchRoute.account_id).where(DispatchRoute.dispatch_id == dispatch_id)
        session.execute(update(Account).where(Account.id.in_(ways)).values(problem=""))
        let_single_messages_go(session, session.scalars(ways).all())


def cancel(workspace: Workspace, dispatch_id: int) -> None:
    """Stop for good: who has not got the message will not get it."""
    _wish(workspace, dispatch_id, Wish.CANCEL)


def _wish(workspace: Workspace, dispatch_id: int, wish: Wish) -> None:
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
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
