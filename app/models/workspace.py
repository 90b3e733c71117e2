"""One organisation's workspace, opened: an encrypted file, or a database that a team shares."""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app import paths
from app.errors import UserFacingError
from app.models.database import Database, WorkspaceUnavailable, WrongKey
from app.models.fields import BUILT_IN_FIELDS
from app.models.file_database import FileDatabase, cannot_be_opened
from app.models.housekeeping import Organisation
from app.models.keys import WorkspaceKey
from app.models.location import Location, ServerLocation, parse_location
from app.models.sql import serialise

__all__ = [
    "HEAD_REVISION",
    "SUFFIX",
    "AlreadyOpen",
    "Location",
    "OrganisationInfo",
    "ServerLocation",
    "Workspace",
    "held_by_app",
    "locked",
    "parse_location",
    "workspace_id",
]

logger = logging.getLogger(__name__)

SUFFIX = ".mailspace"
HEAD_REVISION = "0004"
"""The newest migration step. Kept here, and held true by a test, because importing Alembic costs every start 0.1 s."""
_SALT_BYTES = 16
_HASH_BYTES = 16
_PROOF = "This key opens the workspace."


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


def workspace_id(location: Location) -> str:
    """The name under which the keyring keeps the key of the workspace at *location*.

    Of a file it is SQLCipher's salt, the first 16 bytes, so it follows the file when it is moved or renamed. Of a
    database it is made from what keys the hashes of its addresses, so it follows a dump to another server.

    Raises:
        WorkspaceUnavailable: it cannot be read.
        UserFacingError: there is no workspace in the database.
    """
    if isinstance(location, ServerLocation):
        return _id_on_server(location)
    try:
        with location.open("rb") as file:
            return file.read(_SALT_BYTES).hex()
    except OSError as error:
        raise cannot_be_opened(error) from error


def _id_on_server(location: ServerLocation) -> str:
    from app.models.postgres import PostgresDatabase

    database = PostgresDatabase(location)
    try:
        with database.read() as session:
            if not inspect(session.connection()).has_table(Organisation.__tablename__):
                raise _no_workspace(location)
            hash_key = session.scalar(text("SELECT hash_key FROM organisation"))
            return hashlib.sha256(bytes(hash_key or b"")).digest()[:_SALT_BYTES].hex()
    finally:
        database.close()


