"""A clock that stands still until a test lets time pass."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 24, 12, 0, 20, tzinfo=UTC)


class FakeClock:
    """Time passes only where it is slept away; *drift_s* is how late every sleep ends."""

    def __init__(self, *, now: datetime = START, drift_s: float = 0.0) -> None:
        self.monotonic_s = 1_000.0
        self.date = now
        self.drift_s = drift_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def utcnow(self) -> datetime:
        return self.date

    async def sleep(self, seconds: float) -> None:
        self.pass_by(seconds + self.drift_s)

    def pass_by(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.date += timedelta(seconds=seconds)
