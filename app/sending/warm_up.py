"""A new address or server starts small: receivers distrust a sender they do not know who sends much at once."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

# No receiver publishes its numbers, so this is convention. Postmark's guide to warming up a domain starts with 100 to
# 500 to each large receiver, and grows by 20 to 50 % a day; 50 in all suits also those who write to one receiver only.
FIRST_DAY = 50
GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A limit a day that grows with the days since it began, until the goal is reached.

    Attributes:
        started_on: Its first day.
        first_day: How many messages may leave on that day.
        growth: What each day's limit is multiplied with for the next; more than 1.
        goal: From which daily number on the account needs no such care any more.

    Raises:
        ValueError: It would never grow, or starts with nothing.
    """

    started_on: dt.date
    first_day: int = FIRST_DAY
    growth: float = GROWTH
    goal: int = 10_000

    def __post_init__(self) -> None:
        if self.first_day < 1 or self.goal < 1:
            raise ValueError("A warm-up starts with at least 1 message a day.")
        if not (self.growth > 1 and math.isfinite(self.growth)):
            raise ValueError(f"A warm-up grows by a factor above 1, not {self.growth}.")

    def cap_on(self, date: dt.date) -> int | None:
        """How many messages may leave on *date*, before it began as on its first day; None once the goal is reached."""
        day = max(0, (date - self.started_on).days)
        # By logarithms first: after some years the power is beyond what a number can hold.
        if day * math.log(self.growth) >= math.log(self.goal / self.first_day) + 1:
            return None
        cap = int(self.first_day * self.growth**day)
        return cap if cap < self.goal else None

    def plan(self, days: int) -> list[tuple[dt.date, int | None]]:
        """The limits of the first *days* days, to show them."""
        dates = (self.started_on + dt.timedelta(days=day) for day in range(days))
        return [(date, self.cap_on(date)) for date in dates]

    def to_json(self) -> dict[str, object]:
        """The stored form."""
        return {
            "started_on": self.started_on.isoformat(),
            "first_day": self.first_day,
            "growth": self.growth,
            "goal": self.goal,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "WarmUp | None":
        """What `to_json` stored; None for nothing.

        Raises:
            ValueError: It is no such thing.
        """
        match stored:
            case {
                "started_on": str(date),
                "first_day": int(first),
                "growth": float() | int() as growth,
                "goal": int(goal),
            }:
                return cls(dt.date.fromisoformat(date), first, float(growth), goal)
            case _ if not stored:
                return None
            case _:
                raise ValueError(f"no warm-up: {stored}")
