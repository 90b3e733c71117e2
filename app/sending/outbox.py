"""The durable side of sending: which deliveries may go, which are going, what became of them.

A delivery is *leased* in memory, far ahead, without a trace in the workspace: a lease lost in a crash is simply taken
again. It is *claimed*, durably `sending`, in the moment before its bytes leave; what a crash leaves in that state is in
doubt (RFC 1047). It is *settled* when the outcome is known.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, delete, exists, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import Session

from app.audience.status import skip_reason
from app.audience.suppression import suppress_in
from app.models.base import to_ms, utcnow
from app.models.states import (
    OPEN_STATES,
    DeliveryState,
    DispatchState,
    SkipReason,
    SuppressionReason,
    Wish,
)
from app.models.tables import AccountUsage, Attempt, Contact, Delivery, Dispatch, Suppression
from app.models.workspace import Workspace
from app.sending.outcomes import Outcome, OutcomeKind, Reason

_MS_PER_MINUTE = 60_000
_LONGEST_LIMIT_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class LeasedDelivery:
    """A delivery that this process means to send next.

    Attributes:
        first_tried_at: When it was tried first; None if it never was, or is not deferred.
    """

    id: int
    contact_id: int | None
    address: str
    token: str
    attempts: int
    was_deferred: bool
    first_tried_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What is left to do of a dispatch: something that can go now, or only later; neither when it is done."""

    is_ready: bool
    next_retry: datetime | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of one attempt. `retry_at` is set for a deferred delivery, and `give_up` for its last deferral."""

    delivery: LeasedDelivery
    outcome: Outcome
    at: datetime
    retry_at: datetime | None = None
    give_up: bool = False


def lease(session: Session, dispatch_id: int, *, after_id: int, limit: int) -> list[LeasedDelivery]:
    """The next *limit* queued deliveries behind the row *after_id*."""
    return _leased(
        session, Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.QUEUED, Delivery.id > after_id,
        limit=limit,
    )  # fmt: skip


def lease_deferred(session: Session, dispatch_id: int, *, now: datetime, limit: int) -> list[LeasedDelivery]:
    """The next *limit* deferred deliveries whose time has come."""
    deliveries = _leased(
        session, Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.DEFERRED, Delivery.due_at <= now,
        limit=limit,
    )  # fmt: skip
    rows = session.execute(
        select(Attempt.delivery_id, func.min(Attempt.at))
        .where(Attempt.delivery_id.in_([one.id for one in deliveries]))
        .group_by(Attempt.delivery_id)
    )
    first_tries = {delivery_id: at for delivery_id, at in rows}  # noqa: C416  a Row is no pair to mypy
    return [replace(one, first_tried_at=first_tries.get(one.id)) for one in deliveries]


def claim(session: Session, workspace: Workspace, dispatch_id: int, delivery_ids: Sequence[int]) -> frozenset[int]:
    """Make deliveries durably `sending`, and return which of them may really go.

    Left out are those whose address was suppressed or whose permission was withdrawn since the audience was frozen
    (they become `skipped`), and all of them when the dispatch is no longer to run. A contact who has another address
    now is looked up by both.
    """
    connection = session.connection()
    if connection.scalar(_WISH, {"dispatch_id": dispatch_id}) is not Wish.RUN:
        return frozenset()
    claimed = list[int]()
    for delivery_id, objection, former_address in connection.execute(_OBJECTIONS, {"ids": delivery_ids}).all():
        if objection is not None:
            skip(session, delivery_id, SkipReason(objection))
        elif former_address is not None and _is_suppressed(session, workspace, former_address):
            skip(session, delivery_id, SkipReason.SUPPRESSED)
        else:
            claimed.append(delivery_id)
    connection.execute(_MAKE_SENDING, {"ids": claimed})
    return frozenset(claimed)


def settle(session: Session, workspace: Workspace, account_id: int, settlements: Iterable[Settlement]) -> None:
    """Record what became of claimed deliveries, suppress the addresses that do not exist, and count what was sent."""
    settled = list(settlements)
    connection = session.connection()
    connection.execute(_SETTLE, [_row_after(one) for one in settled])
    attempts = [_attempt_row(one) for one in settled if not one.outcome.is_untried]
    if attempts:
        connection.execute(_ADD_ATTEMPT, attempts)
    hard = [one.delivery.address for one in settled if one.outcome.suppress]
    if hard:
        suppress_in(session, workspace, hard, SuppressionReason.HARD_BOUNCE, origin="Refused by the mail server")
    per_minute = Counter(to_ms(one.at) // _MS_PER_MINUTE for one in settled if one.outcome.is_final)
    for minute, count in per_minute.items():
        _count(session, account_id, minute, count)


def skip(session: Session, delivery_id: int, reason: SkipReason, explanation: str = "") -> None:
    """Record that a delivery gets no message."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=DeliveryState.SKIPPED, reason=reason, reply=explanation, settled_at=utcnow())
    )


