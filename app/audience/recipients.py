"""The people an audience would reach, one by one and in what they lack: for looking before sending."""

from array import array
from collections.abc import Iterable

from sqlalchemy import Text, cast, func, or_, select

from app.audience.audience import Audience, select_contacts
from app.audience.fields import column_of, fields_in
from app.audience.status import contact_and_block, skip_reason
from app.models.contacts import Contact
from app.models.sql import bytewise
from app.models.workspace import Workspace


def recipient_ids(workspace: Workspace, audience: Audience, *, search: str = "") -> "array[int]":
    """The ids of those who would get a message, in the order of their addresses; *search* is part of a name or
    address."""
    with workspace.read() as session:
        members = select_contacts(session, audience).subquery()
        query = (
            select(Contact.id)
            .select_from(contact_and_block.join(members, members.c.id == Contact.id))
            .where(skip_reason.element.is_(None))
            .order_by(bytewise(Contact.email))
        )
        if search.strip():
            word = search.strip().lower()
            columns = (Contact.email, Contact.first_name, Contact.last_name)
            query = query.where(or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)))
        return array("q", session.scalars(query))


def count_blank(workspace: Workspace, audience: Audience, keys: Iterable[str]) -> dict[str, int]:
    """How many of those who would get a message have nothing in the fields *keys*; unknown fields are left out."""
    with workspace.read() as session:
        members = select_contacts(session, audience).subquery()
        columns = {field.key: column_of(field) for field in fields_in(session)}
        asked = [key for key in keys if key in columns]
        if not asked:
            return {}
        blank = (func.count().filter(func.trim(func.coalesce(cast(columns[key], Text), "")) == "") for key in asked)
        row = session.execute(
            select(*blank)
            .select_from(contact_and_block.join(members, members.c.id == Contact.id))
            .where(skip_reason.element.is_(None))
        ).one()
        return dict(zip(asked, row, strict=True))
