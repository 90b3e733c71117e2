"""Time as the sending engine sees it, so that a test can let it pass as it likes."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time, and a way to let it pass."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def utcnow(self) -> datetime:
        """The date and time, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class SystemClock:
    """The computer's clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    def utcnow(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
