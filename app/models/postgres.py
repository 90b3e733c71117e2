"""A workspace in a database of a PostgreSQL server, shared by a team: its connections and transactions."""

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.adapt import AdaptersMap, Buffer, Dumper, Loader
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.database import BUSY_TIMEOUT_S, SENDING_PATIENCE_S, Database
from app.models.location import ServerLocation, protection
from app.models.postgres_errors import safe_text, user_facing
from app.models.postgres_news import News
from app.models.sql import serialise

logger = logging.getLogger(__name__)

_APPLICATION = "Mass Mail Dispatcher"
OLDEST_VERSION = 13
"""The first PostgreSQL that makes random UUIDs by itself."""
_CONNECT_TIMEOUT_S = 10
_IDLE_TRANSACTION_S = 5
"""An agent that is suspended in the middle of a transaction must not hold up the others: the server breaks that off.
Its connections may wait for each other, so it can take this long for each of them."""
_KEEPALIVE = {"idle": 30, "interval": 10, "count": 3}
"""Seconds and tries after which either side takes a silent other side for gone. Without it, an agent whose computer
lost its power would keep what it had locked for two hours."""
_FOR_AGENTS = {"synchronous_commit": "on", "idle_in_transaction_session_timeout": f"{_IDLE_TRANSACTION_S}s"}


