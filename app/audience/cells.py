"""The values of cells: what a text becomes in a column, how it lies in the table `contact`, and what comes out of it.

Text is text, a number an integer or a real, a date its ISO form, yes and no are 1 and 0. An empty cell is NULL, never
an empty text, so that "empty" has one meaning in every query.
"""

import re
from collections.abc import Callable
from datetime import date

from app.audience.source import Cell
from app.audience.values import BadValue, ColumnHints, parse
from app.models.states import FieldType

CellValue = str | int | float | bool | date | None
Stored = str | int | float | None

SQL_TYPES = {
    FieldType.NUMBER: "NUMERIC",
    FieldType.YES_NO: "INTEGER",
}
"""What a column of a type is declared as, where that is not TEXT."""

_LARGEST_INTEGER = 2**63 - 1
# Half of a surrogate pair cannot be stored, a NUL would end the text for some readers, the others show nothing.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def parse_cell(cell: Cell, kind: FieldType, hints: ColumnHints | None = None) -> CellValue:
    """What *cell* says in a column of this type; None if it is empty.

    Raises:
        BadValue, BadAddress: it says something else.
    """
    value = parse(cell, kind, hints)
    if isinstance(value, str):
        return storable(value) or None
    if isinstance(value, int | float) and not -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
        raise BadValue("This number is too large.")
    return value


def storable(text: str) -> str:
    """*text* without the characters that no text needs and no database takes."""
    return text if text.isprintable() else _UNSTORABLE.sub("", text).strip()


def to_stored(value: CellValue) -> Stored:
    """The form of *value* in the table."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value


def reader_of(kind: FieldType) -> Callable[[Stored], CellValue]:
    """The function that turns what is stored in a column of this type into its value."""
    return _READERS.get(kind, _unchanged)


def is_plain(kind: FieldType) -> bool:
    """Whether the stored form of this type is the value itself."""
    return kind not in _READERS


def _unchanged(stored: Stored) -> CellValue:
    return stored


def _to_date(stored: Stored) -> CellValue:
    return date.fromisoformat(stored) if isinstance(stored, str) else None


def _to_bool(stored: Stored) -> CellValue:
    return None if stored is None else bool(stored)


_READERS = {FieldType.DATE: _to_date, FieldType.YES_NO: _to_bool}
