"""The wire: bytes out, replies in, each waited for with a deadline."""

import asyncio
from collections import deque

from app.errors import AppError
from app.sending.reasons import Reason
from app.sending.reply import MalformedReply, Reply, ReplyReader


class Interruption(AppError):
    """The dialogue with the server cannot go on.

    Attributes:
        reason: `CONNECTION_LOST`, `TIMEOUT`, `PROTOCOL` or `SERVER_CLOSING`.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.reason = reason


class Wire(asyncio.Protocol):
    """Takes over a connected transport and reads replies from it.

    One timer serves all waits of a connection: it is moved, not made anew, which at a thousand messages a second is
    most of what a deadline costs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended: Reason | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._closed = self._loop.create_future()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return self._ended is None and not self._transport.is_closing()

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def reply(self, timeout_s: float) -> Reply:
        """The next reply, which the server may have sent already.

        Raises:
            Interruption: None came in time, the connection was lost, or the server does not speak SMTP.
        """
        if not self._replies:
            await self._arrival(timeout_s)
        return self._replies.popleft()

    def check_quiet(self) -> None:
        """Make sure that the server has neither left nor spoken unasked while nothing was expected of it.

        Raises:
            Interruption: It has; whatever it says next could not be matched to a question.
        """
        if not self.is_open:
            raise Interruption(self._ended or Reason.CONNECTION_LOST)
        if self._replies:
            said = self._replies[0]
            raise Interruption(Reason.SERVER_CLOSING if said.code == 421 else Reason.PROTOCOL, str(said))

    async def close(self, timeout_s: float) -> None:
        """Close, and wait until it is closed; after *timeout_s* without further courtesy."""
        self._transport.close()
        await asyncio.wait([self._closed], timeout=timeout_s)
        self.abort()
        await asyncio.shield(self._closed)

    def abort(self) -> None:
        """Drop the connection at once; safe to call when it is gone."""
        # Before Python 3.11.3 a closed TLS transport has lost what its own `abort` needs.
        if not self._closed.done():
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        try:
            self._replies.extend(self._reader.feed(data))
        except MalformedReply:
            self._end(Reason.PROTOCOL)
        self._wake()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._end(Reason.CONNECTION_LOST)
        self._wake()
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    async def _arrival(self, timeout_s: float) -> None:
        self._deadline = self._loop.time() + timeout_s
        while not self._replies:
            if self._ended is not None:
                raise Interruption(self._ended)
            if self._timer is None or self._timer_at > self._deadline:
                self._set_timer()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # Kept beside the handle, because that of a Qt loop does not tell it.
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
            return
        self._end(Reason.TIMEOUT)
        self._wake()

    def _end(self, reason: Reason) -> None:
        self._ended = self._ended or reason

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
