"""CSV files in every encoding and with every separator come out as one kind of table."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.audience.csv_source import guess_delimiter
from app.audience.tabular import SourceRow, TableKind, open_table
from tests.audience.files import a_text_file

TEXT = "E-Mail;Vorname;Ort\njoerg@example.com;Jörg;Köln\nelodie@example.com;Élodie;Orléans\n"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
    ],
)
def test_encoding_is_found_out(tmp_path: Path, written: str, found: str) -> None:
    table = open_table(a_text_file(tmp_path, TEXT.encode(written)))
    assert table.encoding == found
    assert table.header == ("E-Mail", "Vorname", "Ort")
    assert [row.cells for row in table.rows()] == [
        ("joerg@example.com", "Jörg", "Köln"),
        ("elodie@example.com", "Élodie", "Orléans"),
    ]


def test_one_byte_at_the_end_of_a_large_file_is_enough_to_tell_it_is_not_utf_8(tmp_path: Path) -> None:
    rows = "anna@example.com;Anna\n" * 150_000
    table = open_table(a_text_file(tmp_path, ("E-Mail;Name\n" + rows + "j@example.com;Jörg\n").encode("cp1252")))
    assert table.encoding == "cp1252"
    assert list(table.rows(start=150_002)) == [SourceRow(150_002, ("j@example.com", "Jörg"))]


def test_a_character_split_between_two_reads_is_still_utf_8(tmp_path: Path) -> None:
    start = b"E-Mail;Name\n"
    filler = b"anna@example.com;Anna\n" * 60_000
    before = (start + filler)[: (1 << 20) - 1]
    path = a_text_file(tmp_path, before + "ä\n".encode())
    assert path.read_bytes()[1 << 20 :] == "ä\n".encode()[1:]
    assert open_table(path).encoding == "utf-8"


def test_encoding_can_be_chosen_by_hand(tmp_path: Path) -> None:
    path = a_text_file(tmp_path, "E-Mail;Jméno\njiri@example.com;Jiří Šťastný\n".encode("cp1250"))
    assert open_table(path, encoding="cp1250").sample == (("jiri@example.com", "Jiří Šťastný"),)


def test_bytes_without_meaning_are_shown_as_such_and_reported(tmp_path: Path) -> None:
    table = open_table(a_text_file(tmp_path, b"E-Mail;Name\na@example.com;J\x81rg\n"))
    assert table.sample == (("a@example.com", "J�rg"),)
    assert [warning.split(".")[0] for warning in table.warnings] == ["Some characters could not be read"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_separator_is_found_out(tmp_path: Path, delimiter: str) -> None:
    table = open_table(a_text_file(tmp_path, TEXT.replace(";", delimiter)))
    assert table.delimiter == delimiter
    assert table.header == ("E-Mail", "Vorname", "Ort")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Name;Umsatz\nAnna;1,5\nBen;2,5\nCai;3,5\n", ";"),
        ('Name,Note\nAnna,"a;b;c"\nBen,"d;e;f"\n', ","),
        ('Name,Note\nAnna,"one;\ntwo;\nthree;"\nBen,"d"\n', ","),
        ("Name;Note\nAnna;Hello, you, there\nBen;Hi\n", ";"),
        ("E-Mail\nanna@example.com\nben@example.com\n", ","),
        ("sep=|\na;b|c;d\n", "|"),
        ("", ","),
    ],
)
def test_separator_is_the_regular_one(text: str, delimiter: str) -> None:
    assert guess_delimiter(text) == delimiter


# Without the apostrophe, which has a test of its own.
CELLS = st.text('abÄß;,\t|"\n @.1', max_size=8)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=20), st.sampled_from([";", ",", "\t", "|"])
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(["One", "Two", "Three"])
    writer.writerows(rows)
    path = tmp_path_factory.getbasetemp() / "roundtrip.csv"
    path.write_bytes(written.getvalue().encode())
    table = open_table(path, delimiter=delimiter, has_header=True)
    cells = [[cell.strip() or None for cell in row] for row in rows]
    assert [list(row.cells) for row in table.rows()] == [row for row in cells if any(row)]


def test_rows_have_the_numbers_excel_shows(tmp_path: Path) -> None:
    content = 'sep=;\nE-Mail;Note\n\na@example.com;"two\nlines"\n;\nb@example.com;x\n'
    table = open_table(a_text_file(tmp_path, content))
    assert [(row.number, row.cells[0]) for row in table.rows()] == [(3, "a@example.com"), (5, "b@example.com")]
    assert table.delimiter == ";"


def test_rows_can_begin_further_down(tmp_path: Path) -> None:
    table = open_table(a_text_file(tmp_path, TEXT))
    assert [row.number for row in table.rows(start=3)] == [3]
    assert [row.number for row in table.rows()] == [2, 3]


def test_short_rows_are_filled_up_and_extra_cells_reported(tmp_path: Path) -> None:
    many = "".join(f"c{n}@example.com;x;y\n" for n in range(60))
    path = a_text_file(tmp_path, f"E-Mail;A;B\na@example.com\n{many}b@example.com;1;2;3;;4\n")
    rows = list(open_table(path).rows())
    assert rows[0] == SourceRow(2, ("a@example.com", None, None), 0)
    assert rows[-1] == SourceRow(63, ("b@example.com", "1", "2"), 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_counts(tmp_path: Path, end: str) -> None:
    table = open_table(a_text_file(tmp_path, TEXT.replace("\n", end)))
    assert table.row_count_estimate == 2
    assert len(list(table.rows())) == 2


def test_last_line_needs_no_end(tmp_path: Path) -> None:
    table = open_table(a_text_file(tmp_path, TEXT.rstrip("\n")))
    assert table.row_count_estimate == len(list(table.rows())) == 2


def test_apostrophe_that_disarms_a_formula_is_taken_off_again(tmp_path: Path) -> None:
    path = a_text_file(tmp_path, "E-Mail;Phone;Town\na@example.com;'+49 221 4711;'s-Hertogenbosch\n")
    assert open_table(path).sample == (("a@example.com", "+49 221 4711", "'s-Hertogenbosch"),)


def test_nul_characters_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = "".join(f"c{n}@example.com;Name\n" for n in range(100))
    table = open_table(a_text_file(tmp_path, f"E-Mail;Name\nan\0na@example.com;Anna\0\n{rows}"))
    assert table.sample[0] == ("anna@example.com", "Anna")
    assert table.warnings == ("2 NUL characters, which mean nothing in a text, were left out.",)


def test_kind_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    table = open_table(a_text_file(tmp_path, TEXT, "contacts.xlsx"))
    assert (table.kind, table.header) == (TableKind.CSV, ("E-Mail", "Vorname", "Ort"))
