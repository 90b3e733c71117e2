"""Segments counted with sets of ids: each condition is asked once, as a compressed set of the contacts it holds for,
and the sets are put together in memory.

Putting together takes a few milliseconds, so a rule that differs from the last one in one condition costs that
condition alone, which is what typing a rule is. The SQL of `segment_sql` stays the truth; the counts are equal.
"""

import threading
from array import array
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from pyroaring import BitMap64
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audience.rules import Rule
from app.audience.segment_known import read_known
from app.audience.segment_plan import All, Members, Not, Plan, Repeated, Some, Test
from app.audience.segment_sql import plan_of
from app.models.contacts import Contact
from app.models.sql import id_array
from app.models.workspace import Workspace

_MOST_SETS = 200
"""A set of a million ids has at most 128 kB."""
_READERS = 2
"""Most of a first count is decrypting pages, which two cores do in half the time."""
_TRIES = 3


class SegmentSets:
    """The sets of one workspace. They are forgotten whenever anybody wrote to it; any thread may ask."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._version: int | None = None
        self._sets: dict[Hashable, BitMap64] = {}

    def count(self, rule: Rule, *, now: datetime | None = None) -> int:
        """How many contacts *rule* holds for; nobody if it cannot be answered."""
        return len(self.ids(rule, now=now))

    def ids(self, rule: Rule, *, now: datetime | None = None) -> BitMap64:
        """The ids of the contacts *rule* holds for."""
        with self._lock:
            for _ in range(_TRIES):
                self._forget_if_old()
                with self._workspace.read() as session:
                    plan = plan_of(session, rule, read_known(session, now=now))
                    self._load([leaf for leaf in _leaves(plan) if _key_of(session, leaf) not in self._sets])
                    found = _Sets(session, self._sets).of(plan)
                if self._workspace.database.data_version() == self._version:
                    return found
            # Somebody writes all the time: one snapshot, however long it takes.
            with self._workspace.read() as session:
                return _Sets(session, {}).of(plan_of(session, rule, read_known(session, now=now)))

    def _forget_if_old(self) -> None:
        version = self._workspace.database.data_version()
        if version != self._version or len(self._sets) > _MOST_SETS:
            self._sets.clear()
            self._version = version

    def _load(self, leaves: Sequence[Test | Members]) -> None:
        """Read the sets of *leaves*, several at a time."""
        if len(leaves) < 2:
            return

        def load(leaf: Test | Members) -> None:
            with self._workspace.read() as session:
                _Sets(session, self._sets).of(leaf)

        with ThreadPoolExecutor(_READERS, thread_name_prefix="segment-sets") as readers:
            for _ in readers.map(load, leaves):
                continue


class _Sets:
    """Puts sets together, and reads those in *session* that are not in *known* yet."""

    def __init__(self, session: Session, known: dict[Hashable, BitMap64]) -> None:
        self._session = session
        self._known = known

    def of(self, plan: Plan) -> BitMap64:
        """The set of *plan*. It may be one that is kept: not to be changed."""
        match plan:
            case Test() | Members():
                return self._leaf(plan)
            case Repeated():
                return _in_at_least(plan.at_least, [self._leaf(part) for part in plan.parts])
            case Some():
                return BitMap64.union(BitMap64(), *(self.of(part) for part in plan.parts))
            case Not():
                return self._everybody() - self.of(plan.part)
            case All():
                return self._all(plan)

    def _all(self, plan: All) -> BitMap64:
        inside = [self.of(part) for part in plan.parts if not isinstance(part, Not)]
        outside = [self.of(part.part) for part in plan.parts if isinstance(part, Not)]
        found = BitMap64.intersection(*inside) if inside else self._everybody()
        for one in outside:
            found = found - one
        return found

    def _everybody(self) -> BitMap64:
        key = "everybody"
        if key not in self._known:
            number, lowest, highest = self._session.execute(
                select(func.count(Contact.id), func.min(Contact.id), func.max(Contact.id))
            ).one()
            has_gaps = number and highest - lowest + 1 != number
            ids = id_array(self._session, select(Contact.id)) if has_gaps else range(lowest or 0, (highest or -1) + 1)
            self._known[key] = _bitmap(ids)
        return self._known[key]

    def _leaf(self, leaf: Test | Members) -> BitMap64:
        key = _key_of(self._session, leaf)
        if key not in self._known:
            self._known[key] = _bitmap(id_array(self._session, leaf.ids()))
        return self._known[key]


def _bitmap(ids: "array[int] | range") -> BitMap64:
    return BitMap64(array("Q", ids.tobytes()) if isinstance(ids, array) else ids)


def _in_at_least(number: int, sets: Sequence[BitMap64]) -> BitMap64:
    """Who is in at least *number* of *sets*."""
    # In how many of the sets seen so far: at_least[n] has those who are in n + 1 of them.
    at_least = [BitMap64() for _ in range(number)]
    for one in sets:
        for place in range(number - 1, 0, -1):
            at_least[place] |= at_least[place - 1] & one
        at_least[0] |= one
    return at_least[-1]


def _leaves(plan: Plan) -> Iterator[Test | Members]:
    match plan:
        case Test() | Members():
            yield plan
        case Repeated():
            yield from plan.parts
        case Not():
            yield from _leaves(plan.part)
        case All() | Some():
            for part in plan.parts:
                yield from _leaves(part)


def _key_of(session: Session, leaf: Test | Members) -> Hashable:
    """What tells the statement of *leaf* and its values from others."""
    statement: Select[int] = leaf.ids()
    compiled = statement.compile(dialect=session.get_bind().dialect)
    return str(compiled), tuple(sorted((name, repr(value)) for name, value in compiled.params.items()))
