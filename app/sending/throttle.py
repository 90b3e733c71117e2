"""How fast an account may send: limits it never exceeds, and a pace that gives way when the server asks for it.

Providers count in sliding windows ("500 in any 24 hours"), so the throttle does as well; the user's own limit a day and
the warm-up count calendar days. What was sent before a restart counts, from the history that the workspace keeps.
"""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Iterable

from app.sending.brakes import DAY_S, DAYS_30_S, HOUR_S, MINUTE_S, DailyCap, LastSecond, Opening, Sliding
from app.sending.clock import Clock, SystemClock
from app.sending.limits import Limits
from app.sending.pace import DECREASE_EVERY_S, Pace, PaceState, slower_than
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

__all__ = ["Clock", "Limits", "PaceState", "SystemClock", "Throttle"]

# Sleeps end late, by a millisecond or by what else the loop had to do. That much is caught up, or 2,000 a second would
# come out as 700; the limit of any second holds all the same.
_CATCH_UP_S = 0.2
_SHORTEST_SLEEP_S = 0.0001
_LONGEST_SLEEP_S = 30.0  # a computer that was suspended must notice that a day has passed
_MEASURED_OVER_S = 10.0
_MINUTES_PER_HOUR = 60


class Throttle:
    """Hands out the moments to send in. One for each account, shared by its connections.

    Args:
        limits: What the provider allows.
        usage: What was sent before, as (minute since 1970 in UTC, messages); what is older than 30 days is ignored.
            Where in its minute a message of the past went is not known, so it counts as sent at the minute's end: a
            limit may free a little late after a restart, never early.
        window: The hours in which it may send, and how much on a calendar day of their zone.
        warm_up: A limit a day that grows, by the calendar of the window's zone.
        pace: `pace_state` as it was before a restart.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        clock: Clock,
        usage: Iterable[tuple[int, int]] = (),
        window: SendingWindow | None = None,
        warm_up: WarmUp | None = None,
        pace: PaceState | None = None,
    ) -> None:
        self._clock = clock
        self._queue = asyncio.Lock()
        self._per_second = limits.per_second
        self._next_at = self._hold_until = self._slowed_at = float("-inf")
        self._pace: Pace | None = None
        self._recent = Sliding(None, "", _MEASURED_OVER_S, resolution_s=1.0)
        self._day = Sliding(limits.per_day, "a day", DAY_S, resolution_s=MINUTE_S)
        self._month = Sliding(limits.per_30_days, "in 30 days", DAYS_30_S, resolution_s=HOUR_S)
        self._brakes_by_monotonic = _monotonic_brakes(limits)
        self._counted_by_monotonic = (*self._brakes_by_monotonic, self._recent)
        # Hours and days are counted by the calendar's clock, which goes on while the computer sleeps.
        hour = [Sliding(limits.per_hour, "an hour", HOUR_S, resolution_s=MINUTE_S)] if limits.per_hour else []
        self._counted_by_date: tuple[Sliding | DailyCap, ...] = (*hour, self._day, self._month)
        usage = sorted(usage)
        for minute, count in usage:
            self._remember(minute, count)
        window = window or SendingWindow.ALWAYS
        if window.per_day is not None or warm_up is not None:
            date = clock.utcnow().timestamp()
            cap = DailyCap(window, warm_up, history=self._day, usage=usage, now=date)
            self._counted_by_date = (*self._counted_by_date, cap)
        self._brakes_by_date: tuple[Sliding | DailyCap | Opening, ...] = (
            *(one for one in self._counted_by_date if one.is_brake),
            *([] if window.never_closes else [Opening(window)]),
        )
        if pace is not None:
            self._restore(pace)

    @property
    def waiting_for(self) -> str | None:
        """What the next message has to wait for, in plain words to follow "Waiting for"; None if it may go now."""
        now, date = self._clock.monotonic(), self._clock.utcnow().timestamp()
        held = [(brake.free_in(now), brake.words(now)) for brake in self._brakes_by_monotonic]
        held += [(wait_s, brake.words(date)) for brake in self._brakes_by_date if (wait_s := brake.free_in(date)) > 0]
        held.append((self._hold_until - now, "the time after which the server wants to hear from us again"))
        if self._rate(now) is not None:
            by_pace = "the server, which asked us to send more slowly"
            words = by_pace if self._pace else f"the limit of {self._per_second:,} a second"
            held.append((self._next_at - now, words))
        wait_s, words = max(held)
        return words if wait_s > 0 else None

    @property
    def pace_state(self) -> PaceState | None:
        """What a later run must know of the server's wishes; None while it has none."""
        now = self._clock.monotonic()
        self._rate(now)
        hold = self._date_of(self._hold_until) if self._hold_until > now else None
        if self._pace is None:
            return PaceState(hold_until=hold) if hold else None
        return PaceState(self._pace.floor, self._pace.ceiling, self._date_of(self._pace.since), hold)

    def next_free_in(self) -> float:
        """Seconds until a message may go; 0 if one may go now. It is asked for every message, so it costs little."""
        now = self._clock.monotonic()
        longest_s = self._next_at - now
        if (wait_s := self._hold_until - now) > longest_s:
            longest_s = wait_s
        for by_monotonic in self._brakes_by_monotonic:
            if (wait_s := by_monotonic.free_in(now)) > longest_s:
                longest_s = wait_s
        if self._brakes_by_date:
            date = self._clock.utcnow().timestamp()
            for by_date in self._brakes_by_date:
                if (wait_s := by_date.free_in(date)) > longest_s:
                    longest_s = wait_s
        return longest_s if longest_s > 0 else 0.0

    def reserve(self) -> float:
        """Take the right to send one message now and return 0; or take nothing and return the seconds to wait."""
        wait_s = self.next_free_in()
        if wait_s > 0:
            return wait_s
        now = self._clock.monotonic()
        if (rate := self._rate(now)) is not None:
            is_late = now - _CATCH_UP_S < self._next_at
            self._next_at = (self._next_at if is_late else now) + 1 / rate
        for by_monotonic in self._counted_by_monotonic:
            by_monotonic.add(now)
        date = self._clock.utcnow().timestamp()
        for by_date in self._counted_by_date:
            by_date.add(date)
        return 0.0

    def give_back(self) -> None:
        """One message that was reserved, a minute ago at most, was not offered to the server: it counts no more.

        The moment it was to go at is not handed out again.
        """
        now = self._clock.monotonic()
        for by_monotonic in self._counted_by_monotonic:
            by_monotonic.take_back(now)
        date = self._clock.utcnow().timestamp()
        for by_date in self._counted_by_date:
            by_date.take_back(date)

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
        if now < self._slowed_at + DECREASE_EVERY_S:
            return
        self._slowed_at = now
        rate = self._rate(now) or max(1.0, self._recent.rate(now))
        self._pace = slower_than(rate, now, ceiling=self._pace.ceiling if self._pace else None)

    def usage(self) -> list[tuple[int, int]]:
        """What was sent in the last 30 days: (minute since 1970 in UTC, messages), oldest first.

        What is older than a day comes by the hour.
        """
        date = self._clock.utcnow().timestamp()
        minutes = self._day.steps(date)
        by_hour = Counter[int]()
        for minute, count in minutes:
            by_hour[minute // _MINUTES_PER_HOUR] += count
        older = [(hour, count - by_hour[hour]) for hour, count in self._month.steps(date)]
        return sorted([(hour * _MINUTES_PER_HOUR, count) for hour, count in older if count > 0] + minutes)

    def _remember(self, minute: int, count: int) -> None:
        date = self._clock.utcnow().timestamp()
        sent_at = min((minute + 1) * MINUTE_S, date)
        for by_date in self._counted_by_date:
            by_date.add(min(minute * MINUTE_S, date), count)
        for by_monotonic in self._counted_by_monotonic:
            by_monotonic.add(self._clock.monotonic() - (date - sent_at), count)

    def _restore(self, pace: PaceState) -> None:
        now, date = self._clock.monotonic(), self._clock.utcnow()
        if pace.hold_until is not None:
            self._hold_until = now + (pace.hold_until - date).total_seconds()
        if pace.rate is not None and pace.ceiling is not None and pace.slowed_at is not None:
            # A calendar set back must not keep it slow for that long.
            self._slowed_at = now - max(0.0, (date - pace.slowed_at).total_seconds())
            self._pace = Pace(pace.rate, pace.ceiling, self._slowed_at)

    def _rate(self, now: float) -> float | None:
        """Messages a second to space evenly; None for as many as come."""
        if self._pace is None:
            return self._per_second
        if self._pace.has_recovered(now):
            self._pace = None
            return self._per_second
        pace = self._pace.at(now)
        return pace if self._per_second is None else min(pace, self._per_second)

    def _date_of(self, moment: float) -> dt.datetime:
        return self._clock.utcnow() + dt.timedelta(seconds=moment - self._clock.monotonic())


def _monotonic_brakes(limits: Limits) -> tuple[LastSecond | Sliding, ...]:
    second = [LastSecond(limits.per_second)] if limits.per_second else []
    minute = [Sliding(limits.per_minute, "a minute", MINUTE_S, resolution_s=0.1)] if limits.per_minute else []
    return (*second, *minute)
