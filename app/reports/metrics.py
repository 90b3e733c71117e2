"""What became of a dispatch, in numbers and row by row."""

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Select, func, select, type_coerce
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.sql import mentions
from app.models.states import CampaignStatus, DeliveryState, DispatchState, Wish, campaign_status
from app.models.tables import Account, Attempt, Campaign, Contact, Delivery, Dispatch, Identity
from app.models.workspace import Workspace

_MS_PER_SECOND = 1000


@dataclass(frozen=True)
class DeliveryCounts:
    """How many deliveries of a dispatch are in which state."""

    by_state: Mapping[DeliveryState, int]

    def __getitem__(self, state: DeliveryState) -> int:
        return self.by_state.get(state, 0)

    @property
    def total(self) -> int:
        """Everybody the audience named."""
        return sum(self.by_state.values())

    @property
    def intended(self) -> int:
        """Everybody who was to get a message."""
        return self.total - self[DeliveryState.SKIPPED]

    @property
    def left(self) -> int:
        """Those still to be sent, or being sent."""
        return sum(count for state, count in self.by_state.items() if state.is_open)

    @property
    def settled(self) -> int:
        """Those of the intended that nothing more is done about."""
        return self.intended - self.left

    @property
    def done_share(self) -> float:
        """The settled part of the intended, from 0 to 1."""
        return self.settled / self.intended if self.intended else 1.0


@dataclass(frozen=True)
class DispatchReport:
    """A dispatch as its report shows it."""

    dispatch_id: int
    campaign_id: int
    campaign_name: str
    subject: str
    sender: str
    account_name: str
    status: CampaignStatus
    state: DispatchState
    wish: Wish
    problem: str
    note: str
    due_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    counts: DeliveryCounts


@dataclass(frozen=True)
class ReasonCount:
    """How many deliveries ended in *state* for *reason*."""

    state: DeliveryState
    reason: str
    count: int


@dataclass(frozen=True)
class DeliveryRow:
    """A line of the table of messages. `account` is the name of the one it was last tried through, empty if none."""

    id: int
    address: str
    name: str
    state: DeliveryState
    reason: str
    reply: str
    attempts: int
    settled_at: datetime | None
    due_at: datetime | None
    account: str = ""


@dataclass(frozen=True)
class AttemptRow:
    """One try at a delivery and what the server said."""

    at: datetime
    outcome: str
    reason: str
    reply: str


def dispatch_report(workspace: Workspace, dispatch_id: int) -> DispatchReport:
    """The report of a dispatch as it stands now.

    Raises:
        UserFacingError: the dispatch was taken back.
    """
    with workspace.read() as session:
        row = session.execute(
            select(Dispatch, Campaign, Identity, Account.name)
            .join(Campaign, Campaign.id == Dispatch.campaign_id)
            .join(Identity, Identity.id == Dispatch.identity_id)
            .join(Account, Account.id == Dispatch.account_id)
            .where(Dispatch.id == dispatch_id)
        ).one_or_none()
        if row is None:
            raise UserFacingError("This campaign was taken back before it was sent.")
        dispatch, campaign, identity, account_name = row
        return DispatchReport(
            dispatch_id=dispatch.id,
            campaign_id=campaign.id,
            campaign_name=campaign.name,
            subject=dispatch.subject or campaign.subject,
            sender=f"{identity.name} <{identity.address}>" if identity.name else identity.address,
            account_name=account_name,
            status=campaign_status(dispatch.state, dispatch.wish, dispatch.problem),
            state=dispatch.state,
            wish=dispatch.wish,
            problem=dispatch.problem,
            note=dispatch.note,
            due_at=dispatch.due_at,
            started_at=dispatch.started_at,
            finished_at=dispatch.finished_at,
            counts=_counts(session, [dispatch_id])[dispatch_id],
        )


def delivery_counts(workspace: Workspace, dispatch_ids: Collection[int]) -> dict[int, DeliveryCounts]:
    """The counts of several dispatches."""
    with workspace.read() as session:
        return _counts(session, dispatch_ids)


def reason_counts(workspace: Workspace, dispatch_id: int) -> tuple[ReasonCount, ...]:
    """Why deliveries are in their state, the most frequent first; what was simply sent is left out."""
    with workspace.read() as session:
        rows = session.execute(
            select(Delivery.state, Delivery.reason, func.count())
            .where(
                Delivery.dispatch_id == dispatch_id,
                Delivery.state.not_in((DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.SENDING)),
            )
            .group_by(Delivery.state, Delivery.reason)
            .order_by(func.count().desc())
        )
        return tuple(ReasonCount(*row) for row in rows)


