"""Agents that share a workspace on a server: each has a lease, and the living recover what the dead had in hand."""

import secrets

import psycopg
import pytest
from sqlalchemy import select, text, update

from app.models.base import utcnow
from app.models.location import ServerLocation
from app.models.postgres import PostgresDatabase
from app.models.states import AccountKind, DeliveryState
from app.models.tables import Account, AgentLease, Campaign, Delivery, Dispatch, Identity
from app.models.workspace import Workspace
from app.sending.lease import AgentAtWork, Lease, agent_lock, agent_status


def an_agent(workspace: Workspace) -> Lease:
    lease = Lease(f"{workspace.location} {secrets.token_hex(8)}")
    with workspace.write() as session:
        lease.take(session)
    return lease


def expire(workspace: Workspace, lease: Lease) -> None:
    with workspace.write() as session:
        session.execute(update(AgentLease).where(AgentLease.id == lease.agent_id).values(expires_at=utcnow()))


def in_hand(workspace: Workspace, lease: Lease, *states: DeliveryState) -> None:
    """Deliveries in *states* that the agent has leased or claimed."""
    with workspace.write() as session:
        session.add_all([Account(id=1, name="Shop", kind=AccountKind.PRACTICE), Campaign(id=1, name="Sale")])
        session.flush()
        session.add(Identity(id=1, account_id=1, name="", address="shop@example.org"))
        session.flush()
        session.add(Dispatch(id=1, campaign_id=1, account_id=1, identity_id=1, due_at=utcnow()))
        session.flush()
        for number, state in enumerate(states):
            session.add(
                Delivery(
                    dispatch_id=1, address=f"{number}@x.org", token=str(number), state=state, agent_id=lease.agent_id
                )
            )


def states(workspace: Workspace) -> list[tuple[DeliveryState, int | None]]:
    with workspace.read() as session:
        rows = session.execute(select(Delivery.state, Delivery.agent_id).order_by(Delivery.id))
        return [(row.state, row.agent_id) for row in rows]


def test_many_agents_hold_a_lease_at_once(shared: Workspace) -> None:
    with agent_lock(shared.location), agent_lock(shared.location):
        one, other = an_agent(shared), an_agent(shared)
    assert one.agent_id != other.agent_id
    assert agent_status(shared).is_working
    with shared.write() as session:
        for lease in (one, other):
            lease.renew(session)
        one.give_back(session)
    assert agent_status(shared).is_working
    with shared.write() as session:
        other.give_back(session)
    assert not agent_status(shared).is_working


def test_what_a_dead_agent_had_in_hand_is_recovered_by_the_living(shared: Workspace) -> None:
    dead, living = an_agent(shared), an_agent(shared)
    in_hand(shared, dead, DeliveryState.SENDING, DeliveryState.QUEUED, DeliveryState.SENT)
    with shared.write() as session:
        living.renew(session)
    assert [state for state, _ in states(shared)] == [DeliveryState.SENDING, DeliveryState.QUEUED, DeliveryState.SENT]
    expire(shared, dead)
    with shared.write() as session:
        living.renew(session)
    assert states(shared)[:2] == [(DeliveryState.IN_DOUBT, None), (DeliveryState.QUEUED, None)]
    assert states(shared)[2][0] is DeliveryState.SENT


def test_an_agent_that_begins_recovers_too(shared: Workspace) -> None:
    dead = an_agent(shared)
    in_hand(shared, dead, DeliveryState.SENDING)
    expire(shared, dead)
    an_agent(shared)
    assert states(shared) == [(DeliveryState.IN_DOUBT, None)]


def test_what_a_dead_agent_had_not_committed_holds_nobody_up(shared: Workspace) -> None:
    """It is suspended in the middle of a pipeline, where the server's own timeout does not see it."""
    assert isinstance(shared.location, ServerLocation)
    dead = PostgresDatabase(shared.location, durable=True)
    lease = Lease(dead.session_name)
    with shared.write() as session:
        lease.take(session)
    in_hand(shared, lease, DeliveryState.SENDING)
    with dead.connect() as stuck:
        with pytest.raises(psycopg.OperationalError), stuck.pipeline() as pipeline:
            stuck.execute("UPDATE delivery SET reason = 'x'")
            pipeline.sync()
            expire(shared, lease)
            an_agent(shared)
            assert states(shared) == [(DeliveryState.IN_DOUBT, None)]
            stuck.execute("SELECT 1").fetchone()
        assert stuck.broken
    dead.close()


def test_an_agent_that_was_taken_for_dead_stops(shared: Workspace) -> None:
    sleeper, living = an_agent(shared), an_agent(shared)
    expire(shared, sleeper)
    with shared.write() as session:
        living.renew(session)
    with pytest.raises(AgentAtWork, match="slept"), shared.write() as session:
        sleeper.renew(session)


def test_a_lease_that_is_late_but_not_taken_goes_on(shared: Workspace) -> None:
    late = an_agent(shared)
    expire(shared, late)
    with shared.write() as session:
        late.renew(session)
    assert agent_status(shared).is_working


def test_the_clock_of_the_server_decides(shared: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sending.lease.utcnow", lambda: utcnow().replace(year=2040))
    an_agent(shared)
    with shared.read() as session:
        remaining = session.scalar(text("SELECT expires_at / 1000.0 - extract(epoch FROM now()) FROM agent_lease"))
    assert remaining is not None
    assert 15 < float(remaining) <= 20
