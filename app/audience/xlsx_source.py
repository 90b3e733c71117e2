"""Rows of a workbook: XLSX, XLS and ODS through calamine, which holds a sheet in memory (about 0.8 kB a row)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.audience.archive_guard import too_large
from app.audience.source import Cell, FileStamp, Row, UnreadableFile, reading

# Above this, a float does not hold every integer.
_EXACT_INTEGERS = 2.0**53


@dataclass(frozen=True)
class SheetSource:
    """One sheet of a workbook, in memory."""

    name: str
    sheets: tuple[str, ...]
    sheet: CalamineSheet

    @property
    def height(self) -> int:
        """Rows down to the last one in use."""
        return self.sheet.end[0] + 1 if self.sheet.end is not None else 0

    def records(self) -> Iterator[tuple[int, Row]]:
        start = self.sheet.start
        if start is None:
            return
        first_row, first_column = start
        left = [None] * first_column
        # calamine yields the empty rows above the table, but not the empty columns left of it.
        for number, cells in enumerate(self.sheet.iter_rows(), start=1):
            if number > first_row:
                yield number, [*left, *(_CELLS[type(cell)](cell) for cell in cells)]


def open_sheet(path: Path, name: str | None, stamp: FileStamp) -> SheetSource:
    """Read the sheet *name*, or the first visible one that is not empty.

    Raises:
        UnreadableFile: the workbook is damaged or locked by a password, or has no such sheet.
    """
    with reading(path), _calamine_errors_worded(path), CalamineWorkbook.from_path(path) as workbook:
        sheets = _table_sheets(workbook)
        if not sheets:
            raise UnreadableFile(f"“{path.name}” has no sheet with a table.")
        if name is not None and name not in sheets:
            raise UnreadableFile(f"“{path.name}” has no sheet named “{name}”.", "Choose one of its sheets.")
        for candidate in (name,) if name is not None else sheets:
            sheet = workbook.get_sheet_by_name(candidate)
            if sheet.start is not None or name is not None:
                break
        else:
            candidate, sheet = sheets[0], workbook.get_sheet_by_name(sheets[0])
    stamp.check(path)
    return SheetSource(candidate, sheets, sheet)


def _table_sheets(workbook: CalamineWorkbook) -> tuple[str, ...]:
    """The sheets of cells a user sees; the hidden ones only where there is no other."""
    tables = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in tables if sheet.visible == SheetVisibleEnum.Visible]
    return tuple(visible or [sheet.name for sheet in tables])


@contextmanager
def _calamine_errors_worded(path: Path) -> Iterator[None]:
    damaged = f"“{path.name}” is damaged and cannot be read."
    hint = "Open it in Excel, save it under another name, and try that one."
    try:
        yield
    except PasswordError as error:
        raise UnreadableFile(f"“{path.name}” is protected by a password.", "Remove it in Excel and save.") from error
    except CalamineError as error:
        # Its own bound, for ODS alone; check_archive has one for XLSX.
        if "Cell limit exceeded" in str(error):
            raise too_large(path, str(error)) from error
        raise UnreadableFile(damaged, hint, detail=str(error)) from error
    except BaseException as error:
        # A panic of calamine's Rust code arrives as pyo3's PanicException, which cannot be imported to be caught.
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile(damaged, hint, detail=str(error)) from error


def _from_text(cell: str) -> Cell:
    return cell.strip() or None


def _from_float(cell: float) -> Cell:
    # A sheet knows only floats; 50667.0 was typed as 50667.
    return int(cell) if cell.is_integer() and abs(cell) < _EXACT_INTEGERS else cell


def _as_is(cell: Cell) -> Cell:
    return cell


def _from_time(cell: time) -> Cell:
    return cell.isoformat("auto" if cell.microsecond else "minutes" if not cell.second else "seconds")


def _from_timedelta(cell: timedelta) -> Cell:
    minutes, seconds = divmod(round(cell.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


_CELLS: dict[type, Callable[..., Cell]] = {
    str: _from_text,
    float: _from_float,
    int: _as_is,
    bool: _as_is,
    date: _as_is,
    datetime: _as_is,
    time: _from_time,
    timedelta: _from_timedelta,
}
