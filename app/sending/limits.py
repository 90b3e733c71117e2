"""How much an account, or all mail to one receiver, may be."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

MINUTE_MS = 60_000
"""What was sent is counted by the minute since 1970 in UTC."""
LONGEST_LIMIT_MINUTES = 30 * 24 * 60
"""What is older counts against no limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many messages may be handed over in any second, minute, hour, day and 30 days; None for no limit.

    Raises:
        ValueError: A limit is less than 1.
    """

    per_second: int | None = None
    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    per_30_days: int | None = None

    def __post_init__(self) -> None:
        for limit in (self.per_second, self.per_minute, self.per_hour, self.per_day, self.per_30_days):
            if limit is not None and limit < 1:
                raise ValueError(f"A limit is at least 1, not {limit}.")

    def merged(self, other: "Limits") -> "Limits":
        """The tighter of the two in everything, so that what keeps it keeps both."""
        return Limits(
            _tighter(self.per_second, other.per_second),
            _tighter(self.per_minute, other.per_minute),
            _tighter(self.per_hour, other.per_hour),
            _tighter(self.per_day, other.per_day),
            _tighter(self.per_30_days, other.per_30_days),
        )

    @property
    def longest_minutes(self) -> int:
        """How far back counts, in minutes: the length of the longest limit there is, and a minute at least."""
        lengths = ((self.per_30_days, LONGEST_LIMIT_MINUTES), (self.per_day, 24 * 60), (self.per_hour, 60))
        return next((minutes for limit, minutes in lengths if limit is not None), 1)

    def to_json(self) -> dict[str, int]:
        """The stored form: only what is limited."""
        return {name: limit for name, limit in asdict(self).items() if limit is not None}

    @classmethod
    def from_json(cls, stored: Mapping[str, int]) -> "Limits":
        """What `to_json` stored."""
        return cls(**stored)


def _tighter(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)
