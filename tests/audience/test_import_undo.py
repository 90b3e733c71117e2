from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.audience import contacts, fields, lists, suppression, undo
from app.audience.importer import ImportPlan, run_import
from app.audience.mapping import NewField
from app.audience.statuses import STATUS
from app.models.housekeeping import UndoPart
from app.models.states import FieldType
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan, emails, everything

pytestmark = pytest.mark.any_workspace

HEADER = ["E-mail", "First name", "Shoe"]
NOTE = "The permissions and refusals it recorded stay."


@pytest.fixture
def plan(workspace: Workspace, tmp_path: Path) -> ImportPlan:
    """Two new people and one known, into a new list, a tag that is there, and a new field."""
    a_contact(workspace, "bo@example.org", first_name="Bo", city="Bonn")
    lists.create_tag(workspace, "old")
    rows = [["ann@example.org", "Ann", "37"], ["bo@example.org", "Bob", "44"], ["cy@example.org", "", ""]]
    path = a_csv(tmp_path / "a.csv", HEADER, rows)
    return a_plan(
        workspace, path, {"Shoe": NewField("Shoe", FieldType.NUMBER)}, new_list_name="News", tags=("old", "new")
    )


def shown(workspace: Workspace) -> dict[str, object]:
    """What the user sees of it all."""
    columns = fields.list_fields(workspace)
    rows = contacts.page(workspace, contacts.ids(workspace, contacts.ContactQuery()), columns)
    return {
        "fields": [field.label for field in columns],
        "rows": [row.values for row in rows],
        "lists": [(one.name, one.size) for one in lists.all_lists(workspace)],
        "tags": [(one.name, one.size) for one in lists.all_tags(workspace)],
    }


def test_a_whole_import_is_taken_back_and_done_again(workspace: Workspace, plan: ImportPlan) -> None:
    before = shown(workspace)
    run_import(workspace, plan)
    after = everything(workspace)
    assert undo.undo(workspace) == f"Import of “a.csv”. {NOTE}"
    assert shown(workspace) == before
    assert undo.redo(workspace) == "Import of “a.csv”"
    assert everything(workspace) == after
    undo.undo(workspace)
    assert shown(workspace) == before


def test_it_is_taken_back_after_the_workspace_was_opened_again(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail"], [["ann@example.org"]])
    run_import(workspace, a_plan(workspace, path))
    location, key = workspace.location, workspace.key
    workspace.close()
    again = Workspace.open(location, key)
    try:
        undo.undo(again)
        assert emails(again) == []
    finally:
        again.close()


def test_who_was_changed_since_stays_and_is_counted(workspace: Workspace, plan: ImportPlan) -> None:
    run_import(workspace, plan)
    with workspace.write() as session:
        session.connection().exec_driver_sql("UPDATE contact SET city = 'Zug', updated_at = 1 WHERE email LIKE 'ann%%'")
    assert undo.undo(workspace) == f"Import of “a.csv”. One changed since, and stayed. {NOTE}"
    assert emails(workspace) == ["ann@example.org", "bo@example.org"]


def test_a_large_import_is_recorded_in_bounded_pieces(workspace: Workspace, tmp_path: Path) -> None:
    a_contact(workspace, "p1@x.org", first_name="Old")
    path = a_csv(tmp_path / "a.csv", ["E-mail", "First name"], [[f"p{n}@x.org", "New"] for n in range(12_000)])
    run_import(workspace, a_plan(workspace, path, new_list_name="News"))
    with workspace.read() as session:
        sizes = session.scalars(select(func.length(UndoPart.blob))).all()
    assert len(sizes) >= 8
    assert max(sizes) < 200_000
    undo.undo(workspace)
    assert emails(workspace) == ["p1@x.org"]


def test_refusals_of_the_file_outlive_its_undo(workspace: Workspace, tmp_path: Path) -> None:
    rows = [["ann@example.org", "unsubscribed"], ["bo@example.org", "subscribed"]]
    path = a_csv(tmp_path / "a.csv", ["E-mail", "State"], rows)
    run_import(workspace, a_plan(workspace, path, {"State": STATUS}))
    undo.undo(workspace)
    assert emails(workspace) == []
    assert suppression.is_suppressed(workspace, "ann@example.org")
    assert not suppression.is_suppressed(workspace, "bo@example.org")


def test_forgetting_a_person_drops_the_import_that_brought_them(workspace: Workspace, plan: ImportPlan) -> None:
    run_import(workspace, plan)
    undo.undo(workspace)
    with workspace.write() as session:
        undo.forget(session, ["ann@example.org"])
    assert undo.redo(workspace) is None
