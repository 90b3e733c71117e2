"""The order of the contacts: what the headings of the grid mean in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement

from app.audience.fields import column_of
from app.audience.search_words import SortKey
from app.audience.status import mail_status
from app.models.contacts import Contact
from app.models.fields import FieldInfo
from app.models.sql import bytewise, caseless
from app.models.states import FieldType

BY_STATUS = "mail_status"
BY_AGE = "created_at"

_BYTEWISE = frozenset({FieldType.DATE, FieldType.EMAIL})
_PLAIN = frozenset({FieldType.NUMBER, FieldType.YES_NO})


def order_of(fields: Sequence[FieldInfo], keys: Sequence[SortKey]) -> list[ColumnElement[Any]]:
    """What to order by. Empty cells come last, as in Excel; the id decides between those that are alike.

    A column that was deleted while it was in the order is left out.
    """
    terms = [term for key in keys if (term := _term(fields, key)) is not None]
    is_last_descending = keys[-1].descending if keys else False
    return [*terms, Contact.id.desc() if is_last_descending else Contact.id.asc()]


def sorted_expression(field: FieldInfo) -> ColumnElement[Any]:
    """By what the contacts are sorted in the column of *field*, and compared where order matters."""
    column = column_of(field)
    if field.type in _PLAIN:
        return column
    return bytewise(column) if field.type in _BYTEWISE else caseless(column)


def _term(fields: Sequence[FieldInfo], key: SortKey) -> ColumnElement[Any] | None:
    field = next((field for field in fields if field.key == key.field), None)
    if key.field == BY_STATUS:
        expression: ColumnElement[Any] = mail_status
    elif key.field == BY_AGE:
        expression = Contact.created_at.expression
    elif field is not None:
        expression = sorted_expression(field)
    else:
        return None
    ordered = expression.desc() if key.descending else expression.asc()
    # Nobody is without an address or an age; saying so would keep an index from being used for what comes after it.
    is_never_empty = field.column == Contact.email.key if field else True
    return ordered if is_never_empty else ordered.nulls_last()
