"""One account while it sends: its limits, its connections, and the dispatches that share them.

A connection belongs to the account, not to a dispatch: it takes messages of the dispatch with the highest priority, and
of those alike in turn. So a single urgent message passes a campaign without a connection of its own.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import Protocol

from app.sending.compose import OutgoingMessage
from app.sending.outbox import LeasedDelivery
from app.sending.outcomes import Outcome
from app.sending.supply import Row
from app.sending.throttle import Throttle
from app.sending.transport import Connection, Envelope, Transport
from app.sending.trouble import AccountTrouble

logger = logging.getLogger(__name__)

_KEEP_OPEN_S = 15.0
"""A connection that would have to wait longer for its next message is closed, before the server does it."""
_LOOK_AGAIN_S = 1.0
_LONGEST_SLEEP_S = 30.0
_WORTH_A_NOTE_S = 1.0
_RECONNECT_S = (1.0, 5.0, 15.0, 60.0, 300.0)


class Sender(Protocol):
    """What a lane needs of a dispatch on its way; `app.sending.runner.DispatchRunner` is one."""

    @property
    def dispatch_id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def may_have_rows(self) -> bool: ...
    def waiting_rows(self) -> int: ...
    def next_row(self, lane: "Lane") -> Row | None: ...
    def compose(self, lane: "Lane", row: Row) -> OutgoingMessage | None: ...
    def claim(self, lane: "Lane", delivery: LeasedDelivery) -> "asyncio.Future[bool]": ...
    def settle(self, lane: "Lane", row: Row, outcome: Outcome) -> None: ...
    def cannot_send(self, lane: "Lane", trouble: str) -> None: ...
    def fail(self, error: Exception) -> None: ...


class Lane:
    """One account while it sends.

    Attributes:
        note: Why nothing goes out at the moment although all is well; empty while it goes.
    """

    def __init__(
        self, *, account_id: int, server: str, transport: Transport, throttle: Throttle, connections: int
    ) -> None:
        self.account_id = account_id
        self.server = server
        self.throttle = throttle
        self.note = ""
        self._transport = transport
        self._connections = connections
        self._senders: list[Sender] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    def attach(self, sender: Sender) -> None:
        """Have the connections send what *sender* has."""
        self._senders.append(sender)
        self._senders.sort(key=lambda one: -one.priority)
        self.wake()

    def detach(self, sender: Sender) -> None:
        """Take nothing more from *sender*."""
        with contextlib.suppress(ValueError):
            self._senders.remove(sender)
        self.wake()

    async def close(self) -> None:
        """Wait until the connections are closed, which nobody has anything more for."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def abort(self) -> None:
        """Break off what is under way; it is settled as what it is by then, in doubt at worst."""
        for task in self._tasks:
            task.cancel()
        await self.close()

    def wake(self) -> None:
        """Something has changed: who waits looks again."""
        self._grow(sum(sender.waiting_rows() for sender in self._senders))
        self._woken.set()

    def is_free(self, domain: str) -> bool:
        """Whether the receiver *domain* may get another message now."""
        return True

    def heed(self, outcome: Outcome, *, domain: str) -> None:
        """Slow down if the server asks for it."""
        if outcome.slow_down:
            self.throttle.slow_down(outcome.retry_after_s)

    def fail(self, trouble: str) -> None:
        """The account cannot send until the user acts."""
        for sender in list(self._senders):
            sender.cannot_send(self, trouble)

    # Rows: taken by connections, here or in another process

    @property
    def has_work(self) -> bool:
        """Whether anybody has, or may get, something to send."""
        return any(sender.may_have_rows for sender in self._senders)

    def try_row(self) -> tuple[Sender, Row] | None:
        """The next delivery, if one may go right now."""
        if self.throttle.next_free_in() > 0:
            return None
        for position, sender in enumerate(self._senders):
            row = sender.next_row(self)
            if row is not None:
                self.throttle.reserve()
                self.note = ""
                if len(self._senders) > 1:
                    self._to_the_back(position)
                return sender, row
        return None

    async def row(self) -> tuple[Sender, Row] | None:
        """The next delivery, waited for; None when there is nothing to send, or not for a while."""
        while self.has_work:
            if (found := self.try_row()) is not None:
                return found
            wait_s = self.throttle.next_free_in()
            if wait_s > _KEEP_OPEN_S:
                return None
            await self._pause(wait_s or _LOOK_AGAIN_S)
        return None

    def _to_the_back(self, position: int) -> None:
        """Let the others of its priority go first next time."""
        sender = self._senders.pop(position)
        behind = next(
            (index for index, one in enumerate(self._senders) if one.priority < sender.priority), len(self._senders)
        )
        self._senders.insert(behind, sender)

    # Connections

    def _grow(self, wanted: int) -> None:
        """See that up to *wanted* connections are at work."""
        while len(self._tasks) < min(self._connections, wanted):
            task = asyncio.get_running_loop().create_task(self._keep_sending())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _keep_sending(self) -> None:
        """Send over one connection after the other, as long as there is something to send."""
        failures = 0
        try:
            while await self._until_free():
                try:
                    connection = await self._transport.open()
                except AccountTrouble as trouble:
                    if trouble.needs_user:
                        self.fail(str(trouble))
                        return
                    self.note = trouble.title
                    await self._back_off(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])
                    failures += 1
                    continue
                failures = 0
                await self._send_over(connection)
        except Exception as error:  # noqa: BLE001  the dispatches raise it, each for itself
            for sender in list(self._senders):
                sender.fail(error)

    async def _send_over(self, connection: Connection) -> None:
        try:
            await connection.run(LaneFeed(self))
        finally:
            await connection.close()

    async def _until_free(self) -> bool:
        """Wait until a connection is worth opening; False if there is nothing to send any more."""
        while self.has_work:
            wait_s = self.throttle.next_free_in()
            if wait_s <= _KEEP_OPEN_S:
                return True
            await self._pause(wait_s)
        return False

    async def _back_off(self, seconds: float) -> None:
        """Let the server be for that long, or until there is nothing to send any more."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while self.has_work and (left_s := until - clock()) > 0:
            await self._sleep(left_s)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past a change."""
        if self.throttle.next_free_in() >= _WORTH_A_NOTE_S:
            self.note = f"Waiting for {self.throttle.waiting_for}"
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), min(seconds, _LONGEST_SLEEP_S))


@dataclass(frozen=True, slots=True)
class LaneJob:
    """A message ready to go, and whose it is."""

    sender: Sender
    row: Row
    envelope: Envelope
    content: bytes


class LaneFeed:
    """The feed of a connection in this process; `app.sending.transport.Feed` is its contract."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def take(self) -> LaneJob | None:
        while (found := await self._lane.row()) is not None:
            if (job := self._compose(*found)) is not None:
                return job
        return None

    def try_take(self) -> LaneJob | None:
        while (found := self._lane.try_row()) is not None:
            if (job := self._compose(*found)) is not None:
                return job
        return None

    def claim(self, job: LaneJob) -> "asyncio.Future[bool]":
        return job.sender.claim(self._lane, job.row.delivery)

    def settle(self, job: LaneJob, outcome: Outcome) -> None:
        job.sender.settle(self._lane, job.row, outcome)

    def _compose(self, sender: Sender, row: Row) -> LaneJob | None:
        message = sender.compose(self._lane, row)
        return None if message is None else LaneJob(sender, row, message.envelope, message.content)
