"""What can hold a message back: limits of so many in a time, of so many on a day, and hours in which nothing leaves.

All moments are seconds as floats, of whichever clock the brake is asked with: one that never jumps, or the calendar's.
"""

import datetime as dt
from collections import deque
from collections.abc import Iterable

from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

MINUTE_S, HOUR_S, DAY_S, DAYS_30_S = 60.0, 3_600.0, 86_400.0, 30 * 86_400.0

# How long at most a message that is given back was reserved before.
_GIVEN_BACK_WITHIN_S = 60.0


class LastSecond:
    """The moments of the last *limit* messages: another may go one second after the first of them."""

    def __init__(self, limit: int) -> None:
        self._moments: deque[float] = deque(maxlen=limit)
        self._limit = limit

    def words(self, _now: float) -> str:
        return f"the limit of {self._limit:,} a second"

    def add(self, now: float, count: int = 1) -> None:
        self._moments.extend((now,) * min(count, self._limit))

    def take_back(self, now: float) -> None:
        """Nothing: before it is worth the trouble, the second is over."""

    def free_in(self, now: float) -> float:
        """Seconds until one more fits; 0 or less if it does now."""
        return self._moments[0] + 1.0 - now if len(self._moments) == self._limit else 0.0


class Sliding:
    """Counts what happened in the last *length_s* seconds, in steps of *resolution_s*.

    A step counts until all of it has left the window: up to one step too long, never too short. Without a *limit* it
    only counts.
    """

    def __init__(self, limit: int | None, unit: str, length_s: float, *, resolution_s: float) -> None:
        self._limit = limit
        self._unit = unit
        self._length_s = length_s
        self._resolution_s = resolution_s
        self._steps: deque[list[int]] = deque()  # [number of the step, count], oldest first
        self._total = 0

    @property
    def is_brake(self) -> bool:
        """Whether it ever holds anything back."""
        return self._limit is not None

    def words(self, _now: float) -> str:
        return f"the limit of {self._limit:,} {self._unit}"

    lasting_words = words

    def add(self, now: float, count: int = 1) -> None:
        step = int(now // self._resolution_s)
        if self._steps and self._steps[-1][0] == step:
            self._steps[-1][1] += count
        else:
            self._steps.append([step, count])
        self._total += count

    def take_back(self, now: float) -> None:
        """Count one less.

        Which step it was counted in is not known. Taken out of an earlier one, the window frees a little late; out of a
        later one, it would free too early.
        """
        self._forget(now)
        latest = int((now - _GIVEN_BACK_WITHIN_S) // self._resolution_s)
        for index in range(len(self._steps) - 1, -1, -1):
            if self._steps[index][0] <= latest or index == 0:
                self._total -= 1
                self._steps[index][1] -= 1
                if not self._steps[index][1]:
                    del self._steps[index]
                return

    def rate(self, now: float) -> float:
        """How many a second there were since the first one in the window, which may have been a moment ago."""
        self._forget(now)
        if not self._steps:
            return 0.0
        return self._total / max(now - self._steps[0][0] * self._resolution_s, self._resolution_s)

    def steps(self, now: float) -> list[tuple[int, int]]:
        """The counts as (number of the step since the clock's zero, count), oldest first."""
        self._forget(now)
        return [(step, count) for step, count in self._steps]

    def free_in(self, now: float) -> float:
        """Seconds until one more fits; 0 or less if it does now."""
        self._forget(now)
        if self._limit is None or self._total < self._limit:
            return 0.0
        too_many = self._total - self._limit + 1
        for step, count in self._steps:
            too_many -= count
            if too_many <= 0:
                return self._leaves_at(step) - now
        return 0.0

    def room(self, now: float) -> int | None:
        """How many more fit now; None for any number."""
        self._forget(now)
        return None if self._limit is None else max(0, self._limit - self._total)

    def _leaves_at(self, step: int) -> float:
        return (step + 1) * self._resolution_s + self._length_s

    def _forget(self, now: float) -> None:
        steps = self._steps
        while steps and self._leaves_at(steps[0][0]) <= now:
            self._total -= steps.popleft()[1]
        # A calendar set back leaves steps in the future. They count from now on, lest they block for that long.
        current = int(now // self._resolution_s)
        if steps and steps[-1][0] > current:
            ahead = 0
            while steps and steps[-1][0] >= current:
                ahead += steps.pop()[1]
            steps.append([current, ahead])


class DailyCap:
    """Counts what left on a calendar day of the window's zone, against the window's limit and the warm-up's.

    Args:
        history: What left before, in steps of a minute, to count anew from when the day has changed.
        usage: What left before *now*, as (minute since 1970 in UTC, messages).
    """

    def __init__(
        self,
        window: SendingWindow,
        warm_up: WarmUp | None,
        *,
        history: Sliding,
        usage: Iterable[tuple[int, int]],
        now: float,
    ) -> None:
        self._window = window
        self._warm_up = warm_up
        self._history = history
        self._starts = self._ends = self._count = 0.0
        self._cap: int | None = None
        self._is_warming_up = False
        self._turn_to(now)
        # The history holds 24 hours, and a day on which the clock is put back has 25.
        self._count = sum(count for minute, count in usage if minute * MINUTE_S >= self._starts)

    @property
    def is_brake(self) -> bool:
        """Whether it ever holds anything back."""
        return True

    def words(self, now: float) -> str:
        self._turn_to(now)
        return cap_words(self._cap or 0, is_warming_up=self._is_warming_up)

    def lasting_words(self, now: float) -> str:
        """What holds messages back over days, on which the numbers change."""
        self._turn_to(now)
        return "the warm-up of the account" if self._is_warming_up else self.words(now)

    def add(self, now: float, count: int = 1) -> None:
        self._turn_to(now)
        self._count += count

    def take_back(self, now: float) -> None:
        """Count one less, unless it may have been counted yesterday."""
        self._turn_to(now)
        if now - self._starts >= _GIVEN_BACK_WITHIN_S and self._count:
            self._count -= 1

    def free_in(self, now: float) -> float:
        """Seconds until one more fits; 0 if it does now."""
        self._turn_to(now)
        return self._ends - now if self._cap is not None and self._count >= self._cap else 0.0

    def room(self, now: float) -> int | None:
        """How many more fit today; None for any number."""
        self._turn_to(now)
        return None if self._cap is None else max(0, int(self._cap - self._count))

    def ends_at(self, now: float) -> float:
        """When the day is over."""
        self._turn_to(now)
        return self._ends

    def _turn_to(self, now: float) -> None:
        if self._starts <= now < self._ends:
            return
        date, starts, ends = self._window.day_of(dt.datetime.fromtimestamp(now, dt.UTC))
        self._starts, self._ends = starts.timestamp(), ends.timestamp()
        self._count = sum(count for step, count in self._history.steps(now) if step * MINUTE_S >= self._starts)
        warm = self._warm_up.cap_on(date) if self._warm_up else None
        fixed = self._window.per_day
        self._is_warming_up = warm is not None and (fixed is None or warm < fixed)
        self._cap = warm if self._is_warming_up else fixed


def cap_words(cap: int, *, is_warming_up: bool) -> str:
    """What is waited for until the next day, in words to follow "Waiting for"."""
    if is_warming_up:
        return f"the limit of {cap:,} today, while the account is warmed up"
    return f"the limit of {cap:,} on one day"


class Opening:
    """The hours of a window. It remembers until when it stays as it is, as it is asked for every message."""

    def __init__(self, window: SendingWindow) -> None:
        self._window = window
        self._is_open = True
        self._since = self._until = 0.0

    def words(self, now: float) -> str:
        self._turn_to(now)
        return self._window.opening_words(dt.datetime.fromtimestamp(self._until, dt.UTC))

    def free_in(self, now: float) -> float:
        """Seconds until it opens; 0 while it is open."""
        self._turn_to(now)
        return 0.0 if self._is_open else self._until - now

    def closes_at(self, now: float) -> float:
        """When it closes; *now* if it is closed."""
        self._turn_to(now)
        return self._until if self._is_open else now

    def _turn_to(self, now: float) -> None:
        if self._since <= now < self._until:
            return
        at = dt.datetime.fromtimestamp(now, dt.UTC)
        closes = self._window.closes_at(at)
        self._is_open = closes is None or closes > at
        until = closes if self._is_open else self._window.next_opening(at)
        self._since, self._until = now, until.timestamp() if until else float("inf")
