"""What one dispatch can send next: deliveries leased ahead, each with its contact's values.

A delivery that cannot go at the moment, because its receiver wants to hear less from us or because the account that
began it is busy, steps aside and lets the others pass.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping
from functools import partial

from sqlalchemy.orm import Session

from app.audience.contacts import merge_values
from app.models.base import utcnow
from app.models.group_writer import GroupWriter
from app.models.workspace import Workspace
from app.sending import outbox
from app.sending.deliveries import Row

LEASED_AHEAD = 400
_REFILL_BELOW = LEASED_AHEAD // 2
_MOST_ASIDE = 2_000


class Supply:
    """The deliveries of a dispatch that this agent has leased, in the order in which they are to go.

    Attributes:
        is_dry: The workspace had nothing more to lease when it was asked last.
    """

    def __init__(
        self,
        workspace: Workspace,
        writer: GroupWriter,
        dispatch_id: int,
        *,
        data: Mapping[str, object],
        agent_id: int | None,
    ) -> None:
        """*data* are merge values of the dispatch itself; *agent_id* names this agent where several are at work."""
        self.is_dry = False
        self._workspace = workspace
        self._writer = writer
        self._dispatch_id = dispatch_id
        self._data = data
        self._agent_id = agent_id
        self._cursor = 0
        self._rows: deque[Row] = deque()
        self._begun: dict[int, deque[Row]] = {}  # by the account that tried it before
        self._aside: dict[str, deque[Row]] = {}  # by the domain that holds it up
        self._aside_count = 0
        self._in_hand: set[int] = set()
        self._refilling = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._rows) + self._aside_count + sum(map(len, self._begun.values()))

    @property
    def wants_more(self) -> bool:
        """It runs low, nothing is being fetched, and there may be more."""
        return (
            len(self._rows) < _REFILL_BELOW
            and self._aside_count < _MOST_ASIDE
            and not self.is_dry
            and not self._refilling.locked()
        )

    @property
    def is_refilling(self) -> bool:
        return self._refilling.locked()

    @property
    def held_domain(self) -> str | None:
        """A receiver's domain that holds up its messages, while nothing else is left to send."""
        return None if self._rows else next(iter(self._aside), None)

    async def refill(self) -> None:
        """Lease the next ones."""
        async with self._refilling:
            in_hand = frozenset(self._in_hand)
            if self._agent_id is None:
                found = await asyncio.to_thread(self._read, in_hand)
            else:
                found = await self._writer.write(partial(self._lease, in_hand=in_hand))
            self.is_dry = not found
            for row in found:
                self._in_hand.add(row.delivery.id)
                if row.delivery.was_deferred and row.delivery.account_id is not None:
                    self._begun.setdefault(row.delivery.account_id, deque()).append(row)
                else:
                    self._rows.append(row)
                if not row.delivery.was_deferred:
                    self._cursor = max(self._cursor, row.delivery.id)

    def next(self, account_id: int, *, others: Collection[int], is_free: Callable[[str], bool]) -> Row | None:
        """The next one to go through an account, or None if there is none at the moment.

        Args:
            others: The accounts that can send as well: what they began is theirs to go on with, since a receiver that
                has put off a message wants to see the same server again.
            is_free: Whether a receiver's domain may get another message now.
        """
        for begun_by, rows in self._begun.items():
            if rows and (begun_by == account_id or begun_by not in others) and is_free(rows[0].delivery.domain):
                return rows.popleft()
        for domain, rows in self._aside.items():
            if is_free(domain):
                self._aside_count -= 1
                row = rows.popleft()
                if not rows:
                    del self._aside[domain]
                return row
        while self._rows:
            row = self._rows.popleft()
            domain = row.delivery.domain
            if is_free(domain):
                return row
            self._aside.setdefault(domain, deque()).append(row)
            self._aside_count += 1
        return None

    def give_back(self, row: Row) -> None:
        """It was not tried: it goes next."""
        self._rows.appendleft(row)

    def done(self, delivery_id: int) -> None:
        """Forget a delivery that is settled; if it was deferred, it can be leased anew when its time comes."""
        self._in_hand.discard(delivery_id)

    def clear(self) -> None:
        """Forget what nobody has taken."""
        self._rows.clear()
        self._begun.clear()
        self._aside.clear()
        self._aside_count = 0

    def _read(self, in_hand: frozenset[int]) -> list[Row]:
        with self._workspace.read() as session:
            return self._lease(session, in_hand)

    def _lease(self, session: Session, in_hand: frozenset[int]) -> list[Row]:
        deliveries = outbox.lease(
            session, self._dispatch_id, after_id=self._cursor, limit=LEASED_AHEAD, agent_id=self._agent_id
        )
        if not deliveries:
            due = outbox.lease_deferred(
                session, self._dispatch_id, now=utcnow(), limit=LEASED_AHEAD + len(in_hand), agent_id=self._agent_id
            )
            deliveries = [one for one in due if one.id not in in_hand]
        values = merge_values(session, [one.contact_id for one in deliveries if one.contact_id is not None])
        return [Row(one, {**values.get(one.contact_id or 0, {}), **self._data}) for one in deliveries]
