"""Copies of a workspace for the bad day, and the test whether it is sound.

A database on a server is copied by the server's own tools: they alone get everything, and can put it back.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.errors import Cancelled, UserFacingError
from app.models.database import WorkspaceUnavailable
from app.models.file_database import FileDatabase
from app.models.location import Location
from app.models.workspace import Workspace

KEPT = 10
_PAGES_PER_STEP = 2000


@dataclass(frozen=True)
class CheckReport:
    """What `check` found; no problems means that every page and every reference is as it should be."""

    problems: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        return not self.problems


class BackedUpByServer(UserFacingError):
    """The workspace is on a server, where its administrator backs it up."""

    def __init__(self, location: Location) -> None:
        super().__init__(
            "This workspace is on a database server, and is backed up there.",
            f"Use PostgreSQL's own tool: pg_dump --format=custom --file=workspace.dump '{location}'",
        )


def backup_folder(workspace_path: Path) -> Path:
    """Where the backups of a workspace lie: a folder beside it."""
    return workspace_path.with_name(f"{workspace_path.stem} backups")


def list_backups(workspace_path: Path) -> list[Path]:
    """The backups of a workspace, newest first."""
    return sorted(backup_folder(workspace_path).glob(f"*{workspace_path.suffix}"), reverse=True)


def make_backup(
    workspace: Workspace,
    *,
    keep: int = KEPT,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Copy the workspace, while it is in use, to a new file with the same key, and drop all but the *keep* newest.

    *progress* is told how many database pages of how many are done.

    Raises:
        Cancelled: *is_cancelled* said so; no file is left.
        WorkspaceUnavailable: the disk is full or not writable.
        BackedUpByServer: the workspace is on a server.
    """
    database = workspace.database
    if not isinstance(database, FileDatabase):
        raise BackedUpByServer(workspace.location)
    folder = backup_folder(workspace.path)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise WorkspaceUnavailable(
            "The folder for backups cannot be made.",
            f"Check that you may write to “{folder.parent}”.",
            detail=str(error),
        ) from error
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H%M%S %f")
    target = folder / f"{stamp}{workspace.path.suffix}"
    partial = target.with_suffix(".partial")

    def on_step(_status: int, remaining: int, total: int) -> None:
        if is_cancelled():
            raise Cancelled
        progress(total - remaining, total)

    copy = FileDatabase(partial, workspace.key)
    try:
        _copy_pages(database, copy, on_step)
    except BaseException:
        copy.close()
        for leftover in folder.glob(f"{partial.name}*"):
            leftover.unlink()
        raise
    copy.close()
    partial.replace(target)
    for old in list_backups(workspace.path)[keep:]:
        # One that somebody has open cannot go on Windows; the next backup tries again.
        with suppress(OSError):
            old.unlink()
    return target


def _copy_pages(source: FileDatabase, target: FileDatabase, on_step: Callable[[int, int, int], None]) -> None:
    with source.translating(), target.translating():
        reader, writer = source.connect(), target.connect()
        try:
            reader.backup(writer, pages=_PAGES_PER_STEP, progress=on_step)
            # One plain file is easier to copy elsewhere than one with a write-ahead log beside it.
            writer.execute("PRAGMA journal_mode = DELETE")
        finally:
            writer.close()
            reader.close()


def check(workspace: Workspace) -> CheckReport:
    """Read everything: of a file each page with its authentication code, its structure, its indexes and every foreign
    key; of a database on a server each row of each table, and whether its indexes and foreign keys are in force.

    Raises:
        WorkspaceUnavailable: it cannot be read at all.
    """
    database = workspace.database
    if isinstance(database, FileDatabase):
        return _check_file(database)
    from app.models.postgres_check import problems

    return CheckReport(problems(database))


def _check_file(database: FileDatabase) -> CheckReport:
    with database.translating():
        connection = database.connect()
        try:
            pages = [row[0] for row in connection.execute("PRAGMA cipher_integrity_check")]
            structure = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            orphans = [
                f"A row of “{table}” points to a missing row of “{parent}”."
                for table, _rowid, parent, _key in connection.execute("PRAGMA foreign_key_check")
            ]
        finally:
            connection.close()
    return CheckReport(tuple(pages + structure + orphans))
