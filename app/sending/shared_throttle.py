"""The throttle of an account that several agents send through: they share its limits through the database.

An agent reserves messages in blocks for about a third of a second, so that the database is asked a few times a second
and not for each message. The next block is asked for while there is still something of the one before.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from app.models.database import WorkspaceContended
from app.models.workspace import Workspace
from app.sending import accounts, shared_blocks
from app.sending.brakes import MINUTE_S, Sliding
from app.sending.clock import Clock
from app.sending.limits import LONGEST_LIMIT_MINUTES, Limits
from app.sending.shared_blocks import BLOCK_S, US, Grant, Returned, Rules, Totals, stale_s
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

_ASK_AHEAD_S = 0.15
_POLL_S = 0.005  # how soon to look again whether the database has answered
_LONGEST_WAIT_S = 30.0  # others give back, the user changes limits
_SHORTEST_SLEEP_S = 0.0001
_FEWEST, _MOST = 50, 1000
_TRIES = 5
_MEASURED_OVER_S = 10.0
_GIVEN_BACK_WITHIN_S = 60.0


@dataclass(slots=True)
class _Block:
    """What is left of a grant, in the seconds of this process's clock that never jumps."""

    left: int
    next_at: float
    spacing_s: float
    valid_until: float
    grant: Grant

    def drop_stale(self, now: float) -> int:
        """Forget the moments that are too long past to be used, and return how many they were."""
        if now > self.valid_until:
            stale = self.left
        elif self.spacing_s and (late_s := now - stale_s(self.spacing_s) - self.next_at) > 0:
            stale = min(self.left, int(late_s / self.spacing_s) + 1)
        else:
            return 0
        self.left -= stale
        self.next_at += stale * self.spacing_s
        return stale

    def returned(self) -> Returned:
        """What is left of it, moments and all."""
        return Returned(self.left, self.grant.minute, self.grant.end_us, self.grant.spacing_us)


