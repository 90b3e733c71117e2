"""When the last mail of a campaign will leave, from what the workspace knows of it and of its accounts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.base import to_ms, utcnow
from app.models.states import AccountKind, DeliveryState, DispatchState, Wish
from app.models.tables import Account, Campaign, Delivery, Dispatch, DispatchRoute, Identity
from app.models.workspace import Workspace
from app.sending.accounts import usage
from app.sending.campaign_records import CampaignInfo
from app.sending.forecast import Forecast, Route, forecast_routes
from app.sending.limits import LONGEST_LIMIT_MINUTES, MINUTE_MS, Limits
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

_PER_CONNECTION_S = 5.0
"""Messages a second over one connection: a server far away takes about a fifth of a second for each."""
_RECENT = timedelta(seconds=60)
_ENOUGH_TO_TELL = 20
_OPEN = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED)
_LATER = "because some servers asked to be tried again later"


@dataclass(frozen=True, slots=True)
class Outlook:
    """
    Attributes:
        remaining: How many messages are still to leave.
        starts_at: When the next of them may.
        forecast: When the last of them will.
    """

    remaining: int
    starts_at: datetime
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Way:
    """An account that a dispatch is sent through.

    Attributes:
        problem: Why it cannot send; empty if it can.
    """

    account_id: int
    account_name: str
    weight: int
    problem: str


def outlook_of_draft(
    workspace: Workspace, campaign: CampaignInfo, remaining: int, *, at: datetime | None = None
) -> Outlook | None:
    """What to expect of a draft that is sent at *at*, or now, to *remaining* people; None if nothing could be sent.

    Other campaigns that want the same accounts at that time are not thought of.
    """
    starts_at = max(at or utcnow(), utcnow())
    with workspace.read() as session:
        routes = _routes(session, campaign.shares, starts_at)
    if not routes or not remaining:
        return None
    return Outlook(
        remaining,
        starts_at,
        forecast_routes(remaining, routes, now=starts_at, campaign_window=campaign.window),
    )


def outlook_of_dispatch(workspace: Workspace, dispatch_id: int) -> Outlook | None:
    """What to expect of a dispatch that is on its way; None if it rests, is over, or none of its accounts can send."""
    now = utcnow()
    with workspace.read() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        if dispatch.wish is not Wish.RUN or dispatch.state is not DispatchState.SENDING:
            return None
        remaining, last_retry = session.execute(
            select(func.count(), func.max(Delivery.due_at).filter(Delivery.state == DeliveryState.DEFERRED)).where(
                Delivery.dispatch_id == dispatch_id, Delivery.state.in_(_OPEN)
            )
        ).one()
        shares = session.execute(
            select(DispatchRoute.identity_id, DispatchRoute.weight)
            .join(Account, Account.id == DispatchRoute.account_id)
            .where(DispatchRoute.dispatch_id == dispatch_id, Account.problem == "")
        )
        routes = _routes(session, {identity: weight for identity, weight in shares}, now)  # noqa: C416  a Row is no pair
        if not routes or not remaining:
            return None
        window = SendingWindow.from_json(session.get_one(Campaign, dispatch.campaign_id).window)
        sent_today = _sent_since(session, dispatch_id, window.day_of(now)[1]) if window.per_day is not None else 0
        routes = _at_the_pace_of(session, dispatch, routes, now)
    forecast = forecast_routes(remaining, routes, now=now, campaign_window=window, campaign_sent_today=sent_today)
    if last_retry is not None and forecast.ends_at is not None and last_retry > forecast.ends_at:
        forecast = Forecast(last_retry, _LATER)
    return Outlook(remaining, now, forecast)


def ways_of(workspace: Workspace, dispatch_id: int) -> tuple[Way, ...]:
    """The accounts that a dispatch is sent through, those with the largest share first."""
    with workspace.read() as session:
        rows = session.execute(
            select(Account.id, Account.name, func.sum(DispatchRoute.weight), Account.problem)
            .join(DispatchRoute, DispatchRoute.account_id == Account.id)
            .where(DispatchRoute.dispatch_id == dispatch_id)
            .group_by(Account.id, Account.name, Account.problem)
            .order_by(func.sum(DispatchRoute.weight).desc(), Account.name)
        )
        return tuple(Way(*row) for row in rows)


def _routes(session: Session, shares: Mapping[int, int], now: datetime) -> list[Route]:
    """One for each account; two From addresses of one account share what it may send."""
    rows = session.execute(
        select(Identity.id, Account).join(Account, Account.id == Identity.account_id).where(Identity.id.in_(shares))
    )
    accounts: dict[int, Account] = {}
    weights: dict[int, int] = {}
    for identity_id, account in rows:
        accounts[account.id] = account
        weights[account.id] = weights.get(account.id, 0) + shares[identity_id]
    since_minute = to_ms(now) // MINUTE_MS - LONGEST_LIMIT_MINUTES
    return [_route(session, account, weights[key], since_minute) for key, account in accounts.items()]


def _route(session: Session, account: Account, weight: int, since_minute: int) -> Route:
    sent = usage(session, account.id, since_minute)
    fastest = max((count for _, count in sent), default=0) / 60
    return Route(
        limits=Limits(account.per_second, account.per_minute, account.per_hour, account.per_day, account.per_30_days),
        usage=sent,
        window=SendingWindow.from_json(account.window),
        warm_up=WarmUp.from_json(account.warm_up),
        rate_per_s=None
        if account.kind is AccountKind.PRACTICE
        else max(fastest, account.connections * _PER_CONNECTION_S),
        weight=weight,
    )


def _at_the_pace_of(session: Session, dispatch: Dispatch, routes: list[Route], now: datetime) -> list[Route]:
    """*routes* as fast together as the dispatch was in the last minute, if that says anything."""
    since = max(now - _RECENT, dispatch.started_at or now)
    recent, seconds = _sent_since(session, dispatch.id, since), (now - since).total_seconds()
    if recent < _ENOUGH_TO_TELL or seconds < 1:
        return routes
    rate, weights = recent / seconds, sum(route.weight for route in routes)
    return [replace(one, rate_per_s=rate * one.weight / weights) if one.weight else one for one in routes]


def _sent_since(session: Session, dispatch_id: int, since: datetime) -> int:
    query = select(func.count()).where(
        Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.SENT, Delivery.settled_at >= since
    )
    return session.scalar(query) or 0