def held_by_app(location: Location) -> AbstractContextManager[None]:
    """Keep a second window off the file at *location*; the system lets go of it even if this process is killed.

    A database on a server is for many windows.

    Raises:
        AlreadyOpen: another process holds it.
        WorkspaceUnavailable: its folder cannot be written.
    """
    if isinstance(location, ServerLocation):
        return nullcontext()
    return locked(Path(f"{location}.lock"), or_raise=lambda: AlreadyOpen(location))


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
    """An open workspace. Its parts are reached through `read()` and `write()`, short transactions on the tables.

    A file is encrypted as a whole with the workspace's key. A database on a server is not: who administers the server
    can read the contacts; the key seals the secrets in it, passwords and private keys, there as in a file.
    """

    def __init__(self, database: Database, key: WorkspaceKey) -> None:
        self.database = database
        self.key = key
        self._hash_key: bytes | None = None

    @classmethod
    def create(
        cls, location: Location | str, key: WorkspaceKey, *, organisation: str, time_zone: str = "UTC"
    ) -> "Workspace":
        """Make a new workspace: a file, or the tables in an empty database.

        Args:
            location: A path, or an address such as `postgresql://user@host/database`.

        Raises:
            UserFacingError: there is a workspace already, or the folder or the database cannot be written.
        """
        where = parse_location(location) if isinstance(location, str) else location
        row = Organisation(name=organisation, time_zone=time_zone, hash_key=secrets.token_bytes(32))
        if isinstance(where, ServerLocation):
            return cls._create_on_server(where, key, row)
        if where.exists():
            raise UserFacingError(f"There is already a file “{where.name}”.", "Choose another name.", detail=str(where))
        try:
            where.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserFacingError(
                "The folder for the workspace cannot be made.", "Choose another folder.", detail=str(error)
            ) from error
        workspace = cls(FileDatabase(where, key), key)
        try:
            workspace._fill(row)
        except BaseException:
            workspace.close()
            for leftover in (where, where.with_name(f"{where.name}-wal"), where.with_name(f"{where.name}-shm")):
                with suppress(OSError):  # what could not be made cannot always be removed: the disk lets nobody write
                    leftover.unlink(missing_ok=True)
            raise
        return workspace

    @classmethod
    def _create_on_server(cls, location: ServerLocation, key: WorkspaceKey, organisation: Organisation) -> "Workspace":
        from app.models.postgres import PostgresDatabase

        database = PostgresDatabase(location)
        workspace = cls(database, key)
        organisation.key_proof = key.seal(_PROOF)
        try:
            database.check_fitness()
            workspace._fill(organisation)
        except BaseException:
            workspace.close()
            raise
        return workspace

    @classmethod
    def open(cls, location: Location | str, key: WorkspaceKey, *, durable: bool = False) -> "Workspace":
        """Open the workspace at *location*, bringing it up to date first if an older version made it.

        A file is backed up before that. A database is changed in one transaction: all of it, or nothing.

        Args:
            location: A path, or an address such as `postgresql://user@host/database`.

        Raises:
            WrongKey: the key does not open it.
            UserFacingError: there is none, a newer version made it, or the disk or the server does not let us.
        """
        where = parse_location(location) if isinstance(location, str) else location
        workspace = cls(_database(where, key, durable=durable), key)
        try:
            revision = workspace._revision()
            if revision != HEAD_REVISION:
                workspace._bring_up_to_date(revision)
            if workspace.is_shared:
                workspace._check_key()
        except BaseException:
            workspace.close()
            raise
        return workspace

    @property
    def location(self) -> Location:
        """Where it is: a path, or the address of a database. Its text shows no password."""
        return self.database.location

    @property
    def name(self) -> str:
        """What its file or its database is called."""
        return self.location.name if isinstance(self.location, ServerLocation) else self.location.stem

    @property
    def is_shared(self) -> bool:
        """Whether several apps and agents may work with it at once, on as many computers."""
        return self.database.is_shared

    @property
    def path(self) -> Path:
        """Where the file is.

        Raises:
            LookupError: it is on a server.
        """
        if isinstance(self.location, ServerLocation):
            raise LookupError("a workspace on a server has no path")  # noqa: TRY004  the caller gave no value
        return self.location

    def beside(self, suffix: str) -> Path:
        """A file of this computer's own for the workspace: beside its file, or in the data folder for a database."""
        if isinstance(self.location, ServerLocation):
            identity = hashlib.sha256(self.location.url.encode()).hexdigest()[:8]
            return paths.data_folder() / f"{self.name} {identity}{suffix}"
        return self.location.with_suffix(suffix)

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
        """Close the file, or the connections to the server."""
        self.database.close()

    def _revision(self) -> str | None:
        with self.read() as session:
            if not inspect(session.connection()).has_table("alembic_version"):
                return None
            revision: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
            return revision

    def _bring_up_to_date(self, revision: str | None) -> None:
        from app.models import migrations

        name = self.location.name
        if revision is None and isinstance(self.location, ServerLocation):
            raise _no_workspace(self.location)
        if revision is None:
            raise UserFacingError(
                f"“{name}” is not a finished workspace.",
                "It was left half-made, perhaps by a full disk: delete it and make a new one.",
                detail=str(self.location),
            )
        if not migrations.is_known(revision):
            raise UserFacingError(
                f"“{name}” was made by a newer version of this program.",
                "Install the newest version to open it; nothing was changed.",
                detail=f"revision {revision}",
            )
        if self.is_shared:
            logger.info("Bringing %s from %s to %s in one transaction", self.location, revision, HEAD_REVISION)
        else:
            from app.models.backup import make_backup

            backup = make_backup(self)
            logger.info("Bringing %s from %s to %s; backup in %s", self.location, revision, HEAD_REVISION, backup)
        self._migrate()

    def _migrate(self) -> None:
        from app.models import migrations

        with self.database.connection() as connection:
            serialise(connection, "migrations")
            migrations.upgrade(connection)

    def _check_key(self) -> None:
        """A file does not open without its key; a database does, so the key has to prove itself.

        Raises:
            WrongKey: it is another one.
        """
        with self.read() as session:
            proof = session.get_one(Organisation, 1).key_proof
        try:
            is_right = proof is not None and self.key.unseal(proof) == _PROOF
        except UserFacingError:
            is_right = False
        if not is_right:
            raise WrongKey(self.name, detail=str(self.location))

    def _fill(self, organisation: Organisation) -> None:
        """Make the tables and what must be in them, in one transaction: what has tables is whole."""
        from app.models import migrations

        with self.database.connection() as connection:
            serialise(connection, "migrations")
            if isinstance(self.location, ServerLocation) and inspect(connection).has_table("alembic_version"):
                raise UserFacingError(
                    f"There is already a workspace in the database “{self.name}”.",
                    "Open it, or take an empty database.",
                    detail=str(self.location),
                )
            migrations.upgrade(connection)
            with Session(connection) as session:
                session.add(organisation)
                session.add_all(field.to_row(position) for position, field in enumerate(BUILT_IN_FIELDS))
                session.commit()


def _database(location: Location, key: WorkspaceKey, *, durable: bool) -> Database:
    """What is kept at *location*, not looked into yet.

    Raises:
        UserFacingError: there is no such file.
    """
    if isinstance(location, ServerLocation):
        # A desktop with a file need not wait for the library.
        from app.models.postgres import PostgresDatabase

        return PostgresDatabase(location, durable=durable)
    try:
        is_there = location.is_file()
    except OSError as error:  # its folder may not be looked into
        raise cannot_be_opened(error) from error
    if not is_there:
        raise UserFacingError(f"There is no workspace “{location.name}” here.", "Was it moved?", detail=str(location))
    return FileDatabase(location, key, durable=durable)


def _no_workspace(location: ServerLocation) -> UserFacingError:
    return UserFacingError(
        f"There is no workspace in the database “{location.name}”.",
        "Check the name of the database, or make a workspace in it.",
        detail=str(location),
    )
