"""One account while it sends: its limits, its connections, and the dispatches that share them.

A connection belongs to the account, not to a dispatch: it takes messages of the dispatch with the highest priority, and
of those alike in turn. So a single urgent message passes a campaign without a connection of its own.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Protocol

from app.sending.compose import Letter, OutgoingMessage
from app.sending.connections import Connections
from app.sending.deliveries import LeasedDelivery, Row
from app.sending.domains import DomainLanes
from app.sending.outcomes import Outcome, Reason
from app.sending.reasons import Scope
from app.sending.sending_messages import LetterKey
from app.sending.sending_process import SendingProcesses, useful_processes
from app.sending.smtp import SmtpAccount
from app.sending.transport import Envelope, Transport
from app.sending.trouble import AccountTrouble

_KEEP_OPEN_S = 15.0
"""A connection that would have to wait longer for its next message is closed, before the server does it."""
_LOOK_AGAIN_S = 1.0
_LONGEST_SLEEP_S = 30.0
_WORTH_A_NOTE_S = 1.0


class Brake(Protocol):
    """What an account may send: `Throttle`, or `SharedThrottle` where several agents share its limits."""

    @property
    def waiting_for(self) -> str | None: ...
    def next_free_in(self) -> float: ...
    def reserve(self) -> float: ...
    def give_back(self) -> None: ...
    def slow_down(self, retry_after_s: float | None = None) -> None: ...
    def usage(self) -> list[tuple[int, int]]: ...


class Sender(Protocol):
    """What a lane needs of a dispatch on its way; `app.sending.runner.DispatchRunner` is one."""

    @property
    def dispatch_id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def may_have_rows(self) -> bool: ...
    @property
    def is_big(self) -> bool: ...
    def free_in(self) -> float: ...
    @property
    def held_domain(self) -> str | None: ...
    def waiting_rows(self) -> int: ...
    def next_row(self, lane: "Lane") -> Row | None: ...
    def compose(self, lane: "Lane", row: Row) -> OutgoingMessage | None: ...
    def skip(self, lane: "Lane", delivery: LeasedDelivery, explanation: str) -> None: ...
    def letter(self, lane: "Lane") -> tuple[LetterKey, Letter]: ...
    def claim(self, lane: "Lane", delivery: LeasedDelivery) -> "asyncio.Future[bool]": ...
    def settle(self, lane: "Lane", row: Row, outcome: Outcome) -> None: ...
    def cannot_send(self, lane: "Lane", trouble: str) -> None: ...
    def fail(self, error: Exception) -> None: ...


Hand = tuple[Sender, Row]
"""A delivery that may go now, and whose it is."""


class Lane:
    """One account while it sends.

    Attributes:
        note: Why nothing goes out at the moment although all is well; empty while it goes.
        has_new_pace: The server has asked for less since the pace was stored.
        is_down: Its server could not be reached, or took connections for nothing, and has answered no message since.
    """

    def __init__(
        self,
        *,
        account_id: int,
        server: str,
        transport: Transport,
        throttle: Brake,
        domains: DomainLanes,
        connections: int,
        multi_core: SmtpAccount | None = None,
    ) -> None:
        """*multi_core*: the account again, if it may be so fast that one process cannot fill its connections."""
        self.account_id = account_id
        self.server = server
        self.throttle = throttle
        self.note = ""
        self.has_new_pace = False
        self.is_down = False
        self.domains = domains
        self._senders: list[Sender] = []
        self._connections = Connections(transport, LaneFeed(self), most=connections, when_closed=self.wake)
        most = useful_processes() if multi_core is not None else 0
        self._processes = SendingProcesses(self, multi_core, most=most) if multi_core is not None and most else None
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

    @property
    def is_open(self) -> bool:
        """Whether anybody sends through it, or a connection is open."""
        return (
            bool(self._senders)
            or self._connections.are_open
            or (self._processes is not None and self._processes.are_open)
        )

    async def close(self) -> None:
        """Wait until the connections are closed, which nobody has anything more for."""
        await self._connections.close()
        if self._processes is not None:
            await self._processes.close()

    async def abort(self) -> None:
        """Break off what is under way; it is settled as what it is by then, in doubt at worst."""
        await self._connections.abort()
        if self._processes is not None:
            await self._processes.abort()

    def wake(self) -> None:
        """Something has changed: who waits looks again."""
        waiting = sum(sender.waiting_rows() for sender in self._senders)
        if not self.is_multi_core:
            self._connections.grow(waiting)
        elif not self._connections.are_open and self._processes is not None:
            self._processes.grow(waiting)
        self._woken.set()

    @property
    def is_multi_core(self) -> bool:
        """Whether sending processes do the work, and the connections of this one are to be closed."""
        return self._processes is not None and (
            self._processes.are_open or any(sender.is_big for sender in self._senders)
        )

    def is_free(self, domain: str) -> bool:
        """Whether the receiver *domain* may get another message now."""
        return self.domains.free_in(domain) <= 0

    def heed(self, outcome: Outcome, *, domain: str) -> None:
        """Slow down, rest or make do with fewer connections if the server asks for it."""
        if outcome.reason is Reason.TOO_MANY_CONNECTIONS and outcome.scope is Scope.ACCOUNT:
            self._connections.shrink()
            if self._processes is not None:
                self._processes.shrink()
        if outcome.slow_down and outcome.scope is Scope.DOMAIN:
            self.domains.slow_down(domain, outcome.retry_after_s)
        elif outcome.slow_down or outcome.resume_after_s is not None:
            self.throttle.slow_down(outcome.resume_after_s or outcome.retry_after_s)
            self.has_new_pace = True

    def give_back(self, domain: str) -> None:
        """A delivery to *domain* that was taken was not offered to the server."""
        self.throttle.give_back()
        self.domains.give_back(domain)
        self.wake()

    def has_failed(self, title: str, outcome: Outcome) -> None:
        """No connection could be had; *title* says why. It is tried again, and meanwhile other accounts stand in."""
        self.is_down = True
        self.note = title
        self.heed(outcome, domain="")

    def cannot_send(self, trouble: str) -> None:
        """The account cannot send until the user acts."""
        for sender in list(self._senders):
            sender.cannot_send(self, trouble)

    def fail(self, error: Exception) -> None:
        """The program failed in the middle of sending: the dispatches raise it, each for itself."""
        for sender in list(self._senders):
            sender.fail(error)

    # Rows: taken by connections, here or in another process

    @property
    def has_work(self) -> bool:
        """Whether anybody has, or may get, something to send."""
        return any(sender.may_have_rows for sender in self._senders)

    def try_row(self) -> Hand | None:
        """The next delivery, if one may go right now."""
        if self.throttle.next_free_in() > 0:
            return None
        for position, sender in enumerate(self._senders):
            row = sender.next_row(self)
            if row is not None:
                self.throttle.reserve()
                self.domains.reserve(row.delivery.domain)
                self.note = ""
                if len(self._senders) > 1:
                    self._to_the_back(position)
                return sender, row
        return None

    async def row(self) -> Hand | None:
        """The next delivery, waited for; None when there is nothing to send, or not for a while."""
        while self.has_work:
            if (found := self.try_row()) is not None:
                return found
            wait_s = self._free_in()
            if wait_s > _KEEP_OPEN_S:
                return None
            await self._pause(wait_s or _LOOK_AGAIN_S)
        return None

    def _free_in(self) -> float:
        """Seconds until anything may go; 0 if only receivers or a fair share hold it up."""
        senders = [sender.free_in() for sender in self._senders if sender.may_have_rows]
        return max(self.throttle.next_free_in(), min(senders, default=0.0))

    def _to_the_back(self, position: int) -> None:
        """Let the others of its priority go first next time."""
        sender = self._senders.pop(position)
        behind = next(
            (index for index, one in enumerate(self._senders) if one.priority < sender.priority), len(self._senders)
        )
        self._senders.insert(behind, sender)

    async def until_free(self) -> bool:
        """Wait until a connection is worth opening; False if there is nothing to send any more."""
        while self.has_work:
            wait_s = self._free_in()
            if wait_s <= _KEEP_OPEN_S:
                return True
            await self._pause(wait_s)
        return False

    async def rest(self, seconds: float) -> None:
        """Let the server be for that long, or until there is nothing to send any more."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while self.has_work and (left_s := until - clock()) > 0:
            await self._sleep(left_s)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not past a change."""
        if self.throttle.next_free_in() >= _WORTH_A_NOTE_S:
            self.note = f"Waiting for {self.throttle.waiting_for}"
        else:
            held = [sender.held_domain for sender in self._senders if sender.held_domain is not None]
            if held and self.domains.free_in(held[0]) >= _WORTH_A_NOTE_S:
                self.note = f"Waiting for {self.domains.waiting_for(held[0])}"
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
    """The feed of the connections in this process; `app.sending.connections.PatientFeed` is its contract."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def take(self) -> LaneJob | None:
        while not self._lane.is_multi_core and (found := await self._lane.row()) is not None:
            if (job := self._compose(*found)) is not None:
                return job
        return None

    def try_take(self) -> LaneJob | None:
        while not self._lane.is_multi_core and (found := self._lane.try_row()) is not None:
            if (job := self._compose(*found)) is not None:
                return job
        return None

    def claim(self, job: LaneJob) -> "asyncio.Future[bool]":
        return job.sender.claim(self._lane, job.row.delivery)

    def settle(self, job: LaneJob, outcome: Outcome) -> None:
        if outcome.reply is not None:
            self._lane.is_down = False
        job.sender.settle(self._lane, job.row, outcome)

    async def until_free(self) -> bool:
        return not self._lane.is_multi_core and await self._lane.until_free()

    async def rest(self, seconds: float) -> None:
        self._lane.is_down = True
        await self._lane.rest(seconds)

    def note(self, trouble: AccountTrouble) -> None:
        self._lane.has_failed(trouble.title, trouble.outcome)

    def cannot_send(self, trouble: AccountTrouble) -> None:
        self._lane.cannot_send(str(trouble))

    def fail(self, error: Exception) -> None:
        self._lane.fail(error)

    def _compose(self, sender: Sender, row: Row) -> LaneJob | None:
        message = sender.compose(self._lane, row)
        return None if message is None else LaneJob(sender, row, message.envelope, message.content)
