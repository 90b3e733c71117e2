"""A feed such as the engine's, reduced to a list; and an engine that knows nothing but to try again."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from app.sending.outcomes import Outcome
from app.sending.transport import Envelope, Transport

SENDER = "news@example.org"
CONTENT = b"Subject: Hello\r\nFrom: news@example.org\r\n\r\nA line.\r\n.A line with a dot\r\n..\r\nThe end.\r\n"


@dataclass(frozen=True)
class Letter:
    envelope: Envelope
    content: bytes = CONTENT


def letters_to(*recipients: str, content: bytes = CONTENT) -> list[Letter]:
    return [Letter(Envelope(SENDER, recipient), content) for recipient in recipients]


class ListFeed:
    """Hands out letters and notes what became of each.

    Attributes:
        outcomes: By recipient, every outcome in order.
        claims: The recipients claimed, in order.
    """

    def __init__(self, letters: Iterable[Letter]) -> None:
        self.waiting = deque(letters)
        self.outcomes: dict[str, list[Outcome]] = {}
        self.claims: list[str] = []
        self.taken: list[str] = []

    @property
    def last(self) -> dict[str, Outcome]:
        return {recipient: outcomes[-1] for recipient, outcomes in self.outcomes.items()}

    async def take(self) -> Letter | None:
        return self.try_take()

    def try_take(self) -> Letter | None:
        if not self.waiting:
            return None
        letter = self.waiting.popleft()
        self.taken.append(letter.envelope.recipient)
        return letter

    def claim(self, job: Letter) -> "asyncio.Future[bool]":
        self.claims.append(job.envelope.recipient)
        claim = asyncio.get_running_loop().create_future()
        claim.set_result(True)
        return claim

    def settle(self, job: Letter, outcome: Outcome) -> None:
        self.outcomes.setdefault(job.envelope.recipient, []).append(outcome)


class RetryingFeed(ListFeed):
    """Puts what was deferred back in line, as the engine does when its time has come."""

    def settle(self, job: Letter, outcome: Outcome) -> None:
        super().settle(job, outcome)
        if not outcome.is_final:
            self.waiting.append(job)


async def send_all(transport: Transport, feed: ListFeed, *, connections: int = 20) -> None:
    """Open one connection after another until the feed is empty."""
    for _ in range(connections):
        if not feed.waiting:
            return
        connection = await transport.open()
        await connection.run(feed)
        await connection.close()
    raise AssertionError(f"Still waiting after {connections} connections: {feed.waiting}")
