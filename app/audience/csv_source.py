"""Rows of a text file with separators, read in bounded memory whatever the file holds."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.audience.encoding import TextScan
from app.audience.formula_guard import rearm
from app.audience.source import FileStamp, Readable, Row, UnreadableFile, reading

DELIMITERS = ("\t", ";", "|", ",")

_MAX_RECORD_CHARS = 1_000_000
_MAX_RECORD_LINES = 1_000
_SNIFFED_CHARS = 1 << 18
_SNIFFED_LINES = 50
_QUOTED = re.compile(r'(?:^|(?<=[;,\t|]))[ ]*"(?:[^"]|"")*"', re.MULTILINE)
# Excel's own first line to say the separator; it shows no row for it.
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class CsvSource:
    """A text file whose encoding and separator are known."""

    path: Path | Readable
    scan: TextScan
    delimiter: str
    stamp: FileStamp

    def records(self) -> Iterator[tuple[int, Row]]:
        # The limit is the process's own; csv's default of 131,072 is below what a cell may hold here.
        csv.field_size_limit(_MAX_RECORD_CHARS)
        with reading(self.path), _open(self.path, self.scan) as file:
            lines = _RecordLines(file, drops_nuls=self.scan.nul_count > 0)
            reader = csv.reader(lines, delimiter=self.delimiter, skipinitialspace=True)
            try:
                for cells in reader:
                    row = [cell.strip() or None for cell in cells]
                    yield lines.number, [cell and rearm(cell) for cell in row] if lines.has_apostrophe else row
                    lines.next_record()
            except UnicodeError as error:
                # The whole file could be decoded a moment ago.
                self.stamp.check(self.path)
                raise UnreadableFile(f"“{self.path.name}” is not written in {self.scan.encoding}.") from error
            except csv.Error as error:
                raise UnreadableFile(f"Row {lines.number:,} cannot be read.", detail=str(error)) from error
            self.stamp.check(self.path)


class _RecordLines:
    """The lines of a file for `csv.reader`, which asks for another one while a quotation mark is open."""

    def __init__(self, file: IO[str], *, drops_nuls: bool) -> None:
        self.number = 1
        # Then an export of this program, or any careful one, may have marked what looks like a formula.
        self.has_apostrophe = False
        self._file = file
        self._drops_nuls = drops_nuls
        self._is_first = True
        self._lines = self._chars = 0

    def next_record(self) -> None:
        self.number += 1
        self.has_apostrophe = False
        self._lines = self._chars = 0

    def __iter__(self) -> "_RecordLines":
        return self

    def __next__(self) -> str:
        line = self._file.readline(_MAX_RECORD_CHARS + 1)
        if self._is_first:
            self._is_first = False
            line = line.removeprefix("\ufeff")
            if _SEPARATOR_LINE.match(line):
                line = self._file.readline(_MAX_RECORD_CHARS + 1)
        if self._lines and (not line or self._lines >= _MAX_RECORD_LINES or self._chars > _MAX_RECORD_CHARS):
            raise UnreadableFile(
                f"In row {self.number:,} a quotation mark opens a cell and is never closed.",
                "Correct that row, or save the table as XLSX.",
            )
        if not line:
            raise StopIteration
        self._lines += 1
        self._chars += len(line)
        self.has_apostrophe = self.has_apostrophe or "'" in line
        if len(line) > _MAX_RECORD_CHARS:
            raise UnreadableFile(
                f"Row {self.number:,} is longer than {_MAX_RECORD_CHARS:,} characters.",
                "This is hardly a table of contacts; choose another file.",
            )
        return line.replace("\0", "") if self._drops_nuls else line


def _open(path: Path | Readable, scan: TextScan) -> IO[str]:
    return path.open(encoding=scan.encoding, errors=scan.errors, newline="")


def sniff_delimiter(path: Path | Readable, scan: TextScan) -> str:
    """The separator of *path*: the one that stands equally often in most of its first lines."""
    with reading(path), _open(path, scan) as file:
        text = file.read(_SNIFFED_CHARS).removeprefix("\ufeff").replace("\0", "")
    return guess_delimiter(text)


def guess_delimiter(text: str) -> str:
    """The separator of the table that begins with *text*; a comma where there is none."""
    first_line = text.partition("\n")[0]
    if said := _SEPARATOR_LINE.match(first_line):
        return said[1]
    lines = [line for line in _QUOTED.sub("", text).splitlines()[:_SNIFFED_LINES] if line.strip()]
    return max(reversed(DELIMITERS), key=lambda delimiter: _regularity(lines, delimiter))


def _regularity(lines: list[str], delimiter: str) -> float:
    """How much *lines* look like rows parted by *delimiter*: 0 not at all, 2 perfectly.

    The header counts as much as all rows together: decimal commas are regular too, but no header has them.
    """
    counts = [line.count(delimiter) for line in lines]
    usual = max(counts, key=counts.count, default=0)
    if usual == 0:
        return 0.0
    return counts.count(usual) / len(counts) + (counts[0] == usual)
