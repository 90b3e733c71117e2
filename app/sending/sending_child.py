"""The inside of a sending process: composes, signs and sends what the agent hands out.

It has no workspace and decides nothing. When the agent is gone it ends at once, because nobody could write down any
more what becomes of a message.
"""

import asyncio
import signal
import traceback
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from app.errors import UserFacingError
from app.sending.compose import Composer
from app.sending.connections import Connections
from app.sending.deliveries import Row
from app.sending.outcomes import Outcome
from app.sending.pipe import Pipe
from app.sending.sending_messages import (
    Claim,
    Claimed,
    Failed,
    FromAgent,
    LetterKey,
    NewLetter,
    NotComposed,
    Rows,
    Settled,
    Trouble,
    Want,
)
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.transport import Envelope
from app.sending.trouble import AccountTrouble

ROWS_AHEAD = 48
_CLAIM_AHEAD = 3
_LONGEST_REST_S = 1.0
# A message to the agent costs both sides as much as composing a tenth of one. Claims are waited for, outcomes are not.
_CLAIM_EVERY_S, _SETTLE_EVERY_S = 0.003, 0.01


def main(connection: "Connection[Any, Any]", account: SmtpAccount, connections: int) -> None:
    """Send over up to *connections* of *account* what comes through the pipe, until nothing comes any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the agent, which gets it too, decides
    asyncio.run(_send(connection, account, connections))


async def _send(connection: "Connection[Any, Any]", account: SmtpAccount, connections: int) -> None:
    feed = _ChildFeed(connection)
    own = Connections(SmtpTransport(account, claim_ahead=_CLAIM_AHEAD), feed, most=connections)
    own.grow(connections)
    await asyncio.wait([asyncio.ensure_future(own.close()), feed.is_orphaned], return_when=asyncio.FIRST_COMPLETED)
    if feed.is_orphaned.done():
        await own.abort()
    feed.close()


@dataclass(frozen=True, slots=True)
class _ChildJob:
    """A message ready to go."""

    delivery_id: int
    envelope: Envelope
    content: bytes


class _ChildFeed:
    """The feed of the connections of this process; `app.sending.connections.PatientFeed` is its contract."""

    def __init__(self, connection: "Connection[Any, Any]") -> None:
        self.is_orphaned: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._composers: dict[LetterKey, Composer] = {}
        self._rows: deque[tuple[LetterKey, Row]] = deque()
        self._has_asked = False
        self._is_over = False
        self._is_cut_off = False
        self._arrived = asyncio.Event()
        self._claiming: dict[int, asyncio.Future[bool]] = {}
        self._to_claim: list[int] = []
        self._settled: list[tuple[int, Outcome]] = []
        self._pipe = Pipe(connection, heard=self._hear, ended=self._on_end)

    def close(self) -> None:
        """Say the last things and hang up."""
        self._flush_settled()
        self._pipe.close()

    # The feed

    async def take(self) -> _ChildJob | None:
        while await self._until_rows():
            if (job := self.try_take()) is not None:
                return job
        return None

    def try_take(self) -> _ChildJob | None:
        if len(self._rows) < ROWS_AHEAD // 2:
            self._ask()
        while self._rows:
            key, row = self._rows.popleft()
            try:
                message = self._composers[key].compose(row)
            except UserFacingError as error:
                self._pipe.send(NotComposed(row.delivery.id, str(error)))
            else:
                return _ChildJob(row.delivery.id, message.envelope, message.content)
        return None

    def claim(self, job: _ChildJob) -> "asyncio.Future[bool]":
        claim = self._claiming[job.delivery_id] = self._loop.create_future()
        if not self._to_claim:
            self._loop.call_later(_CLAIM_EVERY_S, self._flush_claims)
        self._to_claim.append(job.delivery_id)
        return claim

    def settle(self, job: _ChildJob, outcome: Outcome) -> None:
        if not self._settled:
            self._loop.call_later(_SETTLE_EVERY_S, self._flush_settled)
        self._settled.append((job.delivery_id, outcome))

    async def until_free(self) -> bool:
        return not self._is_cut_off and await self._until_rows()

    async def rest(self, seconds: float) -> None:
        """Not long: when its connections cannot be had, the process ends, and the agent decides when to try again."""
        if seconds > _LONGEST_REST_S:
            self._is_cut_off = True
        if not self._is_cut_off:
            await asyncio.sleep(seconds)

    def note(self, trouble: AccountTrouble) -> None:
        self._is_cut_off = True
        self._pipe.send(Trouble(trouble.title, str(trouble), trouble.outcome))

    def cannot_send(self, trouble: AccountTrouble) -> None:
        self.note(trouble)

    def fail(self, error: Exception) -> None:
        self._pipe.send(Failed("".join(traceback.format_exception(error))))

    # Inside

    async def _until_rows(self) -> bool:
        """Wait until there is something to send; False if there is nothing any more."""
        while not self._rows and not self._is_over:
            self._ask()
            self._arrived.clear()
            await self._arrived.wait()
        return bool(self._rows)

    def _ask(self) -> None:
        if not self._has_asked and not self._is_over:
            self._has_asked = True
            self._pipe.send(Want(ROWS_AHEAD))

    def _flush_claims(self) -> None:
        wanted, self._to_claim = self._to_claim, []
        self._pipe.send(Claim(wanted))

    def _flush_settled(self) -> None:
        settled, self._settled = self._settled, []
        if not settled:
            return
        accepted, others = [], []
        for delivery_id, outcome in settled:
            if outcome.is_sent and (reply := outcome.reply) is not None:
                accepted.append((delivery_id, reply.code, reply.enhanced, reply.text))
            else:
                others.append((delivery_id, outcome))
        self._pipe.send(Settled(accepted, others))

    def _hear(self, message: FromAgent) -> None:
        try:
            self._act_on(message)
        except Exception as error:  # noqa: BLE001  the agent is told, and decides
            self.fail(error)
            self._on_end()

    def _act_on(self, message: FromAgent) -> None:
        match message:
            case NewLetter(key, letter):
                self._composers[key] = Composer(letter)
            case Rows(rows):
                self._has_asked = False
                self._is_over = not rows
                self._rows.extend(rows)
                self._arrived.set()
            case Claimed(granted, refused):
                self._answer(dict.fromkeys(granted, True) | dict.fromkeys(refused, False))

    def _answer(self, claims: Mapping[int, bool]) -> None:
        for delivery_id, is_granted in claims.items():
            claim = self._claiming.pop(delivery_id)
            if not claim.done():
                claim.set_result(is_granted)

    def _on_end(self) -> None:
        self._is_over = True
        self._arrived.set()
        if not self.is_orphaned.done():
            self.is_orphaned.set_result(None)
