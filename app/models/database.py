"""What a workspace is kept in: its transactions, and what its errors mean to the user.

There are two: the encrypted file (`app.models.file_database`), and a database of a PostgreSQL server
(`app.models.postgres`). Everything above works with either.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.location import Location

BUSY_TIMEOUT_S = 15.0
SENDING_PATIENCE_S = 600.0
"""How long who sends waits for others to be done writing: a big import must not leave messages in doubt."""


class WrongKey(UserFacingError):
    """The key does not open the workspace; or a file is none: SQLCipher cannot tell the two apart."""

    def __init__(self, name: str, *, detail: str = "") -> None:
        super().__init__(
            f"This key does not open “{name}”.",
            "Enter the recovery key that was shown when this workspace was made, or choose another one.",
            detail=detail,
        )


class WorkspaceUnavailable(UserFacingError):
    """The environment keeps the workspace from being read or written."""


class ServerUnreachable(WorkspaceUnavailable):
    """No server answers there, or none that proves to be the one that is meant."""


class NotLetIn(WorkspaceUnavailable):
    """The server wants another user or password."""


class NoDatabase(WorkspaceUnavailable):
    """The server has no such database, or none that this user may work in."""


class WorkspaceBusy(WorkspaceUnavailable):
    """Another program was writing for longer than we were ready to wait."""


class WorkspaceContended(WorkspaceBusy):
    """Two transactions stood in each other's way, and this one gave in: the same again will do."""


class WorkspaceDamaged(WorkspaceUnavailable):
    """Parts of the workspace are not what was written there."""


class Database(ABC):
    """The connections to one workspace.

    Units of work are short: `with database.write() as session` runs as one transaction, `with database.read() as
    session` sees one snapshot.

    Attributes:
        location: The file or the address.
        is_shared: Whether several apps and agents may work with it at once.
        session_name: Under which name, its own, the server knows the connections of an agent; None in a file.
    """

    is_shared = False
    session_name: str | None = None

    def __init__(self, location: Location, engine: Engine, *, reader: Engine) -> None:
        self.location = location
        self._engine = engine
        self._reader = reader

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and is thrown away.

        Raises:
            WorkspaceUnavailable: the environment's fault.
        """
        with self.translating(), Session(self._reader) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or rolled back if an exception leaves it.

        Raises:
            WorkspaceUnavailable: the environment's fault; nothing was changed.
        """
        with self.translating(), Session(self._engine) as session, session.begin():
            yield session

    @contextmanager
    def write_much(self) -> Iterator[Session]:
        """As `write`, for statements that write a large part of a table.

        A file does not check that what the new rows refer to is there: the caller has read it in this transaction.
        """
        with self.write() as session:
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A Core connection in a write transaction, for migrations."""
        with self.translating(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def staging(self) -> Iterator[Session]:
        """A session in which much is prepared, where nobody sees it, before one transaction puts it into the tables.

        Its tables are temporary. The caller calls `begin_storing` in between, and `commit` at the end;
        otherwise nothing has changed.

        Raises:
            WorkspaceUnavailable: the environment's fault; nothing was changed.
        """
        with self.translating(), Session(self._reader) as session:
            yield session

    @abstractmethod
    def pause_staging(self, session: Session) -> None:
        """Let go of what the tables looked like, so that nobody waits for a session while its user thinks."""

    @abstractmethod
    def begin_storing(self, session: Session) -> None:
        """Take a session of `staging` from preparing to storing, with a fresh view of what others wrote meanwhile."""

    @abstractmethod
    def data_version(self) -> int:
        """A number that changes whenever another connection, in this or any process, has committed.

        Raises:
            WorkspaceUnavailable: the environment's fault.
        """

    @abstractmethod
    def translating(self) -> AbstractContextManager[None]:
        """Turn errors of the environment into sentences for the user; faults of the program pass unchanged."""

    @abstractmethod
    def close(self) -> None:
        """Close all connections."""
