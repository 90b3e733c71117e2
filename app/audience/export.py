"""Contacts out again: as CSV or as an Excel workbook, row by row in constant memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from app.audience import contacts
from app.audience.csv_writer import write_csv
from app.audience.fields import list_fields
from app.audience.source import Cell
from app.audience.synonyms import fold
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.workspace import Workspace

EXPORTED_HEADINGS = ("Status", "Mail status", "Mail status (Mass Mail Dispatcher)")
"""What the column that says who can be mailed may be called: the first that no field is called."""
_PAGE = 2_000


def export_contacts(
    workspace: Workspace,
    path: Path,
    chosen: contacts.ContactQuery | Sequence[int],
    *,
    fields: Sequence[FieldInfo] | None = None,
    delimiter: str = ";",
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Write contacts to *path*, whose ending says whether as .xlsx or .csv, and return how many.

    The last column says in words whether each can be mailed; an import that is told so understands them.

    Args:
        chosen: What the grid shows, or the ids of the contacts, in order.
        fields: The columns; all visible ones if left out.
        delimiter: Of a CSV file.
        progress: Told how many of how many are written.

    Raises:
        UnwritableFile: nothing was changed at *path*.
        Cancelled: likewise.
    """
    columns = list_fields(workspace) if fields is None else tuple(fields)
    ids = contacts.ids(workspace, chosen) if isinstance(chosen, contacts.ContactQuery) else chosen
    labels = [field.label for field in columns]
    taken = {fold(label) for label in labels}
    header = [*labels, next(heading for heading in EXPORTED_HEADINGS if fold(heading) not in taken)]
    write_table(
        path,
        header,
        _rows(workspace, ids, columns),
        delimiter=delimiter,
        progress=lambda done: progress(done, len(ids)),
        is_cancelled=is_cancelled,
    )
    return len(ids)


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
            # openpyxl takes a third of the time that an import process needs to start.
            from app.audience.xlsx_writer import write_xlsx

            write_xlsx(path, header, rows, progress=progress, cancelled=is_cancelled)
        case ".csv":
            write_csv(path, header, rows, delimiter=delimiter, progress=progress, cancelled=is_cancelled)
        case _:
            raise UserFacingError(
                f"“{path.name}” does not say which kind of table it shall be.", "Let its name end in .xlsx or .csv."
            )


def _rows(workspace: Workspace, ids: Sequence[int], fields: Sequence[FieldInfo]) -> Iterator[Sequence[Cell]]:
    for start in range(0, len(ids), _PAGE):
        for row in contacts.page(workspace, ids[start : start + _PAGE], fields):
            yield (*row.values, row.status.words)
