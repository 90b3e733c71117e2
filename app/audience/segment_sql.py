"""A rule as one statement: the ids of the contacts it holds for, alike in SQLite and PostgreSQL, all values bound."""

from datetime import datetime

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session

from app.audience.rules import Condition, Mode, Operator, Rule, Subject
from app.audience.segment_behaviour import behaviour_plan, link_plan
from app.audience.segment_checks import problems
from app.audience.segment_dates import is_moment_in
from app.audience.segment_fields import field_plan
from app.audience.segment_known import Known, read_known
from app.audience.segment_permission import consent_plan, group_plan, status_plan
from app.audience.segment_plan import NOBODY, All, Not, Plan, Repeated, Some, Test, condition_of
from app.models.contacts import Contact


def select_ids(session: Session, rule: Rule, *, now: datetime | None = None) -> Select[int]:
    """The statement that gives the ids of the contacts *rule* holds for, as of *now* if that is given.

    A rule that cannot be answered holds for nobody; `segment_checks.problems` says why.
    """
    return statement_of(plan_of(session, rule, read_known(session, now=now)))


def statement_of(plan: Plan) -> Select[int]:
    """The statement that gives the ids of the contacts in the set of *plan*."""
    if plan == NOBODY:
        return select(Contact.id).where(false()).correlate(None)
    if isinstance(plan, Repeated):
        # Nobody is in it who is no contact, so the contacts need not be looked up.
        return plan.whole.ids() if plan.at_least > 1 else plan.whole.ids().distinct()
    return select(Contact.id).where(condition_of(plan)).correlate(None)


def plan_of(session: Session, rule: Rule, known: Known) -> Plan:
    """The set of the contacts *rule* holds for; nobody if it cannot be answered."""
    if problems(rule, known):
        return NOBODY
    return answerable_plan(session, rule, known)


def answerable_plan(session: Session, rule: Rule, known: Known) -> Plan:
    """`plan_of` for a rule, or a part of one, that is known to have no problems."""
    if isinstance(rule, Condition):
        return _condition_plan(session, rule, known)
    parts = tuple(answerable_plan(session, part, known) for part in rule.parts)
    if rule.mode is Mode.ALL:
        return All(parts)
    return Some(parts) if rule.mode is Mode.ANY else Not(Some(parts))


def _condition_plan(session: Session, condition: Condition, known: Known) -> Plan:
    match condition.subject:
        case Subject.FIELD:
            return field_plan(session, condition, known)
        case Subject.LIST | Subject.TAG | Subject.TOPIC:
            return group_plan(condition)
        case Subject.SEGMENT:
            return _segment_plan(session, condition, known)
        case Subject.STATUS:
            return status_plan(condition)
        case Subject.CONSENT:
            return consent_plan(condition, known)
        case Subject.BEHAVIOUR:
            return behaviour_plan(condition, known)
        case Subject.LINK:
            return link_plan(condition)
        case Subject.CREATED | Subject.UPDATED:
            column = Contact.created_at if condition.subject is Subject.CREATED else Contact.updated_at
            return Test(is_moment_in(column, condition.operator, condition.values, known))


def _segment_plan(session: Session, condition: Condition, known: Known) -> Plan:
    inner = tuple(
        answerable_plan(session, rule, known)
        for value in condition.values
        if (rule := known.rules[int(value)]) is not None
    )
    return Not(Some(inner)) if condition.operator is Operator.NONE_OF else Some(inner)
