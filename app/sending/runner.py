"""One dispatch on its way: what it has to send, through which accounts, and what became of each message."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.group_writer import GroupWriter
from app.models.workspace import Workspace
from app.sending.breaker import EventCounts
from app.sending.compose import Composer, Letter, OutgoingMessage
from app.sending.deliveries import LeasedDelivery, Row
from app.sending.dispatches import SendingPlan
from app.sending.lane import Lane
from app.sending.ledger import Ledger
from app.sending.outcomes import Outcome, OutcomeKind, explain, next_try
from app.sending.sending_messages import LetterKey
from app.sending.settlements import Settlement
from app.sending.supply import Supply
from app.sending.throttle import Throttle

_PATIENCE_S = 30.0
_BIG = 3_000
_SOON_S = 5.0
_LONG_S = 60.0
_HEAD_START = 8


@dataclass
class Route:
    """A way for a dispatch to leave: an account's lane, and the message as it is sent from there.

    Attributes:
        weight: Its share of the messages in proportion to the others; 0 for one that only stands in for them.
        sent: How many it was given, those that came back not counted.
        trouble: Why it cannot send until the user acts; empty while it can.
    """

    lane: Lane
    identity_id: int
    letter: Letter
    composer: Composer
    weight: int = 1
    sent: int = 0
    trouble: str = ""

    def can_send_within(self, seconds: float) -> bool:
        return not self.trouble and not self.lane.is_down and self.lane.throttle.next_free_in() <= seconds


class DispatchRunner:
    """Sends one dispatch through the lanes of its accounts, whose connections come to it for messages.

    A delivery is *leased*, *taken* by a connection, *claimed* (durably `sending`) and *settled*.

    Attributes:
        dispatch_id, priority: Of a higher priority goes first.
        trouble: Why the dispatch cannot go on until the user acts; empty while it can.
        events: What came back about it, as far as that was looked up.
    """

    def __init__(
        self,
        workspace: Workspace,
        writer: GroupWriter,
        routes: Sequence[Route],
        *,
        plan: SendingPlan,
        rng: random.Random,
        hours: Throttle,
        agent_id: int | None = None,
    ) -> None:
        """*hours* says when the campaign itself may go out, whatever its accounts may."""
        self.dispatch_id = plan.dispatch_id
        self.priority = plan.priority
        self.trouble = ""
        self._plan = plan
        self._hours = hours
        self._tally = plan.tally
        self.events = EventCounts()
        self._routes = {route.lane.account_id: route for route in routes}
        self._rng = rng
        self._supply = Supply(workspace, writer, plan.dispatch_id, data=plan.data, agent_id=agent_id)
        self._ledger = Ledger(
            workspace, writer, plan.dispatch_id, agent_id=agent_id, refused=self._on_refused, failed=self.fail
        )
        self._taken = 0
        self._is_stopping = False
        self._is_over = asyncio.Event()
        self._refill: asyncio.Task[None] | None = None
        self._failures: list[Exception] = []

    @property
    def counted_since(self) -> datetime | None:
        """Only what was settled after this moment counts for the breaker."""
        return self._plan.breaker.since

    @property
    def routes(self) -> tuple[Route, ...]:
        return tuple(self._routes.values())

    @property
    def note(self) -> str:
        """Why nothing goes out at the moment although all is well, for the user to read; empty while it goes."""
        if self._hours.next_free_in() > 0:
            return f"Waiting for {self._hours.waiting_for}"
        notes = [route.lane.note for route in self._routes.values() if not route.trouble]
        return "" if not all(notes) else min(notes, default="")

    async def run(self) -> None:
        """Send until nothing is left, `stop` was called, or no account can send; then everything is settled.

        Raises:
            WorkspaceUnavailable: the workspace cannot be written; what could not be settled is in doubt.
            Exception: a fault of the program; likewise.
        """
        try:
            await self._supply.refill()
            for route in self._routes.values():
                route.lane.attach(self)
            self._see_if_over()
            await self._is_over.wait()
        except Exception as error:  # noqa: BLE001  raised below, when all has settled
            self._failures.append(error)
        finally:
            self.stop()
            for route in self._routes.values():
                route.lane.detach(self)
            if self._refill is not None:
                await asyncio.wait([self._refill])
            await self._ledger.close()
        if self._failures:
            raise min(self._failures, key=lambda error: isinstance(error, UserFacingError))

    def stop(self) -> None:
        """Give out nothing more; what is on its way is finished."""
        self._is_stopping = True
        self._supply.clear()
        self._wake()
        self._see_if_over()

    def fail(self, error: Exception) -> None:
        """Stop, and have `run` raise *error*, once what is on its way has come to its end or had the time for it."""
        if error not in self._failures:
            self._failures.append(error)
        self.stop()
        asyncio.get_running_loop().call_later(_PATIENCE_S, self._is_over.set)

    # Called by the lanes

    @property
    def may_have_rows(self) -> bool:
        """It has something to send, or may get something."""
        return not self._is_stopping and (len(self._supply) > 0 or self._supply.is_refilling)

    def free_in(self) -> float:
        """Seconds until the campaign itself may send."""
        return self._hours.next_free_in()

    @property
    def is_big(self) -> bool:
        """It is worth starting processes for."""
        return self._plan.waiting >= _BIG

    @property
    def held_domain(self) -> str | None:
        """A receiver's domain that holds up all that is left."""
        return self._supply.held_domain

    def waiting_rows(self) -> int:
        """How many deliveries wait to be taken."""
        return len(self._supply)

    def next_row(self, lane: Lane) -> Row | None:
        """The next delivery to go through *lane*, or None if there is none for it at the moment."""
        if self._is_stopping or self._hours.next_free_in() > 0:
            return None
        if self._supply.wants_more and (self._refill is None or self._refill.done()):
            self._refill = asyncio.get_running_loop().create_task(self._lease_more())
        route = self._routes[lane.account_id]
        if len(self._routes) == 1:
            others: frozenset[int] = frozenset()
        elif self._is_turn_of(route):
            others = frozenset(account for account, other in self._routes.items() if other.can_send_within(_LONG_S))
        else:
            return None
        row = self._supply.next(lane.account_id, others=others, is_free=lane.is_free)
        if row is not None:
            self._taken += 1
            self._hours.reserve()
            route.sent += 1
            if others:
                self._wake(but=route)
        return row

    def compose(self, lane: Lane, row: Row) -> OutgoingMessage | None:
        """The message of a delivery that was taken, or None if it cannot be made; then the delivery says why."""
        try:
            return self._routes[lane.account_id].composer.compose(row)
        except UserFacingError as error:
            self.skip(lane, row.delivery, str(error))
        except Exception as error:  # noqa: BLE001  `run` raises it; the connection serves other dispatches as well
            self.fail(error)
            self._drop(row.delivery)
        return None

    def skip(self, lane: Lane, delivery: LeasedDelivery, explanation: str) -> None:
        """The message of a delivery that was taken cannot be made."""
        self._ledger.skip(delivery, explanation)
        self._give_back(lane, delivery)
        self._drop(delivery)

    def letter(self, lane: Lane) -> tuple[LetterKey, Letter]:
        """What the deliveries that *lane* takes are made into, and its name."""
        route = self._routes[lane.account_id]
        return (self.dispatch_id, route.identity_id), route.letter

    def claim(self, lane: Lane, delivery: LeasedDelivery) -> "asyncio.Future[bool]":
        """See `Feed.claim`."""
        return self._ledger.claim(delivery, lane.account_id)

    def settle(self, lane: Lane, row: Row, outcome: Outcome) -> None:
        """See `Feed.settle`."""
        delivery = row.delivery
        if self._ledger.hold_until_claimed(delivery, lambda: self.settle(lane, row, outcome)):
            return
        # What the connection need not even offer (too big, say) is refused without a claim.
        if self._ledger.is_claimed(delivery) or outcome.kind is OutcomeKind.REFUSED:
            self._record(lane, delivery, outcome)
        is_unused = outcome.is_untried or outcome.kind is OutcomeKind.ACCOUNT_TROUBLE
        if is_unused:
            self._give_back(lane, delivery)
        if is_unused and not self._is_stopping:
            self._taken -= 1
            self._supply.give_back(row)
            lane.wake()
        else:
            self._drop(delivery)

    def cannot_send(self, lane: Lane, trouble: str) -> None:
        """The account of *lane* needs the user; the others, if there are any, go on without it."""
        self._routes[lane.account_id].trouble = trouble
        lane.detach(self)
        self._wake()
        if all(route.trouble for route in self._routes.values()):
            self.halt(trouble)

    def see_if_tripped(self, events: EventCounts | None = None) -> None:
        """Halt if so many addresses are dead, or people complain, that the account's good name is at stake.

        *events* is what came back about the dispatch, if that was looked up anew.
        """
        self.events = events or self.events
        if not self.trouble and (reason := self._plan.breaker.tripped(self._tally, self.events)) is not None:
            self.halt(reason)

    def halt(self, trouble: str) -> None:
        """Stop until the user has dealt with *trouble*."""
        self.trouble = self.trouble or trouble
        self.stop()

    # Inside

    def _is_turn_of(self, route: Route) -> bool:
        """Whether a route may take one more without getting ahead of its share.

        A route that cannot send soon holds up nobody: the others take over what it would have sent.
        """
        others = [other for other in self._routes.values() if other is not route and other.weight]
        if not route.weight:
            return not any(other.can_send_within(_LONG_S) for other in others)
        ready = [other for other in others if other.can_send_within(_SOON_S)]
        least = min((other.sent / other.weight for other in ready), default=float("inf"))
        return route.sent / route.weight <= least + _HEAD_START / route.weight

    async def _lease_more(self) -> None:
        try:
            await self._supply.refill()
        except Exception as error:  # noqa: BLE001  `run` raises it
            self.fail(error)
        if self._is_stopping:
            self._supply.clear()
        self._wake()
        self._see_if_over()

    def _wake(self, *, but: Route | None = None) -> None:
        for route in self._routes.values():
            if route is not but:
                route.lane.wake()

    def _record(self, lane: Lane, delivery: LeasedDelivery, outcome: Outcome) -> None:
        now = utcnow()
        lane.heed(outcome, domain=delivery.domain)
        if outcome.needs_user:
            lane.cannot_send(explain(outcome, server=lane.server))
        retry_at = None
        if not outcome.is_final:
            retry_at = next_try(
                delivery.attempts + 1,
                outcome,
                first_tried_at=delivery.first_tried_at or now,
                now=now,
                give_up_after=self._plan.give_up_after,
                rng=self._rng,
            )
        self._ledger.settle(Settlement(delivery, lane.account_id, outcome, at=now, retry_at=retry_at))
        self._tally.add(outcome)
        self.see_if_tripped()

    def _give_back(self, lane: Lane, delivery: LeasedDelivery) -> None:
        """A delivery that was taken was not offered to the server: it counts against nothing."""
        self._routes[lane.account_id].sent -= 1
        self._hours.give_back()
        lane.give_back(delivery.domain)

    def _on_refused(self, delivery: LeasedDelivery, account_id: int) -> None:
        """A delivery must not go any more."""
        self._give_back(self._routes[account_id].lane, delivery)
        self._drop(delivery)

    def _drop(self, delivery: LeasedDelivery) -> None:
        """A delivery that was taken is nobody's concern here any more."""
        self._supply.done(delivery.id)
        self._taken -= 1
        self._see_if_over()

    def _see_if_over(self) -> None:
        is_empty = self._is_stopping or (not len(self._supply) and self._supply.is_dry)
        if is_empty and not self._taken and not self._supply.is_refilling:
            self._is_over.set()
