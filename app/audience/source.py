"""What every contact file comes down to: numbered rows of plain cells, or one sentence why it cannot be read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from app.errors import UserFacingError

Cell = str | int | float | bool | date | datetime | None
Row = Sequence[Cell]


class UnreadableFile(UserFacingError):
    """A file that cannot be read as a table. The title says why, the hint what to do."""


class SourceRow(NamedTuple):
    """One row of a table, as wide as its header.

    Attributes:
        number: The row as Excel numbers it, from 1 and counting the header and empty rows.
        cells: None where a cell is empty or the row is too short.
        extra: How many filled cells beyond the last column were left out.
    """

    number: int
    cells: tuple[Cell, ...]
    extra: int = 0


class Readable(Protocol):
    """What is needed of a file: a `Path`, or a file inside an archive that behaves like one."""

    @property
    def name(self) -> str: ...

    def open(self, mode: str = "r", **options: Any) -> IO[Any]: ...

    def stat(self) -> Any: ...

    def is_dir(self) -> bool: ...

    def with_name(self, name: str) -> Path: ...


class RowSource(Protocol):
    """A file, or a sheet of one, that can be read again and again."""

    def records(self) -> Iterator[tuple[int, Row]]:
        """Every row with its number, from the top: ragged, with None for what is empty.

        Raises:
            UnreadableFile: at the row that cannot be read.
        """


@dataclass(frozen=True)
class FileStamp:
    """What tells that a file is still the one that was looked at."""

    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path | Readable) -> "FileStamp":
        found = path.stat()
        return cls(found.st_size, found.st_mtime_ns)

    def check(self, path: Path | Readable) -> None:
        """Raise UnreadableFile if *path* was written to since."""
        if FileStamp.of(path) != self:
            raise UnreadableFile(
                f"“{path.name}” was changed while it was read.", "Save it, close it in other programs and start again."
            )


@contextmanager
def reading(path: Path | Readable) -> Iterator[None]:
    """Word what the operating system may refuse while *path* is read."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnreadableFile(
            f"“{path.name}” is no longer there.", "Choose the file again.", detail=str(path)
        ) from error
    except IsADirectoryError as error:
        raise UnreadableFile(f"“{path.name}” is a folder.", "Choose a file inside it.", detail=str(path)) from error
    except PermissionError as error:
        # Windows reports a folder, and a file that Excel holds open, as a lack of permission.
        if path.is_dir():
            raise UnreadableFile(f"“{path.name}” is a folder.", "Choose a file inside it.") from error
        if _is_open_elsewhere(path):
            title, hint = f"“{path.name}” is open in another program.", "Close it there and try again."
        else:
            title, hint = f"“{path.name}” may not be opened.", "Ask its owner for the permission to read it."
        raise UnreadableFile(title, hint, detail=str(error)) from error
    except OSError as error:
        raise UnreadableFile(
            f"“{path.name}” could not be read from the disk.",
            "Copy it to this computer and try again.",
            detail=str(error),
        ) from error


def _is_open_elsewhere(path: Path | Readable) -> bool:
    """Whether the lock file that Excel ("~$name") or LibreOffice (".~lock.name#") keeps lies beside *path*."""
    return path.with_name(f"~${path.name}").exists() or path.with_name(f".~lock.{path.name}#").exists()
