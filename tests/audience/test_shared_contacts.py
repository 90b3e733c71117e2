"""Several people at work on one workspace on a server: nobody overrules or overwrites what another has just done."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from app.audience import contacts, fields, lists, suppression, undo
from app.audience.consent import record_consent
from app.audience.contacts import DuplicateContact
from app.audience.importer import run_import
from app.errors import UserFacingError
from app.models.contacts import Consent, Contact
from app.models.states import ConsentAction, ConsentState, FieldType, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan, emails

T = TypeVar("T")
PATIENCE_S = 20.0


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def all_at_once(pool: ThreadPoolExecutor, count: int, work: Callable[[int], T]) -> list["Future[T]"]:
    """Run *work* in *count* threads that begin together."""
    begun = threading.Barrier(count)

    def one(number: int) -> T:
        begun.wait(PATIENCE_S)
        return work(number)

    running = [pool.submit(one, number) for number in range(count)]
    for future in running:
        future.exception(PATIENCE_S)
    return running


def test_a_permission_does_not_overrule_a_withdrawal_of_the_same_moment(
    shared: Workspace, others: ThreadPoolExecutor
) -> None:
    ann = a_contact(shared, "ann@example.org", may_be_mailed=False)
    has_begun = threading.Event()

    def customer() -> int:
        with shared.write() as session:
            has_begun.set()
            basis = LawfulBasis.EXISTING_CUSTOMER
            return record_consent(session, [ann], ConsentAction.GIVEN, basis=basis, source="Till")

    with shared.write() as session:
        record_consent(session, [ann], ConsentAction.WITHDRAWN, source="Letter")
        waiting = others.submit(customer)
        has_begun.wait(PATIENCE_S)
        time.sleep(0.1)
    assert waiting.result(PATIENCE_S) == 0
    with shared.read() as session:
        assert session.get_one(Contact, ann).consent is ConsentState.WITHDRAWN


def test_each_consent_brings_its_own_contacts_in_step(shared: Workspace, others: ThreadPoolExecutor) -> None:
    people = [a_contact(shared, f"p{number}@example.org", may_be_mailed=False) for number in range(8)]

    def agree(number: int) -> int:
        with shared.write() as session:
            action = ConsentAction.WITHDRAWN if number % 2 else ConsentAction.GIVEN
            return record_consent(session, [people[number]], action, basis=LawfulBasis.CONSENT, source="Form")

    assert [one.result() for one in all_at_once(others, 8, agree)] == [1] * 8
    with shared.read() as session:
        states = {row.id: row.consent for row in session.execute(select(Contact.id, Contact.consent))}
        assert session.scalar(select(func.count()).select_from(Consent)) == 8
    assert [states[one] for one in people] == [ConsentState.GIVEN, ConsentState.WITHDRAWN] * 4


def test_who_unsubscribes_during_an_import_is_not_mailed(
    shared: Workspace, others: ThreadPoolExecutor, tmp_path: Path
) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail"], [[f"p{number}@example.org"] for number in range(20_000)])
    plan = a_plan(shared, path)

    def unsubscribe(done: int, total: int | None) -> None:
        if done == total:
            others.submit(
                suppression.suppress, shared, ["p7@example.org"], SuppressionReason.UNSUBSCRIBED, "Link"
            ).result(PATIENCE_S)

    run_import(shared, plan, progress=unsubscribe)
    found = contacts.ids(shared, contacts.ContactQuery(is_mailable=False))
    assert [row.values[0] for row in contacts.page(shared, found, fields.list_fields(shared)[:1])] == ["p7@example.org"]


def test_two_imports_of_the_same_people_make_each_of_them_once(
    shared: Workspace, others: ThreadPoolExecutor, tmp_path: Path
) -> None:
    names = [f"p{number}@example.org" for number in range(500)]
    plans = [
        a_plan(
            shared, a_csv(tmp_path / f"{number}.csv", ["E-mail", f"Column {number}"], [[name, "x"] for name in order])
        )
        for number, order in enumerate((names, names[::-1]))
    ]
    reports = [one.result() for one in all_at_once(others, 2, lambda number: run_import(shared, plans[number]))]
    assert sorted(report.new for report in reports) == [0, 500]
    assert len(emails(shared)) == 500
    assert {"Column 0", "Column 1"} <= {field.label for field in fields.list_fields(shared)}


def test_the_same_name_is_given_once(shared: Workspace, others: ThreadPoolExecutor) -> None:
    made = all_at_once(others, 4, lambda number: lists.create_list(shared, "News" if number % 2 else "news"))
    assert sum(one.exception() is None for one in made) == 1
    assert all(isinstance(one.exception(), UserFacingError | None) for one in made)
    made_fields = all_at_once(others, 4, lambda _number: fields.add_field(shared, "Birthday", FieldType.DATE))
    assert sum(one.exception() is None for one in made_fields) == 1
    assert all(isinstance(one.exception(), UserFacingError | None) for one in made_fields)


def test_the_same_person_is_added_once(shared: Workspace, others: ThreadPoolExecutor) -> None:
    made = all_at_once(others, 4, lambda _number: a_contact(shared, "ann@example.org"))
    refused = [one.exception() for one in made if one.exception() is not None]
    assert len(refused) == 3
    assert all(isinstance(error, DuplicateContact) for error in refused)


def test_an_edit_waits_for_the_one_before_it_and_knows_its_outcome(
    shared: Workspace, others: ThreadPoolExecutor
) -> None:
    ann = a_contact(shared, "ann@example.org", city="Graz")
    with shared.write() as session:
        session.get_one(Contact, ann).city = "Wien"
        session.flush()
        waiting = others.submit(contacts.edit, shared, ann, "city", "Bonn")
        time.sleep(0.1)
    edit = waiting.result(PATIENCE_S)
    assert (edit.old, edit.new) == ("Wien", "Bonn")
    assert contacts.get(shared, ann).values["city"] == "Bonn"


def test_an_action_is_taken_back_once(shared: Workspace, others: ThreadPoolExecutor) -> None:
    for name in ("A", "B", "C"):
        lists.create_list(shared, name)
    taken_back = [one.result() for one in all_at_once(others, 3, lambda _number: undo.undo(shared))]
    assert sorted(map(str, taken_back)) == ["New list “A”", "New list “B”", "New list “C”"]
    assert lists.all_lists(shared) == ()


def test_a_column_that_somebody_adds_stops_no_prepared_statement(shared: Workspace, server_url: str) -> None:
    other = Workspace.open(server_url, shared.key)
    try:
        for number in range(8):  # the driver prepares what it has seen five times
            contacts.delete(shared, [a_contact(shared, f"p{number}@example.org")])
        fields.add_field(other, "Birthday", FieldType.DATE)
        contacts.delete(shared, [a_contact(shared, "ann@example.org", birthday="1980-04-03")])
        undo.undo(shared)
        (ann,) = contacts.ids(shared, contacts.ContactQuery())
        assert str(contacts.get(shared, ann).values["birthday"]) == "1980-04-03"
    finally:
        other.close()
