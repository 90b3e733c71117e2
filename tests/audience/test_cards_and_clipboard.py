from pathlib import Path

import pytest

from app.audience import contacts
from app.audience.contacts import ContactQuery
from app.audience.fields import list_fields
from app.audience.import_plan import ImportPlan
from app.audience.importer import run_import
from app.audience.mapping import guess_mapping
from app.audience.pasted import table_in
from app.audience.proposal import plan_import
from app.audience.tabular import TableKind, UnreadableFile, open_table
from app.models.workspace import Workspace
from tests.audience.files import a_text_file, an_archive

V21 = (
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg\r\n"
    "TEL;CELL:0151 1234567\r\nEMAIL;INTERNET:second@x.org\r\nEMAIL;PREF;INTERNET:first@x.org\r\n"
    "PHOTO;ENCODING=BASE64;JPEG:" + "A" * 200_000 + "\r\n\r\nEND:VCARD\r\n"
)
V30 = (
    "BEGIN:VCARD\nVERSION:3.0\nFN:Ann Berg\nN:Berg;Ann;;;\nORG:Acme\\, Inc.;Sales\nitem1.EMAIL;type=WORK:ann@x.org\n"
    "ADR;TYPE=WORK:;;Main St 1;Bonn;;53111;Germany\nCATEGORIES:VIP,Fair\nNOTE:Folded\n  line\\nnext\nEND:VCARD\n"
)
V40 = (
    "BEGIN:VCARD\nVERSION:4.0\nFN:Cy Only\nEMAIL;PREF=2:b@x.org\nEMAIL;PREF=1:a@x.org\n"
    "TEL;VALUE=uri:tel:+49-30-123456\nBDAY:19800403\nEND:VCARD\n"
)


def row(path: Path, at: int) -> dict[str, object]:
    table = open_table(path)
    cells = [row.cells for row in table.rows()][at]
    return {name: cell for name, cell in zip(table.header, cells, strict=True) if cell is not None}


def test_cards_of_all_three_versions_are_read(tmp_path: Path) -> None:
    path = a_text_file(tmp_path, V21 + V30 + V40, "book.vcf")
    table = open_table(path)
    assert (table.kind, table.row_count_estimate) == (TableKind.VCARD, 3)
    assert row(path, 0) == {
        "E-mail": "first@x.org",
        "First name": "Jörg",
        "Last name": "Müller",
        "Phone": "0151 1234567",
        "Other e-mails": "second@x.org",
    }
    ann = row(path, 1)
    assert (ann["Company"], ann["Street"], ann["City"], ann["Labels"]) == (
        "Acme, Inc.",
        "Main St 1",
        "Bonn",
        "VIP, Fair",
    )
    assert ann["Notes"] == "Folded line\nnext"
    assert (row(path, 2)["E-mail"], row(path, 2)["Phone"], row(path, 2)["First name"]) == (
        "a@x.org",
        "+49-30-123456",
        "Cy Only",
    )


def test_a_card_without_an_address_or_broken_costs_one_row(workspace: Workspace, tmp_path: Path) -> None:
    broken = "BEGIN:VCARD\nVERSION:3.0\nEND:OTHER\nEND:VCARD\n"
    path = a_text_file(tmp_path, V30 + broken + "BEGIN:VCARD\nVERSION:3.0\nFN:Bo\nEND:VCARD\n" + V40, "book.vcf")
    report = run_import(workspace, plan_import(workspace, path))
    assert (report.new, [(one.number, one.value) for one in report.refused]) == (
        2,
        [(2, "(this card cannot be read)"), (3, "")],
    )


def test_a_file_of_cards_that_breaks_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="has no end"):
        list(open_table(a_text_file(tmp_path, V30 + V40[:-12], "book.vcf")).rows())


def test_cells_copied_from_a_spreadsheet_are_a_table() -> None:
    assert table_in('E-mail\tNote\nann@x.org\t"two\nlines"\n', "<table><tr><td>x</td></tr></table>") == (
        ("E-mail", "Note"),
        ("ann@x.org", "two\nlines"),
    )


def test_a_table_of_a_web_page_is_one_with_its_spans() -> None:
    html = (
        "<style>td{}</style><table><tr><th>E-mail</th><th colspan=2>Name</th></tr>"
        "<tr><td rowspan=2>ann@x.org</td><td>Ann<br>Berg</td><td>1</td></tr><tr><td>b</td><td>2</td></tr></table>"
    )
    assert table_in("E-mail Name ann@x.org", html) == (
        ("E-mail", "Name", ""),
        ("ann@x.org", "Ann\nBerg", "1"),
        ("", "b", "2"),
    )


def test_recipients_of_a_mail_are_one() -> None:
    assert table_in('"Berg, Ann" <ann@x.org>; bo@x.org,\nCy <cy@x.org>') == (
        ("Name", "E-mail"),
        ("Berg, Ann", "ann@x.org"),
        ("", "bo@x.org"),
        ("Cy", "cy@x.org"),
    )


@pytest.mark.parametrize("text", ["", "\n", 'a "quote that never\nends'])
def test_what_is_no_table_does_no_harm(text: str) -> None:
    assert all(len(row) == 1 for row in table_in(text))


def test_what_was_pasted_is_imported_without_a_file(workspace: Workspace) -> None:
    rows = table_in("E-mail\tFirst name\nann@x.org\tAnn\n")
    table = open_table(Path("Pasted table"), pasted=rows)
    assert table.kind is TableKind.PASTED
    columns = guess_mapping(table.header, table.sample, list_fields(workspace)).columns
    run_import(workspace, ImportPlan(Path("Pasted table"), columns, pasted=rows))
    assert contacts.get(workspace, contacts.ids(workspace, ContactQuery())[0]).values["first_name"] == "Ann"


def test_tables_of_an_archive_stand_below_each_other_or_alone(tmp_path: Path) -> None:
    parts = {
        "a.csv": b"E-mail,City\nann@x.org,Bonn\n",
        "sub/b.csv": b"City;E-mail;Age\nZug;bo@x.org;4\n",
        "x.png": b"1",
    }
    path = an_archive(tmp_path, parts, "lists.zip")
    table = open_table(path)
    assert table.header == ("E-mail", "City", "Age", "Part of the export")
    assert [row.cells for row in table.rows()] == [("ann@x.org", "Bonn", None, "a"), ("bo@x.org", "Zug", "4", "b")]
    alone = open_table(path, sheet="sub/b.csv")
    assert [row.cells for row in alone.rows()] == [("Zug", "bo@x.org", "4")]
