"""XLSX and ODS workbooks come out as the same kind of table."""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from app.audience.tabular import SourceRow, TableKind, UnreadableFile, open_table
from tests.audience.files import a_workbook, an_ods

# A sheet knows no time zones.
NAIVE = datetime(2021, 3, 4, 5, 6)  # noqa: DTZ001
ROWS = [
    ["E-mail", "Postal code", "Since", "Vip", "Sales"],
    ["anna@example.com", 50667, date(2020, 2, 29), True, 1.5],
    ["ben@example.com", 1067.0, NAIVE, False, -3],
]


def test_cells_keep_their_types(tmp_path: Path) -> None:
    table = open_table(a_workbook(tmp_path, ROWS))
    assert table.kind is TableKind.XLSX
    assert table.header == ("E-mail", "Postal code", "Since", "Vip", "Sales")
    assert list(table.rows()) == [
        SourceRow(2, ("anna@example.com", 50667, date(2020, 2, 29), True, 1.5)),
        SourceRow(3, ("ben@example.com", 1067, NAIVE, False, -3)),
    ]
    assert [type(cell) for cell in table.sample[0]] == [str, int, date, bool, float]
    assert type(table.sample[1][1]) is int


def test_times_become_text_as_the_sheet_shows_them(tmp_path: Path) -> None:
    rows = [["Name", "Opens", "Worked"], ["Anna", time(9, 30), timedelta(hours=30, minutes=5)]]
    assert open_table(a_workbook(tmp_path, rows)).sample == (("Anna", "09:30", "30:05:00"),)


def test_rows_have_the_numbers_excel_shows(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    for place, value in {
        "C4": "E-mail",
        "D4": "Name",
        "C6": "a@example.com",
        "D6": "Anna",
        "C9": "b@example.com",
    }.items():
        sheet[place] = value
    book.save(tmp_path / "far.xlsx")
    table = open_table(tmp_path / "far.xlsx")
    assert table.header == ("E-mail", "Name")
    assert list(table.rows()) == [
        SourceRow(6, ("a@example.com", "Anna")),
        SourceRow(9, ("b@example.com", None)),
    ]
    assert [row.number for row in table.rows(start=7)] == [9]
    assert table.row_count_estimate == 5


def test_rows_can_be_read_again(tmp_path: Path) -> None:
    table = open_table(a_workbook(tmp_path, ROWS))
    assert list(table.rows()) == list(table.rows())


def a_book_of_sheets(folder: Path) -> Path:
    book = Workbook()
    book.active.title = "Cover"
    book.create_sheet("Customers").append(["E-mail"])
    book["Customers"].append(["anna@example.com"])
    book.create_sheet("Old").append(["E-mail"])
    book["Old"].append(["old@example.com"])
    book.create_sheet("Secret").append(["x"])
    book["Secret"].sheet_state = "hidden"
    book.create_chartsheet("Chart")
    book.save(folder / "sheets.xlsx")
    return folder / "sheets.xlsx"


def test_first_sheet_with_something_in_it_is_taken(tmp_path: Path) -> None:
    table = open_table(a_book_of_sheets(tmp_path))
    assert table.sheets == ("Cover", "Customers", "Old")
    assert (table.sheet, table.sample) == ("Customers", (("anna@example.com",),))


def test_another_sheet_can_be_chosen(tmp_path: Path) -> None:
    path = a_book_of_sheets(tmp_path)
    assert open_table(path, sheet="Old").sample == (("old@example.com",),)
    assert open_table(path, sheet="Cover").header == ()
    with pytest.raises(UnreadableFile, match="has no sheet named “Secret”"):
        open_table(path, sheet="Secret")


def test_open_document_tables_are_read(tmp_path: Path) -> None:
    table = open_table(an_ods(tmp_path, [["E-mail", "Name"], ["a@example.com", "Änne"]]))
    assert (table.kind, table.sheet, table.header) == (TableKind.ODS, "Kunden", ("E-mail", "Name"))
    assert list(table.rows()) == [SourceRow(2, ("a@example.com", "Änne"))]
    assert table.row_count_estimate == 1


def test_a_cell_in_the_last_column_makes_one_column_more(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"], book.active["XFD1"], book.active["A2"] = "E-mail", "Note", "a@example.com"
    book.save(tmp_path / "wide.xlsx")
    assert open_table(tmp_path / "wide.xlsx").header == ("E-mail", "Note")


def test_colour_in_the_farthest_corner_does_no_harm(tmp_path: Path) -> None:
    from openpyxl.styles import PatternFill

    book = Workbook()
    book.active["A1"], book.active["A2"] = "E-mail", "a@example.com"
    book.active["XFD1048576"].fill = PatternFill("solid", "FF0000")
    book.save(tmp_path / "colour.xlsx")
    assert open_table(tmp_path / "colour.xlsx").sample == (("a@example.com",),)
