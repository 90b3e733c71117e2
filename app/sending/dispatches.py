"""The dispatches of a workspace as the engine sees them: what is wanted of each, and what it writes about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, cast, func, literal_column, select, update
from sqlalchemy.orm import Session

from app.models.base import now_ms
from app.models.states import DeliveryState, DispatchState, Wish
from app.models.tables import Account, Campaign, Delivery, Dispatch, DispatchRoute
from app.sending import accounts, outbox
from app.sending.breaker import Breaker, Tally
from app.sending.windows import SendingWindow

COUNTED_MOST = 10_000
_TWO_DAYS_MS = 2 * 24 * 3_600_000
_OPEN = (DispatchState.PLANNED, DispatchState.SENDING)
_SETTINGS = (
    Account.id, Account.kind, Account.host, Account.port, Account.tls, Account.username, Account.password_id,
    Account.sign_in, Account.region, Account.configuration_set, Account.per_second, Account.per_minute,
    Account.per_hour, Account.per_day, Account.per_30_days, Account.connections, Account.messages_per_connection,
    Account.domain_limits, Account.warm_up, Account.window, Account.problem,
)  # fmt: skip


@dataclass(frozen=True)
class OpenDispatch:
    """A dispatch that is not over.

    Attributes:
        note: Why nothing goes out for the moment.
        settings: All that, when it changes, means to begin anew: of its campaign and of its accounts.
    """

    id: int
    state: DispatchState
    wish: Wish
    due_at: datetime
    note: str
    settings: tuple[object, ...]


@dataclass(frozen=True)
class RouteInfo:
    """An account and From address of a dispatch; `problem` says why the account cannot send, empty if it can."""

    account_id: int
    identity_id: int
    weight: int
    problem: str


@dataclass(frozen=True)
class SendingPlan:
    """What it takes to send a dispatch.

    Attributes:
        window: When its campaign may go out; *usage* is what was sent of it, by minute, where that matters.
        breaker, tally: When it is to be halted for the sake of the account, and how far it has come.
        waiting: How many of its deliveries were queued; no more than `COUNTED_MOST` are counted.
        data: Merge values of its own, which only a single message has.
    """

    dispatch_id: int
    priority: int
    routes: tuple[RouteInfo, ...]
    give_up_after: timedelta
    window: SendingWindow
    breaker: Breaker
    tally: Tally
    waiting: int
    usage: tuple[tuple[int, int], ...]
    data: dict[str, object]


def open_dispatches(session: Session) -> list[OpenDispatch]:
    """All that are not over, in the order in which they were launched, the urgent first."""
    connection = session.connection()
    settings = dict[int, list[object]]()
    for dispatch_id, *values in connection.execute(_OPEN_ROUTES):
        settings.setdefault(dispatch_id, []).append(tuple(values))
    return [
        OpenDispatch(row_id, state, wish, due_at, note, (*own, *settings.get(row_id, ())))
        for row_id, state, wish, due_at, note, *own in connection.execute(_OPEN_DISPATCHES)
    ]


def plan_of(session: Session, dispatch_id: int) -> SendingPlan:
    """What it takes to send a dispatch."""
    dispatch = session.get_one(Dispatch, dispatch_id)
    campaign = session.get_one(Campaign, dispatch.campaign_id)
    routes = session.execute(
        select(DispatchRoute.account_id, DispatchRoute.identity_id, DispatchRoute.weight, Account.problem)
        .join(Account, Account.id == DispatchRoute.account_id)
        .where(DispatchRoute.dispatch_id == dispatch_id)
        .order_by(DispatchRoute.identity_id)
    )
    window, breaker = SendingWindow.from_json(campaign.window), Breaker.from_json(campaign.breaker)
    return SendingPlan(
        dispatch_id=dispatch_id,
        priority=dispatch.priority,
        routes=tuple(RouteInfo(*route) for route in routes),
        give_up_after=timedelta(hours=campaign.give_up_after_h),
        window=window,
        breaker=breaker,
        tally=Tally.of_dispatch(session, dispatch_id, since=breaker.since),
        waiting=_waiting(session, dispatch_id),
        usage=_usage(session, dispatch_id) if window.per_day is not None else (),
        data=dispatch.data,
    )


def _waiting(session: Session, dispatch_id: int) -> int:
    some = (
        select(Delivery.id)
        .where(Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.QUEUED)
        .limit(COUNTED_MOST)
    )
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _usage(session: Session, dispatch_id: int) -> tuple[tuple[int, int], ...]:
    """How many messages of a dispatch left, as far as is known, in each minute (since 1970, UTC) of two days."""
    since = now_ms() - _TWO_DAYS_MS
    minute: ColumnElement[int] = literal_column("settled_at / 60000")
    rows = session.execute(
        select(minute, func.count())
        .where(Delivery.dispatch_id == dispatch_id, Delivery.state.in_((DeliveryState.SENT, DeliveryState.IN_DOUBT)))
        .where(literal_column("settled_at") > since)
        .group_by(minute)
    )
    return tuple((at, count) for at, count in rows)


def halt(session: Session, dispatch_id: int, problem: str) -> None:
    """Stop a dispatch until the user has dealt with *problem*. Who has cancelled it meanwhile need not."""
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.wish != Wish.CANCEL)
        .values(wish=Wish.PAUSE, problem=problem, note="")
    )


def note(session: Session, dispatch_id: int, text: str) -> None:
    """Tell the user why nothing goes out for the moment; empty when it goes. What rests waits for nothing."""
    waits = (Dispatch.state == DispatchState.SENDING, Dispatch.wish == Wish.RUN) if text else ()
    session.execute(update(Dispatch).where(Dispatch.id == dispatch_id, *waits).values(note=text))


def put_down(
    session: Session, dispatch_id: int, problem: str, troubles: dict[int, str], *, agent_id: int | None
) -> None:
    """This agent sends the dispatch no more, for now or for good, even if it was paused at its last message.

    Args:
        problem: Why it cannot go on until the user acts; empty if it can.
        troubles: Why which of its accounts cannot send.
        agent_id: The agent, where several share the workspace.
    """
    outbox.lock(session, dispatch_id)
    if problem:
        halt(session, dispatch_id, problem)
    if agent_id is not None:
        outbox.release(session, agent_id, dispatch_id)
    for account_id, trouble in troubles.items():
        accounts.note_problem(session, account_id, trouble)
    note(session, dispatch_id, "")
    outbox.finish_if_done(session, dispatch_id)


def _as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A JSON column as its text, which can be compared and costs no parsing."""
    return cast(column, Text) if isinstance(column.type, JSON) else column


# Asked for up to ten times a second while anything is written, so they are not built anew each time.

_OPEN_ROUTES = (
    select(DispatchRoute.dispatch_id, DispatchRoute.weight, *(_as_stored(column.expression) for column in _SETTINGS))
    .join(Account, Account.id == DispatchRoute.account_id)
    .join(Dispatch, Dispatch.id == DispatchRoute.dispatch_id)
    .where(Dispatch.state.in_(_OPEN))
    .order_by(DispatchRoute.identity_id)
)
_OPEN_DISPATCHES = (
    select(
        Dispatch.id, Dispatch.state, Dispatch.wish, Dispatch.due_at, Dispatch.note,
        _as_stored(Campaign.window.expression), _as_stored(Campaign.breaker.expression), Campaign.give_up_after_h,
    )
    .join(Campaign)
    .where(Dispatch.state.in_(_OPEN))
    .order_by(Dispatch.priority.desc(), Dispatch.id)
)  # fmt: skip
