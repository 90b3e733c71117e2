"""What became of claimed deliveries, as the workspace has it: the end of their way through `app.sending.outbox`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Integer, and_, bindparam, case, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from app.audience.suppression import suppress_in
from app.models.base import to_ms, utcnow
from app.models.states import DeliveryState, DispatchState, SuppressionReason
from app.models.tables import Attempt, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending.deliveries import LeasedDelivery
from app.sending.limits import MINUTE_MS
from app.sending.outbox import PLAIN, WAITING, count_use
from app.sending.outcomes import Outcome, OutcomeKind


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of one attempt. `retry_at` is when a deferred delivery is to be tried again, None to give it up."""

    delivery: LeasedDelivery
    account_id: int
    outcome: Outcome
    at: datetime
    retry_at: datetime | None = None


def settle(
    session: Session, workspace: Workspace, settlements: Iterable[Settlement], *, agent_id: int | None = None
) -> None:
    """Record what became of claimed deliveries, suppress the addresses that do not exist, and count what was sent.

    Agents that share a workspace have counted it already when they reserved it. If one of them was taken for dead
    meanwhile, what it has in hand is in doubt, which its late word still settles; but not what others are at by now.
    """
    settled = list(settlements)
    connection = session.connection()
    rows = [_row_after(one) | {"holder": agent_id} for one in settled]
    still_open = [row["delivery_id"] for row in rows if row["settled_at"] is None] if agent_id is not None else []
    dispatches = _locked_dispatches(session, still_open)
    connection.execute(_SETTLE, rows)
    _keep_in_step(session, still_open, dispatches)
    attempts = [_attempt_row(one) for one in settled if not one.outcome.is_untried]
    if attempts:
        connection.execute(_ADD_ATTEMPT, attempts)
    hard = [one.delivery.address for one in settled if one.outcome.suppress]
    if hard:
        suppress_in(session, workspace, hard, SuppressionReason.HARD_BOUNCE, origin="Refused by the mail server")
    if agent_id is not None:
        return
    used = Counter((one.account_id, to_ms(one.at) // MINUTE_MS) for one in settled if one.outcome.is_final)
    for (account_id, minute), count in used.items():
        count_use(session, account_id, minute, count)


def _locked_dispatches(session: Session, delivery_ids: Sequence[object]) -> dict[int, DispatchState]:
    """The dispatches of deliveries and their states, locked."""
    if not delivery_ids:
        return {}
    theirs = select(Delivery.dispatch_id).where(Delivery.id.in_(delivery_ids))
    rows = session.execute(
        select(Dispatch.id, Dispatch.state).where(Dispatch.id.in_(theirs)).order_by(Dispatch.id).with_for_update()
    )
    return {row.id: row.state for row in rows}


def _keep_in_step(session: Session, delivery_ids: Sequence[object], dispatches: Mapping[int, DispatchState]) -> None:
    """Another agent may have ended the dispatch of what is open again: then it ends too, or the dispatch goes on."""
    for dispatch_id, state in dispatches.items():
        is_open = and_(Delivery.id.in_(delivery_ids), Delivery.dispatch_id == dispatch_id, Delivery.state.in_(WAITING))
        if state is DispatchState.CANCELLED:
            values = {"state": DeliveryState.CANCELLED, "settled_at": utcnow(), "agent_id": None}
            session.execute(update(Delivery).where(is_open).values(values), execution_options=PLAIN)
        elif state is DispatchState.FINISHED:
            session.execute(
                update(Dispatch)
                .where(Dispatch.id == dispatch_id, exists().where(is_open))
                .values(state=DispatchState.SENDING, finished_at=None),
                execution_options=PLAIN,
            )


def _row_after(settlement: Settlement) -> dict[str, object]:
    """The columns of a delivery after an attempt."""
    delivery, outcome = settlement.delivery, settlement.outcome
    waits = DeliveryState.DEFERRED if delivery.was_deferred else DeliveryState.QUEUED
    state, due_at, tried = _STATE_AFTER.get(outcome.kind, waits), None, 1
    if outcome.is_untried or outcome.kind is OutcomeKind.ACCOUNT_TROUBLE:
        state, due_at, tried = waits, settlement.at, 0
    elif outcome.kind is OutcomeKind.DEFERRED:
        state = DeliveryState.DEFERRED if settlement.retry_at is not None else DeliveryState.FAILED
        due_at = settlement.retry_at
    return {
        "delivery_id": delivery.id,
        "state": state,
        "reason": outcome.reason.value,
        "reply": str(outcome.reply or ""),
        "attempts": delivery.attempts + tried,
        "due_at": due_at,
        "settled_at": None if state.is_open else settlement.at,
        "account_id": settlement.account_id,
        "stays_in_hand": tried == 0,
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


_SETTLED = ("state", "reason", "reply", "attempts", "due_at", "settled_at", "account_id")
_IN_HAND = (DeliveryState.SENDING, *WAITING)
_SETTLE = (
    update(Delivery)
    .where(
        Delivery.id == bindparam("delivery_id"),
        or_(
            and_(
                Delivery.agent_id.is_not_distinct_from(bindparam("holder", type_=Integer)),
                or_(*(Delivery.state == state for state in _IN_HAND)),  # IN takes no part in executemany
            ),
            Delivery.state == DeliveryState.IN_DOUBT,
        ),
    )
    .values(
        {name: bindparam(name) for name in _SETTLED}
        | {"agent_id": case((bindparam("stays_in_hand", type_=Boolean), Delivery.agent_id))}
    )
)
_ADD_ATTEMPT = insert(Attempt)
