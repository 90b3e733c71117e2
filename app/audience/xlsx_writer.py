"""Write a table as an Excel workbook, row by row in constant memory."""

# openpyxl has no type hints.
# mypy: disable-error-code="no-untyped-call, attr-defined"
import errno
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as WorkbookCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from app.audience.atomic_file import UnwritableFile, watched, whole_file
from app.audience.formula_guard import is_formula_like
from app.audience.source import Cell

MAX_ROWS = 1_048_575  # below the header
MAX_TEXT_CHARS = 32_767

_MAX_INTEGER = 10**15  # Excel keeps fifteen digits of a number
_FIRST_DAY = date(1900, 3, 1)  # Excel knows no day before 1900, and believes in a 29 February of that year
_COLUMN_WIDTH = 22
# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_xlsx(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write *header* and *rows* to a workbook at *path*. Text stays text, whatever it begins with.

    Args:
        progress: Told the number of rows written so far, now and then.
        cancelled: Asked now and then; the old file stays if it answers yes.

    Raises:
        UnwritableFile: nothing was changed at *path*.
        Cancelled: likewise.
    """
    with whole_file(path) as part:
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet("Contacts")
        sheet.freeze_panes = "A2"
        for column in range(1, len(header) + 1):
            sheet.column_dimensions[get_column_letter(column)].width = _COLUMN_WIDTH
        try:
            sheet.append([_heading(sheet, name) for name in header])
            for row in _as_many_as_fit(watched(rows, progress, cancelled)):
                sheet.append([_cell(sheet, value) for value in row])
            workbook.save(part)
        except BaseException as error:
            _abandon(sheet)
            # Where lxml is installed openpyxl writes through it, and lxml wraps what the disk says.
            if type(error).__name__ == "SerialisationError":
                is_full = any(word in str(error) for word in ("ENOSPC", "EDQUOT", "EFBIG"))
                raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error)) from error
            raise


def _as_many_as_fit(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    for count, row in enumerate(rows, start=1):
        if count > MAX_ROWS:
            raise UnwritableFile(f"An Excel sheet holds no more than {MAX_ROWS:,} contacts.", "Export them as CSV.")
        yield row


def _heading(sheet: WriteOnlyWorksheet, name: str) -> WorkbookCell:
    cell = _text_cell(sheet, name)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, value: Cell) -> object:
    """*value* as openpyxl is to write it."""
    match value:
        case str():
            # openpyxl itself makes formulas of "=…" and error values of "#N/A".
            return _text_cell(sheet, value) if is_formula_like(value) or value[:1] == "#" else _writable(value)
        case datetime(tzinfo=zone) if zone is not None:
            return value.astimezone(UTC).replace(tzinfo=None)
        case datetime():
            return value
        case bool():
            return value
        case date() if value < _FIRST_DAY:
            return _text_cell(sheet, value.isoformat())
        case float() if not math.isfinite(value):
            return str(value)
        case int() if abs(value) > _MAX_INTEGER:
            return _text_cell(sheet, str(value))
    return value


def _text_cell(sheet: WriteOnlyWorksheet, text: str) -> WorkbookCell:
    """A cell that stays text even when somebody edits it (Excel's leading apostrophe)."""
    cell: WorkbookCell = WriteOnlyCell(sheet, _writable(text))
    cell.data_type = "s"
    cell.quotePrefix = is_formula_like(text)
    return cell


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("", text)[:MAX_TEXT_CHARS]


def _abandon(sheet: WriteOnlyWorksheet) -> None:
    """End what openpyxl has begun, and remove the file in which it keeps the sheet: that holds contacts in the clear.

    It offers nothing for this; left alone, its generators complain when they are collected.
    """
    writer = sheet._writer  # noqa: SLF001
    if writer is None:
        return
    for stream in (sheet._rows, writer.xf):  # noqa: SLF001
        # What made us stop is on its way up already; on a full disk, closing fails for the same reason.
        with suppress(Exception):
            if stream is not None:
                stream.close()
    writer.cleanup()
