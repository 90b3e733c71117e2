"""A ZIP archive of several tables of text, as newsletter services hand out an audience: one file for those who are
subscribed, one for those who no longer are, one for those whose mail bounced.

They are read from the archive; nothing is unpacked to disk.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol
from zipfile import BadZipFile, ZipFile, ZipInfo

from app.audience.source import Cell, Row, SourceRow, UnreadableFile
from app.audience.synonyms import fold

PART_HEADING = "Part of the export"
"""The column that says from which file a row is: its first word, such as "unsubscribed"."""
TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".txt"})
# A Mac puts its own notes beside each file.
_NOT_TABLES = ("__MACOSX/",)


@dataclass(frozen=True)
class ArchiveMember:
    """A file inside an archive. It opens like a `Path`."""

    archive: Path
    member: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.member).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.member).stem

    def open(self, mode: str = "r", **options: Any) -> IO[Any]:
        with ZipFile(self.archive) as archive:
            # The archive's own file stays open until the member is closed.
            stream = archive.open(self.member)
        return stream if "b" in mode else io.TextIOWrapper(stream, **options)

    def stat(self) -> Any:
        return self.archive.stat()

    def is_dir(self) -> bool:
        return self.archive.is_dir()

    def with_name(self, name: str) -> Path:
        return self.archive.with_name(name)


def table_members(path: Path, parts: list[ZipInfo]) -> tuple[ArchiveMember, ...]:
    """The files of *path* that look like tables of text, those that hold something."""
    return tuple(
        ArchiveMember(path, part.filename)
        for part in parts
        if PurePosixPath(part.filename).suffix.lower() in TEXT_SUFFIXES
        and part.file_size > 0
        and not part.filename.startswith(_NOT_TABLES)
    )


class ReadPart(Protocol):
    """What is needed of a table that was opened."""

    @property
    def header(self) -> tuple[str, ...]: ...

    def rows(self) -> Iterator[SourceRow]: ...


class ArchiveSource:
    """All tables of an archive one below the other, under the headings of all of them. Rows are numbered through."""

    def __init__(self, path: Path, parts: dict[str, ReadPart]) -> None:
        """*parts*: the tables, by the first word of their names."""
        self._path = path
        self._parts = parts
        names: dict[str, str] = {}
        for table in parts.values():
            for name in table.header:
                names.setdefault(fold(name), name)
        self._header = (*names.values(), PART_HEADING)
        self._place = {folded: index for index, folded in enumerate(names)}

    def records(self) -> Iterator[tuple[int, Row]]:
        yield 1, self._header
        number = 1
        for label, table in self._parts.items():
            places = [self._place[fold(name)] for name in table.header]
            for row in self._read(table):
                number += 1
                cells: list[Cell] = [None] * len(self._header)
                for place, cell in zip(places, row.cells, strict=True):
                    cells[place] = cell
                cells[-1] = label
                yield number, cells

    def _read(self, table: ReadPart) -> Iterator[SourceRow]:
        try:
            yield from table.rows()
        except (BadZipFile, EOFError, zlib.error) as error:
            raise UnreadableFile(
                f"“{self._path.name}” is damaged or was not copied completely.",
                "Copy or download it again.",
                detail=str(error),
            ) from error
