import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.audience import contacts, fields, lists, suppression
from app.audience.contacts import ContactQuery, MailStatus
from app.audience.importer import STATUS, CellWarning, DuplicateRule, ImportPlan, RefusedRow, run_import, write_refused
from app.audience.mapping import FULL_NAME, IGNORE, ColumnPlan, MappingProblem, NewField
from app.audience.tabular import open_table
from app.errors import Cancelled, UserFacingError
from app.models.database import WorkspaceUnavailable
from app.models.file_database import FileDatabase
from app.models.states import ConsentAction, FieldType, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan, emails, everything

pytestmark = pytest.mark.any_workspace

HEADER = ["E-mail", "First name", "City"]


def values(workspace: Workspace, email: str) -> dict[str, object]:
    (contact_id,) = contacts.ids(workspace, ContactQuery(search=email))
    return {key: value for key, value in contacts.get(workspace, contact_id).values.items() if value is not None}


def status(workspace: Workspace, email: str) -> MailStatus:
    (contact_id,) = contacts.ids(workspace, ContactQuery(search=email))
    return contacts.get(workspace, contact_id).status


def test_a_csv_file_becomes_contacts_in_a_list_with_permission(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [["Ann@Example.org", "Ann", ""], ["bo@example.org", "Bo", "Bonn"]])
    report = run_import(workspace, a_plan(workspace, path, new_list_name="News", tags=("old",)))
    assert (report.new, report.updated, report.unchanged, report.merged_in_file, report.rows) == (2, 0, 0, 0, 2)
    assert values(workspace, "ann@example.org") == {"email": "ann@example.org", "first_name": "Ann"}
    (news,) = lists.all_lists(workspace)
    assert (news.id, news.name, news.size, news.mailable) == (report.list_id, "News", 2, 2)
    assert [tag.size for tag in lists.all_tags(workspace)] == [2]
    detail = contacts.get(workspace, contacts.ids(workspace, ContactQuery())[0])
    assert [(entry.action, entry.basis, entry.source) for entry in detail.consents] == [
        (ConsentAction.GIVEN, LawfulBasis.CONSENT, "Sign-up sheet")
    ]


def test_a_workbook_keeps_its_types(workspace: Workspace, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["E-mail", "Born", "Visits", "Regular", "Postal code"],
        ["ann@example.org", date(1980, 4, 3), 12, True, 50667],
        ["bo@example.org", None, 1.5, False, None],
    ):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    run_import(workspace, a_plan(workspace, tmp_path / "a.xlsx"))
    assert [field.type for field in fields.list_fields(workspace)[-3:]] == [
        FieldType.DATE,
        FieldType.NUMBER,
        FieldType.YES_NO,
    ]
    assert values(workspace, "ann@example.org") == {
        "email": "ann@example.org",
        "postal_code": "50667",
        "born": date(1980, 4, 3),
        "visits": 12,
        "regular": True,
    }
    assert values(workspace, "bo@example.org") == {"email": "bo@example.org", "visits": 1.5, "regular": False}


