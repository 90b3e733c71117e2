"""Filters of columns: which operators fit which type, and what they mean in SQL. Every value is a bound parameter."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, literal, not_, or_
from sqlalchemy.orm import Session

from app.audience.cells import parse_cell, to_stored
from app.audience.fields import column_of
from app.audience.search_order import sorted_expression
from app.audience.search_text import text_condition
from app.audience.search_words import ColumnFilter, FilterOperator
from app.audience.values import BadValue, ColumnHints
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.sql import any_of
from app.models.states import FieldType

_EMPTINESS = (FilterOperator.IS_EMPTY, FilterOperator.IS_FILLED)
_SAMENESS = (FilterOperator.EQUALS, FilterOperator.NOT_EQUALS, FilterOperator.ONE_OF)
_IN_TEXT = (
    FilterOperator.CONTAINS,
    FilterOperator.NOT_CONTAINS,
    FilterOperator.STARTS_WITH,
    FilterOperator.ENDS_WITH,
)
_IN_ORDER = (
    FilterOperator.LESS,
    FilterOperator.AT_MOST,
    FilterOperator.MORE,
    FilterOperator.AT_LEAST,
    FilterOperator.BETWEEN,
)
_ORDERED = frozenset({FieldType.NUMBER, FieldType.DATE})
_CLOSED = frozenset({FieldType.COUNTRY, FieldType.LANGUAGE, FieldType.TIME_ZONE, FieldType.CHOICE})
_WORD_END = "; "


def operators_for(kind: FieldType) -> tuple[FilterOperator, ...]:
    """The operators that make sense in a column of this type, the likeliest first."""
    if kind is FieldType.YES_NO:
        return (FilterOperator.EQUALS, *_EMPTINESS)
    if kind in _ORDERED:
        return (*_SAMENESS[:1], *_IN_ORDER, *_SAMENESS[1:], *_EMPTINESS)
    if kind is FieldType.CHOICES:
        return (FilterOperator.ONE_OF, FilterOperator.HAS_ALL, *_SAMENESS[:2], *_EMPTINESS)
    if kind in _CLOSED:
        return (FilterOperator.ONE_OF, *_SAMENESS[:2], *_IN_TEXT, *_EMPTINESS)
    return (*_IN_TEXT[:2], *_SAMENESS[:2], *_IN_TEXT[2:], FilterOperator.ONE_OF, *_EMPTINESS, *_IN_ORDER)


def condition_of(
    session: Session, field: FieldInfo, wanted: ColumnFilter, hints: ColumnHints | None = None
) -> ColumnElement[bool]:
    """Whether the cell of a contact in the column of *field* is as *wanted*.

    Empty cells are not equal to anything and contain nothing, so NOT_EQUALS and NOT_CONTAINS find them, as in Excel.

    Raises:
        BadValue: a value does not fit the column, or there are too few of them.
        UserFacingError: the operator makes no sense in this column.
    """
    operator = wanted.operator
    if operator not in operators_for(field.type):
        raise UserFacingError(
            f"“{field.label}” cannot be filtered that way.", "Choose another comparison.", detail=str(operator)
        )
    column = column_of(field)
    if operator is FilterOperator.IS_EMPTY:
        return column.is_(None)
    if operator is FilterOperator.IS_FILLED:
        return column.is_not(None)
    if not wanted.values or (operator is FilterOperator.BETWEEN and len(wanted.values) < 2):
        raise BadValue("The filter has nothing to compare with.", "Type what the column shall hold.")
    if operator in _IN_TEXT:
        return _in_text(session, column, operator, wanted.values[0])
    if field.type is FieldType.CHOICES:
        return _of_several(session, column, operator, wanted.values)
    values = [_parsed(field, value, hints) for value in wanted.values]
    if operator in _IN_ORDER:
        return _in_order(sorted_expression(field), operator, values)
    return _same(session, field, operator, values)


def _parsed(field: FieldInfo, value: str, hints: ColumnHints | None) -> Any:
    if field.type in {FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE, FieldType.CHOICE}:
        # Any text can be compared with; an unfinished address is no reason to refuse.
        return value.strip().lower() if field.type is not FieldType.EMAIL else value.strip().casefold()
    stored = to_stored(parse_cell(value, field.type, hints))
    if stored is None:
        raise BadValue("The filter has nothing to compare with.", "Type what the column shall hold.")
    return stored


def _in_text(session: Session, column: ColumnElement[Any], operator: FilterOperator, part: str) -> ColumnElement[bool]:
    if operator is FilterOperator.NOT_CONTAINS:
        return or_(column.is_(None), not_(text_condition(session, column, part)))
    return text_condition(
        session,
        column,
        part,
        at_start=operator is FilterOperator.STARTS_WITH,
        at_end=operator is FilterOperator.ENDS_WITH,
    )


def _of_several(
    session: Session, column: ColumnElement[Any], operator: FilterOperator, words: tuple[str, ...]
) -> ColumnElement[bool]:
    framed = literal(_WORD_END, Text).concat(column).concat(literal(_WORD_END, Text))
    has = [text_condition(session, framed, f"{_WORD_END}{word.strip()}{_WORD_END}") for word in words]
    match operator:
        case FilterOperator.ONE_OF:
            return or_(*has)
        case FilterOperator.NOT_EQUALS:
            return or_(column.is_(None), not_(and_(*has)))
        case _:
            return and_(*has)


def _same(session: Session, field: FieldInfo, operator: FilterOperator, values: list[Any]) -> ColumnElement[bool]:
    column = column_of(field)
    is_text = all(isinstance(value, str) for value in values)
    if is_text and not all(value.isascii() for value in values):
        same = or_(*(text_condition(session, column, value, at_start=True, at_end=True) for value in values))
    else:
        expression = sorted_expression(field)
        lowered = [value.lower() if is_text and field.type is not FieldType.DATE else value for value in values]
        same = expression == lowered[0] if len(lowered) == 1 else _among(expression, lowered)
    return same if operator is not FilterOperator.NOT_EQUALS else or_(column.is_(None), not_(same))


def _among(expression: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
    if all(isinstance(value, str) for value in values):
        return expression.in_(any_of(values))
    return or_(*(expression == value for value in values))


_COMPARE: dict[FilterOperator, Callable[[Any, Any], ColumnElement[bool]]] = {
    FilterOperator.LESS: lambda column, value: column < value,
    FilterOperator.AT_MOST: lambda column, value: column <= value,
    FilterOperator.MORE: lambda column, value: column > value,
    FilterOperator.AT_LEAST: lambda column, value: column >= value,
}


def _in_order(expression: ColumnElement[Any], operator: FilterOperator, values: list[Any]) -> ColumnElement[bool]:
    if operator is FilterOperator.BETWEEN:
        low, high = sorted(values[:2])
        return and_(expression >= low, expression <= high)
    return _COMPARE[operator](expression, values[0])
