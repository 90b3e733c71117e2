"""More cores for a fast account: processes that compose, sign and send what the agent hands out.

The agent keeps what must be in one place, the outbox, the limits and the user's wishes, and hands out rows of half a
kilobyte rather than messages of forty. See `app.sending.sending_child` for the other side.
"""

import asyncio
import logging
import multiprocessing
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from app.sending.deliveries import Row
from app.sending.outcomes import Outcome, OutcomeKind, Reason, interrupted
from app.sending.pipe import Pipe
from app.sending.reply import Reply
from app.sending.sending_child import ROWS_AHEAD, main
from app.sending.sending_messages import (
    Claim,
    Claimed,
    Failed,
    FromProcess,
    LetterKey,
    NewLetter,
    NotComposed,
    Rows,
    Settled,
    Trouble,
    Want,
)
from app.sending.smtp import SmtpAccount

if TYPE_CHECKING:
    from app.sending.lane import Hand, Lane

logger = logging.getLogger(__name__)

_MOST = 4
_BACK_OFF_S = (1.0, 5.0, 15.0, 60.0, 300.0)
_MOST_CRASHES = 3
_GOODBYE_S = 10.0
_WORTH_WAITING_S = 1.0


def useful_processes() -> int:
    """How many sending processes this computer has cores for; 0 where the agent alone does as well."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST) if cores > 1 else 0


class SendingProcesses:
    """The sending processes of one account. They share its connections, as `Connections` has them in this process."""

    def __init__(self, lane: "Lane", account: SmtpAccount, *, most: int) -> None:
        self._lane = lane
        self._account = account
        self._most = min(most, account.connections)
        self._connections = account.connections
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def are_open(self) -> bool:
        """Whether any is at work."""
        return bool(self._tasks)

    def grow(self, wanted: int) -> None:
        """See that enough are at work for so many waiting deliveries."""
        while len(self._tasks) < self._most and len(self._tasks) * ROWS_AHEAD < wanted:
            share = (self._connections + len(self._tasks)) // self._most
            task = asyncio.get_running_loop().create_task(self._keep_sending(max(1, share)))
            self._tasks.add(task)
            task.add_done_callback(self._on_done)

    def shrink(self) -> None:
        """The server finds the connections too many: the next processes make do with one less."""
        self._connections = max(self._most, self._connections - 1)

    async def close(self) -> None:
        """Wait until all have ended, which nobody has anything more for."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def abort(self) -> None:
        """End them; what is under way is in doubt."""
        self._most = 0
        for task in self._tasks:
            task.cancel()
        await self.close()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._lane.wake()  # what came up in its last moment has seen one at work

    async def _keep_sending(self, connections: int) -> None:
        """Have one process after the other, as long as there is something to send."""
        failures = 0
        try:
            while await self._lane.until_free():
                process = _SendingProcess(self._lane, self._account, connections)
                await process.run()
                failures = 0 if process.has_sent else failures + 1
                if process.has_crashed and failures >= _MOST_CRASHES:
                    raise RuntimeError("the sending processes end unexpectedly")  # noqa: TRY301  as any other fault
                if failures:
                    await self._lane.rest(_BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1])
        except Exception as error:  # noqa: BLE001  the lane knows whom it concerns
            self._lane.fail(error)


