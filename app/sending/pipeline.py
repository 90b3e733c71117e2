"""One connection that sends messages at one round trip each, where the server offers PIPELINING (RFC 2920).

The envelope of the next message travels behind the content of the current one:

    we                                 server
    MAIL, RCPT, DATA             →
                                 ←     250, 250, 354
    content 1, MAIL, RCPT, DATA  →
                                 ←     250 (content 1 accepted), 250, 250, 354
    content 2, …                 →

A server without the extension is asked step by step, by the same code.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from app.sending.commands import DATA, DOT, QUIT, RSET, Abilities, Command, dot_stuffed
from app.sending.outcomes import Outcome, OutcomeKind, Reason, Stage, classify, interrupted
from app.sending.reply import Reply
from app.sending.transport import Envelope, Feed, J
from app.sending.wire import Interruption, Wire

_READY_FOR_CONTENT = 354
_CLOSING = 421
_OUT_OF_SEQUENCE = 503


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait at each step, in seconds.

    RFC 5321 §4.5.3.2 asks for ten minutes after the final dot: who gives up earlier leaves messages in doubt.

    Attributes:
        connect_s: For reaching the server; as long again for TLS and for its greeting.
        command_s: For the answer to a command.
        content_s: For the answer to a message's content, on top of its transfer.
        slowest_bytes_per_s: The upload to allow for in the transfer.
        quit_s: For a goodbye; nothing depends on it.
    """

    connect_s: float = 30.0
    command_s: float = 60.0
    content_s: float = 600.0
    slowest_bytes_per_s: float = 4_000.0
    quit_s: float = 5.0

    def for_content(self, size_bytes: int) -> float:
        return self.content_s + size_bytes / self.slowest_bytes_per_s


@dataclass(slots=True)
class _Transaction:
    """A job on its way."""

    envelope: Envelope
    content: bytes
    claim: "asyncio.Future[bool]"
    settle: Callable[[Outcome], None]
    commands: tuple[Command, ...] = ()  # given when it starts
    content_left: bool = False

    @property
    def has_started(self) -> bool:
        return bool(self.commands)

    @property
    def is_withdrawn(self) -> bool:
        claim = self.claim
        return claim.done() and not claim.cancelled() and claim.exception() is None and not claim.result()


