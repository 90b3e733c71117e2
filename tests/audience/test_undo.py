from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select, text

from app.audience import contacts, fields, lists, suppression, undo
from app.audience.contacts import CellText, MailStatus
from app.audience.importer import run_import
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.campaigns import Campaign, Delivery, Dispatch, Event
from app.models.housekeeping import UndoAction
from app.models.states import AccountKind, DeliveryState, EventKind, FieldType, SuppressionReason
from app.models.tables import Account, Identity
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan, emails, everything

pytestmark = pytest.mark.any_workspace


@pytest.fixture
def ann(workspace: Workspace) -> int:
    """Ann, in a list, with a tag, a custom field and a message that she opened."""
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    ann = a_contact(workspace, "ann@example.org", first_name="Ann", birthday="1980-04-03")
    lists.add_to_list(workspace, lists.create_list(workspace, "News"), [ann])
    lists.add_tag(workspace, lists.create_tag(workspace, "vip"), [ann])
    with workspace.write() as session:
        session.add(Account(id=1, name="A", kind=AccountKind.PRACTICE))
        session.add(Campaign(id=1, name="Sale"))
        session.flush()
        session.add(Identity(id=1, account_id=1, name="A", address="a@x.org"))
        session.flush()
        session.add(Dispatch(id=1, campaign_id=1, account_id=1, identity_id=1, due_at=utcnow()))
        session.flush()
        session.add(
            Delivery(
                id=1, dispatch_id=1, contact_id=ann, address="ann@example.org", token="t", state=DeliveryState.SENT
            )
        )
        session.flush()
        session.add(
            Event(kind=EventKind.OPEN, at=utcnow(), delivery_id=1, contact_id=ann, campaign_id=1, detail={"ua": "ü"})
        )
    return ann


