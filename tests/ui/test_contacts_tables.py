import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.pages.contacts.tables import read_html, read_tsv, write_html, write_tsv

CELLS = st.text(st.characters(blacklist_characters="\r\0", blacklist_categories=["Cs"]), max_size=12)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5)
)


@given(TABLES)
def test_what_is_written_as_text_is_read_again(table: list[list[str]]) -> None:
    if table[-1][-1] == "" and len(table[-1]) == 1:
        table[-1][-1] = "x"  # one empty cell at the end is what every spreadsheet takes for the last line break
    assert read_tsv(write_tsv(table)) == table


@given(st.text())
def test_no_text_is_too_strange_to_be_read(text: str) -> None:
    rows = read_tsv(text)
    assert rows
    read_html(text)


def test_excel_ends_its_last_row_with_a_break() -> None:
    assert read_tsv("a\tb\r\nc\td\r\n") == [["a", "b"], ["c", "d"]]


def test_a_quoted_cell_keeps_its_breaks_and_a_quote_inside_a_word_is_only_a_quote() -> None:
    assert read_tsv('"one\ntwo"\t5" pipe\t"say ""hi"""\nx\ty\tz') == [
        ["one\ntwo", '5" pipe', 'say "hi"'],
        ["x", "y", "z"],
    ]


def test_a_quote_that_never_ends_is_text() -> None:
    assert read_tsv('"Anna\tBerlin\nBen\tBonn') == [['"Anna', "Berlin"], ["Ben", "Bonn"]]


def test_short_rows_are_filled_up() -> None:
    assert read_tsv('"a"\tb\nc') == [["a", "b"], ["c", ""]]


def test_an_html_table_with_spans() -> None:
    text = """<html><head><style>td {color: red}</style></head><body><p>before</p><table>
    <tr><th colspan=2>Name</th><th>City</th></tr>
    <tr><td rowspan="2">Anna</td><td>Berger</td><td>K&ouml;ln</td></tr>
    <tr><td>Maier</td><td>one<br>two</td></tr>
    </table><table><tr><td>another</td></tr></table></body></html>"""
    assert read_html(text) == [
        ["Name", "", "City"],
        ["Anna", "Berger", "Köln"],
        ["", "Maier", "one\ntwo"],
    ]


@pytest.mark.parametrize("text", ["", "plain words", "<p>no table</p>", "<table></table>"])
def test_no_table_is_no_rows(text: str) -> None:
    assert read_html(text) == []


def test_tags_nobody_closed_and_spans_out_of_all_measure() -> None:
    assert read_html("<table><tr><td>a<td colspan=99999999>b<tr><td>c")[0][:2] == ["a", "b"]
    assert len(read_html("<table><tr><td>a<td colspan=99999999>b")[0]) <= 1_001


def test_markup_in_a_cell_stays_text() -> None:
    written = write_html([["<b>&", "a\nb"]])
    assert "<b>&" not in written
    assert read_html(written) == [["<b>&", "a\nb"]]
