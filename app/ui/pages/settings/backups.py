"""The backups of a workspace as the settings page lists them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.models.backup import list_backups
from app.models.workspace import Workspace


@dataclass(frozen=True)
class Backup:
    """A copy of the workspace."""

    path: Path
    made_at: datetime
    size_bytes: int


def read_backups(workspace: Workspace) -> list[Backup]:
    """The backups there are, newest first."""
    found: list[Backup] = []
    if workspace.is_shared:  # its server has them
        return found
    for path in list_backups(workspace.path):
        facts = path.stat()
        found.append(Backup(path, _moment(path) or datetime.fromtimestamp(facts.st_mtime, UTC), facts.st_size))
    return found


def _moment(path: Path) -> datetime | None:
    """A backup is named after its time in UTC."""
    try:
        return datetime.strptime(path.stem, "%Y-%m-%d %H%M%S %f").replace(tzinfo=UTC)
    except ValueError:
        return None
