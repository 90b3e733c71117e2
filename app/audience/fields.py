"""The columns of the contact grid: the built-in ones, and those the user adds.

A custom field is a real column `cf_<id>` of the table `contact`: half the size and a third of the scan time of JSON
(measured with a million contacts).
"""

import keyword
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from app.audience import undo
from app.audience.cells import SQL_TYPES
from app.errors import UserFacingError
from app.models.base import now_ms
from app.models.contacts import Contact, Field
from app.models.fields import FieldInfo
from app.models.sql import serialise
from app.models.states import FieldType
from app.models.workspace import Workspace

MAX_CUSTOM_FIELDS = 200
"""Beyond this a grid page takes several milliseconds to read."""
_ONE_AT_A_TIME = "fields"

# What the program itself puts into a message, then what Jinja2 reads as syntax or offers as a function.
_PROVIDED = """
    unsubscribe_url view_url organisation postal_address subject preheader today tracking_pixel contact list campaign
"""
_JINJA = """
    true false none and or not in is if else elif for endif endfor set block macro call filter include import extends
    loop range dict lipsum cycler joiner namespace self super varargs kwargs caller
"""
RESERVED_KEYS = frozenset((_PROVIDED + _JINJA).split())
"""Merge names that no field may take."""


def list_fields(workspace: Workspace) -> tuple[FieldInfo, ...]:
    """The visible fields, in the order of the grid."""
    with workspace.read() as session:
        return fields_in(session)


def fields_in(session: Session) -> tuple[FieldInfo, ...]:
    """`list_fields` within a transaction of the caller's."""
    return tuple(
        FieldInfo(row.key, row.label, row.type, row.column, row.is_builtin, row.id) for row in session.execute(_VISIBLE)
    )


_VISIBLE: Select[str, str, FieldType, str, bool, int] = (
    select(Field.key, Field.label, Field.type, Field.column, Field.is_builtin, Field.id)
    .where(Field.deleted_at.is_(None), Field.is_hidden.is_(False))
    .order_by(Field.position, Field.id)
)


def column_of(field: FieldInfo) -> ColumnElement[Any]:
    """The column of *field*, for use in a query on `Contact`."""
    return literal_column(f'contact."{field.column}"')


def find_field(session: Session, key: str) -> FieldInfo:
    """The visible field with the merge name *key*.

    Raises:
        UserFacingError: there is none (any more).
    """
    for field in fields_in(session):
        if field.key == key:
            return field
    raise UserFacingError(f"There is no field “{key}”.", "It may have been deleted meanwhile.")


def add_field(workspace: Workspace, label: str, type: FieldType) -> FieldInfo:  # noqa: A002  the word of the model
    """Add a column with the heading *label*; its merge name is made from the label.

    Raises:
        UserFacingError: the label is empty or taken, or there are `MAX_CUSTOM_FIELDS` already.
    """
    with workspace.write() as session:
        return add_field_in(session, label, type)


def add_field_in(session: Session, label: str, kind: FieldType) -> FieldInfo:
    """`add_field` within a transaction of the caller's."""
    serialise(session, _ONE_AT_A_TIME)
    label = _checked_label(session, label)
    customs = session.scalar(select(func.count()).where(Field.is_builtin.is_(False), Field.deleted_at.is_(None))) or 0
    if customs >= MAX_CUSTOM_FIELDS:
        raise UserFacingError(
            f"A workspace can have {MAX_CUSTOM_FIELDS} fields of your own.", "Delete one you no longer need first."
        )
    taken = frozenset(session.scalars(select(Field.key)))
    position = session.scalar(select(func.coalesce(func.max(Field.position), -1) + 1))
    row = Field(key=make_key(label, taken.__contains__), label=label, type=kind, column="", position=position)
    session.add(row)
    session.flush()
    row.column = f"cf_{row.id}"
    session.flush()
    session.connection().exec_driver_sql(f'ALTER TABLE contact ADD COLUMN "{row.column}" {SQL_TYPES.get(kind, "TEXT")}')
    return FieldInfo(row.key, label, kind, row.column, is_builtin=False, id=row.id)


def rename_field(workspace: Workspace, key: str, label: str) -> None:
    """Give a field another heading. Its merge name stays, so templates go on working.

    Raises:
        UserFacingError: the label is empty or taken, or there is no such field.
    """
    with workspace.write() as session:
        serialise(session, _ONE_AT_A_TIME)
        field = find_field(session, key)
        if field.label == label.strip():
            return
        label = _checked_label(session, label)
        with undo.recording(session, f"Rename field “{field.label}”") as journal:
            journal.update("field", [_id(field)], label=label)


def delete_field(workspace: Workspace, key: str) -> None:
    """Take a field out of sight. Its values stay in the file, so `undo` brings it back.

    Raises:
        UserFacingError: it is the e-mail field, or there is no such field.
    """
    with workspace.write() as session:
        field = find_field(session, key)
        if field.type is FieldType.EMAIL and field.is_builtin:
            raise UserFacingError("The e-mail field cannot be deleted.", "Without it nobody could be mailed.")
        with undo.recording(session, f"Delete field “{field.label}”") as journal:
            if field.is_builtin:
                journal.update("field", [_id(field)], is_hidden=True)
            else:
                journal.update("field", [_id(field)], deleted_at=now_ms())


def make_key(label: str, is_taken: Callable[[str], bool] = lambda _key: False) -> str:
    """A merge name for *label*: lower-case ASCII words joined by `_`, usable in a template as it stands."""
    ascii_label = unicodedata.normalize("NFKD", label.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", ascii_label).strip("_")[:50]
    if not stem[:1].isalpha() or stem in RESERVED_KEYS or keyword.iskeyword(stem) or hasattr(Contact, stem):
        stem = f"field_{stem}".rstrip("_")
    key, number = stem, 2
    while is_taken(key):
        key, number = f"{stem}_{number}", number + 1
    return key


def _checked_label(session: Session, label: str) -> str:
    label = " ".join(label.split())[:200]
    if not label:
        raise UserFacingError("A field needs a name.", "Type what its column shall be called.")
    if any(field.label.casefold() == label.casefold() for field in fields_in(session)):
        raise UserFacingError(f"There is already a field “{label}”.", "Choose another name, or use that one.")
    return label


def _id(field: FieldInfo) -> int:
    if field.id is None:
        raise ValueError(f"the field “{field.key}” was not read from a workspace")
    return field.id
