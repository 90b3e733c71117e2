"""Contacts out again: as CSV or as an Excel workbook, row by row in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.audience import contacts
from app.audience.csv_writer import write_csv
from app.audience.fields import list_fields
from app.audience.source import Cell
from app.audience.synonyms import fold
from app.audience.xlsx_writer import write_xlsx
from app.errors import UserFacingError
from app.models.contacts import ContactList, ContactTag, Membership, Tag
from app.models.fields import FieldInfo
from app.models.sql import any_of, folded
from app.models.workspace import Workspace

EXPORTED_HEADINGS = ("Status", "Mail status", "Mail status (Mass Mail Dispatcher)")
"""What the column that says who can be mailed may be called: the first that no field is called."""
EXPORTED_LISTS = ("Lists", "Lists (Mass Mail Dispatcher)")
EXPORTED_TAGS = ("Tags", "Tags (Mass Mail Dispatcher)")
_PAGE = 2_000
_BETWEEN_NAMES = ", "


class Extra(StrEnum):
    """A column of an export that is no field."""

    STATUS = "status"
    """In words, whether the contact can be mailed; an import that is told so understands them."""
    LISTS = "lists"
    TAGS = "tags"


ExportColumn = FieldInfo | Extra


def export_contacts(
    workspace: Workspace,
    path: Path,
    chosen: contacts.ContactQuery | Sequence[int],
    *,
    columns: Sequence[ExportColumn] | None = None,
    fields: Sequence[FieldInfo] | None = None,
    delimiter: str = ";",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write contacts to *path*, whose ending says whether as .xlsx or .csv, and return how many.

    Args:
        chosen: What the grid shows, or the ids of the contacts, in order.
        columns: In their order; if left out, *fields* (all visible ones) and the status.
        delimiter: Of a CSV file.
        progress: Told how many of how many are written.

    Raises:
        UnwritableFile: nothing was changed at *path*.
        Cancelled: likewise.
    """
    if columns is None:
        columns = (*(list_fields(workspace) if fields is None else fields), Extra.STATUS)
    ids = contacts.ids(workspace, chosen) if isinstance(chosen, contacts.ContactQuery) else chosen
    write_table(
        path,
        _header(columns),
        _rows(workspace, ids, columns),
        delimiter=delimiter,
        progress=lambda done: progress(done, len(ids)),
        is_cancelled=is_cancelled,
    )
    return len(ids)


def _header(columns: Sequence[ExportColumn]) -> list[str]:
    taken = {fold(column.label) for column in columns if isinstance(column, FieldInfo)}

    def free(headings: Sequence[str]) -> str:
        return next(heading for heading in headings if fold(heading) not in taken)

    names = {Extra.STATUS: EXPORTED_HEADINGS, Extra.LISTS: EXPORTED_LISTS, Extra.TAGS: EXPORTED_TAGS}
    return [column.label if isinstance(column, FieldInfo) else free(names[column]) for column in columns]


def write_table(
    path: Path,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    delimiter: str = ";",
    progress: Callable[[int], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> None:
    """Write any table to *path* in the format its ending names.

    Raises:
        UnwritableFile: nothing was changed at *path*.
        Cancelled: likewise.
        UserFacingError: the ending is none of a table.
    """
    match path.suffix.lower():
        case ".xlsx":
            write_xlsx(path, header, rows, progress=progress, cancelled=is_cancelled)
        case ".csv":
            write_csv(path, header, rows, delimiter=delimiter, progress=progress, cancelled=is_cancelled)
        case _:
            raise UserFacingError(
                f"“{path.name}” does not say which kind of table it shall be.", "Let its name end in .xlsx or .csv."
            )


def _rows(workspace: Workspace, ids: Sequence[int], columns: Sequence[ExportColumn]) -> Iterator[Sequence[Cell]]:
    fields = [column for column in columns if isinstance(column, FieldInfo)]
    is_plain = columns == [*fields, Extra.STATUS] or tuple(columns) == (*fields, Extra.STATUS)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        if is_plain:
            for row in contacts.page(workspace, page, fields):
                yield (*row.values, row.status.words)
            continue
        lists = _names(workspace, page, ContactList, Membership.list_id) if Extra.LISTS in columns else {}
        tags = _names(workspace, page, Tag, ContactTag.tag_id) if Extra.TAGS in columns else {}
        for row in contacts.page(workspace, page, fields):
            values = iter(row.values)
            extras = {
                Extra.STATUS: row.status.words,
                Extra.LISTS: _BETWEEN_NAMES.join(lists.get(row.id, ())),
                Extra.TAGS: _BETWEEN_NAMES.join(tags.get(row.id, ())),
            }
            yield [next(values) if isinstance(column, FieldInfo) else extras[column] or None for column in columns]


def _names(
    workspace: Workspace, ids: Sequence[int], group: type[ContactList | Tag], group_id: InstrumentedAttribute[int]
) -> dict[int, list[str]]:
    """The names of the groups each of the contacts is in."""
    contact_id = group_id.class_.contact_id
    query = (
        select(contact_id, group.name)
        .join(group, group.id == group_id)
        .where(contact_id.in_(any_of(ids)))
        .order_by(folded(group.name))
    )
    names: dict[int, list[str]] = {}
    with workspace.read() as session:
        for person, name in session.execute(query):
            names.setdefault(person, []).append(name)
    return names