def recover(session: Session, dispatch_id: int | None = None) -> int:
    """After a crash: whatever is still `sending` is in doubt, and only the user may send it again.

    It counts against the limits of its account, as the server may have taken it.

    Args:
        dispatch_id: Only this dispatch crashed; all otherwise.

    Returns:
        How many deliveries are newly in doubt.
    """
    is_left = Delivery.state == DeliveryState.SENDING
    if dispatch_id is not None:
        is_left &= Delivery.dispatch_id == dispatch_id
    now, found = utcnow(), 0
    rows = session.execute(
        select(Dispatch.account_id, func.count()).join(Delivery).where(is_left).group_by(Dispatch.account_id)
    )
    for account_id, count in rows.all():
        found += count
        _count(session, account_id, to_ms(now) // _MS_PER_MINUTE, count)
    session.execute(
        update(Delivery)
        .where(is_left)
        .values(state=DeliveryState.IN_DOUBT, reason=Reason.INTERRUPTED.value, settled_at=now),
        execution_options={"synchronize_session": False},
    )
    return found


def cancel_open(session: Session, dispatch_id: int) -> None:
    """Nothing more of the dispatch is to go; what is on its way has been settled before."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.dispatch_id == dispatch_id,
            Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED)),
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
    is_open = session.scalar(
        select(exists().where(Delivery.dispatch_id == dispatch_id, Delivery.state.in_(OPEN_STATES)))
    )
    if is_open:
        return False
    session.execute(
        update(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.state == DispatchState.SENDING)
        .values(state=DispatchState.FINISHED, finished_at=utcnow(), problem="", note="")
    )
    return True


def work(session: Session, dispatch_id: int, now: datetime) -> Work:
    """What is left to do of a dispatch."""
    is_queued = session.scalar(
        select(exists().where(Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.QUEUED))
    )
    next_retry: datetime | None = session.scalar(
        select(func.min(Delivery.due_at)).where(
            Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.DEFERRED
        )
    )
    return Work(is_ready=bool(is_queued) or (next_retry is not None and next_retry <= now), next_retry=next_retry)


def _leased(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[LeasedDelivery]:
    rows = session.execute(
        select(Delivery.id, Delivery.contact_id, Delivery.address, Delivery.token, Delivery.attempts, Delivery.state)
        .where(*conditions)
        .order_by(Delivery.id)
        .limit(limit)
    )
    return [
        LeasedDelivery(row_id, contact_id, address, token, attempts, state is DeliveryState.DEFERRED)
        for row_id, contact_id, address, token, attempts, state in rows
    ]


def _row_after(settlement: Settlement) -> dict[str, object]:
    """The columns of a delivery after an attempt."""
    delivery, outcome = settlement.delivery, settlement.outcome
    waits = DeliveryState.DEFERRED if delivery.was_deferred else DeliveryState.QUEUED
    state, due_at, tried = _STATE_AFTER.get(outcome.kind, waits), None, 1
    if outcome.is_untried or outcome.kind is OutcomeKind.ACCOUNT_TROUBLE:
        state, due_at, tried = waits, settlement.at, 0
    elif outcome.kind is OutcomeKind.DEFERRED:
        state = DeliveryState.FAILED if settlement.give_up else DeliveryState.DEFERRED
        due_at = settlement.retry_at
    return {
        "delivery_id": delivery.id,
        "state": state,
        "reason": outcome.reason.value,
        "reply": str(outcome.reply or ""),
        "attempts": delivery.attempts + tried,
        "due_at": due_at,
        "settled_at": None if state.is_open else settlement.at,
    }


_STATE_AFTER = {
    OutcomeKind.SENT: DeliveryState.SENT,
    OutcomeKind.REFUSED: DeliveryState.FAILED,
    OutcomeKind.IN_DOUBT: DeliveryState.IN_DOUBT,
}


def _attempt_row(settlement: Settlement) -> dict[str, object]:
    reply = settlement.outcome.reply
    return {
        "delivery_id": settlement.delivery.id,
        "at": settlement.at,
        "outcome": settlement.outcome.kind.value,
        "reason": settlement.outcome.reason.value,
        "code": reply.code if reply else None,
        "enhanced": reply.enhanced if reply else "",
        "text": reply.text if reply else "",
    }


def _is_suppressed(session: Session, workspace: Workspace, address: str) -> bool:
    digest = workspace.address_hash(address)
    return bool(session.scalar(select(exists().where(Suppression.address_hash == digest))))


def _count(session: Session, account_id: int, minute: int, count: int) -> None:
    """Add to the account's use of its limits, and forget what is older than the longest of them."""
    connection = session.connection()
    connection.execute(_ADD_USAGE, {"account_id": account_id, "minute": minute, "count": count})
    connection.execute(_FORGET_USAGE, {"account_id": account_id, "oldest": minute - _LONGEST_LIMIT_MINUTES})


# The statements that every message takes part in. Building one anew each time would cost more than running it.

_WISH = select(Dispatch.wish).where(Dispatch.id == bindparam("dispatch_id"))
_OBJECTIONS = (
    select(
        Delivery.id,
        case((Contact.id.is_(None), SkipReason.CONTACT_DELETED.value), else_=skip_reason),
        case((Contact.email != Delivery.address, Delivery.address)),
    )
    .select_from(Delivery)
    .outerjoin(Contact, Contact.id == Delivery.contact_id)
    .outerjoin(Suppression, Suppression.address_hash == Contact.address_hash)
    .where(
        Delivery.id.in_(bindparam("ids", expanding=True)),
        Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.DEFERRED)),
    )
)
_MAKE_SENDING = (
    update(Delivery).where(Delivery.id.in_(bindparam("ids", expanding=True))).values(state=DeliveryState.SENDING)
)
_SETTLE = (
    update(Delivery)
    .where(Delivery.id == bindparam("delivery_id"))
    .values({name: bindparam(name) for name in ("state", "reason", "reply", "attempts", "due_at", "settled_at")})
)
_ADD_ATTEMPT = insert(Attempt)
_usage = upsert(AccountUsage)
_ADD_USAGE = _usage.on_conflict_do_update(
    index_elements=["account_id", "minute"], set_={"count": AccountUsage.count + _usage.excluded.count}
)
_FORGET_USAGE = delete(AccountUsage).where(
    AccountUsage.account_id == bindparam("account_id"), AccountUsage.minute < bindparam("oldest")
)
