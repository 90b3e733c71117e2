"""How the people of a rule are found: a tree of sets of contacts, which becomes one condition in SQL.

Every set is told either by a test on the table `contact`, or by a statement that gives the ids of its members. A test
is never NULL, so that "not" means the others, all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, exists, false, not_, or_, select, true

from app.models.contacts import Contact


@dataclass(frozen=True, slots=True)
class Test:
    """The contacts for which a condition on the table `contact` is true."""

    condition: ColumnElement[bool]

    def ids(self) -> Select[int]:
        """A statement that gives their ids."""
        return select(Contact.id).where(self.condition).correlate(None)


@dataclass(frozen=True, slots=True)
class Members:
    """The contacts whose ids a statement gives as its only column."""

    statement: Select[Any]

    def ids(self) -> Select[Any]:
        """A statement that gives their ids."""
        return self.statement.correlate(None)


@dataclass(frozen=True, slots=True)
class Repeated:
    """The contacts in at least so many of several sets; in SQL one statement tells them all."""

    whole: Members
    parts: tuple[Members, ...]
    at_least: int


Leaf: TypeAlias = Test | Members


@dataclass(frozen=True, slots=True)
class All:
    """Who is in each of these sets; without any, everybody."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """Who is in at least one of these sets; without any, nobody."""

    parts: "tuple[Plan, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Who is not in this set."""

    part: "Plan"


Plan: TypeAlias = Leaf | Repeated | All | Some | Not

NOBODY = Some(())


def condition_of(plan: Plan) -> ColumnElement[bool]:
    """Whether a row of the table `contact` is in the set of *plan*; for the WHERE of a statement about contacts."""
    return _expression(plan, lambda leaf: Contact.id.in_(leaf.ids()))


def condition_for(plan: Plan, contact_id: int) -> ColumnElement[bool]:
    """As `condition_of`, for a statement about this one contact, which need not find all the others too."""

    def is_member(leaf: Members) -> ColumnElement[bool]:
        of_this_one = leaf.ids().where(leaf.statement.selected_columns[0] == contact_id)
        return exists(of_this_one)

    return _expression(plan, is_member)


def _expression(plan: Plan, is_member: Callable[[Members], ColumnElement[bool]]) -> ColumnElement[bool]:
    match plan:
        case Test():
            return plan.condition
        case Members():
            return is_member(plan)
        case Repeated():
            return is_member(plan.whole)
        case All():
            return and_(true(), *(_expression(part, is_member) for part in plan.parts))
        case Some():
            return or_(false(), *(_expression(part, is_member) for part in plan.parts))
        case Not():
            return not_(_expression(plan.part, is_member))