def sent_over_time(workspace: Workspace, dispatch_id: int, *, step_s: int = 1) -> tuple[tuple[datetime, int], ...]:
    """How many messages were accepted in each step of *step_s* seconds in which there were any."""
    step = type_coerce(Delivery.settled_at, BigInteger).op("/")(step_s * _MS_PER_SECOND)
    with workspace.read() as session:
        rows = session.execute(
            select(func.min(Delivery.settled_at), func.count())
            .where(Delivery.dispatch_id == dispatch_id, Delivery.state == DeliveryState.SENT)
            .group_by(step)
            .order_by(step)
        )
        return tuple((moment, count) for moment, count in rows if moment is not None)


def delivery_ids(
    workspace: Workspace,
    dispatch_id: int,
    *,
    states: Collection[DeliveryState] = (),
    reasons: Collection[str] = (),
    search: str = "",
) -> "array[int]":
    """The ids of the deliveries in one of *states* for one of *reasons* (any, if none is given) whose address contains
    *search*.
    """
    with workspace.read() as session:
        return array("q", session.scalars(_chosen(select(Delivery.id), dispatch_id, states, reasons, search)))


def delivery_page(workspace: Workspace, ids: Sequence[int]) -> list[DeliveryRow]:
    """The rows of some deliveries, in the order of *ids*."""
    with workspace.read() as session:
        rows = session.execute(
            select(Delivery, Contact.first_name, Contact.last_name, Account.name)
            .outerjoin(Contact, Contact.id == Delivery.contact_id)
            .outerjoin(Account, Account.id == Delivery.account_id)
            .where(Delivery.id.in_(ids))
        )
        found = {delivery.id: _row(delivery, *names) for delivery, *names in rows}
        return [found[row_id] for row_id in ids if row_id in found]


def attempts(workspace: Workspace, delivery_id: int) -> tuple[AttemptRow, ...]:
    """All tries at a delivery, oldest first."""
    return attempts_of(workspace, [delivery_id]).get(delivery_id, ())


def attempts_of(workspace: Workspace, delivery_ids: Collection[int]) -> dict[int, tuple[AttemptRow, ...]]:
    """All tries at each of some deliveries, oldest first; who was not tried is left out."""
    found: dict[int, list[AttemptRow]] = {}
    with workspace.read() as session:
        rows = session.scalars(select(Attempt).where(Attempt.delivery_id.in_(delivery_ids)).order_by(Attempt.id))
        for row in rows:
            tried = found.setdefault(row.delivery_id, [])
            tried.append(AttemptRow(row.at, row.outcome, row.reason, _reply(row)))
    return {delivery_id: tuple(tried) for delivery_id, tried in found.items()}


def _reply(attempt: Attempt) -> str:
    return " ".join(str(part) for part in (attempt.code, attempt.enhanced, attempt.text) if part)


def _counts(session: Session, dispatch_ids: Collection[int]) -> dict[int, DeliveryCounts]:
    by_dispatch: dict[int, dict[DeliveryState, int]] = {dispatch_id: {} for dispatch_id in dispatch_ids}
    rows = session.execute(
        select(Delivery.dispatch_id, Delivery.state, func.count())
        .where(Delivery.dispatch_id.in_(dispatch_ids))
        .group_by(Delivery.dispatch_id, Delivery.state)
    )
    for dispatch_id, state, count in rows:
        by_dispatch[dispatch_id][state] = count
    return {dispatch_id: DeliveryCounts(by_state) for dispatch_id, by_state in by_dispatch.items()}


def _chosen(
    query: Select[tuple[int]],
    dispatch_id: int,
    states: Collection[DeliveryState],
    reasons: Collection[str],
    search: str,
) -> Select[tuple[int]]:
    query = query.where(Delivery.dispatch_id == dispatch_id).order_by(Delivery.id)
    if states:
        query = query.where(Delivery.state.in_(states))
    if reasons:
        query = query.where(Delivery.reason.in_(reasons))
    if search.strip():
        query = query.where(mentions(Delivery.address, search.strip()))
    return query


def _row(delivery: Delivery, first_name: str | None, last_name: str | None, account: str | None) -> DeliveryRow:
    return DeliveryRow(
        id=delivery.id,
        address=delivery.address,
        name=" ".join(part for part in (first_name, last_name) if part),
        state=delivery.state,
        reason=delivery.reason,
        reply=delivery.reply,
        attempts=delivery.attempts,
        settled_at=delivery.settled_at,
        due_at=delivery.due_at,
        account=account or "",
    )
