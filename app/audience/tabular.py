"""Open anything with contacts as one kind of table: CSV in any encoding, XLSX, XLS, ODS, address cards, an archive of
CSV files, what was copied elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from app.audience.archive_guard import archive_parts, check_archive, check_packed_tables
from app.audience.archive_source import ArchiveMember, ArchiveSource, ReadPart, table_members
from app.audience.csv_source import CsvSource, sniff_delimiter
from app.audience.encoding import scan_text
from app.audience.file_kind import TableKind, identify
from app.audience.header import guess_header
from app.audience.pasted import PastedSource
from app.audience.source import Cell, FileStamp, Row, RowSource, SourceRow, UnreadableFile, reading
from app.audience.synonyms import fold
from app.audience.xlsx_source import open_sheet

__all__ = ["Cell", "SourceRow", "Table", "TableKind", "UnreadableFile", "open_table"]

SAMPLE_ROWS = 50
TOGETHER = "All files together"
"""The sheet of an archive that is all of its tables."""
LARGE_SHEET_ROWS = 1_000_000
# Room for a header, and for a title above it.
_LOOKED_AT = SAMPLE_ROWS + 6


class _Columns:
    """The columns in use of rows that may be too short or too long."""

    def __init__(self, indexes: tuple[int, ...]) -> None:
        self._indexes = indexes
        self._width = indexes[-1] + 1 if indexes else 0
        self._has_gaps = len(indexes) < self._width
        self._padding = (None,) * self._width

    def pick(self, row: Row) -> tuple[tuple[Cell, ...], int]:
        """The cells of *row* in these columns, and how many filled ones are left out."""
        length = len(row)
        if length == self._width and not self._has_gaps:
            return tuple(row), 0
        full = (*row, *self._padding[length:])
        picked = tuple([full[index] for index in self._indexes]) if self._has_gaps else full[: self._width]
        return picked, _filled(row) - _filled(picked)


@dataclass(frozen=True)
class Table:
    """A table of contacts in a file. What is said about its columns was learnt from its first rows.

    Attributes:
        kind: What the file is, whatever its name says.
        sheets: The sheets to choose from, of an archive its files; empty for CSV.
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
    header: tuple[str, ...]
    has_header: bool
    sample: tuple[tuple[Cell, ...], ...]
    row_count_estimate: int | None
    _source: RowSource = field(repr=False)
    _first_row: int = field(repr=False)
    _columns: _Columns = field(repr=False)
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    warnings: tuple[str, ...] = ()

    def checked(self) -> "Table":
        """Itself, if there is anything in it.

        Raises:
            UnreadableFile: there is not.
        """
        if not self.header:
            raise UnreadableFile(f"“{self.path.name}” is empty.", "Choose a file with contacts in it.")
        return self

    def rows(self, start: int = 0) -> Iterator[SourceRow]:
        """Every row below the header that is not empty, from row number *start* on, one at a time.

        Raises:
            UnreadableFile: at the row that cannot be read, or at the end if the file was changed meanwhile.
        """
        first = max(start, self._first_row)
        for number, cells in self._source.records():
            if number >= first and _is_filled(cells):
                yield SourceRow(number, *self._columns.pick(cells))


def open_table(
    path: Path,
    *,
    sheet: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    pasted: Sequence[Sequence[str]] | None = None,
) -> Table:
    """Look at *path* and tell what table it holds. What is given is taken for true, the rest is found out.

    The rows of *pasted* are looked at instead, if there are any; *path* is then only what they are called.

    A CSV file is scanned whole, in constant memory; a workbook's sheet is loaded.

    Raises:
        UnreadableFile: with one sentence for the user.
    """
    if pasted is not None:
        return _describe(
            path, TableKind.PASTED, PastedSource(pasted), height=len(pasted), has_header=has_header
        ).checked()
    with reading(path):
        stamp = FileStamp.of(path)
    kind = identify(path)
    if kind is TableKind.CSV:
        return _open_csv(path, stamp, encoding=encoding, delimiter=delimiter, has_header=has_header)
    if kind is TableKind.VCARD:
        return _open_cards(path, stamp, encoding=encoding)
    if kind is TableKind.ARCHIVE:
        return _open_packed(path, stamp, sheet, encoding=encoding, delimiter=delimiter, has_header=has_header)
    if kind is not TableKind.XLS:
        check_archive(path)
    source = open_sheet(path, sheet, stamp)
    table = _describe(path, kind, source, height=source.height, has_header=has_header)
    if sheet is None:
        table.checked()
    warnings: tuple[str, ...] = ()
    if source.height > LARGE_SHEET_ROWS:
        warnings = (f"{source.height:,} rows in a workbook take much memory. As CSV they take hardly any.",)
    return replace(table, sheets=source.sheets, sheet=source.name, warnings=warnings)


