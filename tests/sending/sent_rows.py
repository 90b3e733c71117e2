"""Dispatches that have been sent, written straight into the workspace."""

from collections.abc import Sequence
from datetime import UTC, datetime

from app.models.states import (
    AccountKind,
    CampaignStatus,
    ConsentState,
    DeliveryState,
    DispatchState,
    EventKind,
    Wish,
    campaign_status,
)
from app.models.tables import Account, Attempt, Campaign, Contact, Delivery, Dispatch, DispatchRoute, Event, Identity
from app.models.workspace import Workspace
from app.sending.outcomes import Reason

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def a_dispatch(
    workspace: Workspace,
    rows: Sequence[tuple[str, DeliveryState, Reason | None]],
    *,
    state: DispatchState = DispatchState.FINISHED,
    wish: Wish = Wish.RUN,
) -> int:
    """A dispatch whose delivery to each address has come to this state for this reason; all may be mailed."""
    with workspace.write() as session:
        account, campaign = Account(name="Shop", kind=AccountKind.PRACTICE), Campaign(name="Sale", subject="Sale")
        session.add_all([account, campaign])
        session.flush()
        identity = Identity(account_id=account.id, name="Shop", address="shop@example.org")
        session.add(identity)
        session.flush()
        campaign.identity_id = identity.id
        dispatch = Dispatch(
            campaign_id=campaign.id, account_id=account.id, identity_id=identity.id, state=state, wish=wish,
            due_at=START, started_at=START, finished_at=None if state is DispatchState.SENDING else START,
        )  # fmt: skip
        session.add(dispatch)
        session.flush()
        session.add(DispatchRoute(dispatch_id=dispatch.id, identity_id=identity.id, account_id=account.id))
        for address, delivery_state, reason in rows:
            contact = Contact(
                email=address, address_hash=workspace.address_hash(address), consent=ConsentState.GIVEN,
                created_at=START, updated_at=START,
            )  # fmt: skip
            session.add(contact)
            session.flush()
            delivery = Delivery(
                dispatch_id=dispatch.id, contact_id=contact.id, address=address, token=f"t{contact.id}",
                state=delivery_state, reason=reason or "", attempts=0 if delivery_state.is_open else 3,
                reply="" if delivery_state.is_open else "what it said",
                settled_at=None if delivery_state.is_open else START, account_id=account.id, agent_id=7,
            )  # fmt: skip
            session.add(delivery)
            session.flush()
            session.add(Attempt(delivery_id=delivery.id, at=START, outcome="deferred", reason=reason or ""))
        return dispatch.id


def states(workspace: Workspace, dispatch_id: int) -> dict[str, DeliveryState]:
    """What became of each address."""
    with workspace.read() as session:
        rows = session.query(Delivery).filter_by(dispatch_id=dispatch_id)
        return {row.address: row.state for row in rows}


def happened(
    workspace: Workspace, dispatch_id: int, kind: EventKind, addresses: Sequence[str], *, times: int = 1
) -> None:
    """Something came back about the messages to *addresses*."""
    with workspace.write() as session:
        for delivery in session.query(Delivery).filter(
            Delivery.dispatch_id == dispatch_id, Delivery.address.in_(addresses)
        ):
            for _ in range(times):
                session.add(Event(kind=kind, at=START, delivery_id=delivery.id, contact_id=delivery.contact_id))


def status(workspace: Workspace, dispatch_id: int) -> CampaignStatus:
    """What the dispatch looks like from outside."""
    with workspace.read() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        return campaign_status(dispatch.state, dispatch.wish, dispatch.problem)
