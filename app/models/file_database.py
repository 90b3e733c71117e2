"""The encrypted SQLite file: its connections, and what its errors mean to the user."""

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.errors import UserFacingError
from app.models.database import (
    BUSY_TIMEOUT_S,
    SENDING_PATIENCE_S,
    Database,
    WorkspaceBusy,
    WorkspaceDamaged,
    WorkspaceUnavailable,
    WrongKey,
)
from app.models.keys import WorkspaceKey

_CACHE_KIB = 64 * 1024
_STAGING_CACHE_KIB = 24 * 1024
_AGENT_CACHE_KIB = 12 * 1024
"""Sending goes through the tables once; a larger cache would only make the agent grow with the workspace."""

# Without an adapter the binding looks one up for every None, seven times slower on sparse rows.
sqlcipher.register_adapter(type(None), lambda value: value)


_MEANINGS: tuple[tuple[str, type[WorkspaceUnavailable], str, str], ...] = (
    (
        "disk is full",
        WorkspaceUnavailable,
        "The disk is full.",
        "Free some space; nothing that was saved before is lost.",
    ),
    (
        "readonly",
        WorkspaceUnavailable,
        "The workspace file is write-protected.",
        "Remove the protection, or move it to a folder of your own.",
    ),
    (
        "disk i/o error",
        WorkspaceUnavailable,
        "The disk does not answer.",
        "Check that the drive is connected and has space, then try again.",
    ),
    (
        "unable to open",
        WorkspaceUnavailable,
        "The workspace file cannot be opened.",
        "Check that its folder exists and you may write there.",
    ),
    (
        "locked",
        WorkspaceBusy,
        "The workspace is busy.",
        "Wait until the other program is done with it, then try again.",
    ),
    (
        "malformed",
        WorkspaceDamaged,
        "The workspace file is damaged.",
        "Open the latest backup: main.py backup --list names them.",
    ),
)


def user_facing(error: Exception, path: Path) -> UserFacingError | None:
    """What a database error means to the user, or None if it is a fault of the program."""
    text = str(error).lower()
    if "not a database" in text:
        return WrongKey(path.name, detail=str(path))
    for words, kind, title, hint in _MEANINGS:
        if words in text:
            return kind(title, hint, detail=f"{path}: {error}")
    return None


def cannot_be_opened(error: OSError) -> WorkspaceUnavailable:
    """What it means to the user that the system lets nobody at the file."""
    return WorkspaceUnavailable(
        "The workspace file cannot be opened.",
        "Check that its folder exists and you may write there.",
        detail=str(error),
    )


class FileDatabase(Database):
    """One encrypted file and the connections to it.

    `write()` takes the write lock at once, so it never fails half-way for a lock.

    Args:
        durable: Whether a commit survives a power cut (`synchronous=FULL`), which sending needs; otherwise a power cut
            can take back the last moments, but never damages the file. It is also more patient with others who write.
    """

    def __init__(self, path: Path, key: WorkspaceKey, *, durable: bool = False) -> None:
        self.path = path
        self._key = key
        self._synchronous = "FULL" if durable else "NORMAL"
        self._patience_s = SENDING_PATIENCE_S if durable else BUSY_TIMEOUT_S
        self._cache_kib = _AGENT_CACHE_KIB if durable else _CACHE_KIB
        engine = self._create_engine()
        super().__init__(path, engine, reader=engine.execution_options(reading=True))
        self._watch: Any = None
        self._watch_lock = threading.Lock()

    def connect(self) -> Any:
        """A bare DB-API connection of the caller's own, keyed and configured, in autocommit mode.

        Raises:
            WrongKey, WorkspaceUnavailable: the file does not open.
        """
        connection = None
        try:
            connection = sqlcipher.connect(
                str(self.path), isolation_level=None, check_same_thread=False, timeout=self._patience_s
            )
            # First, or SQLCipher writes its complaint about a wrong key to standard error.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = {self._key.database_pragma()}")
            # `PRAGMA key` itself never fails: the first read tells whether the key is right.
            connection.execute("SELECT count(*) FROM sqlite_schema")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{self._cache_kib}")
            connection.execute("PRAGMA temp_store = MEMORY")
        except sqlcipher.Error as error:
            if connection is not None:
                connection.close()
            raise self._translated(error) from error
        return connection

    @contextmanager
    def write_much(self) -> Iterator[Session]:
        """See `Database.write_much`. The memory it takes is given back at the end."""
        with self.translating(), self._engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            # Cannot be changed within a transaction. Looking up each row that another refers to takes longer than
            # writing it, once the table has outgrown the cache.
            raw.execute("PRAGMA foreign_keys = OFF")
            try:
                with Session(connection) as session, session.begin():
                    yield session
            finally:
                raw.execute("PRAGMA foreign_keys = ON")
                raw.execute("PRAGMA shrink_memory")

    @contextmanager
    def staging(self) -> Iterator[Session]:
        """See `Database.staging`. What is prepared goes to a file of its own, so that the memory stays small however
        much it is; nobody keeps the key it is encrypted with.
        """
        with (
            self.translating(),
            TemporaryDirectory(prefix="mass-mail-", ignore_cleanup_errors=True) as folder,
            self._reader.connect() as connection,
        ):
            raw: Any = connection.connection.dbapi_connection
            try:
                key = f"x'{secrets.token_hex(32)}'"
                raw.execute("ATTACH DATABASE ? AS staging KEY ?", (str(Path(folder) / "staging"), key))
                for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_STAGING_CACHE_KIB}"):
                    raw.execute(f"PRAGMA staging.{pragma}")
                with Session(connection) as session:
                    yield session
            finally:
                # Closes the file before its folder goes.
                connection.invalidate()

    def pause_staging(self, session: Session) -> None:
        """See `Database.pause_staging`."""
        session.connection().exec_driver_sql("COMMIT")
        session.connection().exec_driver_sql("BEGIN")

    def begin_storing(self, session: Session) -> None:
        """See `Database.begin_storing`. Preparing took no lock; now the write lock is taken on the same connection."""
        session.connection().exec_driver_sql("COMMIT")
        session.connection().exec_driver_sql("BEGIN IMMEDIATE")

    def data_version(self) -> int:
        """See `Database.data_version`; ten microseconds."""
        with self._watch_lock:
            if self._watch is None:
                self._watch = self.connect()
            with self.translating():
                version: int = self._watch.execute("PRAGMA data_version").fetchone()[0]
            return version

    def close(self) -> None:
        """See `Database.close`."""
        with self._watch_lock:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()

    def _create_engine(self) -> Engine:
        engine = create_engine(
            "sqlite://",
            module=sqlcipher,
            creator=self.connect,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=8,
            # An error that reaches a log or the crash dialog shall not bring the addresses of a statement along.
            hide_parameters=True,
        )

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            reading = connection.get_execution_options().get("reading", False)
            connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

        return engine

    @contextmanager
    def translating(self) -> Iterator[None]:
        """See `Database.translating`."""
        try:
            yield
        except (DBAPIError, sqlcipher.Error, sqlite3.Error) as error:
            meaning = user_facing(error.orig if isinstance(error, DBAPIError) and error.orig else error, self.path)
            if meaning is None:
                raise
            raise meaning from error

    def _translated(self, error: Exception) -> Exception:
        return user_facing(error, self.path) or error
