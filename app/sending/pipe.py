"""A pipe between two processes, for an asyncio program on any system.

A thread reads, because asyncio on Windows cannot wait for a pipe. It always reads, so that writing never waits long.
"""

import asyncio
import contextlib
import pickle
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

# Both ends are this program, and nobody else holds one.
_loads = pickle.loads


class Pipe:
    """One end of the pipe."""

    def __init__(self, connection: "Connection[Any, Any]", *, heard: Callable[[Any], None], ended: Callable[[], None]):
        """Begin to listen: *heard* is called with each message, *ended* once when the other end is gone."""
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._heard = heard
        self._ended = ended
        self._arrived: deque[Any] = deque()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="pipe")
        self._thread.start()

    def send(self, message: object) -> None:
        """Send *message*; nothing happens if the other end is gone, of which `ended` tells."""
        with contextlib.suppress(OSError):
            self._connection.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _listen(self) -> None:
        while True:
            try:
                message = _loads(self._connection.recv_bytes())
            except (EOFError, OSError):
                break
            self._arrived.append(message)
            self._call(self._hear_next)
        self._call(self._ended)

    def _hear_next(self) -> None:
        # Not as an argument of the call: asyncio would show it in the log if the call failed.
        self._heard(self._arrived.popleft())

    def _call(self, function: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(function)
