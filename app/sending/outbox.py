"""The durable side of sending: which deliveries may go, which are going, what became of them.

A delivery is *leased* far ahead: in memory, without a trace in the workspace, where one agent is at work; in the column
`agent_id` where several share it. A lease lost in a crash is simply taken again. It is *claimed*, durably `sending`, in
the moment before its bytes leave; what a crash leaves in that state is in doubt (RFC 1047). It is *settled* when the
outcome is known (`app.sending.settlements`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.audience.barred_domains import is_at_barred_domain
from app.audience.status import skip_reason
from app.models.base import to_ms, utcnow
from app.models.sql import domain_of
from app.models.states import (
    OPEN_STATES,
    CampaignKind,
    DeliveryState,
    DispatchState,
    SkipReason,
    SuppressionReason,
    Wish,
)
from app.models.tables import (
    AccountUsage,
    AgentLease,
    Campaign,
    Contact,
    Delivery,
    Dispatch,
    SuppressedDomain,
    Suppression,
)
from app.models.workspace import Workspace
from app.sending.deliveries import LeasedDelivery
from app.sending.limits import LONGEST_LIMIT_MINUTES, MINUTE_MS
from app.sending.outcomes import Reason
from app.sending.second_tries import first_tries

PLAIN = {"synchronize_session": False}
"""No object of the session is touched."""
WAITING = (DeliveryState.QUEUED, DeliveryState.DEFERRED)
_ANSWERED = SuppressionReason.UNSUBSCRIBED
"""Who wants no newsletters still gets the answer to what he asked for: a receipt, a confirmation."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to do of a dispatch: something that can go now, or only later; neither when it is done."""

    is_ready: bool
    next_retry: datetime | None


def lease(
    session: Session, dispatch_id: int, *, after_id: int, limit: int, agent_id: int | None = None
) -> list[LeasedDelivery]:
    """The next *limit* queued deliveries behind the row *after_id*.

    *agent_id* names this agent where several share the workspace; then the session must be a writing one.
    """
    return _leased(
        session, Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.QUEUED, Delivery.id > after_id,
        limit=limit, agent_id=agent_id,
    )  # fmt: skip


def lease_deferred(
    session: Session, dispatch_id: int, *, now: datetime, limit: int, agent_id: int | None = None
) -> list[LeasedDelivery]:
    """The next *limit* deferred deliveries whose time has come."""
    deliveries = _leased(
        session, Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.DEFERRED, Delivery.due_at <= now,
        limit=limit, agent_id=agent_id,
    )  # fmt: skip
    began = first_tries(session, {one.id: one.attempts for one in deliveries})
    return [one._replace(first_tried_at=began.get(one.id)) for one in deliveries]


def claim(
    session: Session,
    workspace: Workspace,
    dispatch_id: int,
    delivery_ids: Sequence[int],
    *,
    account_id: int,
    agent_id: int | None = None,
) -> frozenset[int]:
    """Make deliveries durably `sending` through an account, and return which of them may really go.

    Left out are those whose address was suppressed or whose permission was withdrawn since the audience was frozen
    (they become `skipped`), those that another agent has got hold of, and all of them when the dispatch is no longer to
    run. A contact who has another address now is looked up by both.
    """
    connection = session.connection()
    wish, kind = connection.execute(_WISH, {"dispatch_id": dispatch_id}).one()
    if wish is not Wish.RUN:
        return frozenset()
    claimed = list[int]()
    for row in connection.execute(_OBJECTIONS, {"ids": delivery_ids}).all():
        if row.agent_id != agent_id:
            continue
        objection = _objection(session, workspace, kind, row)
        if objection is None:
            claimed.append(row.id)
        else:
            skip(session, row.id, objection)
    connection.execute(_MAKE_SENDING, {"ids": claimed, "account_id": account_id})
    return frozenset(claimed)


