"""The audience of a dispatch, written down part by part."""

import pytest
from sqlalchemy import Row, delete, event, insert, select, text
from sqlalchemy.exc import IntegrityError

from app.audience.suppression import suppress
from app.models.base import utcnow
from app.models.states import ConsentState, DeliveryState, SkipReason, SuppressionReason
from app.models.tables import Contact, Delivery
from app.models.workspace import Workspace
from app.sending import frozen_rows
from app.sending.plan import freeze
from tests.engine.builders import add_contacts, an_account, launched

MANY = [f"{number * 37 % 100:02}@example.com" for number in range(100)]


def frozen(workspace: Workspace) -> list[Row[str, DeliveryState, str]]:
    dispatch_id = launched(workspace, an_account(workspace, 25))
    assert freeze(workspace, dispatch_id)
    with workspace.read() as session:
        return list(session.execute(select(Delivery.address, Delivery.state, Delivery.reason).order_by(Delivery.id)))


@pytest.fixture
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_rows, "_PART", 20)
    monkeypatch.setattr(frozen_rows, "_STRIP", 7)


@pytest.mark.any_workspace
@pytest.mark.usefixtures("in_small_parts")
def test_everybody_is_written_down_once_whatever_part_they_are_in(workspace: Workspace) -> None:
    add_contacts(workspace, MANY)
    add_contacts(workspace, ["unasked@example.com"], consent=ConsentState.UNKNOWN)
    with workspace.write() as session:
        session.execute(delete(Contact).where(Contact.id.between(5, 47)))
    left = {address for number, address in enumerate(MANY, 1) if not 5 <= number <= 47}
    suppress(workspace, [MANY[60]], SuppressionReason.MANUAL, "By hand")
    rows = frozen(workspace)
    assert sorted(row.address for row in rows) == sorted(left | {"unasked@example.com"})
    skipped = {row.address: row.reason for row in rows if row.state is DeliveryState.SKIPPED}
    assert skipped == {MANY[60]: SkipReason.SUPPRESSED, "unasked@example.com": SkipReason.NO_PERMISSION}


@pytest.mark.usefixtures("in_small_parts")
def test_each_part_is_written_in_the_order_of_its_addresses(workspace: Workspace) -> None:
    add_contacts(workspace, MANY)
    addresses = [row.address for row in frozen(workspace)]
    assert addresses == [address for start in range(0, 100, 20) for address in sorted(MANY[start : start + 20])]


def test_contacts_are_read_in_their_own_order(workspace: Workspace) -> None:
    """Otherwise each would be on another page of the file than the one before."""
    add_contacts(workspace, MANY)
    plans: list[str] = []

    def explain(_connection: object, cursor: object, statement: str, values: object, *_more: object) -> None:
        if statement.startswith("INSERT INTO sorted_part"):
            plans.extend(row[3] for row in cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))  # type: ignore[attr-defined]

    with workspace.database.connection() as connection:
        engine = connection.engine
    event.listen(engine, "before_cursor_execute", explain)
    frozen(workspace)
    assert plans[0] == "SEARCH contact USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"


def test_nobody_is_an_audience_too(workspace: Workspace) -> None:
    assert frozen(workspace) == []


def test_writing_much_checks_references_again_afterwards(workspace: Workspace) -> None:
    nobody = {"contact_id": 404, "dispatch_id": 404, "address": "a@b", "token": "x", "state": DeliveryState.QUEUED}
    with pytest.raises(RuntimeError), workspace.database.write_much() as session:
        session.execute(insert(Delivery).values(nobody))
        raise RuntimeError
    with workspace.database.write_much() as session:
        session.execute(text("SELECT 1"))
    with pytest.raises(IntegrityError), workspace.write() as session:
        session.execute(insert(Delivery).values(nobody | {"settled_at": utcnow()}))
