"""Finding and ordering contacts: what the search box and the column headings of the grid mean in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from app.audience.cells import SQL_TYPES
from app.audience.fields import column_of, fields_in
from app.audience.status import MailStatus, contact_and_block, mail_status
from app.models.contacts import Contact, ContactTag, Membership
from app.models.fields import FieldInfo
from app.models.sql import bytewise, folded, mentions
from app.models.states import FieldType

_WITHOUT_CASE = frozenset({FieldType.TEXT, FieldType.PHONE, FieldType.COUNTRY, FieldType.LANGUAGE})
_SEARCHED = (Contact.email, Contact.first_name, Contact.last_name, Contact.company, Contact.city)

BY_STATUS = "mail_status"
BY_AGE = "created_at"


@dataclass(frozen=True)
class ContactQuery:
    """Which contacts the grid shows, and in which order.

    Attributes:
        search: Words that must all occur in e-mail, name, company or city.
        is_mailable: Only those who can be mailed, or only those who cannot, for whatever reason.
        sort: The key of a field, or `BY_STATUS`, or `BY_AGE`. Empty cells come last, as in Excel.
    """

    search: str = ""
    list_id: int | None = None
    tag_id: int | None = None
    status: MailStatus | None = None
    is_mailable: bool | None = None
    sort: str = "email"
    descending: bool = False


def select_ids(session: Session, query: ContactQuery) -> Select[int]:
    """The statement that gives the ids of the contacts *query* asks for, in its order."""
    wanted = select(Contact.id).where(*_conditions(query))
    if query.status is not None or query.is_mailable is not None or query.sort == BY_STATUS:
        wanted = wanted.select_from(contact_and_block)
    return wanted.order_by(*_order(fields_in(session), query))


def _conditions(query: ContactQuery) -> list[ColumnElement[bool]]:
    conditions = [_mentions(word) for word in query.search.split()]
    if query.list_id is not None:
        conditions.append(Contact.id.in_(select(Membership.contact_id).where(Membership.list_id == query.list_id)))
    if query.tag_id is not None:
        conditions.append(Contact.id.in_(select(ContactTag.contact_id).where(ContactTag.tag_id == query.tag_id)))
    if query.status is not None:
        conditions.append(mail_status == query.status.value)
    if query.is_mailable is not None:
        conditions.append((mail_status == MailStatus.MAILABLE.value) == query.is_mailable)
    return conditions


def _mentions(word: str) -> ColumnElement[bool]:
    # SQLite's LIKE knows upper and lower case of ASCII alone.
    forms = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    return or_(*(mentions(column, form) for column in _SEARCHED for form in sorted(forms)))


def _order(fields: Sequence[FieldInfo], query: ContactQuery) -> list[ColumnElement[Any]]:
    key = _sort_key(fields, query.sort)
    tie = Contact.id.desc() if query.descending else Contact.id.asc()
    return [(key.desc() if query.descending else key.asc()).nulls_last(), tie]


def _sort_key(fields: Sequence[FieldInfo], sort: str) -> ColumnElement[Any]:
    if sort == BY_STATUS:
        return mail_status
    if sort == BY_AGE:
        return Contact.created_at.expression
    # A column that was deleted while it was the sort order falls back to the e-mail.
    field = next((field for field in fields if field.key == sort), fields[0])
    column = column_of(field)
    if field.type in _WITHOUT_CASE:
        return folded(column)
    return column if field.type in SQL_TYPES else bytewise(column)
