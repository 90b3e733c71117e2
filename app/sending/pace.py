"""How an account gives way when its server asks for less, and comes back: additive increase, multiplicative decrease,
as TCP does it (RFC 5681 §3.1).
"""

import datetime as dt
from dataclasses import dataclass

DECREASE = 0.5
# All connections report the same congestion, so only the first report in a while counts.
DECREASE_EVERY_S = 5.0
SLOWEST_PER_S = 1 / 60
_RECOVERY_S = 600.0


@dataclass(frozen=True, slots=True)
class PaceState:
    """Where an account stands, as the workspace keeps it (`app.models.accounts.AccountPace`).

    Attributes:
        rate: Messages a second that it fell to at `slowed_at`; None while nothing slows it.
        ceiling: The rate it creeps back to.
        hold_until: The moment before which the server wants to hear nothing.
    """

    rate: float | None = None
    ceiling: float | None = None
    slowed_at: dt.datetime | None = None
    hold_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate that grows evenly from *floor* towards *ceiling*, both in messages a second, since a moment in seconds."""

    floor: float
    ceiling: float
    since: float

    def at(self, now: float) -> float:
        """Messages a second."""
        return self.floor + self.ceiling * max(0.0, now - self.since) / _RECOVERY_S

    def has_recovered(self, now: float) -> bool:
        """Whether it is back at what it was."""
        return self.at(now) >= self.ceiling


def slower_than(rate: float, now: float, *, ceiling: float | None = None) -> Pace:
    """The pace of who was going at *rate* when the server objected."""
    return Pace(max(rate * DECREASE, SLOWEST_PER_S), max(rate, SLOWEST_PER_S) if ceiling is None else ceiling, now)
