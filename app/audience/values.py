"""What a cell says, once it is known what its column holds: numbers, dates, yes and no, as people type them."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.audience.addresses import normalise
from app.audience.places import COUNTRY_CODES, COUNTRY_WORDS, LANGUAGE_CODE_OF
from app.audience.source import Cell
from app.errors import UserFacingError
from app.models.states import FieldType


class DateOrder(StrEnum):
    """How to read 03/04/2025. Dates that begin with the year need no order."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True)
class ColumnHints:
    """What only the whole column tells about one cell in it. See `infer_hints`.

    Attributes:
        date_order: Whether 03/04/2025 is in April or in March.
        decimal_comma: Whether 1,500 is one and a half (and 1.500 fifteen hundred).
    """

    date_order: DateOrder = DateOrder.DAY_FIRST
    decimal_comma: bool = False


class BadValue(UserFacingError):
    """A cell that does not hold what its column is said to hold."""


Value = str | float | int | date | bool | None

YES_WORDS = frozenset(
    "yes y true t 1 x ✓ ✔ ☑ on ja j wahr oui o vrai si sí s verdadero sì vero waar subscribed angemeldet".split()  # noqa: SIM905
)
NO_WORDS = frozenset(
    "no n false f 0 - – — ✗ ✘ ☐ off nein falsch non faux falso nee onwaar unsubscribed abgemeldet".split()  # noqa: SIM905
)

_NUMBER = re.compile(r"[+-]?\d[\d.,'’ ]*|[+-]?[.,]\d+")
_MONEY = re.compile(r"^(?:[€$£¥%]|EUR|USD|CHF|GBP)\s*|\s*(?:[€$£¥%]|EUR|USD|CHF|GBP)$")
_GROUPED = re.compile(r"\d{1,3}([.,'’ ])\d{3}(?:\1\d{3})*")
_SPACES = str.maketrans(dict.fromkeys("\u00a0\u2007\u2009\u202f", " ") | {"−": "-"})
_PHONE = re.compile(r"\+?[\d\s()./–-]{5,24}\d(?:\s*(?:ext|x|app)\.?\s*\d{1,6})?", re.IGNORECASE)
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}|\d{3}))?")

_YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})([-./])\s?(\d{1,2})\2\s?(\d{4}|\d{2})")
_TIME_OF_DAY = re.compile(r"[T ]\s*\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$")
_EXCEL_EPOCH = date(1899, 12, 30)
_LAST_EXCEL_DAY = 2_958_465  # 31 December 9999
# Like Excel: 29 is 2029, 30 is 1930.
_LAST_TWO_DIGIT_YEAR = 29


def parse(cell: Cell, kind: FieldType, hints: ColumnHints | None = None) -> Value:
    """The value of *cell* in a column of *kind*; None for an empty cell.

    Text is trimmed, an address normalised, a language becomes its code ("Deutsch" is "de"), a country stays as typed.

    Raises:
        BadValue: the cell holds something else.
        BadAddress: the cell of an e-mail column holds no address.
    """
    if isinstance(cell, str):
        cell = cell.translate(_SPACES).strip() if kind in _TIDIED else cell.strip()
    if cell is None or cell == "":
        return None
    hints = hints or ColumnHints()
    match kind:
        case FieldType.NUMBER:
            return _parse_number(cell, hints)
        case FieldType.DATE:
            return _parse_date(cell, hints.date_order)
        case FieldType.YES_NO:
            return _parse_yes_no(cell)
        case FieldType.EMAIL:
            return normalise(as_text(cell))
        case FieldType.PHONE:
            return _parse_phone(as_text(cell))
        case FieldType.LANGUAGE:
            return _parse_language(as_text(cell))
        case FieldType.TEXT | FieldType.COUNTRY | FieldType.TIME_ZONE | FieldType.CHOICE | FieldType.CHOICES:
            return as_text(cell)


_TIDIED = frozenset({FieldType.NUMBER, FieldType.DATE, FieldType.YES_NO, FieldType.PHONE, FieldType.LANGUAGE})


