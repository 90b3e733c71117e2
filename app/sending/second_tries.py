"""What the user can do, by one click each, about messages that did not arrive, may not have, or were not opened.

A second try is the same delivery in the same dispatch, queued again: `UNIQUE(dispatch, address)` still keeps anybody
from getting the message twice, each click is one transaction, and a second click finds nothing left to do. Nothing here
happens by itself. The replies to the first tries stay where they are.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Insert, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from app.audience.audience import Audience, Reaction
from app.audience.status import contact_and_block, skip_reason
from app.errors import UserFacingError
from app.models.states import CampaignKind, DeliveryState, DispatchState, EventKind, Wish
from app.models.tables import (
    Account,
    Attachment,
    Attempt,
    Campaign,
    CampaignRoute,
    Contact,
    Delivery,
    Dispatch,
    DispatchRoute,
    Event,
)
from app.models.workspace import Workspace
from app.sending.breaker import Breaker
from app.sending.reasons import MEANINGS, OutcomeKind, Reason

_SERVER = "The mail server"
_LONGEST_NAME = 200
_NOT_COPIED = frozenset({"id", "campaign_id", "created_at", "updated_at", "deleted_at"})


@dataclass(frozen=True, slots=True)
class FailedGroup:
    """The deliveries of a dispatch that failed for one reason.

    Attributes:
        sentence: The reason, for the user.
        count: How many there are.
        ready: How many of them `retry_failed` would queue: those who may still be mailed.
        may_retry: Whether to offer it: somebody is ready, and the address is not proven to be dead.
    """

    reason: Reason
    sentence: str
    count: int
    ready: int

    @property
    def may_retry(self) -> bool:
        return self.ready > 0 and not MEANINGS[self.reason].is_hard


def failed_by_reason(workspace: Workspace, dispatch_id: int) -> list[FailedGroup]:
    """Why deliveries of a dispatch failed, the most frequent reason first."""
    with workspace.read() as session:
        may_go = _may_be_mailed(_kind(session, dispatch_id))
        rows = session.execute(
            select(Delivery.reason, func.count(), func.count().filter(may_go))
            .where(Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.FAILED)
            .group_by(Delivery.reason)
            .order_by(func.count().desc(), Delivery.reason)
        )
        return [
            FailedGroup(Reason(reason), MEANINGS[Reason(reason)].sentence.format(server=_SERVER), count, ready)
            for reason, count, ready in rows
        ]


def retry_failed(workspace: Workspace, dispatch_id: int, reasons: Collection[Reason] | None = None) -> int:
    """Queue the failed deliveries of these *reasons* again and return how many; the dispatch goes on if it was over.

    Without *reasons* all are meant but those whose address is proven not to exist. Who must not be mailed any more is
    left as is. A dispatch that the user has paused stays paused.

    Raises:
        UserFacingError: the campaign was cancelled, or none of its accounts can send; nothing was changed.
    """
    wanted = [one for one in Reason if not MEANINGS[one].is_hard] if reasons is None else reasons
    failed = (Delivery.state == DeliveryState.FAILED, Delivery.reason.in_([one.value for one in wanted]))
    return _queue_again(workspace, dispatch_id, failed)


def resend_in_doubt(workspace: Workspace, dispatch_id: int, delivery_ids: Collection[int] | None = None) -> int:
    """Send again what may or may not have arrived (RFC 1047): some of it, or all. Some may get it twice, so ask first.

    Returns:
        How many were queued. Who must not be mailed any more is left as is.

    Raises:
        UserFacingError: the campaign was cancelled, or none of its accounts can send; nothing was changed.
    """
    return _queue_again(workspace, dispatch_id, _in_doubt(delivery_ids))


def settle_in_doubt(
    workspace: Workspace, dispatch_id: int, delivery_ids: Collection[int] | None = None, *, as_sent: bool
) -> int:
    """The user knows what became of messages in doubt: they have arrived, or they have not. Nothing is sent.

    Those that have not arrived count as failed, for the reason they were in doubt for.

    Returns:
        How many were in doubt and are no more.
    """
    state = DeliveryState.SENT if as_sent else DeliveryState.FAILED
    with workspace.write() as session:
        return _update(session, dispatch_id, _in_doubt(delivery_ids), {"state": state})


def resend_to_non_openers(workspace: Workspace, dispatch_id: int, *, subject: str | None = None) -> int:
    """Make a draft of the same content for those who got a message and neither opened it nor clicked in it.

    Who they are is seen when it is sent, and permission is asked for as always.

    Args:
        subject: A new subject; the same if left out.

    Returns:
        The id of the new campaign.

    Raises:
        UserFacingError: it is still being sent, or nobody's opening was recorded, so that everybody would get it again.
    """
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        if dispatch.state not in (DispatchState.FINISHED, DispatchState.CANCELLED):
            raise UserFacingError("This campaign is still being sent.", "Wait until it is done, and a day for people.")
        if not session.scalar(select(_was_opened(dispatch_id))):
            raise UserFacingError(
                "Nobody is known to have opened this campaign, so everybody would get it again.",
                "Openings are only known where they are recorded and some time has passed.",
            )
        original = session.get_one(Campaign, dispatch.campaign_id)
        draft = Campaign(**_copied(original))
        draft.name = f"{original.name} (to those who did not open it)"[:_LONGEST_NAME]
        draft.kind = CampaignKind.CAMPAIGN  # a copy of a receipt is none: who unsubscribed does not get it
        draft.subject = original.subject if subject is None else subject
        draft.audience = Audience(dispatch_id=dispatch_id, reaction=Reaction.NOT_OPENED).to_json()
        draft.breaker = replace(Breaker.from_json(original.breaker), since=None).to_json() if original.breaker else {}
        session.add(draft)
        session.flush()
        for table in (CampaignRoute, Attachment):
            session.execute(_copy_rows(table, original.id, draft.id))
        return draft.id


def first_tries(session: Session, tries: Mapping[int, int]) -> dict[int, datetime]:
    """When deliveries were tried first since they were last queued, which may be long after their very first try.

    Args:
        tries: How often each was tried since then: its `attempts`. The trouble of an account is no try.
    """
    newest_first = func.row_number().over(partition_by=Attempt.delivery_id, order_by=Attempt.id.desc())
    rows = session.execute(
        select(Attempt.delivery_id, Attempt.at, newest_first).where(
            Attempt.delivery_id.in_(tries), Attempt.outcome != OutcomeKind.ACCOUNT_TROUBLE
        )
    )
    first: dict[int, datetime] = {}
    for delivery_id, at, number in rows:
        if number <= tries[delivery_id]:
            first[delivery_id] = min(at, first.get(delivery_id, at))
    return first


def _queue_again(workspace: Workspace, dispatch_id: int, chosen: Iterable[ColumnElement[bool]]) -> int:
    with workspace.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id, with_for_update=True)
        _refuse_if_it_cannot_go(session, dispatch)
        queued = _update(
            session,
            dispatch_id,
            (*chosen, _may_be_mailed(_kind(session, dispatch_id))),
            {
                "state": DeliveryState.QUEUED, "reason": "", "reply": "", "attempts": 0, "due_at": None,
                "settled_at": None, "agent_id": None,
            },
        )  # fmt: skip
        if queued and dispatch.state is DispatchState.FINISHED:
            dispatch.state, dispatch.finished_at, dispatch.wish = DispatchState.SENDING, None, Wish.RUN
            dispatch.problem = dispatch.note = ""
        return queued


def _refuse_if_it_cannot_go(session: Session, dispatch: Dispatch) -> None:
    if dispatch.state is DispatchState.CANCELLED or dispatch.wish is Wish.CANCEL:
        raise UserFacingError("This campaign was cancelled.", "Make a copy to send it after all.")
    routes = select(DispatchRoute.account_id).where(DispatchRoute.dispatch_id == dispatch.id)
    problems = session.scalars(
        select(Account.problem)
        .where(or_(Account.id.in_(routes), Account.id == dispatch.account_id))
        .order_by(Account.id)
    ).all()
    if all(problems):
        raise UserFacingError(f"The account cannot send: {problems[0]}", "Correct it under Accounts.")


def _update(
    session: Session, dispatch_id: int, chosen: Iterable[ColumnElement[bool]], values: Mapping[str, object]
) -> int:
    statement = update(Delivery).where(Delivery.dispatch_id == dispatch_id, *chosen).values(values)
    return session.connection().execute(statement).rowcount


def _in_doubt(delivery_ids: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
    in_doubt = Delivery.state == DeliveryState.IN_DOUBT
    return (in_doubt,) if delivery_ids is None else (in_doubt, Delivery.id.in_(delivery_ids))


def _kind(session: Session, dispatch_id: int) -> CampaignKind:
    query = select(Campaign.kind).join(Dispatch).where(Dispatch.id == dispatch_id)
    return session.scalars(query).one()


def _may_be_mailed(kind: CampaignKind) -> ColumnElement[bool]:
    """Whether a delivery's contact may still be mailed, as a condition on `Delivery`.

    To queue those who may not would only turn what is known of them into "left out". A single message may go to
    somebody who is no contact; what speaks against it is looked at when it is claimed.
    """
    if kind is CampaignKind.TRANSACTIONAL:
        return literal(value=True)
    return (
        select(Contact.id)
        .select_from(contact_and_block)
        .where(Contact.id == Delivery.contact_id, skip_reason.element.is_(None))
        .correlate(Delivery)
        .exists()
    )


def _was_opened(dispatch_id: int) -> Exists:
    return exists().where(
        Event.delivery_id == Delivery.id,
        Event.kind.in_((EventKind.OPEN, EventKind.CLICK)),
        Delivery.dispatch_id == dispatch_id,
    )


def _copied(original: Campaign) -> dict[str, Any]:
    names = (column.key for column in Campaign.__table__.columns)
    return {name: getattr(original, name) for name in names if name not in _NOT_COPIED}


def _copy_rows(table: type[CampaignRoute | Attachment], from_id: int, to_id: int) -> Insert:
    columns = [column for column in table.__table__.columns if column.key not in _NOT_COPIED]
    source = select(literal(to_id), *columns).where(table.campaign_id == from_id)
    return insert(table).from_select(["campaign_id", *(column.key for column in columns)], source)