class _SendingProcess:
    """One sending process, from its start to its end.

    Attributes:
        has_sent: A message has come to its end in it.
        has_crashed: It ended for no reason that it gave.
    """

    def __init__(self, lane: "Lane", account: SmtpAccount, connections: int) -> None:
        self.has_sent = False
        self.has_crashed = False
        self._lane = lane
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        spawn = multiprocessing.get_context("spawn")
        ours, self._theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=main, args=(self._theirs, account, connections), daemon=True, name="sending"
        )
        self._pipe = Pipe(ours, heard=self._hear, ended=self._on_end)
        self._out: dict[int, Hand] = {}
        self._granted: set[int] = set()
        self._known: set[LetterKey] = set()
        self._answer = Claimed([], [])
        self._feeding: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Start it, serve it, and settle what it leaves behind."""
        try:
            await asyncio.to_thread(self._process.start)
            self._theirs.close()
            await self._ended
            await asyncio.to_thread(self._process.join, _GOODBYE_S)
            self.has_crashed = self._process.exitcode != 0
            if self.has_crashed:
                logger.error("A sending process ended with %s.", self._process.exitcode)
        finally:
            if self._feeding is not None:
                self._feeding.cancel()
            if self._process.pid is not None:
                self._process.kill()
            self._pipe.close()
            self._settle_rest()

    def _hear(self, message: FromProcess) -> None:
        try:
            self._act_on(message)
        except Exception as error:  # noqa: BLE001  the lane knows whom it concerns
            self._break_off(error)

    def _break_off(self, error: Exception) -> None:
        """The program failed here: the process ends, and what it has is settled as what it is."""
        self._lane.fail(error)
        self._on_end()

    def _act_on(self, message: FromProcess) -> None:
        match message:
            case Want(count):
                self._feeding = self._loop.create_task(self._feed(count))
                self._feeding.add_done_callback(self._on_fed)
            case Claim(delivery_ids):
                for delivery_id in delivery_ids:
                    self._claim(delivery_id)
            case Settled(accepted, outcomes):
                self.has_sent = True
                for delivery_id, code, enhanced, text in accepted:
                    self._settle(
                        delivery_id, Outcome(OutcomeKind.SENT, Reason.ACCEPTED, reply=Reply(code, enhanced, text))
                    )
                for delivery_id, outcome in outcomes:
                    self._settle(delivery_id, outcome)
            case NotComposed(delivery_id, explanation):
                sender, row = self._out.pop(delivery_id)
                sender.skip(self._lane, row.delivery, explanation)
            case Trouble(title, explanation, outcome):
                self._take_trouble(title, explanation, outcome)
            case Failed(trace):
                logger.error("A sending process failed.\n%s", trace)
                self._lane.fail(RuntimeError("a sending process failed"))

    def _settle(self, delivery_id: int, outcome: Outcome) -> None:
        self._granted.discard(delivery_id)
        if outcome.reply is not None:
            self._lane.is_down = False
        if (hand := self._out.pop(delivery_id, None)) is not None:  # or its claim was refused meanwhile
            sender, row = hand
            sender.settle(self._lane, row, outcome)

    async def _feed(self, count: int) -> None:
        """Hand out up to *count* deliveries, waiting for the first."""
        hands: list[Hand] = []
        found = await self._lane.row()
        while found is not None:
            hands.append(found)
            self._out[found[1].delivery.id] = found
            found = self._lane.try_row() if len(hands) < count else None
        rows = []
        for sender, row in hands:
            key, letter = sender.letter(self._lane)
            if key not in self._known:
                self._known.add(key)
                self._pipe.send(NewLetter(key, letter))
            rows.append((key, row))
        self._pipe.send(Rows(rows))

    def _on_fed(self, feeding: "asyncio.Task[None]") -> None:
        error = None if feeding.cancelled() else feeding.exception()
        if isinstance(error, Exception):
            self._break_off(error)

    def _claim(self, delivery_id: int) -> None:
        sender, row = self._out[delivery_id]
        if self._must_wait(row):
            self._refuse(delivery_id)
            sender.settle(self._lane, self._out.pop(delivery_id)[1], _UNTRIED)
            return
        sender.claim(self._lane, row.delivery).add_done_callback(lambda claim: self._on_claimed(delivery_id, claim))

    def _on_claimed(self, delivery_id: int, claim: "asyncio.Future[bool]") -> None:
        if delivery_id not in self._out or claim.cancelled():
            return  # the process has ended meanwhile
        if claim.exception() is None and claim.result():
            self._answer_soon()
            self._granted.add(delivery_id)
            self._answer.granted.append(delivery_id)
            return
        self._refuse(delivery_id)
        sender, row = self._out.pop(delivery_id)
        if claim.exception() is not None:
            sender.settle(self._lane, row, _UNTRIED)

    def _must_wait(self, row: Row) -> bool:
        """Whether the server or the receiver has asked for patience since the delivery was handed out."""
        return self._lane.throttle.next_free_in() > _WORTH_WAITING_S or not self._lane.is_free(row.delivery.domain)

    def _refuse(self, delivery_id: int) -> None:
        self._answer_soon()
        self._answer.refused.append(delivery_id)

    def _answer_soon(self) -> None:
        if not self._answer.granted and not self._answer.refused:
            self._loop.call_soon(self._send_answer)

    def _send_answer(self) -> None:
        answer, self._answer = self._answer, Claimed([], [])
        self._pipe.send(answer)

    def _take_trouble(self, title: str, explanation: str, outcome: Outcome) -> None:
        if outcome.needs_user:
            self._lane.cannot_send(explanation)
        else:
            self._lane.has_failed(title, outcome)

    def _settle_rest(self) -> None:
        """What it was allowed to send and gave no word of is in doubt; the rest goes another way."""
        left, self._out = self._out, {}
        for delivery_id, (sender, row) in left.items():
            sender.settle(self._lane, row, _IN_DOUBT if delivery_id in self._granted else _UNTRIED)

    def _on_end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


_IN_DOUBT = interrupted(Reason.INTERRUPTED, content_left=True)
_UNTRIED = replace(interrupted(Reason.INTERRUPTED, content_left=False), is_untried=True)
