"""One organisation's workspace: the encrypted file, opened."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.database import Database, WorkspaceUnavailable, cannot_be_opened
from app.models.fields import BUILT_IN_FIELDS
from app.models.housekeeping import Organisation
from app.models.keys import WorkspaceKey

logger = logging.getLogger(__name__)

SUFFIX = ".mailspace"
HEAD_REVISION = "0002"
"""The newest migration step. Kept here, and held true by a test, because importing Alembic costs every start 0.1 s."""
_SALT_BYTES = 16
_HASH_BYTES = 16


class AlreadyOpen(UserFacingError):
    """Another window of the application has this workspace open."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"“{path.stem}” is already open in another window.",
            "Use that window, or close it first.",
            detail=str(path),
        )


@dataclass(frozen=True)
class OrganisationInfo:
    """Whose workspace it is, as the rest of the program sees it."""

    name: str
    postal_address: str
    time_zone: str


def workspace_id(path: Path) -> str:
    """The name under which the keyring keeps the key of the file at *path*.

    It is SQLCipher's salt, the first 16 bytes of the file, so it follows the file when it is moved or renamed.

    Raises:
        WorkspaceUnavailable: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_SALT_BYTES).hex()
    except OSError as error:
        raise cannot_be_opened(error) from error


def held_by_app(path: Path) -> AbstractContextManager[None]:
    """Keep a second window off the workspace at *path*; the system lets go of it even if this process is killed.

    Raises:
        AlreadyOpen: another process holds it.
        WorkspaceUnavailable: its folder cannot be written.
    """
    return locked(Path(f"{path}.lock"), or_raise=lambda: AlreadyOpen(path))


@contextmanager
def locked(path: Path, *, or_raise: Callable[[], UserFacingError]) -> Iterator[None]:
    """Hold the lock file at *path*, or raise what *or_raise* gives if another process does.

    Raises:
        WorkspaceUnavailable: the folder cannot be written, or its file system knows no locks.
    """
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise or_raise() from None
    except (OSError, NotImplementedError) as error:
        raise WorkspaceUnavailable(
            "The folder of the workspace cannot be written.",
            "Check that you may write there, or move the workspace to a folder of your own.",
            detail=f"{path}: {error}",
        ) from error
    try:
        yield
    finally:
        lock.release()


class Workspace:
    """An open workspace. Its parts are reached through `read()` and `write()`, short transactions on the tables."""

    def __init__(self, database: Database, key: WorkspaceKey) -> None:
        self.database = database
        self.key = key
        self._hash_key: bytes | None = None

    @classmethod
    def create(cls, path: Path, key: WorkspaceKey, *, organisation: str, time_zone: str = "UTC") -> "Workspace":
        """Make a new workspace file at *path*.

        Raises:
            UserFacingError: there is a file already, or the folder cannot be written.
        """
        if path.exists():
            raise UserFacingError(f"There is already a file “{path.name}”.", "Choose another name.", detail=str(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserFacingError(
                "The folder for the workspace cannot be made.", "Choose another folder.", detail=str(error)
            ) from error
        workspace = cls(Database(path, key), key)
        try:
            workspace._fill(Organisation(name=organisation, time_zone=time_zone, hash_key=secrets.token_bytes(32)))
        except BaseException:
            workspace.close()
            for leftover in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                with suppress(OSError):  # what could not be made cannot always be removed: the disk lets nobody write
                    leftover.unlink(missing_ok=True)
            raise
        return workspace

    @classmethod
    def open(cls, path: Path, key: WorkspaceKey, *, durable: bool = False) -> "Workspace":
        """Open the workspace file at *path*, bringing it up to date first (after a backup) if an older version made it.

        Raises:
            WrongKey: the key does not open it.
            UserFacingError: there is no such file, a newer version made it, or the disk does not let us.
        """
        try:
            is_there = path.is_file()
        except OSError as error:  # its folder may not be looked into
            raise cannot_be_opened(error) from error
        if not is_there:
            raise UserFacingError(f"There is no workspace “{path.name}” here.", "Was it moved?", detail=str(path))
        workspace = cls(Database(path, key, durable=durable), key)
        try:
            revision = workspace._revision()
            if revision != HEAD_REVISION:
                workspace._bring_up_to_date(revision)
        except BaseException:
            workspace.close()
            raise
        return workspace

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.database.path

    def read(self) -> AbstractContextManager[Session]:
        """See `Database.read`."""
        return self.database.read()

    def write(self) -> AbstractContextManager[Session]:
        """See `Database.write`."""
        return self.database.write()

    def organisation(self) -> OrganisationInfo:
        """Name, postal address and time zone of the organisation."""
        with self.read() as session:
            row = session.get_one(Organisation, 1)
            return OrganisationInfo(row.name, row.postal_address, row.time_zone)

    def set_organisation(self, info: OrganisationInfo) -> None:
        """Store name, postal address and time zone of the organisation."""
        with self.write() as session:
            row = session.get_one(Organisation, 1)
            row.name, row.postal_address, row.time_zone = info.name, info.postal_address, info.time_zone

    def address_hash(self, address: str) -> bytes:
        """The keyed hash (HMAC-SHA256, first 16 bytes) of a normalised address, by which suppressions are matched."""
        if self._hash_key is None:
            with self.read() as session:
                self._hash_key = session.get_one(Organisation, 1).hash_key
        return hmac.digest(self._hash_key, address.encode(), hashlib.sha256)[:_HASH_BYTES]

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def _revision(self) -> str | None:
        with self.read() as session:
            if session.scalar(text("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'")) is None:
                return None
            revision: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
            return revision

    def _bring_up_to_date(self, revision: str | None) -> None:
        from app.models import migrations
        from app.models.backup import make_backup

        if revision is None:
            raise UserFacingError(
                f"“{self.path.name}” is not a finished workspace.",
                "It was left half-made, perhaps by a full disk: delete it and make a new one.",
                detail=str(self.path),
            )
        if not migrations.is_known(revision):
            raise UserFacingError(
                f"“{self.path.name}” was made by a newer version of this program.",
                "Install the newest version to open it; nothing was changed.",
                detail=f"revision {revision}",
            )
        backup = make_backup(self)
        logger.info("Bringing %s from %s to %s; backup in %s", self.path, revision, HEAD_REVISION, backup)
        self._migrate()

    def _migrate(self) -> None:
        from app.models import migrations

        with self.database.connection() as connection:
            migrations.upgrade(connection)

    def _fill(self, organisation: Organisation) -> None:
        """Make the tables and what must be in them, in one transaction: a file that has tables is a whole workspace."""
        from app.models import migrations

        with self.database.connection() as connection:
            migrations.upgrade(connection)
            with Session(connection) as session:
                session.add(organisation)
                session.add_all(field.to_row(position) for position, field in enumerate(BUILT_IN_FIELDS))
                session.commit()
