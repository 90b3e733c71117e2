"""What can be said about the columns of the grid when somebody sorts or filters it."""

from dataclasses import dataclass
from enum import StrEnum


class FilterOperator(StrEnum):
    """How a column is compared. Which of them fit a column tells `app.audience.search_filters.operators_for`."""

    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    ONE_OF = "one_of"
    HAS_ALL = "has_all"


@dataclass(frozen=True, slots=True)
class SortKey:
    """One of the columns that decide the order.

    Attributes:
        field: The key of a field, or `app.audience.search.BY_STATUS` or `BY_AGE`.
    """

    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ColumnFilter:
    """Only the contacts whose cell in the column *field* is so.

    Attributes:
        field: The key of a field.
        values: What the cell is compared with, as a person types it: none for `IS_EMPTY` and `IS_FILLED`, two for
            `BETWEEN` (both ends belong to it), any number for `ONE_OF` and `HAS_ALL`, else one.
    """

    field: str
    operator: FilterOperator
    values: tuple[str, ...] = ()