class PostgresDatabase(Database):
    """The connections to one database.

    `write()` runs at READ COMMITTED: what decides on a row locks it first, what a row's lock cannot guard goes through
    `app.models.sql.serialise`. `read()` sees one snapshot (REPEATABLE READ).

    Args:
        durable: Whether a commit must survive a power cut whatever the server's own setting, which sending needs. It is
            also more patient with others who hold a lock.
    """

    is_shared = True

    def __init__(self, location: ServerLocation, *, durable: bool = False) -> None:
        self._server = location
        self._is_durable = durable
        self._patience_s = SENDING_PATIENCE_S if durable else BUSY_TIMEOUT_S
        self.session_name = f"{_APPLICATION} agent {secrets.token_hex(8)}" if durable else None
        engine = self._create_engine()
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        super().__init__(location, engine, reader=reader)
        self._news: News | None = None
        self._news_lock = threading.Lock()

    def connect(self, **options: Any) -> "psycopg.Connection[Any]":
        """A bare connection of the caller's own.

        Raises:
            WorkspaceUnavailable: the server cannot be reached, or does not let us in.
            UserFacingError: the connection would not be safe.
        """
        try:
            return psycopg.connect(self._server.url, context=_ADAPTERS, **self._parameters(), **options)
        except psycopg.Error as error:
            raise user_facing(error, self._server) or error from error

    @contextmanager
    def write(self) -> Iterator[Session]:
        """See `Database.write`; everybody else is told of the commit."""
        with super().write() as session:
            yield session
        self._listen().tell()

    @contextmanager
    def staging(self) -> Iterator[Session]:
        """See `Database.staging`: one connection, whose first part touches temporary tables alone."""
        with self.translating(), Session(self._engine) as session:
            yield session
        self._listen().tell()

    def pause_staging(self, session: Session) -> None:
        """See `Database.pause_staging`. Temporary tables outlive a transaction, as the connection stays the same."""
        session.connection().exec_driver_sql("COMMIT")

    def begin_storing(self, session: Session) -> None:
        """See `Database.begin_storing`. Two such transactions at once could wait for each other's rows."""
        serialise(session, "storing")
        # The server knows how large the tables were before, and would compare each new row with each.
        session.execute(text("SET LOCAL enable_nestloop = off"))

    def check_fitness(self) -> None:
        """See to it that a workspace can be made here.

        Raises:
            UserFacingError: the server is too old, or the database has another encoding than UTF-8.
        """
        with self.read() as session:
            version = int(session.scalar(text("SHOW server_version_num")) or 0) // 10_000
            encoding = session.scalar(text("SHOW server_encoding"))
        if version < OLDEST_VERSION:
            raise UserFacingError(
                f"This server's PostgreSQL {version} is too old.", f"Version {OLDEST_VERSION} or newer is needed."
            )
        if encoding != "UTF8":
            raise UserFacingError(
                f"The database “{self._server.name}” cannot hold every letter.",
                "Have one made with the encoding UTF8.",
                detail=f"server_encoding={encoding}",
            )

    def data_version(self) -> int:
        """See `Database.data_version`. It asks nobody: a thread listens, and counts."""
        return self._listen().version

    @contextmanager
    def translating(self) -> Iterator[None]:
        """See `Database.translating`."""
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            meaning = user_facing(cause, self._server) if isinstance(cause, psycopg.Error) else None
            if meaning is None:
                raise
            raise meaning from error

    def close(self) -> None:
        """See `Database.close`; what others were not told yet, they are told first."""
        with self._news_lock:
            if self._news is not None:
                self._news.close()
                self._news = None
        self._engine.dispose()

    def _listen(self) -> News:
        with self._news_lock:
            if self._news is None:
                self._news = News(lambda: self.connect(autocommit=True))
            return self._news

    def _create_engine(self) -> Engine:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=self.connect,
            pool_size=4,
            max_overflow=8,
            # A sending process asks too often to be asked first; elsewhere a link may have died over lunch.
            pool_pre_ping=not self._is_durable,
            # An error that reaches a log or the crash dialog shall not bring the addresses of a statement along.
            hide_parameters=True,
        )
        event.listen(engine, "handle_error", _hide_values)
        return engine

    def _parameters(self) -> dict[str, Any]:
        """What the address does not say (PostgreSQL manual, section 34.1.2)."""
        known = psycopg.pq.Conninfo.get_defaults()
        parts = {option.keyword.decode(): option.val.decode() for option in known if option.val}
        parts |= {name: str(value) for name, value in conninfo_to_dict(self._server.url).items() if value is not None}
        settings = {
            "lock_timeout": f"{self._patience_s:.0f}s",
            "TimeZone": "UTC",
            **{f"tcp_keepalives_{name}": value for name, value in _KEEPALIVE.items()},
            **(_FOR_AGENTS if self._is_durable else {}),
        }
        options = " ".join([parts.get("options", ""), *(f"-c {name}={value}" for name, value in settings.items())])
        return {
            "application_name": self.session_name or _APPLICATION,
            "client_encoding": "UTF8",
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "options": options.strip(),
            **{f"keepalives_{name}": value for name, value in _KEEPALIVE.items()},
            **({"password": self._server.password} if self._server.password else {}),
            **protection(parts),
        }


def _hide_values(context: ExceptionContext) -> None:
    """Take the values of a row out of an error's text: PostgreSQL quotes those that a constraint refused."""
    original = context.original_exception
    if isinstance(original, psycopg.Error) and original.sqlstate is not None:
        text_ = safe_text(original)
        original.args = (text_,)
        if context.sqlalchemy_exception is not None:
            context.sqlalchemy_exception.args = (f"({type(original).__name__}) {text_}",)


class _NumberLoader(Loader):
    """A NUMERIC as Python's whole number or float, as the column of a file gives it."""

    def load(self, data: Buffer) -> int | float:
        digits = bytes(data)
        return float(digits) if b"." in digits or b"N" in digits or b"I" in digits else int(digits)


class _ExactFloatDumper(Dumper):
    """A float with all its digits, and without a type: as a `float8` it would lose some on its way to a NUMERIC."""

    def dump(self, obj: float) -> bytes:
        return repr(obj).encode()


_ADAPTERS = AdaptersMap(psycopg.adapters)
_ADAPTERS.register_loader("numeric", _NumberLoader)
_ADAPTERS.register_dumper(float, _ExactFloatDumper)
