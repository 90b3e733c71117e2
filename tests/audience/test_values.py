"""Cells are read as people type them."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audience.addresses import BadAddress
from app.audience.source import Cell
from app.audience.values import BadValue, ColumnHints, DateOrder, infer, infer_hints, parse
from app.models.states import FieldType

COMMA, MONTH_FIRST = ColumnHints(decimal_comma=True), ColumnHints(date_order=DateOrder.MONTH_FIRST)
NAIVE = datetime(2021, 3, 4, 5, 6)  # noqa: DTZ001  (a sheet knows no time zones)


@pytest.mark.parametrize("kind", FieldType)
@pytest.mark.parametrize("cell", [None, "", "  ", "\u00a0"])
def test_empty_cell_has_no_value(kind: FieldType, cell: Cell) -> None:
    assert parse(cell, kind) is None


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (5, 5),
        (5.5, 5.5),
        ("5", 5),
        (" -5,5 ", -5.5),
        ("−5", -5),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.234.567", 1234567),
        ("1,234,567", 1234567),
        ("1 234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1'234.50", 1234.5),
        ("12,50 €", 12.5),
        ("€12.50", 12.5),
        ("CHF 12", 12),
        ("45 %", 45),
        ("0.123", 0.123),
        (",5", 0.5),
        (True, 1),
    ],
)
def test_numbers(cell: Cell, value: float) -> None:
    parsed = parse(cell, FieldType.NUMBER)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(("text", "with_point", "with_comma"), [("1.500", 1.5, 1500), ("1,500", 1500, 1.5)])
def test_doubtful_number_is_read_as_its_column_is(text: str, with_point: float, with_comma: float) -> None:
    assert parse(text, FieldType.NUMBER) == with_point
    assert parse(text, FieldType.NUMBER, COMMA) == with_comma


@pytest.mark.parametrize("cell", ["many", "12 roses", "1,2,3", "1.2.3", "12-13", "--5", "1e5", "٠x"])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(BadValue, match=f"^“{cell}” is not a number\\.$"):
        parse(cell, FieldType.NUMBER)


@given(st.integers(-(10**12), 10**12))
def test_grouped_numbers_come_back(number: int) -> None:
    english, german = f"{number:,}.25", f"{number:,}".replace(",", ".") + ",25"
    expected = float(f"{number}.25")
    assert parse(english, FieldType.NUMBER) == parse(german, FieldType.NUMBER) == expected


@pytest.mark.parametrize(
    ("cell", "hints", "value"),
    [
        (date(2020, 2, 29), None, date(2020, 2, 29)),
        (NAIVE, None, date(2021, 3, 4)),
        ("2020-02-29", None, date(2020, 2, 29)),
        ("2020/2/9", None, date(2020, 2, 9)),
        ("20200229", None, date(2020, 2, 29)),
        ("2020-02-29T13:45:00Z", None, date(2020, 2, 29)),
        ("2020-02-29 13:45:00.123+01:00", None, date(2020, 2, 29)),
        ("29.2.2020", None, date(2020, 2, 29)),
        ("29. 2. 2020", None, date(2020, 2, 29)),
        ("03/04/2025", None, date(2025, 4, 3)),
        ("03/04/2025", MONTH_FIRST, date(2025, 3, 4)),
        ("03.04.2025", MONTH_FIRST, date(2025, 4, 3)),
        ("3/4/2025 1:05 PM", MONTH_FIRST, date(2025, 3, 4)),
        ("31.12.29", None, date(2029, 12, 31)),
        ("31.12.30", None, date(1930, 12, 31)),
        (45000, None, date(2023, 3, 15)),
        (45000.75, None, date(2023, 3, 15)),
        ("45000", None, date(2023, 3, 15)),
    ],
)
def test_dates(cell: Cell, hints: ColumnHints | None, value: date) -> None:
    assert parse(cell, FieldType.DATE, hints) == value


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("31.2.2020", "There is no day 31.2.2020."),
        ("13/13/2020", "There is no day 13/13/2020."),
        ("soon", "“soon” is not a date."),
        ("1.2/2020", "“1.2/2020” is not a date."),
        (1985, "1985 is only a year, not a date."),
        (-3, "-3 is not a date."),
        (10**9, "1e+09 is not a date."),
        (True, "“yes” is not a date."),
    ],
)
def test_what_is_no_date_is_refused(cell: Cell, sentence: str) -> None:
    with pytest.raises(BadValue) as caught:
        parse(cell, FieldType.DATE)
    assert caught.value.title == sentence


@given(st.dates(date(1930, 1, 1), date(2029, 12, 31)))
def test_dates_come_back_in_every_form(day: date) -> None:
    written = [day.isoformat(), f"{day:%d.%m.%Y}", f"{day.day}.{day.month}.{day:%y}", f"{day:%Y%m%d}"]
    written.append(f"{day:%d/%m/%Y}")
    assert {parse(text, FieldType.DATE) for text in written} == {day}
    assert parse(f"{day:%m/%d/%Y}", FieldType.DATE, MONTH_FIRST) == day
    assert parse((day - date(1899, 12, 30)).days, FieldType.DATE) == day


@pytest.mark.parametrize("cell", ["ja", "Yes", "OUI", "sí", "si", "1", 1, 1.0, True, "x", "X", "✓", "wahr", "waar"])
def test_yes(cell: Cell) -> None:
    assert parse(cell, FieldType.YES_NO) is True


@pytest.mark.parametrize("cell", ["nein", "No", "NON", "0", 0, False, "-", "falsch", "nee"])
def test_no(cell: Cell) -> None:
    assert parse(cell, FieldType.YES_NO) is False


@pytest.mark.parametrize("cell", ["maybe", 2, "jain"])
def test_what_is_neither_yes_nor_no_is_refused(cell: Cell) -> None:
    with pytest.raises(BadValue, match="is neither yes nor no"):
        parse(cell, FieldType.YES_NO)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0221 / 4711-0", "0221 / 4711-0"),
        ("+49 (0)221\u00a04711", "+49 (0)221 4711"),
        (491701234567, "491701234567"),
        ("01 23 45 67 89", "01 23 45 67 89"),
    ],
)
def test_phone_numbers_stay_as_typed(cell: Cell, value: str) -> None:
    assert parse(cell, FieldType.PHONE) == value


def test_what_is_no_phone_number_is_refused() -> None:
    with pytest.raises(BadValue, match="is not a phone number"):
        parse("call me", FieldType.PHONE)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("de", "de"), ("Deutsch", "de"), ("français", "fr"), ("EN", "en"), ("pt_br", "pt-BR"), ("en-GB", "en-GB")],
)
def test_languages_become_their_codes(cell: str, value: str) -> None:
    assert parse(cell, FieldType.LANGUAGE) == value


def test_unknown_language_is_refused() -> None:
    with pytest.raises(BadValue, match="“Klingon” is not a language known here"):
        parse("Klingon", FieldType.LANGUAGE)


def test_addresses_are_normalised() -> None:
    assert parse("Anna <ANNA@Example.com>", FieldType.EMAIL) == "anna@example.com"
    with pytest.raises(BadAddress):
        parse(5, FieldType.EMAIL)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" Köln ", "Köln"),
        (50667, "50667"),
        (True, "yes"),
        (date(2020, 1, 2), "2020-01-02"),
        (NAIVE, "2021-03-04 05:06"),
    ],
)
def test_anything_can_be_text(cell: Cell, value: str) -> None:
    assert parse(cell, FieldType.TEXT) == value
    assert parse(cell, FieldType.COUNTRY) == value


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["a@example.com", None, "b@@example.com"], FieldType.EMAIL),
        (["1", "2,5", 3], FieldType.NUMBER),
        (["01067", "50667"], FieldType.TEXT),
        (["02214711", "0301234567"], FieldType.PHONE),
        (["0221 4711", "+49 30 123456"], FieldType.PHONE),
        (["+491701234567", "+491701234568"], FieldType.PHONE),
        (["ja", "nein", "ja"], FieldType.YES_NO),
        ([1, 0, 1], FieldType.YES_NO),
        ([1, 1, 1], FieldType.NUMBER),
        (["x", None], FieldType.YES_NO),
        (["-", "-"], FieldType.TEXT),
        ([True, False], FieldType.YES_NO),
        ([date(2020, 1, 1)], FieldType.DATE),
        (["1.2.2020", "2020-01-05"], FieldType.DATE),
        (["3/14/2020", "1/2/2020"], FieldType.DATE),
        ([*["1.2.2020"] * 9, "soon"], FieldType.DATE),
        ([*["1.2.2020"] * 8, "soon", "later"], FieldType.TEXT),
        (["20200101", "20200102"], FieldType.NUMBER),
        (["Germany", "Österreich", "FRANCE"], FieldType.COUNTRY),
        (["DE", "AT"], FieldType.COUNTRY),
        (["de", "fr"], FieldType.LANGUAGE),
        (["Anna", "Ben"], FieldType.TEXT),
        ([], FieldType.TEXT),
        ([None, " "], FieldType.TEXT),
    ],
)
def test_kind_of_a_column_is_what_its_cells_agree_on(cells: list[Cell], kind: FieldType) -> None:
    assert infer(cells) is kind


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2025", "13/04/2025"], DateOrder.DAY_FIRST),
        (["03/04/2025", "04/13/2025 10:00"], DateOrder.MONTH_FIRST),
        (["03/04/2025"], DateOrder.DAY_FIRST),
        (["04.13.2025", "2025-04-13", "x", 5], DateOrder.DAY_FIRST),
    ],
)
def test_one_clear_date_settles_the_order_of_all(cells: list[Cell], order: DateOrder) -> None:
    assert infer_hints(cells).date_order is order


@pytest.mark.parametrize(
    ("cells", "decimal_comma"),
    [
        (["1.500", "2,5"], True),
        (["1,500", "2.5"], False),
        (["1.234,50"], True),
        (["1,234.50"], False),
        (["1.234.567"], True),
        (["1.500", "2.500"], True),
        (["1,500", "2,500"], False),
        (["0,500"], True),
        (["€ 3,50"], True),
        (["12", "x", 5.5], False),
    ],
)
def test_one_clear_number_settles_the_decimal_mark_of_all(cells: list[Cell], decimal_comma: bool) -> None:
    assert infer_hints(cells).decimal_comma is decimal_comma
