"""Conditions on the fields of a contact, with the comparisons that the filters of the grid have."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlalchemy.orm import Session

from app.audience.fields import column_of
from app.audience.places import COUNTRIES
from app.audience.rules import Condition, Operator
from app.audience.search_filters import condition_of
from app.audience.search_words import ColumnFilter, FilterOperator
from app.audience.segment_dates import comes_round, span_of
from app.audience.segment_known import Known
from app.audience.segment_plan import Not, Plan, Test
from app.models.fields import FieldInfo
from app.models.states import FieldType

_NEGATED = {
    Operator.NONE_OF: Operator.ONE_OF,
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
}
_SPANS = frozenset(
    {
        Operator.ON,
        Operator.BEFORE,
        Operator.AFTER,
        Operator.BETWEEN_DATES,
        Operator.IN_LAST_DAYS,
        Operator.MORE_THAN_DAYS_AGO,
        Operator.IN_NEXT_DAYS,
    }
)


def field_plan(session: Session, condition: Condition, known: Known) -> Plan:
    """Who has such a value in the field. An empty field is like nothing, so "is not" and "does not contain" hold."""
    field = known.fields[condition.key]
    if condition.operator in _NEGATED:
        opposite = Condition(condition.subject, condition.key, _NEGATED[condition.operator], condition.values)
        return Not(_positive(session, field, opposite, known))
    return _positive(session, field, condition, known)


def _positive(session: Session, field: FieldInfo, condition: Condition, known: Known) -> Plan:
    column, operator, values = column_of(field), condition.operator, condition.values
    match operator:
        case Operator.IS_EMPTY:
            return Test(column.is_(None))
        case Operator.IS_FILLED:
            return Test(column.is_not(None))
        case Operator.IS_YES | Operator.IS_NO:
            return _filled(column, column == int(operator is Operator.IS_YES))
        case Operator.ANNIVERSARY_IN_NEXT_DAYS:
            return Test(comes_round(column, int(values[0]), known.today))
        case Operator.ANNIVERSARY_IN_MONTH:
            return _filled(column, func.substr(column, 6, 2) == f"{int(values[0]):02}")
    if operator in _SPANS:
        first, last = span_of(operator, values, known)
        return _in_span(session, field, first, last)
    wanted = country_forms(values) if field.type is FieldType.COUNTRY else values
    return _compared(session, field, FilterOperator(operator.value), wanted)


def _in_span(session: Session, field: FieldInfo, first: date | None, last: date | None) -> Plan:
    ends: list[Test] = []
    if first is not None:
        ends.append(_compared(session, field, FilterOperator.AT_LEAST, (first.isoformat(),)))
    if last is not None:
        ends.append(_compared(session, field, FilterOperator.AT_MOST, (last.isoformat(),)))
    return Test(and_(*(end.condition for end in ends)))


def _compared(session: Session, field: FieldInfo, operator: FilterOperator, values: tuple[str, ...]) -> Test:
    return _filled(column_of(field), condition_of(session, field, ColumnFilter(field.key, operator, values)))


def _filled(column: ColumnElement[Any], condition: ColumnElement[bool]) -> Test:
    """*condition*, which is false and not NULL where there is nothing in *column*."""
    return Test(and_(column.is_not(None), condition))


def country_forms(values: Sequence[str]) -> tuple[str, ...]:
    """All the ways to write these countries: a list says DE, the next one Germany or Deutschland."""
    forms: dict[str, None] = {}
    for value in values:
        forms |= dict.fromkeys(_FORMS.get(value.strip().casefold(), (value,)))
    return tuple(forms)


_FORMS = {form.casefold(): (code, *names) for code, names in COUNTRIES.items() for form in (code, *names)}
