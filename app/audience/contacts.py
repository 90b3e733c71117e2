"""Contacts, read: the rows of the grid, one person in full, and the values a message is filled with."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.cells import CellValue, is_plain, reader_of
from app.audience.editing import (
    CellText,
    DuplicateContact,
    Edit,
    Forgotten,
    Permission,
    create,
    delete,
    edit,
    edit_cells,
)
from app.audience.fields import column_of, fields_in
from app.audience.search import BY_AGE, BY_STATUS, ContactQuery, select_ids
from app.audience.status import MailStatus, contact_and_block, mail_status
from app.errors import UserFacingError
from app.models.campaigns import Campaign, Delivery, Dispatch
from app.models.contacts import Consent, Contact, ContactList, ContactTag, Membership, Tag
from app.models.fields import FieldInfo
from app.models.sql import any_of, folded, id_array
from app.models.states import ConsentAction, DeliveryState, LawfulBasis
from app.models.workspace import Workspace

__all__ = [
    "BY_AGE",
    "BY_STATUS",
    "CellText",
    "ConsentEntry",
    "ContactDetail",
    "ContactQuery",
    "ContactRow",
    "Counts",
    "DeliveryEntry",
    "DuplicateContact",
    "Edit",
    "Forgotten",
    "MailStatus",
    "Permission",
    "count",
    "count_by_status",
    "create",
    "delete",
    "edit",
    "edit_cells",
    "get",
    "ids",
    "merge_values",
    "page",
]


@dataclass(frozen=True)
class ContactRow:
    """A row of the grid: the values of the fields that were asked for, and whether the contact can be mailed."""

    id: int
    values: tuple[CellValue, ...]
    status: MailStatus


@dataclass(frozen=True)
class Counts:
    """How many contacts there are."""

    total: int
    mailable: int

    @property
    def not_mailable(self) -> int:
        return self.total - self.mailable


@dataclass(frozen=True)
class ConsentEntry:
    """One piece of evidence in the history of a contact."""

    action: ConsentAction
    basis: LawfulBasis | None
    source: str
    wording: str
    at: datetime


@dataclass(frozen=True)
class DeliveryEntry:
    """What became of one message to a contact. `at` is None while it is still under way."""

    delivery_id: int
    dispatch_id: int
    campaign: str
    state: DeliveryState
    reason: str
    at: datetime | None


@dataclass(frozen=True)
class ContactDetail:
    """One person in full; consents and deliveries newest first."""

    id: int
    status: MailStatus
    values: dict[str, CellValue]
    lists: tuple[tuple[int, str], ...]
    tags: tuple[tuple[int, str], ...]
    consents: tuple[ConsentEntry, ...]
    deliveries: tuple[DeliveryEntry, ...]
    created_at: datetime
    updated_at: datetime


def ids(workspace: Workspace, query: ContactQuery) -> "array[int]":
    """The ids of all contacts *query* asks for, in its order: eight bytes each, for a grid that loads page by page."""
    with workspace.read() as session:
        return id_array(session, select_ids(session, query))


def page(workspace: Workspace, ids: Sequence[int], fields: Sequence[FieldInfo]) -> list[ContactRow]:
    """The rows of the contacts *ids*, in that order. Who was deleted meanwhile is missing."""
    query = (
        select(Contact.id, mail_status, *map(column_of, fields))
        .select_from(contact_and_block)
        .where(Contact.id.in_(any_of(ids)))
    )
    readers = [None if is_plain(field.type) else reader_of(field.type) for field in fields]
    with workspace.read() as session:
        found = {
            row[0]: ContactRow(
                row[0],
                tuple(read(cell) if read else cell for read, cell in zip(readers, row[2:], strict=True)),
                MailStatus(row[1]),
            )
            for row in session.execute(query)
        }
    return [found[contact_id] for contact_id in ids if contact_id in found]


def count(workspace: Workspace) -> Counts:
    """How many contacts there are, and how many of them can be mailed."""
    mailable = func.count().filter(mail_status == MailStatus.MAILABLE.value)
    with workspace.read() as session:
        row = session.execute(select(func.count(), mailable).select_from(contact_and_block)).one()
        return Counts(row[0], row[1])


def count_by_status(workspace: Workspace) -> dict[MailStatus, int]:
    """How many contacts have which status; statuses without any are left out."""
    with workspace.read() as session:
        rows = session.execute(select(mail_status, func.count()).select_from(contact_and_block).group_by(mail_status))
        return {MailStatus(status): number for status, number in rows}


def get(workspace: Workspace, contact_id: int) -> ContactDetail:
    """One person in full.

    Raises:
        UserFacingError: there is no such contact (any more).
    """
    with workspace.read() as session:
        fields = fields_in(session)
        row = session.execute(
            select(Contact.created_at, Contact.updated_at, mail_status, *map(column_of, fields))
            .select_from(contact_and_block)
            .where(Contact.id == contact_id)
        ).one_or_none()
        if row is None:
            raise UserFacingError("This contact is not there any more.", "Perhaps it was deleted meanwhile.")
        values = {field.key: reader_of(field.type)(cell) for field, cell in zip(fields, row[3:], strict=True)}
        lists = (
            select(ContactList.id, ContactList.name)
            .join(Membership, Membership.list_id == ContactList.id)
            .where(Membership.contact_id == contact_id)
            .order_by(folded(ContactList.name), ContactList.id)
        )
        tags = (
            select(Tag.id, Tag.name)
            .join(ContactTag, ContactTag.tag_id == Tag.id)
            .where(ContactTag.contact_id == contact_id)
            .order_by(folded(Tag.name), Tag.id)
        )
        return ContactDetail(
            id=contact_id,
            status=MailStatus(row[2]),
            values=values,
            lists=tuple((row.id, row.name) for row in session.execute(lists)),
            tags=tuple((row.id, row.name) for row in session.execute(tags)),
            consents=_consents(session, contact_id),
            deliveries=_deliveries(session, contact_id),
            created_at=row[0],
            updated_at=row[1],
        )


def merge_values(session: Session, contact_ids: Sequence[int]) -> dict[int, dict[str, CellValue]]:
    """What the merge tags of a message stand for, per contact: one query for a whole batch.

    Keys are the merge names of the visible fields; a date is a `date`, an empty cell an empty text. A contact that was
    deleted meanwhile is missing.
    """
    fields = fields_in(session)
    keys = [field.key for field in fields]
    special = [(field.key, reader_of(field.type)) for field in fields if not is_plain(field.type)]
    query = select(Contact.id, *map(column_of, fields)).where(Contact.id.in_(any_of(contact_ids)))
    merged: dict[int, dict[str, CellValue]] = {}
    for row in session.execute(query):
        values = dict(zip(keys, row[1:], strict=True))
        for key, read in special:
            values[key] = read(values[key])
        merged[row[0]] = {key: "" if value is None else value for key, value in values.items()}
    return merged


def _consents(session: Session, contact_id: int) -> tuple[ConsentEntry, ...]:
    rows = session.scalars(
        select(Consent).where(Consent.contact_id == contact_id).order_by(Consent.at.desc(), Consent.id.desc())
    )
    return tuple(ConsentEntry(row.action, row.basis, row.source, row.wording, row.at) for row in rows)


def _deliveries(session: Session, contact_id: int) -> tuple[DeliveryEntry, ...]:
    rows = session.execute(
        select(Delivery.id, Delivery.dispatch_id, Campaign.name, Delivery.state, Delivery.reason, Delivery.settled_at)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .join(Campaign, Campaign.id == Dispatch.campaign_id)
        .where(Delivery.contact_id == contact_id)
        .order_by(Delivery.id.desc())
    )
    return tuple(DeliveryEntry(*row) for row in rows)