class SmtpConnection:
    """A signed-in connection; `app.sending.transport.Connection` is its contract."""

    def __init__(
        self,
        wire: Wire,
        abilities: Abilities,
        timeouts: Timeouts,
        *,
        messages: int | None = None,
        claim_ahead: int = 1,
    ) -> None:
        """
        Args:
            messages: How many to send before the connection counts as used up; None for any number.
            claim_ahead: How many jobs may be claimed, or wait for it, behind those under way. One leaves the fewest in
                doubt after a crash; with more, no connection has to wait for a commit.
        """
        self.abilities = abilities
        self._wire = wire
        self._timeouts = timeouts
        self._messages_left = messages
        self._claim_ahead = claim_ahead
        self._told_to_go = False
        self._must_reset = False
        self._is_fresh = True  # no message has had its answer yet
        self.has_served = False
        self._line: deque[_Transaction] = deque()  # one content, one envelope behind it, the others being claimed

    @property
    def is_usable(self) -> bool:
        return self._wire.is_open and not self._told_to_go and self._messages_left != 0

    async def run(self, feed: Feed[J]) -> None:
        reason = Reason.INTERRUPTED
        try:
            while (current := await self._next(feed)) is not None:
                await self._transact(feed, current)
        except Interruption as interruption:
            reason = interruption.reason
            self._wire.abort()
        finally:
            self._abandon(reason)

    async def deliver(self, envelope: Envelope, content: bytes) -> Outcome:
        feed = SingleJob(envelope, content)
        await self.run(feed)
        return feed.outcome

    async def close(self) -> None:
        if self._wire.is_open:
            self._wire.write(QUIT.line)
            with contextlib.suppress(Interruption):  # it ends either way
                await self._wire.reply(self._timeouts.quit_s)
        await self._wire.close(self._timeouts.quit_s)

    async def _next(self, feed: Feed[J]) -> _Transaction | None:
        """The first in line, started; waits for a job if there is none."""
        while True:
            if self._line:
                first = self._line[0]
                if first.has_started:
                    return first
                if await asyncio.shield(first.claim):
                    self._wire.check_quiet()
                    self._wire.write(self._start(first))
                    return first
                self._line.popleft()
            elif not self.is_usable or (job := await feed.take()) is None:
                return None
            else:
                self._line_up(feed, job)

    def _look_ahead(self, feed: Feed[J]) -> None:
        """Have the next jobs claimed while the others are under way; no more than a few, lest a pause come late."""
        while self.is_usable and self._waiting < self._claim_ahead and (job := feed.try_take()) is not None:
            self._line_up(feed, job)

    @property
    def _waiting(self) -> int:
        """How many in line have not started: all but one or two at its head."""
        started = 0
        for transaction in self._line:
            if not transaction.commands:
                break
            started += 1
        return len(self._line) - started

    def _line_up(self, feed: Feed[J], job: J) -> None:
        envelope, content = job.envelope, job.content
        if obstacle := self.abilities.obstacle(envelope, len(content)):
            feed.settle(job, Outcome(OutcomeKind.REFUSED, obstacle))
            return
        self._line.append(_Transaction(envelope, content, feed.claim(job), partial(feed.settle, job)))
        if self._messages_left is not None:
            self._messages_left -= 1

    def _start(self, transaction: _Transaction) -> bytes:
        """Make its commands; those to send at once, which without PIPELINING are none."""
        content = transaction.content
        commands = self.abilities.envelope_commands(transaction.envelope, len(content), is_8bit=not content.isascii())
        transaction.commands = (RSET, *commands) if self._must_reset else commands
        self._must_reset = False
        return b"".join(command.line for command in transaction.commands) if self.abilities.pipelining else b""

    async def _transact(self, feed: Feed[J], current: _Transaction) -> None:
        """Bring the first in line to its end and settle it.

        Raises:
            Interruption: The dialogue broke off, or the server wants to close.
        """
        self._look_ahead(feed)
        outcome = await self._negotiate(current)
        if outcome is None:
            self._wire.check_quiet()
            self._write_content(current)
            self._look_ahead(feed)
            reply = await self._reply(self._timeouts.for_content(len(current.content)))
            outcome = classify(reply, stage=Stage.CONTENT)
            if outcome.kind is OutcomeKind.IN_DOUBT:
                raise Interruption(outcome.reason, str(reply))
        self._line.popleft()
        if outcome.reason is Reason.SERVER_CLOSING and not current.content_left:
            outcome = replace(outcome, is_untried=not self._is_fresh)
        self._is_fresh = False
        self.has_served = self.has_served or outcome.reason is not Reason.SERVER_CLOSING
        current.settle(outcome)
        if self._told_to_go:
            raise Interruption(Reason.SERVER_CLOSING)

    async def _negotiate(self, transaction: _Transaction) -> Outcome | None:
        """Have the envelope accepted: None when the server waits for the content, else its first refusal."""
        refusal: Outcome | None = None
        for command in transaction.commands:
            if not self.abilities.pipelining:
                self._wire.write(command.line)
            reply = await self._reply(self._timeouts.command_s)
            if command is DATA and reply.code == _READY_FOR_CONTENT:
                if refusal is not None:
                    await self._send_nothing()
                return refusal
            if reply.is_positive and command is not DATA:
                continue
            if reply.code < 400:
                raise Interruption(Reason.PROTOCOL, str(reply))
            refusal = refusal or self._refusal(command, reply)
            if self._told_to_go or not self.abilities.pipelining:
                break
        self._must_reset = True
        return refusal

    def _refusal(self, command: Command, reply: Reply) -> Outcome:
        """What a command's refusal means for the message.

        Raises:
            Interruption: Nothing: server and client have lost step, which is no fault of the message.
        """
        outcome = classify(reply, stage=command.stage or Stage.MAIL)
        cannot_reset = command is RSET and not self._told_to_go
        if cannot_reset or (reply.code == _OUT_OF_SEQUENCE and outcome.reason is Reason.PROTOCOL):
            raise Interruption(Reason.PROTOCOL, str(reply))
        return outcome

    def _write_content(self, current: _Transaction) -> None:
        parts = [dot_stuffed(current.content), DOT]
        following = self._line[1] if len(self._line) > 1 else None
        if self.abilities.pipelining and following and following.claim.done() and following.claim.result():
            parts.append(self._start(following))
        current.content_left = True
        self._wire.write(b"".join(parts))

    async def _send_nothing(self) -> None:
        """End a message without recipients that the server opened although it had refused them all (RFC 2920 §3.1)."""
        self._wire.write(DOT)
        await self._reply(self._timeouts.command_s)

    async def _reply(self, timeout_s: float) -> Reply:
        reply = await self._wire.reply(timeout_s)
        if reply.code == _CLOSING:
            self._told_to_go = True
        return reply

    def _abandon(self, reason: Reason) -> None:
        """Settle what is under way by what may have left; a connection left in the middle is of no more use.

        A message whose commands went unanswered is untried, unless it was the first of its connection: it might be what
        the server chokes on, and must not be offered to it again and again without a pause.
        """
        if self._line:
            self._wire.abort()
        is_suspect = self._is_fresh
        while self._line:
            transaction = self._line.popleft()
            outcome = interrupted(reason, content_left=transaction.content_left)
            if not transaction.content_left:
                outcome = replace(outcome, is_untried=not (is_suspect and transaction.has_started))
            if not transaction.is_withdrawn:
                transaction.settle(outcome)
            is_suspect = False


class SingleJob:
    """A feed of one job, which is the job as well."""

    def __init__(self, envelope: Envelope, content: bytes) -> None:
        self.envelope = envelope
        self.content = content
        self.outcome = interrupted(Reason.CONNECTION_LOST, content_left=False)
        self._is_taken = False

    async def take(self) -> "SingleJob | None":
        if self._is_taken:
            return None
        self._is_taken = True
        return self

    def try_take(self) -> None:
        return None

    def claim(self, _job: "SingleJob") -> "asyncio.Future[bool]":
        claim = asyncio.get_running_loop().create_future()
        claim.set_result(True)
        return claim

    def settle(self, _job: "SingleJob", outcome: Outcome) -> None:
        self.outcome = outcome
