"""Write a file whole or not at all."""

import errno
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from app.errors import Cancelled, UserFacingError

T = TypeVar("T")

# EFBIG: a USB stick in the old format holds no file above 4 GB.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ROWS_BETWEEN_REPORTS = 1_000


class UnwritableFile(UserFacingError):
    """A file that cannot be written where the user wants it."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside *path* to write to; it becomes *path* when the block ends well, and vanishes when it does not.

    Raises:
        UnwritableFile: the disk is full, or the folder or the old file cannot be written.
    """
    with _refusals_worded(path):
        part = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(4)}.part")
        part.open("xb").close()
        try:
            yield part
            with part.open("rb+") as written:
                os.fsync(written.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _refusals_worded(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise UnwritableFile(f"The folder “{path.parent.name}” is not there.", "Choose another.") from error
    except PermissionError as error:
        raise UnwritableFile(
            f"“{path.name}” may not be written.",
            "Close it in other programs, or choose another folder.",
            detail=str(error),
        ) from error
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise UnwritableFile(
                f"The disk has no room for “{path.name}”.", "Make room or choose another disk.", detail=str(error)
            ) from error
        raise UnwritableFile(
            f"“{path.name}” could not be written.", "Choose another folder.", detail=str(error)
        ) from error


def watched(
    rows: Iterable[T], progress: Callable[[int], None] | None, cancelled: Callable[[], bool] | None
) -> Iterator[T]:
    """*rows*, telling *progress* now and then, and at the end, how many went by.

    Raises:
        Cancelled: as soon as *cancelled* says so.
    """
    count = 0
    for count, row in enumerate(rows, start=1):
        if count % _ROWS_BETWEEN_REPORTS == 1:
            if cancelled is not None and cancelled():
                raise Cancelled
            if progress is not None:
                progress(count - 1)
        yield row
    if progress is not None:
        progress(count)