def test_importing_a_file_twice_changes_nothing_more(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", [*HEADER, "Club"], [["ann@example.org", "Ann", "Bonn", "Rowing"]])
    plan = a_plan(workspace, path, new_list_name="News", tags=("old",))
    run_import(workspace, plan)
    before = everything(workspace)
    report = run_import(workspace, plan)
    assert (report.new, report.updated, report.unchanged) == (0, 0, 1)
    assert everything(workspace) == before


cells = st.one_of(st.just(""), st.sampled_from(["x", "Ä", "1,5", "3.4.2020", "yes", "=1+1", "'"]), st.text(max_size=8))
addresses = st.sampled_from(["a@x.org", "A@x.org", "b@x.org", "c@y.de", "no address", "", "d@x.org, e@x.org"])
tables = st.lists(st.tuples(addresses, cells, cells, cells), min_size=1, max_size=12)


@given(rows=tables, rule=st.sampled_from(DuplicateRule))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_imported_twice_gives_the_same_contacts(
    workspace: Workspace, tmp_path: Path, rows: list[tuple[str, ...]], rule: DuplicateRule
) -> None:
    contacts.delete(workspace, contacts.ids(workspace, ContactQuery()))
    path = a_csv(tmp_path / "any.csv", ["E-mail", "First name", "Born", "Points"], rows)
    plan = ImportPlan(
        path,
        (
            ColumnPlan(0, "E-mail", "email", 1),
            ColumnPlan(1, "First name", "first_name", 1),
            ColumnPlan(2, "Born", NewField("Born", FieldType.DATE), 1),
            ColumnPlan(3, "Points", NewField("Points", FieldType.NUMBER), 1),
        ),
        encoding="utf-8",
        delimiter=",",
        has_header=True,
        basis=LawfulBasis.CONSENT,
        on_duplicate=rule,
    )
    first = run_import(workspace, plan)
    after_one = everything(workspace)
    second = run_import(workspace, plan)
    assert everything(workspace) == after_one
    assert (second.new, second.updated, second.unchanged) == (0, 0, first.accepted)
    assert second.refused == first.refused
    assert first.rows == sum(1 for _ in open_table(path, encoding="utf-8", delimiter=",", has_header=True).rows())


@pytest.mark.parametrize(
    ("rule", "name", "city", "counts"),
    [
        (DuplicateRule.UPDATE, "Anna", "Bonn", (0, 1, 0)),
        (DuplicateRule.FILL, "Ann", "Bonn", (0, 1, 0)),
        (DuplicateRule.KEEP, "Ann", None, (0, 0, 1)),
    ],
)
def test_the_rule_decides_what_becomes_of_a_known_contact_and_none_empties_a_cell(
    workspace: Workspace, tmp_path: Path, rule: DuplicateRule, name: str, city: str | None, counts: tuple[int, ...]
) -> None:
    a_contact(workspace, "ann@example.org", first_name="Ann", company="Berger")
    path = a_csv(tmp_path / "a.csv", [*HEADER, "Company"], [["ann@example.org", "Anna", "Bonn", ""]])
    report = run_import(workspace, a_plan(workspace, path, on_duplicate=rule, new_list_name="News"))
    found = values(workspace, "ann@example.org")
    assert (found["first_name"], found.get("city"), found["company"]) == (name, city, "Berger")
    assert (report.new, report.updated, report.unchanged) == counts
    assert lists.all_lists(workspace)[0].size == 1


@pytest.mark.parametrize(
    ("rule", "name", "city"),
    [
        (DuplicateRule.UPDATE, "Anna", "Bonn"),
        (DuplicateRule.FILL, "Ann", "Bonn"),
        (DuplicateRule.KEEP, "Ann", None),
    ],
)
def test_rows_with_one_address_are_merged_by_the_same_rule(
    workspace: Workspace, tmp_path: Path, rule: DuplicateRule, name: str, city: str | None
) -> None:
    rows = [["ann@example.org", "Ann", ""], ["ANN@example.org", "Anna", "Bonn"], ["bo@example.org", "", ""]]
    report = run_import(workspace, a_plan(workspace, a_csv(tmp_path / "a.csv", HEADER, rows), on_duplicate=rule))
    assert (report.new, report.merged_in_file, report.rows) == (2, 1, 3)
    found = values(workspace, "ann@example.org")
    assert (found["first_name"], found.get("city")) == (name, city)


def test_a_row_without_a_good_address_is_refused_with_its_number_and_a_reason(
    workspace: Workspace, tmp_path: Path
) -> None:
    rows = [["ann@example.org", "Ann", ""], ["bo at example", "Bo", ""], ["", "Cy", ""]]
    report = run_import(workspace, a_plan(workspace, a_csv(tmp_path / "a.csv", HEADER, rows)))
    assert report.refused == (
        RefusedRow(3, "bo at example", "There is no @ sign."),
        RefusedRow(4, "", "The address is empty."),
    )
    write_refused(report, tmp_path / "refused.xlsx")
    assert [row.cells for row in open_table(tmp_path / "refused.xlsx").rows()] == [
        (3, "bo at example", "There is no @ sign."),
        (4, None, "The address is empty."),
    ]


def test_a_bad_cell_costs_the_cell_not_the_person(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Born"], [["ann@example.org", "soon"], ["bo@example.org", "2.3.1980"]])
    plan = a_plan(workspace, path, {"Born": NewField("Born", FieldType.DATE)})
    report = run_import(workspace, plan)
    assert report.new == 2
    assert report.warnings == (CellWarning(2, "Born", "“soon” is not a date."),)
    assert report.warning_count == 1
    assert values(workspace, "ann@example.org") == {"email": "ann@example.org"}
    assert values(workspace, "bo@example.org")["born"] == date(1980, 3, 2)


def test_one_date_far_down_decides_how_all_are_read(workspace: Workspace, tmp_path: Path) -> None:
    rows = [[f"p{number}@x.org", "03/04/2020"] for number in range(300)] + [["last@x.org", "04/25/2020"]]
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Born"], rows)
    report = run_import(workspace, a_plan(workspace, path, {"Born": NewField("Born", FieldType.DATE)}))
    assert report.warning_count == 0
    assert values(workspace, "p7@x.org")["born"] == date(2020, 3, 4)


@pytest.mark.parametrize("nasty", ["a\x00b", "a\x01b", "\ud800", "9" * 400, "1e999", "💐" * 100])
def test_no_cell_can_break_an_import(workspace: Workspace, tmp_path: Path, nasty: str) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"p{number}@x.org,text,1\n" for number in range(100))
    path.write_bytes(f"E-mail,Text,Number\nann@example.org,{nasty},{nasty}\n{rows}".encode("utf-8", "surrogatepass"))
    plan = a_plan(
        workspace,
        path,
        {"Text": NewField("Text", FieldType.TEXT), "Number": NewField("Number", FieldType.NUMBER)},
    )
    report = run_import(workspace, plan)
    assert (report.new, report.warning_count) == (101, 1)
    assert "number" not in values(workspace, "ann@example.org")
    assert "\x00" not in str(values(workspace, "ann@example.org")["text"])


def test_a_full_name_is_split(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Name"], [["lu@example.org", "Dr. Ludwig van Beethoven"]])
    run_import(workspace, a_plan(workspace, path, {"Name": FULL_NAME}))
    found = values(workspace, "lu@example.org")
    assert (found["first_name"], found["last_name"]) == ("Ludwig", "van Beethoven")


def test_an_ignored_column_leaves_no_trace(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Secret"], [["ann@example.org", "hush"]])
    run_import(workspace, a_plan(workspace, path, {"Secret": IGNORE}))
    assert "hush" not in str(everything(workspace))


def test_a_new_column_of_a_known_name_fills_that_field_if_the_type_fits(workspace: Workspace, tmp_path: Path) -> None:
    fields.add_field(workspace, "Club", FieldType.TEXT)
    fields.add_field(workspace, "Points", FieldType.TEXT)
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Club", "Points"], [["ann@example.org", "Rowing", "3"]])
    run_import(
        workspace,
        a_plan(
            workspace,
            path,
            {"Club": NewField("club", FieldType.TEXT), "Points": NewField("Points", FieldType.NUMBER)},
        ),
    )
    assert values(workspace, "ann@example.org") == {"email": "ann@example.org", "club": "Rowing", "points_2": 3}


def test_the_suppressed_stay_suppressed_and_are_counted(workspace: Workspace, tmp_path: Path) -> None:
    ann = a_contact(workspace, "ann@example.org")
    suppression.suppress(workspace, ["ann@example.org", "bo@example.org"], SuppressionReason.UNSUBSCRIBED, "Link")
    path = a_csv(tmp_path / "a.csv", HEADER, [["ann@example.org", "", ""], ["bo@example.org", "", ""]])
    report = run_import(workspace, a_plan(workspace, path))
    assert (report.accepted, report.suppressed) == (2, 2)
    assert contacts.count(workspace).mailable == 0
    assert contacts.get(workspace, ann).consents[0].action is ConsentAction.WITHDRAWN
    suppression.release(workspace, ["ann@example.org"])
    assert contacts.get(workspace, ann).status is MailStatus.UNSUBSCRIBED


def test_who_asked_to_be_forgotten_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    suppression.suppress(workspace, ["ann@example.org"], SuppressionReason.ERASED, "Letter")
    path = a_csv(tmp_path / "a.csv", HEADER, [["bo@example.org", "", ""], ["Ann@example.org", "", ""]])
    report = run_import(workspace, a_plan(workspace, path))
    assert report.refused == (RefusedRow(3, "ann@example.org", "This person asked to be forgotten."),)
    assert emails(workspace) == ["bo@example.org"]
    assert report.rows == 2


def test_a_status_column_brings_unsubscriptions_and_bounces_along(workspace: Workspace, tmp_path: Path) -> None:
    rows = [
        ["a@x.org", "subscribed"],
        ["b@x.org", "Abgemeldet"],
        ["c@x.org", "cleaned"],
        ["d@x.org", "non-subscribed"],
        ["e@x.org", "Spam complaint"],
        ["f@x.org", "who knows"],
        ["g@x.org", ""],
        ["g@x.org", "unsubscribed"],
    ]
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Status"], rows)
    report = run_import(workspace, a_plan(workspace, path, {"Status": STATUS}))
    assert {email[0]: status(workspace, email) for email in emails(workspace)} == {
        "a": MailStatus.MAILABLE,
        "b": MailStatus.UNSUBSCRIBED,
        "c": MailStatus.BOUNCED,
        "d": MailStatus.NO_PERMISSION,
        "e": MailStatus.COMPLAINED,
        "f": MailStatus.NO_PERMISSION,
        "g": MailStatus.UNSUBSCRIBED,
    }
    assert [(warning.number, warning.column) for warning in report.warnings] == [(7, "Status")]
    assert report.suppressed == 4


def test_without_a_ground_nobody_can_be_mailed(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [["ann@example.org", "", ""]])
    run_import(workspace, a_plan(workspace, path, basis=None))
    assert status(workspace, "ann@example.org") is MailStatus.NO_PERMISSION


def test_a_dry_run_tells_the_same_and_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    a_contact(workspace, "bo@example.org", first_name="Bo")
    rows = [["ann@example.org", "Ann", ""], ["bo@example.org", "Bob", ""], ["bad", "", ""], ["ann@example.org", "", ""]]
    plan = a_plan(workspace, a_csv(tmp_path / "a.csv", [*HEADER, "New"], [[*row, "x"] for row in rows]))
    before = everything(workspace)
    dry = run_import(workspace, plan, dry_run=True)
    assert everything(workspace) == before
    assert run_import(workspace, plan) == replace(dry, effects=())


def test_a_plan_without_an_address_column_or_with_an_unknown_field_is_refused(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [["ann@example.org", "Ann", "Bonn"]])
    with pytest.raises(MappingProblem):
        run_import(workspace, a_plan(workspace, path, {"E-mail": IGNORE}))
    with pytest.raises(UserFacingError, match="no field “gone”"):
        run_import(workspace, a_plan(workspace, path, {"City": "gone"}))
    with pytest.raises(UserFacingError, match="not there any more"):
        run_import(workspace, a_plan(workspace, path, list_id=99))
    assert emails(workspace) == []


def test_progress_grows_to_the_number_of_rows(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", ["E-mail"], [[f"p{number}@x.org"] for number in range(12_000)])
    seen: list[tuple[int, int | None]] = []
    run_import(workspace, a_plan(workspace, path), progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == [5_000, 10_000, 12_000, 12_000]
    assert seen[-1] == (12_000, 12_000)
    assert all(done < total for done, total in seen[:-1] if total)


class _CancelWhen:
    """Says yes from the moment that `now` is called, and counts how often it was asked."""

    def __init__(self) -> None:
        self.is_set = False

    def now(self, *_: object) -> None:
        self.is_set = True

    def __call__(self) -> bool:
        return self.is_set


def test_cancelling_while_reading_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    a_contact(workspace, "p1@x.org", first_name="Old")
    path = a_csv(tmp_path / "a.csv", HEADER, [[f"p{number}@x.org", "New", ""] for number in range(20_000)])
    before = everything(workspace)
    cancel = _CancelWhen()
    with pytest.raises(Cancelled):
        run_import(workspace, a_plan(workspace, path), progress=cancel.now, is_cancelled=cancel)
    assert everything(workspace) == before


def test_cancelling_while_storing_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [[f"p{number}@x.org", "New", ""] for number in range(20_000)])
    before = everything(workspace)
    cancel = _CancelWhen()

    def when_all_is_read(done: int, total: int | None) -> None:
        if done == total:
            cancel.now()

    plan = a_plan(workspace, path, new_list_name="News")
    with pytest.raises(Cancelled):
        run_import(workspace, plan, progress=when_all_is_read, is_cancelled=cancel)
    assert everything(workspace) == before
    assert run_import(workspace, plan).new == 20_000


@pytest.mark.file_workspace
def test_a_full_disk_leaves_nothing(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [[f"p{number}@x.org", "New" * 20, ""] for number in range(20_000)])
    plan = a_plan(workspace, path, new_list_name="News")
    before = everything(workspace)
    connect = FileDatabase.connect

    def with_little_room(database: FileDatabase) -> Any:
        connection = connect(database)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 200}")
        return connection

    monkeypatch.setattr(FileDatabase, "connect", with_little_room)
    small = Workspace.open(workspace.path, workspace.key)
    with pytest.raises(WorkspaceUnavailable, match="disk is full"):
        run_import(small, plan)
    small.close()
    assert everything(workspace) == before


def test_others_can_write_while_a_file_is_read(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [[f"p{number}@x.org", "New", ""] for number in range(12_000)])
    written: list[str] = []

    def write_meanwhile(done: int, total: int | None) -> None:
        if done == 5_000:
            a_contact(workspace, "meanwhile@example.org")
            written.append("meanwhile@example.org")

    run_import(workspace, a_plan(workspace, path), progress=write_meanwhile)
    assert written
    assert contacts.count(workspace).total == 12_001


def test_a_field_that_is_deleted_while_the_file_is_read_costs_one_sentence(
    workspace: Workspace, tmp_path: Path
) -> None:
    fields.add_field(workspace, "Club", FieldType.TEXT)
    path = a_csv(tmp_path / "a.csv", ["E-mail", "Club"], [["ann@example.org", "Rowing"]])
    with pytest.raises(UserFacingError, match="no field “club”"):
        run_import(
            workspace,
            a_plan(workspace, path),
            progress=lambda done, total: fields.delete_field(workspace, "club") if done != total else None,
        )
    assert emails(workspace) == []


def test_two_imports_at_once_wait_for_each_other(workspace: Workspace, tmp_path: Path) -> None:
    plans = [
        a_plan(
            workspace,
            a_csv(tmp_path / f"{name}.csv", HEADER, [[f"p{number}@x.org", name, ""] for number in range(6_000)]),
        )
        for name in "ab"
    ]
    new: list[int] = []
    threads = [threading.Thread(target=lambda plan=plan: new.append(run_import(workspace, plan).new)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [0, 6_000]


def test_a_file_that_breaks_off_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [[f"p{number}@x.org", "New", ""] for number in range(12_000)])
    plan = a_plan(workspace, path)
    before = everything(workspace)
    with path.open("a", encoding="utf-8") as file:
        file.write('late@x.org,"never closed,Bonn\n' * 3)
    with pytest.raises(UserFacingError, match="quotation mark"):
        run_import(workspace, plan)
    assert everything(workspace) == before
