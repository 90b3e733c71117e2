from datetime import date
from pathlib import Path

import pytest

from app.audience import contacts, fields, lists, suppression
from app.audience.contacts import ContactQuery
from app.audience.export import Extra, export_contacts
from app.audience.importer import STATUS, run_import
from app.audience.tabular import open_table
from app.errors import Cancelled, UserFacingError
from app.models.keys import WorkspaceKey
from app.models.states import FieldType, SuppressionReason
from app.models.workspace import SUFFIX, Workspace
from tests.audience.people import a_contact, a_plan, emails

pytestmark = pytest.mark.any_workspace


@pytest.fixture
def people(workspace: Workspace) -> Workspace:
    fields.add_field(workspace, "Born", FieldType.DATE)
    fields.add_field(workspace, "Regular", FieldType.YES_NO)
    fields.add_field(workspace, "Points", FieldType.NUMBER)
    a_contact(
        workspace, "ann@example.org", first_name="Änn", notes="=1+1", born="1980-04-03", regular="yes", points="2.5"
    )
    a_contact(workspace, "bo@example.org", first_name='B"o;', regular="no")
    a_contact(workspace, "cy@example.org", may_be_mailed=False)
    suppression.suppress(workspace, ["bo@example.org"], SuppressionReason.UNSUBSCRIBED, "Link")
    return workspace


@pytest.mark.parametrize("name", ["out.xlsx", "out.csv"])
def test_an_exported_file_brings_everybody_back_into_another_workspace(
    people: Workspace, tmp_path: Path, key: WorkspaceKey, name: str
) -> None:
    assert export_contacts(people, tmp_path / name, ContactQuery()) == 3
    other = Workspace.create(tmp_path / f"other{SUFFIX}", key, organisation="Other")
    report = run_import(other, a_plan(other, tmp_path / name, {"Status": STATUS}))
    assert (report.new, report.warning_count, report.refused) == (3, 0, ())
    for email in emails(people):
        (mine,), (theirs,) = (contacts.ids(each, ContactQuery(search=email)) for each in (people, other))
        expected, found = contacts.get(people, mine), contacts.get(other, theirs)
        notes = found.values.pop("notes")
        assert str(notes or "").lstrip("'") == (expected.values.pop("notes") or "")
        assert found.values == expected.values
        assert found.status == expected.status
    other.close()


def test_an_export_holds_who_and_what_was_chosen_in_order(people: Workspace, tmp_path: Path) -> None:
    ids = contacts.ids(people, ContactQuery(descending=True))[:2]
    columns = [field for field in fields.list_fields(people) if field.key in {"email", "born"}]
    progress: list[tuple[int, int]] = []
    export_contacts(
        people, tmp_path / "out.xlsx", ids, fields=columns, progress=lambda done, total: progress.append((done, total))
    )
    table = open_table(tmp_path / "out.xlsx", has_header=True)
    assert [row.cells[0] for row in table.rows()] == ["cy@example.org", "bo@example.org"]
    assert progress[-1] == (2, 2)


def test_dates_arrive_as_dates(people: Workspace, tmp_path: Path) -> None:
    columns = [field for field in fields.list_fields(people) if field.key in {"email", "born"}]
    export_contacts(people, tmp_path / "out.xlsx", ContactQuery(search="ann"), fields=columns)
    assert next(open_table(tmp_path / "out.xlsx").rows()).cells[1] == date(1980, 4, 3)


def test_a_cancelled_export_leaves_the_old_file(people: Workspace, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(Cancelled):
        export_contacts(people, tmp_path / "out.csv", ContactQuery(), is_cancelled=lambda: True)
    assert (tmp_path / "out.csv").read_text() == "old"


def test_a_name_that_tells_no_format_is_refused(people: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UserFacingError, match="which kind of table"):
        export_contacts(people, tmp_path / "out.docx", ContactQuery())


@pytest.mark.parametrize(("name", "delimiter"), [("out.xlsx", ";"), ("out.csv", ";"), ("out.csv", ",")])
def test_no_cell_changes_on_its_way_through_a_file(
    workspace: Workspace, tmp_path: Path, name: str, delimiter: str
) -> None:
    fields.add_field(workspace, "Points", FieldType.NUMBER)
    fields.add_field(workspace, "Founded", FieldType.DATE)
    points = ("1.125", "2.375", "0.0000001", "-0.5", "1500", "", "123456789012345678", "0.1")
    founded = ("1848-03-18", "0999-01-01", "1899-12-31", "1900-01-01", "1900-02-28", "1900-03-01", "9999-12-31", "")
    notes = ("'=1", "''+1", "-5", "007", "two\nlines", "1,5", "\u202eRTL 😀", "=1")
    for number, texts in enumerate(zip(points, founded, notes, strict=True)):
        cells = dict(zip(("points", "founded", "notes"), texts, strict=True))
        a_contact(workspace, f"u{number}@bücher.example.org", **cells)
    export_contacts(workspace, tmp_path / name, ContactQuery(), delimiter=delimiter)
    report = run_import(workspace, a_plan(workspace, tmp_path / name, {"Status": STATUS}))
    assert (report.unchanged, report.warnings, report.refused) == (len(points), (), ())


def test_columns_are_written_in_the_order_that_was_chosen_with_lists_and_tags(
    people: Workspace, tmp_path: Path
) -> None:
    by_key = {field.key: field for field in fields.list_fields(people)}
    ids = contacts.ids(people, contacts.ContactQuery())
    news, vip = lists.create_list(people, "News"), lists.create_tag(people, "VIP")
    lists.add_to_list(people, news, ids[:1])
    lists.add_tag(people, vip, ids[:1])
    path = tmp_path / "out.csv"
    export_contacts(people, path, ids[:2], columns=[Extra.TAGS, by_key["email"], Extra.LISTS], delimiter=",")
    table = open_table(path)
    assert table.header == ("Tags", "E-mail", "Lists")
    first, second = (row.cells for row in table.rows())
    assert (first[0], first[2], second[0], second[2]) == ("VIP", "News", None, None)