class SharedThrottle:
    """Hands out the moments to send in; one for each account and agent. It is used like a `Throttle`.

    It works with the database in tasks of its own, started when it is asked: until the database has answered, the next
    message is free in a few milliseconds. Limits, pace and holds of the account are kept in `account_usage` and
    `account_pace`, where every message is counted as it is reserved; nobody else should count it.

    Args:
        workspace: Where the agents meet.
        limits, window, warm_up: The account's, alike in all agents.
    """

    def __init__(
        self,
        workspace: Workspace,
        account_id: int,
        limits: Limits,
        *,
        clock: Clock,
        window: SendingWindow | None = None,
        warm_up: WarmUp | None = None,
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._rules = Rules(account_id, limits, window or SendingWindow.ALWAYS, warm_up)
        self._totals = Totals(account_id)
        self._queue = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._recent = Sliding(None, "", _MEASURED_OVER_S, resolution_s=1.0)
        self._blocks: deque[_Block] = deque()
        self._returned: list[Returned] = []
        self._minutes: deque[tuple[float, int]] = deque()  # (when, minute counted in) of the blocks of late
        self._refused_until = self._ask_again_at = float("-inf")
        self._refused_for = ""
        self._objections: list[float | None] = []
        self._asking: asyncio.Task[None] | None = None
        self._tidying: asyncio.TimerHandle | None = None
        self._failure: Exception | None = None
        self._forgotten_minute = 0
        self._is_closed = False

    @property
    def waiting_for(self) -> str | None:
        """What the next message has to wait for, in plain words to follow "Waiting for"; None if it may go now.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        if self.next_free_in() <= 0:
            return None
        return (self._blocks[0].grant.words if self._blocks else self._refused_for) or "the other agents"

    def next_free_in(self) -> float:
        """Seconds until a message may go; 0 if one may go now.

        Raises:
            WorkspaceUnavailable: the database could not be asked; the next call asks again.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        now = self._clock.monotonic()
        self._drop_stale(now)
        if self._is_worth_asking(now):
            self._ask()
        if self._blocks:
            return max(0.0, self._blocks[0].next_at - now)
        return max(_POLL_S, self._refused_until - now)

    def reserve(self) -> float:
        """Take the right to send one message now and return 0; or take nothing and return the seconds to wait.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        wait_s = self.next_free_in()
        if wait_s > 0:
            return wait_s
        block = self._blocks[0]
        block.left -= 1
        block.next_at += block.spacing_s
        if not block.left:
            self._blocks.popleft()
        self._recent.add(self._clock.monotonic())
        return 0.0

    async def acquire(self) -> None:
        """Wait for the right to send one message, behind all who asked before.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        async with self._queue:
            while (wait_s := self.reserve()) > 0:
                await self._clock.sleep(min(max(wait_s, _SHORTEST_SLEEP_S), _LONGEST_WAIT_S))

    def give_back(self) -> None:
        """One message that was reserved, a minute ago at most, was not offered to the server: it counts no more."""
        now = self._clock.monotonic()
        while len(self._minutes) > 1 and self._minutes[1][0] < now - _GIVEN_BACK_WITHIN_S:
            self._minutes.popleft()
        if self._minutes:
            # Out of an earlier minute than it was counted in, a limit frees a little late; out of a later, too early.
            self._returned.append(Returned(1, self._minutes[0][1]))
            self._tidy_later()

    def slow_down(self, retry_after_s: float | None = None) -> None:
        """The server asks for less: all agents halve their pace, and send nothing for *retry_after_s* seconds."""
        self._objections.append(retry_after_s)
        self._let_go()
        if retry_after_s is not None:
            self._refused_until = max(self._refused_until, self._clock.monotonic() + retry_after_s)
        self._ask()

    def usage(self) -> list[tuple[int, int]]:
        """What all agents reserved in the last 30 days: (minute since 1970 in UTC, messages), oldest first.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        minute = int(self._clock.utcnow().timestamp() // MINUTE_S)
        with self._workspace.read() as session:
            return accounts.usage(session, self._rules.account_id, minute - LONGEST_LIMIT_MINUTES)

    async def refill(self) -> None:
        """Reserve the next block now, and wait for the database's answer; otherwise that happens by itself.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        async with self._turn:
            await self._settle_with_database(takes=True)

    async def close(self) -> None:
        """Give back what is left; nothing can be reserved any more.

        Raises:
            WorkspaceUnavailable: the database could not be asked.
        """
        self._is_closed = True
        if self._tidying is not None:
            self._tidying.cancel()
        async with self._turn:
            self._let_go()
            if self._returned or self._objections:
                await self._settle_with_database(takes=False)
        if self._asking is not None:
            await asyncio.wait({self._asking})

    # What is held

    def _keep(self, grant: Grant, heard_at: float) -> None:
        now = self._clock.monotonic()
        if grant.count and (self._is_closed or self._objections):
            self._returned.append(Returned(grant.count, grant.minute, grant.end_us, grant.spacing_us))
            return
        if not grant.count:
            self._refused_for = grant.words
            self._refused_until = now + grant.wait_us / US
            self._ask_again_at = min(self._refused_until, now + _LONGEST_WAIT_S)
            return
        self._refused_until = self._ask_again_at = float("-inf")
        self._blocks.append(
            _Block(
                grant.count,
                next_at=heard_at + (grant.first_us - grant.now_us) / US,
                spacing_s=grant.spacing_us / US,
                valid_until=heard_at + (grant.valid_until_us - grant.now_us) / US,
                grant=grant,
            )
        )
        if not self._minutes or self._minutes[-1][1] != grant.minute:
            self._minutes.append((now, grant.minute))
        self._tidy_later()

    def _drop_stale(self, now: float) -> None:
        while self._blocks:
            block = self._blocks[0]
            if stale := block.drop_stale(now):
                self._returned.append(Returned(stale, block.grant.minute))
            if block.left:
                return
            self._blocks.popleft()

    def _let_go(self) -> None:
        """Drop all that is held, the latest first, so that the moments can be given to others."""
        self._returned += [block.returned() for block in reversed(self._blocks)]
        self._blocks.clear()

    def _tidy_later(self) -> None:
        """See that what nobody asks for any more is given back."""
        if self._tidying is not None:
            self._tidying.cancel()
        now = self._clock.monotonic()
        last = max((block.valid_until for block in self._blocks), default=now)
        self._tidying = asyncio.get_running_loop().call_later(last - now + _POLL_S, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        self._drop_stale(self._clock.monotonic())
        if self._returned:
            self._ask(takes=False)

    # Asking

    def _is_worth_asking(self, now: float) -> bool:
        if self._is_closed or now < self._ask_again_at:
            return False
        if not self._blocks:
            return True
        last = self._blocks[-1]
        if not last.spacing_s:
            return len(self._blocks) == 1 and last.left < last.grant.count / 2
        return last.next_at + (last.left - 1) * last.spacing_s - now < _ASK_AHEAD_S

    def _ask(self, *, takes: bool = True) -> None:
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._keep_asking(takes=takes))

    async def _keep_asking(self, *, takes: bool) -> None:
        try:
            async with self._turn:
                await self._settle_with_database(takes=takes and not self._is_closed)
                while self._objections or self._returned:
                    await self._settle_with_database(takes=False)
        except Exception as error:  # noqa: BLE001  `next_free_in` raises it
            self._failure = error
        finally:
            self._asking = None

    async def _settle_with_database(self, *, takes: bool) -> None:
        """Give back, object, and with *takes* reserve a block."""
        returned, self._returned = self._returned, []
        objections, self._objections = self._objections, []
        wanted = min(max(_FEWEST, round(self._recent_rate() * BLOCK_S)), _MOST) if takes else 0
        try:
            grant, heard_at = await asyncio.to_thread(self._transact, returned, objections, wanted, self._recent_rate())
        except Exception:
            self._totals.forget()
            self._returned = returned + self._returned
            self._objections = objections + self._objections
            raise
        if grant is not None:
            self._keep(grant, heard_at)

    def _recent_rate(self) -> float:
        return self._recent.rate(self._clock.monotonic())

    def _transact(
        self, returned: Iterable[Returned], objections: Iterable[float | None], wanted: int, own_rate: float
    ) -> tuple[Grant | None, float]:
        """Do all that is to be done; return also when the database's clock was read, by ours."""
        for _ in range(_TRIES - 1):
            with suppress(WorkspaceContended):
                return self._transact_once(returned, objections, wanted, own_rate)
            self._totals.forget()
        return self._transact_once(returned, objections, wanted, own_rate)

    def _transact_once(
        self, returned: Iterable[Returned], objections: Iterable[float | None], wanted: int, own_rate: float
    ) -> tuple[Grant | None, float]:
        with self._workspace.write() as session:
            row = shared_blocks.lock(session, self._rules.account_id)
            now_us = shared_blocks.database_now_us(session, self._clock)
            heard_at = self._clock.monotonic()
            for one in returned:
                shared_blocks.give_back(session, row, one)
                self._totals.forget()
            for retry_after_s in objections:
                shared_blocks.slow_down(
                    session, row, self._rules.limits, now_us=now_us, retry_after_s=retry_after_s, own_rate=own_rate
                )
            if (minute := now_us // (60 * US)) != self._forgotten_minute:
                self._forgotten_minute = minute
                shared_blocks.forget(session, self._rules.account_id, minute)
            grant = None
            if wanted:
                grant = shared_blocks.take(session, row, self._rules, self._totals, wanted=wanted, now_us=now_us)
            return grant, heard_at
