"""Where a table begins, and what its columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.audience.source import Cell, Row

# A title or a date may stand above a table; more than this is no table.
_MOST_TITLE_ROWS = 5


@dataclass(frozen=True)
class HeaderGuess:
    """The result of looking at the first rows.

    Attributes:
        columns: Indexes of the columns in use: those with any cell in the rows looked at.
        names: One for each of them, all different.
        has_header: Whether the names were in the file.
        first_data_row: Index, among the rows looked at, of the first one that is a contact.
    """

    columns: tuple[int, ...]
    names: tuple[str, ...]
    has_header: bool
    first_data_row: int


def guess_header(rows: Sequence[Row], *, has_header: bool | None = None) -> HeaderGuess:
    """Find the header among *rows*, the first ones of a table that are not empty; *has_header* is the user's word."""
    columns = tuple(sorted({column for row in rows for column, cell in enumerate(row) if cell is not None}))
    top = _title_rows(rows, len(columns))
    if has_header is None:
        has_header = bool(rows) and _looks_like_header(rows[top], rows[top + 1 :])
    if not has_header or not rows:
        return HeaderGuess(columns, _names((), columns), has_header=False, first_data_row=0)
    return HeaderGuess(columns, _names(rows[top], columns), has_header=True, first_data_row=top + 1)


def _filled(row: Row) -> int:
    return sum(cell is not None for cell in row)


def _title_rows(rows: Sequence[Row], width: int) -> int:
    """How many rows above the table hold only a title: a single cell where the table has three columns or more."""
    if width < 3:
        return 0
    for index, row in enumerate(rows[: _MOST_TITLE_ROWS + 1]):
        if _filled(row) > 1:
            return index
    return 0


def _looks_like_header(first: Row, below: Sequence[Row]) -> bool:
    texts = [cell for cell in first if isinstance(cell, str)]
    if any("@" in text for text in texts) or not texts:
        return False
    if any("@" in cell for row in below for cell in row if isinstance(cell, str)):
        return True
    if any(_is_number_like(cell) for cell in first if cell is not None):
        return False
    if any(_differs(cell, [row[column] for row in below if column < len(row)]) for column, cell in enumerate(first)):
        return True
    # All text, above as below: a name for a column stands in no cell of it.
    return not any(cell in [row[column] for row in below if column < len(row)] for column, cell in enumerate(first))


def _is_number_like(cell: Cell) -> bool:
    return not isinstance(cell, str) or (any(c.isdigit() for c in cell) and not any(c.isalpha() for c in cell))


def _differs(name: Cell, cells: Sequence[Cell]) -> bool:
    """Whether *name* is text and what stands below it mostly is not."""
    filled = [cell for cell in cells if cell is not None]
    return isinstance(name, str) and 2 * sum(map(_is_number_like, filled)) > len(filled)


def _names(header: Row, columns: Sequence[int]) -> tuple[str, ...]:
    """Names for *columns*: the header's own, made different from each other; "Column C" where it has none."""
    names: list[str] = []
    taken: set[str] = set()
    for column in columns:
        cell = header[column] if column < len(header) else None
        wanted = " ".join(str(cell).split()) if cell is not None else f"Column {column_letters(column)}"
        name, copy = wanted, 2
        while name.casefold() in taken:
            name, copy = f"{wanted} ({copy})", copy + 1
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def column_letters(column: int) -> str:
    """What a spreadsheet calls the column with this index: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