def as_text(cell: Cell) -> str:
    """*cell* as a person would type it: dates in ISO form, "yes" and "no"."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def _parse_number(cell: Cell, hints: ColumnHints) -> float | int:
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, int | float):
        return cell
    text = _MONEY.sub("", as_text(cell)).strip()
    if not _NUMBER.fullmatch(text):
        raise BadValue(f"“{_shown(cell)}” is not a number.")
    plain = _without_grouping(text, decimal_comma=hints.decimal_comma)
    try:
        return float(plain) if "." in plain else int(plain)
    except ValueError as error:
        raise BadValue(f"“{_shown(cell)}” is not a number.") from error


def _without_grouping(text: str, *, decimal_comma: bool) -> str:
    """*text* as Python writes a number. What stands last of a comma and a point parts the decimals."""
    sign = text[:1] if text[:1] in "+-" else ""
    digits = re.sub(r"['’ ]", "", text.removeprefix(sign))
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and point >= 0:
        decimal = "," if comma > point else "."
    elif _GROUPED.fullmatch(digits):
        # 1.500 alone says nothing; 1.500.000 has only points that group.
        mark = "," if comma >= 0 else "."
        is_decimal = digits.count(mark) == 1 and (mark == ",") == decimal_comma and not digits.startswith("0")
        decimal = mark if is_decimal or digits.startswith("0") else ("." if mark == "," else ",")
    else:
        decimal = "," if comma >= 0 else "."
    grouping = "." if decimal == "," else ","
    return sign + digits.replace(grouping, "").replace(decimal, ".")


def _parse_date(cell: Cell, order: DateOrder) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(cell)
    text = _TIME_OF_DAY.sub("", as_text(cell)).strip()
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return date(int(found[1]), int(found[3]), int(found[4]))
        if found := _COMPACT.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _YEAR_LAST.fullmatch(text):
            # With points, no country puts the month first.
            is_day_first = order is DateOrder.DAY_FIRST or found[2] == "."
            day, month = (found[1], found[3]) if is_day_first else (found[3], found[1])
            return date(_full_year(found[4]), int(month), int(day))
        if text.isdecimal() and len(text) == 5:
            return _from_serial(int(text))
    except ValueError as error:
        raise BadValue(f"There is no day {text}.", detail=str(error)) from error
    raise BadValue(f"“{_shown(cell)}” is not a date.")


def _from_serial(days: float) -> date:
    """The day Excel shows for a number in a column of dates."""
    if 1900 <= days <= 2100:
        raise BadValue(f"{days:g} is only a year, not a date.")
    if not 1 <= days <= _LAST_EXCEL_DAY:
        raise BadValue(f"{days:g} is not a date.")
    return _EXCEL_EPOCH + timedelta(days=int(days))


def _full_year(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) <= _LAST_TWO_DIGIT_YEAR else 1900)


def _parse_yes_no(cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    word = as_text(cell).casefold()
    if word in YES_WORDS:
        return True
    if word in NO_WORDS:
        return False
    raise BadValue(f"“{_shown(cell)}” is neither yes nor no.")


def _parse_phone(text: str) -> str:
    if not is_phone(text):
        raise BadValue(f"“{_shown(text)}” is not a phone number.")
    return " ".join(text.split())


def is_phone(text: str) -> bool:
    """Whether *text* is made like a phone number; 00 or 0 or + may lead it."""
    return _PHONE.fullmatch(text) is not None


def _parse_language(text: str) -> str:
    if code := LANGUAGE_CODE_OF.get(text.casefold()):
        return code
    if (found := _LOCALE.fullmatch(text)) and found[1].lower() in LANGUAGE_CODE_OF:
        return found[1].lower() + (f"-{found[2].upper()}" if found[2] else "")
    raise BadValue(f"“{_shown(text)}” is not a language known here.", "Write its code, such as de or en-GB.")


def _shown(cell: Cell, limit: int = 40) -> str:
    text = " ".join(as_text(cell).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def infer_hints(samples: Sequence[Cell]) -> ColumnHints:
    """What the cells of one column, taken together, say about the doubtful ones among them."""
    texts = [cell.translate(_SPACES).strip() for cell in samples if isinstance(cell, str)]
    return ColumnHints(_infer_date_order(texts), _infer_decimal_comma(texts))


def _infer_date_order(texts: Sequence[str]) -> DateOrder:
    for text in texts:
        if (found := _YEAR_LAST.fullmatch(_TIME_OF_DAY.sub("", text))) and found[2] != ".":
            if int(found[1]) > 12:
                return DateOrder.DAY_FIRST
            if int(found[3]) > 12:
                return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST


def _infer_decimal_comma(texts: Sequence[str]) -> bool:
    """Whether the first number that leaves no doubt has a decimal comma.

    Where all of them are like 1.500, the mark groups: three decimals are rarer than thousands.
    """
    doubtful = False
    for text in texts:
        bare = _MONEY.sub("", text).strip()
        digits = bare.lstrip("+-")
        if not _NUMBER.fullmatch(bare) or not any(mark in digits for mark in ",."):
            continue
        comma, point = digits.rfind(","), digits.rfind(".")
        if comma >= 0 and point >= 0:
            return comma > point
        mark = "," if comma >= 0 else "."
        if _GROUPED.fullmatch(digits) and not digits.startswith("0"):
            if digits.count(mark) > 1:
                return mark == "."
            doubtful = mark == "."
            continue
        return mark == ","
    return doubtful


def infer(samples: Sequence[Cell]) -> FieldType:
    """What a column with these cells most likely holds; TEXT where they do not agree.

    One cell in ten may be wrong; of addresses half, since lists are full of broken ones.
    """
    filled = [cell for cell in samples if cell is not None and as_text(cell).strip()]
    if not filled:
        return FieldType.TEXT
    words = [as_text(cell).strip() for cell in filled]
    if _share(map(is_address_like, words)) >= 0.5:
        return FieldType.EMAIL
    for kind, is_like in _TESTS:
        if _share(is_like(cell, word) for cell, word in zip(filled, words, strict=True)) >= 0.9:
            return _corrected(kind, words)
    return FieldType.TEXT


def is_address_like(text: str) -> bool:
    """Whether *text* was meant as an e-mail address, be it right or wrong."""
    before, at, after = text.partition("@")
    return bool(at and before and after) and len(text) < 400


def _corrected(kind: FieldType, words: Sequence[str]) -> FieldType:
    """*kind*, unless the whole column speaks against it."""
    if kind is FieldType.YES_NO and len(set(words)) == 1 and words[0] in {"0", "1", "-", "–", "—"}:
        return FieldType.TEXT if words[0] in "-–—" else FieldType.NUMBER
    # A postal code or a customer number loses its leading zero as a number.
    if kind is FieldType.NUMBER and any(len(word) > 1 and word[0] == "0" and word.isdecimal() for word in words):
        return FieldType.PHONE if all(len(word) >= 7 for word in words) else FieldType.TEXT
    return kind


def _share(answers: Iterable[bool]) -> float:
    counted = list(answers)
    return sum(counted) / len(counted)


def _is_date(cell: Cell, word: str) -> bool:
    if isinstance(cell, date):
        return True
    # Five or eight digits are a date only in a column that is said to hold dates.
    return isinstance(cell, str) and not word.isdecimal() and _parses(cell, FieldType.DATE)


def _is_yes_no(cell: Cell, word: str) -> bool:
    return isinstance(cell, bool) or word.casefold() in YES_WORDS | NO_WORDS


def _is_number(cell: Cell, word: str) -> bool:
    # "0221 4711" has a number's characters, but no number begins with a zero and goes on with a space.
    return not _LED_BY_ZERO.match(word) and _parses(cell, FieldType.NUMBER)


def _parses(cell: Cell, kind: FieldType) -> bool:
    # The other order may read a date this one cannot; both are dates.
    try:
        parse(cell, kind)
    except BadValue:
        if kind is not FieldType.DATE:
            return False
        try:
            parse(cell, kind, ColumnHints(date_order=DateOrder.MONTH_FIRST))
        except BadValue:
            return False
    return True


_LED_BY_ZERO = re.compile(r"00|0\d+[ ]|\+\d")
_TESTS: tuple[tuple[FieldType, Callable[[Cell, str], bool]], ...] = (
    (FieldType.DATE, _is_date),
    (FieldType.YES_NO, _is_yes_no),
    (FieldType.NUMBER, _is_number),
    (FieldType.PHONE, lambda cell, word: isinstance(cell, str) and is_phone(word)),
    (FieldType.COUNTRY, lambda _, word: word in COUNTRY_CODES or word.casefold() in COUNTRY_WORDS),
    (FieldType.LANGUAGE, lambda _, word: word.casefold() in LANGUAGE_CODE_OF),
)
