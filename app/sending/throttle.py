"""How fast an account may send: limits it never exceeds, and a pace that gives way when the server asks for it.

Providers count in sliding windows ("500 in any 24 hours"), so the throttle does as well. What was sent before a restart
counts, from the history that the workspace keeps.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from app.sending.clock import Clock, SystemClock
from app.sending.limits import Limits

__all__ = ["Clock", "Limits", "SystemClock", "Throttle"]

_MINUTE_S, _HOUR_S, _DAY_S = 60.0, 3_600.0, 86_400.0

# A sleep ends a millisecond or so late. That much is caught up, or 2,000 a second would come out as 700.
_CATCH_UP_S = 0.05
_SHORTEST_SLEEP_S = 0.0001
_LONGEST_SLEEP_S = 30.0  # a computer that was suspended must notice that a day has passed

# Additive increase, multiplicative decrease, as TCP does it (RFC 5681). All connections report the same congestion, so
# only the first report in a while counts; from then on the old pace comes back within ten minutes.
_DECREASE = 0.5
_DECREASE_EVERY_S = 5.0
_RECOVERY_S = 600.0
_SLOWEST_PER_S = 1 / 60
_MEASURED_OVER_S = 10.0


class Throttle:
    """Hands out the moments to send in. One for each account, shared by its connections."""

    def __init__(self, limits: Limits, *, clock: Clock, usage: Iterable[tuple[int, int]] = ()) -> None:
        """*usage*: what was sent before, as (minute since 1970 in UTC, messages); what is older than a day is ignored.

        Where in its minute a message of the past went is not known, so it counts as sent at the minute's end: a limit
        may free a little late after a restart, never early.
        """
        self._clock = clock
        self._queue = asyncio.Lock()
        self._per_second = limits.per_second
        self._next_at = self._hold_until = self._slowed_at = float("-inf")
        self._pace: _Pace | None = None
        self._recent = _Window(None, "a second", _MEASURED_OVER_S, resolution_s=1.0)
        self._by_monotonic = (
            _Window(limits.per_second, "a second", 1.0, resolution_s=0.001),
            _Window(limits.per_minute, "a minute", _MINUTE_S, resolution_s=0.1),
        )
        # Hours and days are counted by the calendar's clock, which goes on while the computer sleeps.
        self._day = _Window(limits.per_day, "a day", _DAY_S, resolution_s=_MINUTE_S)
        self._by_date = (_Window(limits.per_hour, "an hour", _HOUR_S, resolution_s=_MINUTE_S), self._day)
        for minute, count in sorted(usage):
            self._remember(minute, count)

    @property
    def waiting_for(self) -> str | None:
        """What the next message has to wait for, in plain words to follow "Waiting for"; None if it may go now."""
        wait_s, words = max(self._waits())
        return words if wait_s > 0 else None

    def next_free_in(self) -> float:
        """Seconds until a message may go; 0 if one may go now."""
        return max(0.0, *(wait_s for wait_s, _ in self._waits()))

    def reserve(self) -> float:
        """Take the right to send one message now and return 0; or take nothing and return the seconds to wait."""
        wait_s = self.next_free_in()
        if wait_s > 0:
            return wait_s
        now = self._clock.monotonic()
        if (rate := self._rate(now)) is not None:
            is_late = now - _CATCH_UP_S < self._next_at
            self._next_at = (self._next_at if is_late else now) + 1 / rate
        self._recent.add(now)
        for window in self._by_monotonic:
            window.add(now)
        date = self._clock.utcnow().timestamp()
        for window in self._by_date:
            window.add(date)
        return 0.0

    async def acquire(self) -> None:
        """Wait for the right to send one message, behind all who asked before."""
        async with self._queue:
            while (wait_s := self.reserve()) > 0:
                await self._clock.sleep(min(max(wait_s, _SHORTEST_SLEEP_S), _LONGEST_SLEEP_S))

    def slow_down(self, retry_after_s: float | None = None) -> None:
        """The server asks for less: halve the pace, and send nothing for *retry_after_s* seconds if it said so."""
        now = self._clock.monotonic()
        if retry_after_s is not None:
            self._hold_until = max(self._hold_until, now + retry_after_s)
        if now < self._slowed_at + _DECREASE_EVERY_S:
            return
        self._slowed_at = now
        rate = self._rate(now) or max(1.0, self._recent.rate(now))
        ceiling = self._pace.ceiling if self._pace else rate
        self._pace = _Pace(max(rate * _DECREASE, _SLOWEST_PER_S), ceiling, now)

    def usage(self) -> list[tuple[int, int]]:
        """What was sent in the last 24 hours: (minute since 1970 in UTC, messages), oldest first."""
        return self._day.steps(self._clock.utcnow().timestamp())

    def _remember(self, minute: int, count: int) -> None:
        date = self._clock.utcnow().timestamp()
        sent_at = min((minute + 1) * _MINUTE_S, date)
        for window in self._by_date:
            window.add(min(minute * _MINUTE_S, date), count)
        for window in self._by_monotonic:
            window.add(self._clock.monotonic() - (date - sent_at), count)

    def _rate(self, now: float) -> float | None:
        """Messages a second to space evenly; None for as many as come."""
        if self._pace is not None and self._pace.has_recovered(now):
            self._pace = None
        pace = self._pace.at(now) if self._pace else None
        return min((rate for rate in (self._per_second, pace) if rate is not None), default=None)

    def _waits(self) -> list[tuple[float, str]]:
        """The seconds each brake still holds (0 or less: it does not), and its words."""
        now, date = self._clock.monotonic(), self._clock.utcnow().timestamp()
        waits = [(window.free_in(now), window.words) for window in self._by_monotonic]
        waits += [(window.free_in(date), window.words) for window in self._by_date]
        waits.append((self._hold_until - now, "the time after which the server wants to hear from us again"))
        if self._rate(now) is not None:
            words = "the server, which asked us to send more slowly" if self._pace else self._by_monotonic[0].words
            waits.append((self._next_at - now, words))
        return waits


@dataclass(frozen=True, slots=True)
class _Pace:
    """A rate that grows evenly from *floor* towards *ceiling*, both in messages a second."""

    floor: float
    ceiling: float
    since: float

    def at(self, now: float) -> float:
        return self.floor + self.ceiling * (now - self.since) / _RECOVERY_S

    def has_recovered(self, now: float) -> bool:
        return self.at(now) >= self.ceiling


class _Window:
    """Counts what happened in the last *length_s* seconds, in steps of *resolution_s*.

    A step counts until all of it has left the window: up to one step too long, never too short.
    """

    def __init__(self, limit: int | None, unit: str, length_s: float, *, resolution_s: float) -> None:
        self.words = f"the limit of {limit:,} {unit}" if limit is not None else ""
        self._limit = limit
        self._length_s = length_s
        self._resolution_s = resolution_s
        self._steps: deque[list[int]] = deque()  # [number of the step, count], oldest first
        self._total = 0

    def add(self, now: float, count: int = 1) -> None:
        step = int(now // self._resolution_s)
        if self._steps and self._steps[-1][0] == step:
            self._steps[-1][1] += count
        else:
            self._steps.append([step, count])
        self._total += count

    def total(self, now: float) -> int:
        self._forget(now)
        return self._total

    def rate(self, now: float) -> float:
        """How many a second there were since the first one in the window, which may have been a moment ago."""
        self._forget(now)
        if not self._steps:
            return 0.0
        return self._total / max(now - self._steps[0][0] * self._resolution_s, self._resolution_s)

    def steps(self, now: float) -> list[tuple[int, int]]:
        self._forget(now)
        return [(step, count) for step, count in self._steps]

    def free_in(self, now: float) -> float:
        """Seconds until one more fits."""
        self._forget(now)
        if self._limit is None or self._total < self._limit:
            return 0.0
        too_many = self._total - self._limit + 1
        for step, count in self._steps:
            too_many -= count
            if too_many <= 0:
                return self._leaves_at(step) - now
        return 0.0

    def _leaves_at(self, step: int) -> float:
        return (step + 1) * self._resolution_s + self._length_s

    def _forget(self, now: float) -> None:
        while self._steps and self._leaves_at(self._steps[0][0]) <= now:
            self._total -= self._steps.popleft()[1]
        # A calendar set back leaves steps in the future. They count from now on, lest they block for that long.
        current = int(now // self._resolution_s)
        if self._steps and self._steps[-1][0] > current:
            ahead = 0
            while self._steps and self._steps[-1][0] >= current:
                ahead += self._steps.pop()[1]
            self._steps.append([current, ahead])
