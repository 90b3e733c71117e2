"""One dispatch on its way: rows leased, messages composed, claimed, sent and settled."""

import asyncio
import contextlib
import logging
import random
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from app.audience.contacts import merge_values
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.group_writer import GroupWriter
from app.models.states import SkipReason
from app.models.workspace import Workspace
from app.sending import outbox
from app.sending.compose import Composer, OutgoingMessage
from app.sending.lane import Lane
from app.sending.outbox import LeasedDelivery, Settlement
from app.sending.outcomes import Outcome, OutcomeKind, explain, retry_delay
from app.sending.transport import Connection
from app.sending.trouble import AccountTrouble

logger = logging.getLogger(__name__)

LEASED_AHEAD = 200
_GIVE_UP_AFTER = timedelta(days=2)
_FEWEST_ATTEMPTS, _MOST_ATTEMPTS = 3, 12
_LONGEST_SLEEP_S = 30.0
_WORTH_A_NOTE_S = 1.0
_RECONNECT_S = (1.0, 5.0, 15.0, 60.0, 300.0)


class _Leased(NamedTuple):
    """A delivery that is to go next, and its contact's values."""

    delivery: LeasedDelivery
    values: Mapping[str, object]


class DispatchRunner:
    """Sends one dispatch over as many connections as its account allows; it is the `Feed` of each of them.

    A delivery is *leased* (in memory), *taken* by a connection, *claimed* (durably `sending`) and *settled*.

    Attributes:
        trouble: Why the dispatch cannot go on until the user acts; empty while it can.
        note: Why nothing goes out at the moment although all is well, for the user to read; empty while it goes.
    """

    def __init__(
        self,
        workspace: Workspace,
        writer: GroupWriter,
        lane: Lane,
        composer: Composer,
        *,
        dispatch_id: int,
        rng: random.Random,
    ) -> None:
        self.trouble = ""
        self.note = ""
        self._workspace = workspace
        self._writer = writer
        self._lane = lane
        self._composer = composer
        self._dispatch_id = dispatch_id
        self._rng = rng
        self._is_stopping = False
        self._stopped = asyncio.Event()
        self._cursor = 0
        self._leased: deque[_Leased] = deque()
        self._in_hand: set[int] = set()
        self._refill = asyncio.Lock()
        self._claims: list[_Claim] = []
        self._claiming: dict[int, _Claim] = {}
        self._claimed: set[int] = set()
        self._settlements: list[Settlement] = []
        self._is_writing_claims = False
        self._is_writing_settlements = False
        self._background: set[asyncio.Task[None]] = set()
        self._failures: list[Exception] = []

    async def run(self) -> None:
        """Send until nothing is left, `stop` was called, or the account is in trouble; then everything is settled.

        Raises:
            WorkspaceUnavailable: the workspace cannot be written; what could not be settled is in doubt.
            Exception: a fault of the program; likewise.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._lane.connections):
                    group.create_task(self._keep_sending())
        finally:
            self.stop()
            while self._background:
                await asyncio.wait(self._background)
        if self._failures:
            raise min(self._failures, key=lambda error: isinstance(error, UserFacingError))

    @property
    def lane(self) -> Lane:
        """What it sends through."""
        return self._lane

    def stop(self) -> None:
        """Take nothing more; what is on its way is finished."""
        self._is_stopping = True
        self._stopped.set()

    # The feed: called by the connections

    async def take(self) -> OutgoingMessage | None:
        while not self._is_stopping and await self._has_leased():
            wait_s = self._lane.throttle.next_free_in()
            if wait_s > 0:
                if wait_s >= _WORTH_A_NOTE_S:
                    self.note = f"Waiting for {self._lane.throttle.waiting_for}"
                await self._sleep(min(wait_s, _LONGEST_SLEEP_S))
            elif (message := self._compose_next()) is not None:
                return message
        return None

    def try_take(self) -> OutgoingMessage | None:
        if len(self._leased) < LEASED_AHEAD // 2 and not self._refill.locked():
            self._start(self._lease_more())
        while self._leased and not self._is_stopping and self._lane.throttle.next_free_in() <= 0:
            if (message := self._compose_next()) is not None:
                return message
        return None

    def claim(self, job: OutgoingMessage) -> "asyncio.Future[bool]":
        claim = _Claim(job, asyncio.get_running_loop().create_future())
        self._claiming[job.delivery.id] = claim
        self._claims.append(claim)
        if not self._is_writing_claims:
            self._is_writing_claims = True
            self._start(self._write_claims())
        return claim.granted

    def settle(self, job: OutgoingMessage, outcome: Outcome) -> None:
        delivery = job.delivery
        claim = self._claiming.get(delivery.id)
        if claim is not None:
            # The connection broke while the claim is being written: what to undo is known when that is done.
            claim.settled_early = outcome
            return
        # What the connection need not even offer (too big, say) is refused without a claim.
        if delivery.id in self._claimed or outcome.kind is OutcomeKind.REFUSED:
            self._claimed.discard(delivery.id)
            self._record(delivery, outcome)
        if outcome.is_untried:
            self._leased.appendleft(_Leased(delivery, job.values))
        else:
            self._in_hand.discard(delivery.id)

    # Connections

    async def _keep_sending(self) -> None:
        """Send over one connection after the other. A failure ends it, and lets the others finish what they hold."""
        failures = 0
        try:
            while not self._is_stopping and await self._has_leased():
                async with self._slot() as is_ours:
                    if not is_ours:
                        return
                    try:
                        connection = await self._lane.transport.open()
                    except AccountTrouble as trouble:
                        if trouble.needs_user:
                            self._halt(str(trouble))
                            return
                        self.note = trouble.title
                        await self._sleep(_RECONNECT_S[min(failures, len(_RECONNECT_S) - 1)])
                        failures += 1
                        continue
                    failures = 0
                    await self._send_over(connection)
        except Exception as error:  # noqa: BLE001  `run` raises it when all have finished
            self._fail(error)

    @contextlib.asynccontextmanager
    async def _slot(self) -> AsyncIterator[bool]:
        """The right to one of the account's connections, whose dispatches take turns; False if `stop` came first."""
        acquiring = asyncio.ensure_future(self._lane.slots.acquire())
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({acquiring, stopped}, return_when=asyncio.FIRST_COMPLETED)
            yield not stopped.done()
        finally:
            stopped.cancel()
            if not acquiring.cancel():
                self._lane.slots.release()

    async def _send_over(self, connection: Connection) -> None:
        try:
            await connection.run(self)
        finally:
            await connection.close()

    def _halt(self, trouble: str) -> None:
        self.trouble = trouble
        self.stop()

    async def _sleep(self, seconds: float) -> None:
        """Wait, but not past `stop`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)

    # Leasing and composing

    async def _has_leased(self) -> bool:
        if not self._leased:
            await self._lease_more()
        return bool(self._leased)

    async def _lease_more(self) -> None:
        async with self._refill:
            if len(self._leased) >= LEASED_AHEAD // 2 or self._is_stopping:
                return
            found = await asyncio.to_thread(self._read_leases, self._cursor, frozenset(self._in_hand))
            for one in found:
                self._in_hand.add(one.delivery.id)
                if not one.delivery.was_deferred:
                    self._cursor = max(self._cursor, one.delivery.id)
            self._leased.extend(found)

    def _read_leases(self, cursor: int, in_hand: frozenset[int]) -> "list[_Leased]":
        with self._workspace.read() as session:
            deliveries = outbox.lease(session, self._dispatch_id, after_id=cursor, limit=LEASED_AHEAD)
            if not deliveries:
                due = outbox.lease_deferred(session, self._dispatch_id, now=utcnow(), limit=LEASED_AHEAD + len(in_hand))
                deliveries = [one for one in due if one.id not in in_hand]
            contact_ids = [one.contact_id for one in deliveries if one.contact_id is not None]
            values = merge_values(session, contact_ids)
            return [_Leased(one, values.get(one.contact_id or 0, {})) for one in deliveries]

    def _compose_next(self) -> OutgoingMessage | None:
        """The message of the next leased delivery, or None if it cannot be made; then the delivery says why."""
        delivery, values = self._leased.popleft()
        try:
            message = self._composer.compose(delivery, values)
        except UserFacingError as error:
            self._in_hand.discard(delivery.id)
            self._start(self._write_skip(delivery.id, str(error)))
            return None
        self._lane.throttle.reserve()
        self.note = ""
        return message

    # Durable writes

    # One write of a kind at a time: what comes up meanwhile goes into the next, so the busier it is, the fewer commits.

    async def _write_claims(self) -> None:
        try:
            while self._claims:
                claims, self._claims = self._claims, []
                await self._write_group(claims)
        finally:
            self._is_writing_claims = False

    async def _write_group(self, claims: "list[_Claim]") -> None:
        wanted = [claim.job.delivery.id for claim in claims]
        try:
            claimed = await self._writer.write(
                lambda session: outbox.claim(session, self._workspace, self._dispatch_id, wanted)
            )
        except Exception as error:
            for claim in claims:
                del self._claiming[claim.job.delivery.id]
                claim.fail(error)
            raise
        for claim in claims:
            delivery = claim.job.delivery
            del self._claiming[delivery.id]
            is_granted = delivery.id in claimed
            if is_granted:
                self._claimed.add(delivery.id)
            else:
                self._in_hand.discard(delivery.id)
            claim.answer(is_granted)
            if is_granted and claim.settled_early is not None:
                self.settle(claim.job, claim.settled_early)

    async def _write_skip(self, delivery_id: int, explanation: str) -> None:
        await self._writer.write(
            lambda session: outbox.skip(session, delivery_id, SkipReason.CONTENT_ERROR, explanation)
        )

    def _record(self, delivery: LeasedDelivery, outcome: Outcome) -> None:
        now = utcnow()
        if outcome.slow_down:
            self._lane.throttle.slow_down(outcome.retry_after_s)
        if outcome.kind is OutcomeKind.ACCOUNT_TROUBLE:
            self._halt(explain(outcome, server=self._lane.server))
        tries, first_tried_at = delivery.attempts + 1, delivery.first_tried_at or now
        is_old = now - first_tried_at > _GIVE_UP_AFTER
        settlement = Settlement(
            delivery,
            outcome,
            at=now,
            retry_at=now + timedelta(seconds=retry_delay(tries, outcome, rng=self._rng)),
            give_up=tries >= _MOST_ATTEMPTS or (is_old and tries >= _FEWEST_ATTEMPTS),
        )
        self._settlements.append(settlement)
        if not self._is_writing_settlements:
            self._is_writing_settlements = True
            self._start(self._write_settlements())

    async def _write_settlements(self) -> None:
        try:
            while self._settlements:
                settled, self._settlements = self._settlements, []
                await self._writer.write(
                    partial(
                        outbox.settle,
                        workspace=self._workspace,
                        account_id=self._lane.account_id,
                        settlements=settled,
                    )
                )
        finally:
            self._is_writing_settlements = False

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._on_background_done)

    def _on_background_done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        self._failures.append(error)
        self.stop()


@dataclass(slots=True)
class _Claim:
    """A claim that is being written. `settled_early` is the outcome, if the connection broke before that was done."""

    job: OutgoingMessage
    granted: "asyncio.Future[bool]"
    settled_early: Outcome | None = None

    def answer(self, is_granted: bool) -> None:
        if not self.granted.done():
            self.granted.set_result(is_granted)

    def fail(self, error: Exception) -> None:
        if not self.granted.done():
            self.granted.set_exception(error)
            # The connection may be gone and never look; the runner itself raises the error.
            self.granted.exception()
