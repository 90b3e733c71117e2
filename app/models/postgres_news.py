"""Hearing of what others committed to a database, and telling them: LISTEN and NOTIFY.

A NOTIFY takes part in its transaction's commit under a lock of the whole server, so one in every writing transaction
would make the agents of a team commit one after the other. Here one thread tells, just after the commit and at most so
many times a second, and hears.
"""

import logging
import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from app.errors import UserFacingError

logger = logging.getLogger(__name__)

CHANNEL = "mass_mail_changed"
"""A channel belongs to its database, so no other workspace is heard on it."""
_TELL_EVERY_S = 0.02
_TRY_AGAIN_S = 1.0
_CLOSE_PATIENCE_S = 5.0


class News:
    """A number that grows whenever anybody, in this process or another, committed a change.

    A lost connection is made anew; as nobody knows what happened meanwhile, that counts as a change.
    """

    def __init__(self, connect: "Callable[[], psycopg.Connection[Any]]") -> None:
        self._connect = connect
        self._version = 0
        self._version_lock = threading.Lock()
        self._name = secrets.token_hex(8)
        self._has_to_tell = threading.Event()
        self._is_closing = False
        self._wake, self._sleeper = socket.socketpair()
        for end in (self._wake, self._sleeper):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="database-news", daemon=True)
        self._thread.start()

    @property
    def version(self) -> int:
        """The number; reading it costs nothing."""
        return self._version

    def tell(self) -> None:
        """Have everybody know that something was committed."""
        self._count()
        self._has_to_tell.set()
        self._rouse()

    def close(self) -> None:
        """Tell what is still to be told, and end."""
        self._is_closing = True
        self._rouse()
        self._thread.join(_CLOSE_PATIENCE_S)
        if not self._thread.is_alive():
            self._wake.close()
            self._sleeper.close()

    def _count(self) -> None:
        with self._version_lock:
            self._version += 1

    def _rouse(self) -> None:
        try:
            self._wake.send(b"x")
        except BlockingIOError:
            return  # it is full: the thread is roused already

    def _run(self) -> None:
        while not self._is_done():
            try:
                with self._connect() as connection:
                    self._serve(connection)
            except (psycopg.Error, UserFacingError) as error:
                if self._is_closing:
                    logger.warning("Others were not told of the last changes: %s", error)
                    return
                logger.warning("The news of the database are cut off: %s", error)
                self._nap(_TRY_AGAIN_S)

    def _serve(self, connection: "psycopg.Connection[Any]") -> None:
        # A notice is no change: its own commit need not wait for the disk.
        connection.execute("SET synchronous_commit = off")
        connection.execute(f"LISTEN {CHANNEL}")
        self._count()
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            selector.register(self._sleeper, selectors.EVENT_READ)
            while not self._is_done():
                if self._has_to_tell.is_set():
                    self._has_to_tell.clear()
                    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._name))
                    if not self._is_closing:
                        time.sleep(_TELL_EVERY_S)
                else:
                    selector.select()
                    self._empty()
                from_others = [one for one in connection.notifies(timeout=0) if one.payload != self._name]
                if from_others:
                    self._count()

    def _is_done(self) -> bool:
        return self._is_closing and not self._has_to_tell.is_set()

    def _nap(self, seconds: float) -> None:
        self._empty()
        with selectors.DefaultSelector() as selector:
            selector.register(self._sleeper, selectors.EVENT_READ)
            selector.select(seconds)

    def _empty(self) -> None:
        try:
            while self._sleeper.recv(4096):
                continue
        except BlockingIOError:
            return