def skip(session: Session, delivery_id: int, reason: SkipReason, explanation: str = "") -> None:
    """Record that a delivery that still waits gets no message."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state.in_(WAITING))
        .values(state=DeliveryState.SKIPPED, reason=reason, reply=explanation, settled_at=utcnow())
    )


def recover(session: Session, dispatch_id: int | None = None, *, agent_id: int | None = None) -> int:
    """After a crash: whatever is still `sending` is in doubt, and only the user may send it again.

    It counts against the limits of its account, as the server may have taken it (agents that share a workspace have
    counted it before). What was leased is free again.

    Args:
        dispatch_id: Only this dispatch crashed; all otherwise.
        agent_id: The agent that had it in hand, where several share the workspace.

    Returns:
        How many deliveries are newly in doubt.
    """
    in_hand = [Delivery.agent_id == agent_id] if agent_id is not None else []
    if dispatch_id is not None:
        in_hand.append(Delivery.dispatch_id == dispatch_id)
    is_left = and_(Delivery.state == DeliveryState.SENDING, *in_hand)
    now, found = utcnow(), 0
    rows = session.execute(
        select(func.coalesce(Delivery.account_id, Dispatch.account_id), func.count())
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(is_left)
        .group_by(func.coalesce(Delivery.account_id, Dispatch.account_id))
    )
    for account_id, count in rows.all():
        found += count
        if agent_id is None:
            count_use(session, account_id, to_ms(now) // MINUTE_MS, count)
    session.execute(
        update(Delivery)
        .where(is_left)
        .values(state=DeliveryState.IN_DOUBT, reason=Reason.INTERRUPTED.value, settled_at=now, agent_id=None),
        execution_options=PLAIN,
    )
    if agent_id is not None:
        release(session, agent_id, dispatch_id)
    return found


def release(session: Session, agent_id: int, dispatch_id: int | None = None) -> None:
    """Let go of what an agent has leased and not claimed: of one dispatch, or of all."""
    is_leased = and_(Delivery.agent_id == agent_id, Delivery.state.in_(WAITING))
    if dispatch_id is not None:
        is_leased &= Delivery.dispatch_id == dispatch_id
    session.execute(update(Delivery).where(is_leased).values(agent_id=None), execution_options=PLAIN)


def cancel_open(session: Session, dispatch_id: int) -> None:
    """Nothing more of the dispatch is to go; what this agent had on its way has been settled before."""
    lock(session, dispatch_id)
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.state.in_(WAITING),
        )
        .values(state=DeliveryState.CANCELLED, settled_at=utcnow())
    )
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id)
        .values(state=DispatchState.CANCELLED, finished_at=utcnow(), problem="", note="")
    )


def finish_if_done(session: Session, dispatch_id: int) -> bool:
    """Mark the dispatch as finished if nothing of it is left to do."""
    is_open = select(exists().where(Delivery.dispatch_id == dispatch_id, Delivery.state.in_(OPEN_STATES)))
    if session.scalar(is_open):
        return False
    lock(session, dispatch_id)
    if session.scalar(is_open):
        return False
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.state == DispatchState.SENDING)
        .values(state=DispatchState.FINISHED, finished_at=utcnow(), problem="", note="")
    )
    return True


def work(session: Session, dispatch_id: int, now: datetime) -> Work:
    """What is left to do of a dispatch, and not in the hands of an agent."""
    free = (Delivery.dispatch_id == dispatch_id, Delivery.agent_id.is_(None))
    is_queued = session.scalar(select(exists().where(*free, Delivery.state == DeliveryState.QUEUED)))
    next_retry: datetime | None = session.scalar(
        select(func.min(Delivery.due_at)).where(*free, Delivery.state == DeliveryState.DEFERRED)
    )
    return Work(is_ready=bool(is_queued) or (next_retry is not None and next_retry <= now), next_retry=next_retry)


def _leased(
    session: Session, *conditions: ColumnElement[bool], limit: int, agent_id: int | None
) -> list[LeasedDelivery]:
    query = (
        select(
            Delivery.id, Delivery.contact_id, Delivery.address, Delivery.token, Delivery.attempts, Delivery.state,
            Delivery.account_id,
        )
        .where(*conditions)
        .order_by(Delivery.id)
        .limit(limit)
    )  # fmt: skip
    if agent_id is not None:
        if not _is_alive(session, agent_id):
            return []
        query = query.where(Delivery.agent_id.is_(None)).with_for_update(skip_locked=True)
    rows = session.execute(query).all()
    if agent_id is not None:
        session.execute(
            update(Delivery).where(Delivery.id.in_([row.id for row in rows])).values(agent_id=agent_id),
            execution_options=PLAIN,
        )
    return [
        LeasedDelivery(row_id, contact_id, address, token, attempts, state is DeliveryState.DEFERRED, account_id)
        for row_id, contact_id, address, token, attempts, state, account_id in rows
    ]


def _is_alive(session: Session, agent_id: int) -> bool:
    """Whether an agent still has its lease, which nobody can take from it as long as the transaction lasts.

    One that was suspended and taken for dead must not take anything in hand: nobody would recover it any more.
    """
    lease = select(AgentLease.id).where(AgentLease.id == agent_id).with_for_update(read=True)
    return session.scalar(lease) is not None


def lock(session: Session, dispatch_id: int) -> None:
    """Let the state of a dispatch and what is open of it change one after the other; lock its deliveries later."""
    session.execute(select(Dispatch.id).where(Dispatch.id == dispatch_id).with_for_update())


def _objection(session: Session, workspace: Workspace, kind: CampaignKind, row: Row[Any]) -> SkipReason | None:
    """Why a delivery of `_OBJECTIONS` must not go out any more, if it must not."""
    if kind is CampaignKind.TRANSACTIONAL:
        return SkipReason.SUPPRESSED if _is_suppressed(session, workspace, row.address, but=_ANSWERED) else None
    if row.objection is not None:
        return SkipReason(row.objection)
    if row.has_moved and _is_suppressed(session, workspace, row.address):
        return SkipReason.SUPPRESSED
    return None


def _is_suppressed(
    session: Session, workspace: Workspace, address: str, *, but: SuppressionReason | None = None
) -> bool:
    """Whether the address must not be mailed, for any reason *but* one."""
    digest = workspace.address_hash(address)
    reason = session.scalar(select(Suppression.reason).where(Suppression.address_hash == digest))
    return (reason is not None and reason is not but) or is_at_barred_domain(session, address)


def count_use(session: Session, account_id: int, minute: int, count: int) -> None:
    """Add to the account's use of its limits, and forget what is older than the longest of them."""
    connection = session.connection()
    connection.execute(
        _ADD_USAGE[connection.dialect.name], {"account_id": account_id, "minute": minute, "count": count}
    )
    connection.execute(_FORGET_USAGE, {"account_id": account_id, "oldest": minute - LONGEST_LIMIT_MINUTES})


