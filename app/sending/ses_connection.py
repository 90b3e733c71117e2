"""One connection to Amazon SES: a message a request, made in a thread, while the next one is being claimed."""

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

from app.sending.commands import Abilities
from app.sending.outcomes import Outcome, OutcomeKind, Reason, interrupted
from app.sending.pipeline import SingleJob
from app.sending.ses_client import Parcel, SesClient
from app.sending.transport import Envelope, Feed, J

# 40 MB after base64 (developer guide, "Service quotas"), and ASCII alone before an @ (API reference, Destination).
ABILITIES: Final = Abilities(size_limit_bytes=30_000_000)

_NOT_CONNECTED: Final = (Reason.UNREACHABLE, Reason.TLS)

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> "concurrent.futures.Future[T]":
    """Do *work* in a thread of its own, which the program does not wait for when it ends.

    An executor would be: its threads are joined at exit, so a silent server would hold the program for minutes.
    """
    done: concurrent.futures.Future[T] = concurrent.futures.Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  whoever waits for the future raises it
            done.set_exception(error)
        else:
            done.set_result(result)

    threading.Thread(target=run, name="ses", daemon=True).start()
    return done


@dataclass(slots=True)
class _Shipment:
    """A job on its way; `call` is the request, once it has started."""

    envelope: Envelope
    content: bytes
    claim: "asyncio.Future[bool]"
    settle: Callable[[Outcome], None]
    parcel: Parcel = field(default_factory=Parcel)
    call: "concurrent.futures.Future[Outcome] | None" = None

    @property
    def is_withdrawn(self) -> bool:
        claim = self.claim
        return claim.done() and not claim.cancelled() and claim.exception() is None and not claim.result()

    def call_off(self) -> Outcome:
        """Let it go no further, and say what has become of it."""
        if self.call is None:
            return interrupted(Reason.INTERRUPTED, content_left=False)
        has_left = not self.parcel.recall()
        if self.call.done() and self.call.exception() is None:
            return self.call.result()
        return interrupted(Reason.INTERRUPTED, content_left=has_left)


class SesConnection:
    """A kept connection to SES; `app.sending.transport.Connection` is its contract."""

    def __init__(self, client: SesClient, *, messages: int | None = None, on_trouble: Callable[[], None]) -> None:
        """*messages*: how many to send before the connection counts as used up; None for any number.

        *on_trouble* is called when the account or the network may be at fault, so that the next connection is not
        opened without asking SES first.
        """
        self._client = client
        self._messages_left = messages
        self._on_trouble = on_trouble
        self._is_open = True
        self._is_fresh = True  # no message has had its answer yet
        self._line: deque[_Shipment] = deque()  # one under way, one being claimed

    @property
    def has_served(self) -> bool:
        return not self._is_fresh

    @property
    def is_usable(self) -> bool:
        return self._is_open and self._messages_left != 0

    async def run(self, feed: Feed[J]) -> None:
        try:
            while self._is_open and (current := await self._next(feed)) is not None:
                await self._send(feed, current)
        finally:
            self._abandon()

    async def deliver(self, envelope: Envelope, content: bytes) -> Outcome:
        feed = SingleJob(envelope, content)
        await self.run(feed)
        return feed.outcome

    async def close(self) -> None:
        self._is_open = False
        self._client.close()

    async def _next(self, feed: Feed[J]) -> _Shipment | None:
        """The first in line, whose claim was granted; waits for a job if there is none."""
        while True:
            if self._line:
                if await asyncio.shield(self._line[0].claim):
                    return self._line[0]
                self._line.popleft()
            elif not self.is_usable or (job := await feed.take()) is None:
                return None
            else:
                self._line_up(feed, job)

    def _look_ahead(self, feed: Feed[J]) -> None:
        """Have the next job claimed while one is under way; never more than one, lest a pause come late."""
        while self.is_usable and len(self._line) == 1 and (job := feed.try_take()) is not None:
            self._line_up(feed, job)

    def _line_up(self, feed: Feed[J], job: J) -> None:
        envelope, content = job.envelope, job.content
        if obstacle := ABILITIES.obstacle(envelope, len(content)):
            feed.settle(job, Outcome(OutcomeKind.REFUSED, obstacle))
            return
        self._line.append(_Shipment(envelope, content, feed.claim(job), partial(feed.settle, job)))
        if self._messages_left is not None:
            self._messages_left -= 1

    async def _send(self, feed: Feed[J], current: _Shipment) -> None:
        """Send the first in line and settle it. Without an answer to rely on, the connection ends."""
        current.call = in_thread(partial(self._client.send, current.envelope, current.content, current.parcel))
        self._look_ahead(feed)
        outcome = await asyncio.wrap_future(current.call)
        self._line.popleft()
        is_lost = outcome.reply is None or outcome.kind is OutcomeKind.IN_DOUBT
        if is_lost or outcome.kind is OutcomeKind.ACCOUNT_TROUBLE:
            self._on_trouble()
        current.settle(self._weighed(outcome, has_started=True))
        self._is_fresh = False
        if is_lost:
            self._is_open = False

    def _weighed(self, outcome: Outcome, *, has_started: bool) -> Outcome:
        """A message that nobody answered and that did not leave is untried, unless it may be what broke the connection.

        It may be if it was the first of one that had been made: it might be what the other side chokes on, and must not
        be offered to it again and again without a pause.
        """
        is_unanswered = outcome.reply is None and outcome.kind is OutcomeKind.DEFERRED
        is_suspect = self._is_fresh and has_started and outcome.reason not in _NOT_CONNECTED
        return replace(outcome, is_untried=is_unanswered and not is_suspect)

    def _abandon(self) -> None:
        """Settle what is in line by what may have left; a connection left in the middle is of no more use."""
        if self._line:
            self._is_open = False
            self._on_trouble()
        while self._line:
            shipment = self._line.popleft()
            outcome = self._weighed(shipment.call_off(), has_started=shipment.call is not None)
            if not shipment.is_withdrawn:
                shipment.settle(outcome)
