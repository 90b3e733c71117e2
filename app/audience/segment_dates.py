"""Days and moments, and how far they are from today where the organisation is."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.sql.elements import SQLColumnExpression

from app.audience.rules import Operator
from app.audience.segment_known import Known

_ONE_DAY = timedelta(days=1)
_ALL_YEAR = 365


def span_of(operator: Operator, values: tuple[str, ...], known: Known) -> tuple[date | None, date | None]:
    """The first and the last day that *operator* means; None: there is no end on that side."""
    match operator:
        case Operator.ON:
            day = date.fromisoformat(values[0])
            return day, day
        case Operator.BEFORE:
            return None, _day_before(date.fromisoformat(values[0]))
        case Operator.AFTER:
            return _day_after(date.fromisoformat(values[0])), None
        case Operator.BETWEEN_DATES:
            first, last = sorted(map(date.fromisoformat, values))
            return first, last
        case Operator.IN_LAST_DAYS:
            return known.days_ago(int(values[0])), known.today
        case Operator.MORE_THAN_DAYS_AGO:
            return None, _day_before(known.days_ago(int(values[0])))
        case Operator.IN_NEXT_DAYS:
            return known.today, known.in_days(int(values[0]))
        case _:
            raise ValueError(f"{operator} means no span of days")


def _day_before(day: date) -> date:
    return day if day == date.min else day - _ONE_DAY


def _day_after(day: date) -> date:
    return day if day == date.max else day + _ONE_DAY


def is_moment_in(
    moment: SQLColumnExpression[Any], operator: Operator, values: tuple[str, ...], known: Known
) -> ColumnElement[bool]:
    """Whether a moment lies within the days that *operator* means; NULL where there is no moment."""
    first, last = span_of(operator, values, known)
    # A clock that is ahead must not take from "the last days" what just happened.
    if operator is Operator.IN_LAST_DAYS:
        last = None
    ends = []
    if first is not None:
        ends.append(moment >= known.start_of(first))
    if last is not None:
        ends.append(moment < known.start_of(_day_after(last)))
    return and_(*ends)


def comes_round(column: ColumnElement[Any], days: int, today: date) -> ColumnElement[bool]:
    """Whether the day of the year of a date comes within *days* from *today* on; today counts.

    Who was born on 29 February has the 28th in other years.
    """
    if days >= _ALL_YEAR:
        return column.is_not(None)
    day_of_year = func.substr(column, 6, 5)
    ends = today + timedelta(days=days)
    first, last = f"{today:%m-%d}", f"{ends:%m-%d}"
    if last == "02-28" and (ends + _ONE_DAY).month == 3:
        last = "02-29"
    inside = (day_of_year >= first, day_of_year <= last)
    return and_(column.is_not(None), and_(*inside) if today.year == ends.year else or_(*inside))