# The statements that every message takes part in. Building one anew each time would cost more than running it.

_WISH = select(Dispatch.wish, Campaign.kind).join(Campaign).where(Dispatch.id == bindparam("dispatch_id"))
_OBJECTIONS = (
    select(
        Delivery.id,
        case((Contact.id.is_(None), SkipReason.CONTACT_DELETED.value), else_=skip_reason).label("objection"),
        Delivery.address,
        (Contact.email != Delivery.address).label("has_moved"),
        Delivery.agent_id,
    )
    .select_from(Delivery)
    .outerjoin(Contact, Contact.id == Delivery.contact_id)
    .outerjoin(Suppression, Suppression.address_hash == Contact.address_hash)
    .outerjoin(SuppressedDomain, SuppressedDomain.name == domain_of(Contact.email))
    .where(
        Delivery.id.in_(bindparam("ids", expanding=True)),
        Delivery.state.in_(WAITING),
    )
    .with_for_update(of=Delivery)
)
_MAKE_SENDING = (
    update(Delivery)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)))
    .values(state=DeliveryState.SENDING, account_id=bindparam("account_id"))
)
_ADD_USAGE = {
    dialect.__name__.rpartition(".")[2]: (adding := dialect.insert(AccountUsage)).on_conflict_do_update(
        index_elements=["account_id", "minute"], set_={"count": AccountUsage.count + adding.excluded.count}
    )
    for dialect in (sqlite, postgresql)
}
_FORGET_USAGE = delete(AccountUsage).where(
    AccountUsage.account_id == bindparam("account_id"), AccountUsage.minute < bindparam("oldest")
)
