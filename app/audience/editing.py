"""Changing contacts by hand: every function is one action that `undo` takes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.audience import changes, undo
from app.audience.cells import CellValue, Stored, parse_cell, reader_of, to_stored
from app.audience.changes import Change
from app.audience.consent import record_consent
from app.audience.fields import fields_in, find_field
from app.audience.groups import LISTS, people
from app.errors import UserFacingError
from app.models.base import now_ms
from app.models.contacts import Contact, Suppression
from app.models.fields import FieldInfo
from app.models.sql import any_of, driver_sql
from app.models.states import ConsentAction, FieldType, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace


class DuplicateContact(UserFacingError):
    """The address belongs to another contact already."""

    def __init__(self, address: str) -> None:
        super().__init__(f"There is already a contact with the address {address}.", "Edit that contact instead.")


class Forgotten(UserFacingError):
    """The person behind an address asked to be forgotten."""

    def __init__(self, address: str) -> None:
        super().__init__(f"The person behind {address} asked to be forgotten.", "The law forbids to add them again.")


@dataclass(frozen=True)
class CellText:
    """A text for one cell of the grid, as it was typed or pasted."""

    contact_id: int
    field_key: str
    text: str


@dataclass(frozen=True)
class Edit:
    """One cell as it was and as it became."""

    contact_id: int
    field_key: str
    old: CellValue
    new: CellValue


@dataclass(frozen=True)
class Permission:
    """The ground on which a new contact may be mailed, where it comes from, and the words that were agreed to."""

    basis: LawfulBasis
    source: str
    wording: str = ""


def create(
    workspace: Workspace,
    texts: Mapping[str, str],
    *,
    permission: Permission | None = None,
    list_ids: Sequence[int] = (),
) -> int:
    """Make a contact from what was typed, by field key, and return its id. Without *permission* it cannot be mailed.

    Raises:
        BadAddress, BadValue: a text does not fit its field.
        DuplicateContact, Forgotten: the address is taken, or its owner asked to be forgotten.
    """
    with workspace.write() as session:
        fields = [field for field in fields_in(session) if texts.get(field.key, "").strip()]
        cells = {field.column: to_stored(parse_cell(texts[field.key], field.type)) for field in fields}
        email = cells.get(Contact.email.key)
        if not isinstance(email, str):
            raise UserFacingError("A contact needs an e-mail address.", "Type it in the column E-mail.")
        _check_addresses(session, workspace, {email: None})
        with undo.recording(session, f"New contact {email}") as journal:
            try:
                contact_id = _insert(session.connection(), {**cells, "address_hash": workspace.address_hash(email)})
            except IntegrityError as error:  # somebody else was a moment quicker
                raise DuplicateContact(email) from error
            if permission:
                record_consent(
                    session,
                    [contact_id],
                    ConsentAction.GIVEN,
                    basis=permission.basis,
                    source=permission.source,
                    wording=permission.wording,
                )
            for list_id in list_ids:
                LISTS.fill(session, list_id, any_of([contact_id]))
            journal.inserted("contact", "id", [contact_id])
            journal.inserted("consent", "contact_id", [contact_id])
            journal.inserted("membership", "contact_id", [contact_id])
        return contact_id


def edit(workspace: Workspace, contact_id: int, field_key: str, text: str) -> Edit:
    """Put *text*, as it was typed, into one cell; an empty text empties it.

    Raises:
        BadAddress, BadValue: the text does not fit the field.
        DuplicateContact, Forgotten: the address is taken, or its owner asked to be forgotten.
        UserFacingError: the contact or the field is not there any more.
    """
    return edit_cells(workspace, [CellText(contact_id, field_key, text)])[0]


def edit_cells(workspace: Workspace, texts: Sequence[CellText]) -> tuple[Edit, ...]:
    """Put many texts into many cells at once, all or none: what pasting does. Raises what `edit` raises."""
    with workspace.write() as session:
        by_field: dict[str, dict[int, str]] = {}
        for cell in texts:
            by_field.setdefault(cell.field_key, {})[cell.contact_id] = cell.text
        edits: list[Edit] = []
        wanted: list[Change] = []
        for key, column in by_field.items():
            field = find_field(session, key)
            made, change = _column_change(session, workspace, field, column)
            edits += made
            wanted.append(change)
        changed = sum(edit.old != edit.new for edit in edits)
        first = texts[0].field_key if texts else ""
        with undo.recording(session, f"Edit {first}" if changed == 1 else f"Edit {changed:,} cells") as journal:
            for change in wanted:
                try:
                    journal.apply(change)
                except IntegrityError as error:
                    # Two contacts that swap their addresses stand in each other's way for a moment.
                    raise UserFacingError(
                        "These addresses cannot be put in at once.", "Change them one after the other."
                    ) from error
        return tuple(edits)


def delete(workspace: Workspace, ids: Sequence[int]) -> int:
    """Delete contacts with all that belongs to them, and return how many there were.

    What was sent to them stays in the reports, without a name.
    """
    with workspace.write() as session:
        there = session.scalars(select(Contact.id).where(Contact.id.in_(any_of(ids)))).all()
        with undo.recording(session, f"Delete {people(len(there))}") as journal:
            journal.delete("contact", there)
        return len(there)


def _insert(connection: Connection, cells: Mapping[str, object]) -> int:
    row = {**cells, "consent": "unknown", "created_at": now_ms(), "updated_at": now_ms()}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO contact ({names}) VALUES ({marks}) RETURNING id"  # noqa: S608  names from the catalogue
    return int(driver_sql(connection, statement, tuple(row.values())).scalar_one())


def _column_change(
    session: Session, workspace: Workspace, field: FieldInfo, texts: Mapping[int, str]
) -> tuple[list[Edit], Change]:
    """What putting *texts*, by contact, into the column of *field* changes."""
    new = {contact_id: to_stored(parse_cell(text, field.type)) for contact_id, text in texts.items()}
    is_address = field.type is FieldType.EMAIL and field.is_builtin
    if is_address:
        _check_addresses(session, workspace, _owners(new))
    blank = {field.column: None, **({"address_hash": None} if is_address else {}), "updated_at": None}
    found = changes.cells_where(session.connection(), "contact", "id", list(new), blank)
    if len(found.before) < len(new):
        raise UserFacingError("A contact is not there any more.", "Perhaps it was deleted meanwhile.")
    read = reader_of(field.type)
    edits, before, after = [], [], []
    for row in found.before:
        contact_id, old = row[0], row[1]
        cell = new[contact_id]
        edits.append(Edit(contact_id, field.key, read(old), read(cell)))
        if cell != old:
            hashed = (workspace.address_hash(str(cell)),) if is_address else ()
            before.append(row)
            after.append((contact_id, cell, *hashed, now_ms()))
    return edits, Change("contact", found.columns, tuple(before), tuple(after))


def _owners(new: Mapping[int, Stored]) -> dict[str, int | None]:
    """Who shall have which address, if each has one and nobody shares."""
    owners: dict[str, int | None] = {}
    for contact_id, address in new.items():
        if not isinstance(address, str):
            raise UserFacingError("A contact needs an e-mail address.", "To remove a contact, delete the row.")
        if address in owners:
            raise DuplicateContact(address)
        owners[address] = contact_id
    return owners


def _check_addresses(session: Session, workspace: Workspace, owners: Mapping[str, int | None]) -> None:
    """Raise unless every address is free for its owner-to-be (None for somebody new)."""
    taken = session.execute(select(Contact.email, Contact.id).where(Contact.email.in_(any_of(owners))))
    movers = set(owners.values())
    for address, contact_id in taken:
        if contact_id != owners[address] and contact_id not in movers:
            raise DuplicateContact(address)
    hashes = {workspace.address_hash(address): address for address in owners}
    erased = session.scalars(select(Suppression.address_hash).where(Suppression.reason == SuppressionReason.ERASED))
    for address_hash in erased:
        if address_hash in hashes:
            raise Forgotten(hashes[address_hash])
