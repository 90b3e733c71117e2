"""Where a table begins, and what its columns are called."""

from datetime import date

import pytest

from app.audience.header import column_letters, guess_header
from app.audience.source import Cell

Rows = list[list[Cell]]


@pytest.mark.parametrize(
    "rows",
    [
        [["E-Mail", "Name"], ["a@example.com", "Anna"]],
        [["Name", "2023"], ["a@example.com", 5]],
        [["Name", "Since"], ["Anna", date(2020, 1, 1)]],
        [["Name", "Sales"], ["Anna", "1,5"]],
        [["Name", "Town"], ["Anna", "Köln"], ["Ben", "Bonn"]],
        [["E-Mail", "Name"]],
    ],
)
def test_first_row_that_is_unlike_the_others_is_a_header(rows: Rows) -> None:
    guess = guess_header(rows)
    assert guess.has_header
    assert guess.first_data_row == 1


@pytest.mark.parametrize(
    "rows",
    [
        [["a@example.com", "Anna"], ["b@example.com", "Ben"]],
        [["a@example.com"]],
        [["Anna", 5], ["Ben", 6]],
        [["Anna", "Köln"], ["Ben", "Köln"]],
    ],
)
def test_first_row_that_is_like_the_others_is_a_contact(rows: Rows) -> None:
    guess = guess_header(rows)
    assert not guess.has_header
    assert guess.first_data_row == 0
    assert guess.names[0] == "Column A"


def test_title_above_the_table_is_passed_over() -> None:
    rows: Rows = [["Our customers"], ["31.12.2024"], ["E-Mail", "Name", "Town"], ["a@example.com", "Anna", "Bonn"]]
    guess = guess_header(rows)
    assert guess.names == ("E-Mail", "Name", "Town")
    assert guess.first_data_row == 3


def test_same_names_are_told_apart_and_missing_ones_made_up() -> None:
    rows: Rows = [["Name", "name", None, "Name (2)", " E-\nMail "], ["x", "y", "z", "w", "a@example.com"]]
    assert guess_header(rows).names == ("Name", "name (2)", "Column C", "Name (2) (2)", "E- Mail")


def test_columns_nobody_uses_are_left_out() -> None:
    far: list[Cell] = [None, "E-Mail", *[None] * 16_381, "Note"]
    guess = guess_header([far, [None, "a@example.com"]])
    assert guess.columns == (1, 16_383)
    assert guess.names == ("E-Mail", "Note")


def test_the_word_of_the_user_counts_more() -> None:
    rows: Rows = [["E-Mail", "Name"], ["a@example.com", "Anna"]]
    assert guess_header(rows, has_header=False).names == ("Column A", "Column B")
    assert guess_header(rows[1:], has_header=True).names == ("a@example.com", "Anna")


def test_nothing_has_no_columns() -> None:
    assert guess_header([]).names == ()
    assert guess_header([], has_header=True).names == ()


def test_columns_are_lettered_as_in_a_spreadsheet() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
