"""Open any file with contacts as one kind of table: CSV in any encoding, XLSX, XLS, ODS."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.audience.csv_source import CsvSource, sniff_delimiter
from app.audience.encoding import scan_text
from app.audience.file_kind import TableKind, identify
from app.audience.header import guess_header
from app.audience.source import Cell, FileStamp, Row, RowSource, SourceRow, UnreadableFile, reading
from app.audience.xlsx_source import open_sheet

__all__ = ["Cell", "SourceRow", "Table", "TableKind", "UnreadableFile", "open_table"]

SAMPLE_ROWS = 50


@dataclass(frozen=True)
class Table:
    """A table of contacts in a file. What is said about its columns was learnt from its first rows.

    Attributes:
        kind: What the file is, whatever its name says.
        sheets: The sheets to choose from; empty for CSV.
        sheet: The one this table is; None for CSV.
        header: One name for each column in use, all different; "Column A" where the file has none.
        has_header: Whether the names stand in the file.
        sample: The first rows below the header that are not empty, each as wide as the header.
        encoding: Of a CSV file; may be given to `open_table` again.
        delimiter: Of a CSV file; likewise.
        row_count_estimate: Contacts in the table, if no row is empty and no cell of a CSV file has several lines.
        warnings: Sentences about what could be read only in part.
    """

    path: Path
    kind: TableKind
    sheets: tuple[str, ...]
    sheet: str | None
    header: tuple[str, ...]
    has_header: bool
    sample: tuple[tuple[Cell, ...], ...]
    encoding: str | None
    delimiter: str | None
    row_count_estimate: int | None
    warnings: tuple[str, ...]
    _source: RowSource = field(repr=False)
    _first_row: int = field(repr=False)

    def rows(self, start: int = 0) -> Iterator[SourceRow]:
        """Every row below the header that is not empty, from row number *start* on, one at a time.

        Raises:
            UnreadableFile: at the row that cannot be read, or at the end if the file was changed meanwhile.
        """
        width = len(self.header)
        padding = (None,) * width
        first = max(start, self._first_row)
        for number, cells in self._source.records():
            if number < first or not _is_filled(cells):
                continue
            if len(cells) == width:
                yield SourceRow(number, tuple(cells))
            elif len(cells) < width:
                yield SourceRow(number, (*cells, *padding[len(cells) :]))
            else:
                yield SourceRow(number, tuple(cells[:width]), sum(cell is not None for cell in cells[width:]))


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
) -> Table:
    """Look at *path* and tell what table it holds. What is given is taken for true, the rest is found out.

    A CSV file is scanned whole, in constant memory; a workbook's sheet is loaded.

    Raises:
        UnreadableFile: with one sentence for the user.
    """
    with reading(path):
        stamp = FileStamp.of(path)
    kind = identify(path)
    if kind is TableKind.CSV:
        return _open_csv(path, stamp, encoding=encoding, delimiter=delimiter, has_header=has_header)
    source = open_sheet(path, sheet, stamp)
    preview = _preview(source)
    guess = guess_header([cells for _, cells in preview], has_header=has_header)
    return Table(
        path=path,
        kind=kind,
        sheets=source.sheets,
        sheet=source.name,
        header=guess.names,
        has_header=guess.has_header,
        sample=_sample(preview[guess.first_data_row :], len(guess.names)),
        encoding=None,
        delimiter=None,
        row_count_estimate=max(0, source.height - _rows_above(preview, guess.first_data_row)),
        warnings=(),
        _source=source,
        _first_row=_rows_above(preview, guess.first_data_row) + 1,
    )


def _open_csv(
    path: Path, stamp: FileStamp, *, encoding: str | None, delimiter: str | None, has_header: bool | None
) -> Table:
    scan = scan_text(path, encoding)
    source = CsvSource(path, scan, delimiter or sniff_delimiter(path, scan), stamp)
    preview = _preview(source)
    if not preview:
        raise UnreadableFile(f"“{path.name}” is empty.", "Choose a file with contacts in it.")
    guess = guess_header([cells for _, cells in preview], has_header=has_header)
    warnings = []
    if scan.is_lossy:
        warnings.append("Some characters could not be read. Choose the encoding by hand if names look wrong.")
    if scan.nul_count:
        warnings.append(f"{scan.nul_count:,} NUL characters, which mean nothing in a text, were left out.")
    return Table(
        path=path,
        kind=TableKind.CSV,
        sheets=(),
        sheet=None,
        header=guess.names,
        has_header=guess.has_header,
        sample=_sample(preview[guess.first_data_row :], len(guess.names)),
        encoding=scan.encoding,
        delimiter=source.delimiter,
        row_count_estimate=max(0, scan.line_count - _rows_above(preview, guess.first_data_row)),
        warnings=tuple(warnings),
        _source=source,
        _first_row=_rows_above(preview, guess.first_data_row) + 1,
    )


def _preview(source: RowSource) -> list[tuple[int, Row]]:
    """The first rows that are not empty: a sample, and room for a header with a title above it."""
    return list(islice((record for record in source.records() if _is_filled(record[1])), SAMPLE_ROWS + 6))


def _is_filled(cells: Row) -> bool:
    return any(cell is not None for cell in cells)


def _rows_above(preview: list[tuple[int, Row]], first_data_row: int) -> int:
    """How many rows of the file come before the first contact's."""
    return preview[first_data_row - 1][0] if first_data_row else 0


def _sample(rows: list[tuple[int, Row]], width: int) -> tuple[tuple[Cell, ...], ...]:
    padding = (None,) * width
    return tuple((*cells, *padding)[:width] for _, cells in rows[:SAMPLE_ROWS])
