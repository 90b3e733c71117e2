"""Segments counted with sets of ids: each condition is asked once, as a compressed set of the contacts it holds for,
and the sets are put together in memory.

Putting together takes well under a millisecond, so a rule that differs from the last one in one condition costs that
condition alone, which is what typing a rule is. The SQL of `segment_sql` stays the truth; the counts are equal.
"""

import threading
from array import array
from collections.abc import Hashable
from datetime import datetime

from pyroaring import BitMap64
from sqlalchemy import Dialect, Select, select
from sqlalchemy.orm import Session

from app.audience.rules import Rule
from app.audience.segment_known import read_known
from app.audience.segment_plan import All, Members, Not, Plan, Some, Test
from app.audience.segment_sql import plan_of
from app.models.contacts import Contact
from app.models.sql import id_array
from app.models.workspace import Workspace

_MOST_SETS = 200
"""A set of a million ids has at most 128 kB."""


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
            version = self._workspace.database.data_version()
            if version != self._version:
                self._sets.clear()
                self._version = version
            with self._workspace.read() as session:
                plan = plan_of(session, rule, read_known(session, now=now))
                return self._set_of(session, plan)

    def _set_of(self, session: Session, plan: Plan) -> BitMap64:
        match plan:
            case Test() | Members():
                return self._leaf(session, plan.ids())
            case Some():
                return BitMap64.union(BitMap64(), *(self._set_of(session, part) for part in plan.parts))
            case Not():
                return self._everybody(session) - self._set_of(session, plan.part)
            case All():
                return self._all(session, plan)

    def _all(self, session: Session, plan: All) -> BitMap64:
        inside = [self._set_of(session, part) for part in plan.parts if not isinstance(part, Not)]
        outside = [self._set_of(session, part.part) for part in plan.parts if isinstance(part, Not)]
        found = BitMap64.intersection(*inside) if inside else self._everybody(session)
        for one in outside:
            found = found - one
        return found

    def _everybody(self, session: Session) -> BitMap64:
        return self._leaf(session, select(Contact.id))

    def _leaf(self, session: Session, ids: Select[int]) -> BitMap64:
        key = _key_of(ids, session.get_bind().dialect)
        found = self._sets.get(key)
        if found is None:
            if len(self._sets) >= _MOST_SETS:
                self._sets.pop(next(iter(self._sets)))
            found = self._sets[key] = BitMap64(array("Q", id_array(session, ids).tobytes()))
        return found


def _key_of(statement: Select[int], dialect: Dialect) -> Hashable:
    """What tells *statement* and its values from others."""
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(sorted((name, repr(value)) for name, value in compiled.params.items()))
