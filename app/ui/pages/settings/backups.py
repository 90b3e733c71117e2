"""The backups of a workspace as the settings page lists them, and how one more is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.errors import UserFacingError
from app.models.backup import list_backups, make_backup
from app.models.workspace import Workspace


@dataclass(frozen=True)
class Backup:
    """A copy of the workspace."""

    path: Path
    made_at: datetime
    size_bytes: int


def read_backups(workspace: Workspace) -> list[Backup]:
    """The backups there are, newest first."""
    found = []
    for path in list_backups(workspace.path):
        facts = path.stat()
        found.append(Backup(path, _moment(path) or datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size))
    return found


def back_up(workspace: Workspace, *, progress: Callable[[int, int], None], is_cancelled: Callable[[], bool]) -> Path:
    """Make one more.

    Raises:
        UserFacingError: there is no place for it.
        Cancelled: *is_cancelled* said so.
    """
    try:
        return make_backup(workspace, progress=progress, is_cancelled=is_cancelled)
    except OSError as error:
        raise UserFacingError(
            "The backup could not be written.",
            "Check that there is space beside the workspace, and that you may write there.",
            detail=str(error),
        ) from error


def _moment(path: Path) -> datetime | None:
    """A backup is named after its time in UTC."""
    try:
        return datetime.strptime(path.stem, "%Y-%m-%d %H%M%S %f").replace(tzinfo=UTC)
    except ValueError:
        return None
