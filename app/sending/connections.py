"""The connections of an account in this process: opened when there is something to send, kept while there is."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

from app.sending.transport import Connection, Feed, Job, Transport
from app.sending.trouble import AccountTrouble

J = TypeVar("J", bound=Job)

_RECONNECT_S = (1.0, 5.0, 15.0, 60.0, 300.0)


class PatientFeed(Feed[J], Protocol[J]):
    """A feed that also says when a connection is worth having, and hears when it cannot be had."""

    async def until_free(self) -> bool:
        """Wait until there is something that may be sent; False if there is nothing any more."""

    async def rest(self, seconds: float) -> None:
        """Wait that long, but not past the moment when there is nothing to send any more."""

    def note(self, trouble: AccountTrouble) -> None:
        """The server cannot be reached for the moment."""

    def cannot_send(self, trouble: AccountTrouble) -> None:
        """The account cannot send until the user acts."""

    def fail(self, error: Exception) -> None:
        """The program has failed."""


class Connections:
    """Up to a number of connections that send what a feed gives them."""

    def __init__(
        self, transport: Transport, feed: PatientFeed[J], *, most: int, when_closed: Callable[[], None] | None = None
    ) -> None:
        """*when_closed* is called each time the last of them has been closed."""
        self._transport = transport
        self._when_closed = when_closed
        self._feed = feed
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def are_open(self) -> bool:
        """Whether any is at work, or being opened."""
        return bool(self._tasks)

    def grow(self, wanted: int) -> None:
        """See that up to *wanted* are at work."""
        while len(self._tasks) < min(self._most, wanted):
            task = asyncio.get_running_loop().create_task(self._keep_sending())
            self._tasks.add(task)
            task.add_done_callback(self._on_done)

    def shrink(self) -> None:
        """The server finds them too many: make do with one less, and with one at least."""
        self._most = max(1, min(self._most, len(self._tasks)) - 1)

    async def close(self) -> None:
        """Wait until all are closed, which nobody has anything more for."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def abort(self) -> None:
        """Break off what is under way; it is settled as what it is by then, in doubt at worst."""
        self._most = 0  # closing them is a change that others look at, and would have them opened again
        for task in self._tasks:
            task.cancel()
        await self.close()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks and self._when_closed is not None:
            self._when_closed()

    async def _keep_sending(self) -> None:
        """Send over one connection after the other, as long as there is something to send."""
        failures = in_vain = 0
        try:
            while len(self._tasks) <= self._most and await self._feed.until_free():
                try:
                    connection = await self._transport.open()
                except AccountTrouble as trouble:
                    if trouble.needs_user:
                        self._feed.cannot_send(trouble)
                        return
                    self._feed.note(trouble)
                    await self._feed.rest(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])
                    failures += 1
                    continue
                failures = 0
                # Who takes connections and drops them must not be run at with the whole queue.
                in_vain = 0 if await self._send_over(connection) else in_vain + 1
                if in_vain > 1:
                    await self._feed.rest(_RECONNECT_S[min(in_vain - 2, len(_RECONNECT_S) - 1)])
        except Exception as error:  # noqa: BLE001  the feed knows whom it concerns
            self._feed.fail(error)

    async def _send_over(self, connection: Connection) -> bool:
        """Send over a connection as long as it lasts, and return whether it was of use."""
        try:
            await connection.run(self._feed)
            return connection.has_served or connection.is_usable
        finally:
            await connection.close()