ACTIONS: dict[str, Callable[[Workspace, int], object]] = {
    "edit a cell": lambda workspace, ann: contacts.edit(workspace, ann, "city", "Bonn"),
    "edit a typed cell": lambda workspace, ann: contacts.edit(workspace, ann, "birthday", "1.2.2000"),
    "empty a cell": lambda workspace, ann: contacts.edit(workspace, ann, "first_name", ""),
    "edit an address": lambda workspace, ann: contacts.edit(workspace, ann, "email", "new@example.org"),
    "paste": lambda workspace, ann: contacts.edit_cells(
        workspace, [CellText(ann, "city", "Bonn"), CellText(ann, "first_name", "Anna")]
    ),
    "new contact": lambda workspace, ann: a_contact(workspace, "bo@example.org", first_name="Bo"),
    "new contact in a list": lambda workspace, ann: contacts.create(
        workspace, {"email": "bo@example.org"}, list_ids=[lists.all_lists(workspace)[0].id]
    ),
    "delete": lambda workspace, ann: contacts.delete(workspace, [ann]),
    "remove from list": lambda workspace, ann: lists.remove_from_list(
        workspace, lists.all_lists(workspace)[0].id, [ann]
    ),
    "remove tag": lambda workspace, ann: lists.remove_tag(workspace, lists.all_tags(workspace)[0].id, [ann]),
    "delete list": lambda workspace, ann: lists.delete_list(workspace, lists.all_lists(workspace)[0].id),
    "delete tag": lambda workspace, ann: lists.delete_tag(workspace, lists.all_tags(workspace)[0].id),
    "new list": lambda workspace, ann: lists.create_list(workspace, "Staff"),
    "rename list": lambda workspace, ann: lists.rename_list(workspace, lists.all_lists(workspace)[0].id, "Staff"),
    "rename field": lambda workspace, ann: fields.rename_field(workspace, "birthday", "Born"),
    "delete field": lambda workspace, ann: fields.delete_field(workspace, "birthday"),
    "hide a built-in field": lambda workspace, ann: fields.delete_field(workspace, "street"),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_undo_and_redo_restore_every_row_exactly(
    workspace: Workspace, ann: int, action: Callable[[Workspace, int], object]
) -> None:
    before = everything(workspace)
    action(workspace, ann)
    after = everything(workspace)
    assert before != after
    for _ in range(2):
        label = undo.undo(workspace)
        assert everything(workspace) == before
        assert undo.redo(workspace) == label
        assert everything(workspace) == after


def test_what_was_done_can_be_undone_after_a_restart(workspace: Workspace, ann: int) -> None:
    before = everything(workspace)
    contacts.delete(workspace, [ann])
    workspace.close()
    reopened = Workspace.open(workspace.location, workspace.key)
    assert undo.next_labels(reopened) == ("Delete 1 contact", None)
    assert undo.undo(reopened) == "Delete 1 contact"
    assert everything(reopened) == before
    reopened.close()


def test_with_nothing_to_undo_or_redo_nothing_happens(workspace: Workspace) -> None:
    assert undo.undo(workspace) is None
    assert undo.redo(workspace) is None
    assert undo.next_labels(workspace) == (None, None)


def test_actions_are_taken_back_last_first(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    contacts.edit(workspace, made, "city", "Bonn")
    contacts.edit(workspace, made, "city", "Köln")
    undo.undo(workspace)
    assert contacts.get(workspace, made).values["city"] == "Bonn"
    undo.undo(workspace)
    assert contacts.get(workspace, made).values["city"] is None
    undo.redo(workspace)
    assert contacts.get(workspace, made).values["city"] == "Bonn"


def test_a_new_action_ends_what_could_be_redone(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    contacts.edit(workspace, made, "city", "Bonn")
    undo.undo(workspace)
    contacts.edit(workspace, made, "city", "Köln")
    assert undo.redo(workspace) is None
    assert contacts.get(workspace, made).values["city"] == "Köln"


def test_an_edit_that_changes_nothing_is_no_action(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org", city="Bonn")
    contacts.edit(workspace, made, "city", " Bonn ")
    assert undo.next_labels(workspace)[0] == "New contact ann@example.org"


def test_a_failed_action_is_not_recorded(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    with pytest.raises(UserFacingError):
        contacts.edit(workspace, made, "email", "nothing")
    assert undo.next_labels(workspace)[0] == "New contact ann@example.org"


def test_only_the_newest_actions_are_kept(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "KEPT", 2)
    for name in "abc":
        lists.create_list(workspace, name)
    assert [undo.undo(workspace) for _ in range(3)] == ["New list “c”", "New list “b”", None]


def forget_last_action(workspace: Workspace) -> None:
    """What was done last is done by a way that is not recorded, such as a source that is read by itself."""
    with workspace.write() as session:
        newest = select(func.max(UndoAction.id)).scalar_subquery()
        session.execute(delete(UndoAction).where(UndoAction.id == newest))


def test_a_cell_that_changed_since_keeps_its_newer_value(workspace: Workspace, tmp_path: Path) -> None:
    made = a_contact(workspace, "ann@example.org")
    contacts.edit(workspace, made, "city", "Bonn")
    path = a_csv(tmp_path / "a.csv", ["E-mail", "City"], [["ann@example.org", "Zug"]])
    run_import(workspace, a_plan(workspace, path))
    forget_last_action(workspace)
    undo.undo(workspace)
    assert contacts.get(workspace, made).values["city"] == "Zug"


def test_what_joined_a_new_contact_since_comes_back_with_it(workspace: Workspace, tmp_path: Path) -> None:
    a_contact(workspace, "ann@example.org")
    path = a_csv(tmp_path / "a.csv", ["E-mail"], [["ann@example.org"]])
    run_import(workspace, a_plan(workspace, path, new_list_name="News", tags=("old",)))
    forget_last_action(workspace)
    before = everything(workspace)
    undo.undo(workspace)
    assert emails(workspace) == []
    undo.redo(workspace)
    assert everything(workspace) == before


def test_a_deleted_contact_whose_address_was_taken_since_stays_deleted_with_a_sentence(
    workspace: Workspace, tmp_path: Path
) -> None:
    contacts.delete(workspace, [a_contact(workspace, "ann@example.org")])
    path = a_csv(tmp_path / "a.csv", ["E-mail"], [["ann@example.org"]])
    run_import(workspace, a_plan(workspace, path))
    forget_last_action(workspace)
    before = everything(workspace)
    with pytest.raises(UserFacingError, match="can no longer be taken back"):
        undo.undo(workspace)
    assert everything(workspace) == before


class AnyActions(RuleBasedStateMachine):
    """Whatever the user does in whatever order, undoing it all leads back step by step."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        with self.workspace.write() as session:
            for table in ("undo_action", "contact", "contact_list", "tag"):
                session.execute(text(f"DELETE FROM {table}"))
        self.states = [everything(self.workspace)]

    def note(self) -> None:
        state = everything(self.workspace)
        if state != self.states[-1]:
            self.states.append(state)

    def people(self) -> list[int]:
        return list(contacts.ids(self.workspace, contacts.ContactQuery(sort="created_at")))

    @rule(name=st.sampled_from("abcdef"))
    def create(self, name: str) -> None:
        if f"{name}@x.org" not in emails(self.workspace):
            a_contact(self.workspace, f"{name}@x.org", first_name=name)
            self.note()

    @rule(pick=st.integers(0, 5), cell=st.sampled_from(["first_name", "city"]), value=st.sampled_from(["", "x", "ü"]))
    def edit(self, pick: int, cell: str, value: str) -> None:
        for contact_id in self.people()[pick : pick + 1]:
            contacts.edit(self.workspace, contact_id, cell, value)
            self.note()

    @rule(start=st.integers(0, 5))
    def delete(self, start: int) -> None:
        contacts.delete(self.workspace, self.people()[start : start + 2])
        self.note()

    @rule(start=st.integers(0, 5))
    def make_list(self, start: int) -> None:
        name = f"list {len(self.states)}"
        if name not in [info.name for info in lists.all_lists(self.workspace)]:
            made = lists.create_list(self.workspace, name)
            self.note()
            lists.add_to_list(self.workspace, made, self.people()[start:])
            self.note()

    @rule()
    def delete_a_list(self) -> None:
        for info in lists.all_lists(self.workspace)[:1]:
            lists.delete_list(self.workspace, info.id)
            self.note()

    def teardown(self) -> None:
        for state in reversed(self.states[:-1]):
            assert undo.undo(self.workspace) is not None
            assert everything(self.workspace) == state
        for state in self.states[1:]:
            assert undo.redo(self.workspace) is not None
            assert everything(self.workspace) == state


def test_any_sequence_of_actions_can_be_undone_and_redone(workspace: Workspace) -> None:
    run_state_machine_as_test(
        lambda: AnyActions(workspace), settings=settings(max_examples=15, stateful_step_count=12, deadline=None)
    )


def test_who_unsubscribed_while_deleted_comes_back_without_permission(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    contacts.delete(workspace, [ann])
    suppression.suppress(workspace, ["ann@example.org"], SuppressionReason.UNSUBSCRIBED, "Link in “Sale”")
    undo.undo(workspace)
    suppression.release(workspace, ["ann@example.org"])
    found = contacts.get(workspace, ann)
    assert (found.status, found.consents[0].source) == (MailStatus.UNSUBSCRIBED, "Link in “Sale”")
    undo.redo(workspace)
    undo.undo(workspace)
    assert contacts.get(workspace, ann) == found


def test_a_bounce_meanwhile_takes_no_permission_away(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    contacts.delete(workspace, [ann])
    suppression.suppress(workspace, ["ann@example.org"], SuppressionReason.HARD_BOUNCE, "550")
    undo.undo(workspace)
    suppression.release(workspace, ["ann@example.org"])
    assert contacts.get(workspace, ann).status is MailStatus.MAILABLE


def test_who_asked_to_be_forgotten_is_not_brought_back(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    contacts.edit(workspace, ann, "email", "anna@example.org")
    suppression.suppress(workspace, ["ANN@example.org"], SuppressionReason.ERASED, "Letter")
    assert undo.next_labels(workspace) == (None, None)
    assert emails(workspace) == ["anna@example.org"]


def test_what_can_be_undone_knows_nothing_of_who_was_forgotten(workspace: Workspace) -> None:
    lists.create_list(workspace, "News")
    ann, bo = a_contact(workspace, "ann@example.org"), a_contact(workspace, "bo@example.org")
    contacts.edit(workspace, ann, "first_name", "Ann")
    contacts.edit(workspace, bo, "first_name", "Bo")
    contacts.delete(workspace, [ann])
    suppression.suppress(workspace, ["ann@example.org"], SuppressionReason.ERASED, "Letter")
    taken_back = [undo.undo(workspace) for _ in range(4)]
    assert taken_back == ["Edit first_name", "New contact bo@example.org", "New list “News”", None]
    assert emails(workspace) == []
