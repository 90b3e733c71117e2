"""Write a table as CSV that Excel opens with a double click."""

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from app.audience.atomic_file import watched, whole_file
from app.audience.formula_guard import disarm
from app.audience.source import Cell
from app.audience.values import as_text


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    delimiter: str = ";",
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write *header* and *rows* to *path*, in UTF-8 with a byte order mark, without which Excel garbles names.

    With a semicolon, decimals have a comma: an Excel that expects the one expects the other. Three decimals get a zero,
    or 1,125 could be read as eleven hundred. Text that looks like a formula gets a leading apostrophe.

    Args:
        delimiter: ";" or ",", as the user's Excel expects.
        progress: Told the number of rows written so far, now and then.
        cancelled: Asked now and then; the old file stays if it answers yes.

    Raises:
        UnwritableFile: nothing was changed at *path*.
        Cancelled: likewise.
    """
    to_text = _writer_of_cells(decimal_mark="," if delimiter == ";" else ".")
    with whole_file(path) as part, part.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow([disarm(name) for name in header])
        writer.writerows([to_text(cell) for cell in row] for row in watched(rows, progress, cancelled))


def _writer_of_cells(*, decimal_mark: str) -> Callable[[Cell], str]:
    def to_text(cell: Cell) -> str:
        if isinstance(cell, str):
            return disarm(cell)
        if isinstance(cell, float):
            return _decimal(cell).replace(".", decimal_mark)
        return as_text(cell)

    return to_text


def _decimal(number: float) -> str:
    """*number* to its last digit, and without an exponent, which is no number to most who read a table."""
    if not math.isfinite(number):
        return str(number)
    text = f"{Decimal(repr(number)):f}"
    _, point, decimals = text.partition(".")
    return text + "0" if point and len(decimals) == 3 else text
