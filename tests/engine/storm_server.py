"""SMTP servers for storms: in a thread of their own, forgetful, and misbehaving by order or by chance."""

import asyncio
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from tests.sending.smtp_server import (
    ACCEPT_AND_DROP,
    ACCEPT_AND_GARBAGE,
    ACCEPT_AND_HALF_LINE,
    DROP,
    GARBAGE,
    HALF_LINE,
    SILENCE,
    Fault,
    SmtpServer,
    Step,
    answer,
    answer_and_drop,
    late,
)

T = TypeVar("T")

WEATHER: dict[Step, tuple[Fault, ...]] = {
    Step.GREETING: (answer_and_drop("421 4.3.2 Too many connections"), answer_and_drop("554 5.3.2 No"), DROP, GARBAGE),
    Step.EHLO: (answer_and_drop("421 4.3.2 Going down"), DROP, HALF_LINE),
    Step.MAIL: (
        answer_and_drop("421 4.7.0 Try again later"),
        answer("451 4.3.0 Temporary trouble"),
        answer("530 5.7.0 Authentication required"),
        DROP,
        GARBAGE,
        late(0.05),
    ),
    Step.RCPT: (
        answer("450 4.7.1 Greylisted"),
        answer("452 4.2.2 Mailbox full"),
        answer("550 5.1.1 No such user"),
        answer("552 5.2.2 Mailbox full"),
        answer_and_drop("421 4.4.2 Timeout"),
        DROP,
        HALF_LINE,
        GARBAGE,
    ),
    Step.DATA: (answer("451 4.3.0 Not now"), answer("554 5.6.0 Refused"), answer("250 What?"), DROP, GARBAGE),
    Step.CONTENT: (DROP, answer_and_drop("451 4.3.0 Enough")),
    Step.DOT: (
        answer("451 4.3.0 Not now"),
        answer("552 5.3.4 Too big"),
        answer_and_drop("421 4.3.0 Going down"),
        late(0.05),
        DROP,
        GARBAGE,
        HALF_LINE,
        ACCEPT_AND_DROP,
        ACCEPT_AND_GARBAGE,
        ACCEPT_AND_HALF_LINE,
    ),
    Step.RSET: (DROP, answer("500 5.5.1 What?")),
}
SILENT: dict[Step, tuple[Fault, ...]] = dict.fromkeys((Step.GREETING, Step.MAIL, Step.DATA, Step.DOT), (SILENCE,))


class _Forgetful(list[T]):
    """A list that keeps nothing, in place of a record that nobody reads."""

    def append(self, item: T) -> None:
        """Forget it."""


@dataclass
class StormServer(SmtpServer):
    """A server that misbehaves as its script says, or at one step in *rarity* by chance.

    Attributes:
        rarity: How rare faults by chance are; 0 for none.
        per_second: How many messages it takes within a second; None for any number.
        delay_s: How long it thinks about each message.
        is_calm: Nothing but good behaviour.
        faults: How often it did what.
    """

    rng: random.Random = field(default_factory=random.Random)
    rarity: int = 0
    per_second: int | None = None
    delay_s: float = 0.002
    is_calm: bool = False
    faults: Counter[str] = field(default_factory=Counter)
    commands: list[str] = field(default_factory=_Forgetful)
    reads: list[bytes] = field(default_factory=_Forgetful)
    _recent: deque[float] = field(default_factory=deque)

    def fault_at(self, step: Step) -> Fault | None:
        fault = None if self.is_calm else self._fault(step)
        if fault is not None:
            self.faults[f"{step} {fault}"] += 1
        elif step is Step.DOT and self.delay_s:
            return late(self.delay_s)
        return fault

    def _fault(self, step: Step) -> Fault | None:
        if step is Step.MAIL and self.per_second is not None and self._is_too_fast(self.per_second):
            return answer("450 4.7.28 Rate limited, try again in 1 second")
        if fault := super().fault_at(step):
            return fault
        if not self.rarity or step not in WEATHER or self.rng.randrange(self.rarity):
            return None
        return self.rng.choice(WEATHER[step])

    def _is_too_fast(self, per_second: int) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] < now - 1:
            self._recent.popleft()
        self._recent.append(now)
        return len(self._recent) > per_second


class Servers:
    """Running servers, to be used from any thread."""

    def __init__(self, servers: list[StormServer], loop: asyncio.AbstractEventLoop) -> None:
        self.all = servers
        self._loop = loop

    def hang_up(self) -> None:
        """End all sessions."""
        for server in self.all:
            self._loop.call_soon_threadsafe(server.hang_up)

    def calm(self) -> None:
        """From now on they behave."""
        for server in self.all:
            server.is_calm = True
            server.idle_s = server.per_second = None
        self.hang_up()


@contextmanager
def storm_servers(*servers: StormServer) -> Iterator[Servers]:
    """Have *servers* listen, in a thread of their own."""
    over: asyncio.Future[None] | None = None
    ready, loop = threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        nonlocal over
        over = loop.create_future()
        async with AsyncExitStack() as stack:
            for server in servers:
                await stack.enter_async_context(server)
            ready.set()
            await over

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="storm-servers")
    thread.start()
    ready.wait()
    try:
        yield Servers(list(servers), loop)
    finally:
        assert over is not None
        loop.call_soon_threadsafe(over.set_result, None)
        thread.join()
        loop.close()