def _open_csv(
    path: Path,
    stamp: FileStamp,
    *,
    encoding: str | None,
    delimiter: str | None,
    has_header: bool | None,
    member: ArchiveMember | None = None,
) -> Table:
    file = path if member is None else member
    scan = scan_text(file, encoding)
    source = CsvSource(file, scan, delimiter or sniff_delimiter(file, scan), stamp)
    table = _describe(path, TableKind.CSV, source, height=scan.line_count, has_header=has_header)
    table.checked()
    warnings = []
    if scan.is_lossy:
        warnings.append("Some characters could not be read. Choose the encoding by hand if names look wrong.")
    if scan.nul_count:
        warnings.append(f"{scan.nul_count:,} NUL characters, which mean nothing in a text, were left out.")
    return replace(table, encoding=scan.encoding, delimiter=source.delimiter, warnings=tuple(warnings))


def _open_cards(path: Path, stamp: FileStamp, *, encoding: str | None) -> Table:
    # It takes as long to load as the rest of an import process, for a kind of file that few have.
    from app.audience.vcard_source import VCardSource, count_cards

    scan = scan_text(path, encoding)
    table = _describe(
        path, TableKind.VCARD, VCardSource(path, scan, stamp), height=count_cards(path, scan), has_header=True
    )
    return replace(table, encoding=scan.encoding)


def _open_packed(
    path: Path,
    stamp: FileStamp,
    sheet: str | None,
    *,
    encoding: str | None,
    delimiter: str | None,
    has_header: bool | None,
) -> Table:
    """One table of an archive, or all of them one below the other."""
    check_packed_tables(path)
    members = {member.member: member for member in table_members(path, archive_parts(path))}
    sheets = (TOGETHER, *members) if len(members) > 1 else tuple(members)
    chosen = sheet or sheets[0]
    if chosen not in sheets:
        raise UnreadableFile(f"“{path.name}” has no file named “{chosen}”.", "Choose one of its files.")

    def opened(member: ArchiveMember) -> Table:
        return _open_csv(path, stamp, encoding=encoding, delimiter=delimiter, has_header=has_header, member=member)

    if chosen != TOGETHER:
        return replace(opened(members[chosen]), kind=TableKind.ARCHIVE, sheets=sheets, sheet=chosen)
    tables: dict[str, ReadPart] = {}
    height = 0
    for member in members.values():
        table = opened(member)
        word = fold(member.stem).partition(" ")[0]
        tables[word if word not in tables else member.stem] = table
        height += table.row_count_estimate or 0
    source = ArchiveSource(path, tables)
    together = _describe(path, TableKind.ARCHIVE, source, height=height + 1, has_header=True)
    return replace(together, sheets=sheets, sheet=TOGETHER)


def _describe(path: Path, kind: TableKind, source: RowSource, *, height: int, has_header: bool | None) -> Table:
    """What the first rows of *source* say about it; *height* is its number of rows, as far as known."""
    preview = list(islice((record for record in source.records() if _is_filled(record[1])), _LOOKED_AT))
    guess = guess_header([cells for _, cells in preview], has_header=has_header)
    columns = _Columns(guess.columns)
    last_above = preview[guess.first_data_row - 1][0] if guess.first_data_row else 0
    return Table(
        path=path,
        kind=kind,
        header=guess.names,
        has_header=guess.has_header,
        sample=tuple(columns.pick(cells)[0] for _, cells in preview[guess.first_data_row :][:SAMPLE_ROWS]),
        row_count_estimate=max(0, height - last_above),
        _source=source,
        _first_row=last_above + 1,
        _columns=columns,
    )


def _is_filled(cells: Row) -> bool:
    # The first is a shortcut for almost every row; 0 and no are cells, too.
    return any(cells) or any(cell is not None for cell in cells)


def _filled(cells: Row) -> int:
    return sum(cell is not None for cell in cells)
