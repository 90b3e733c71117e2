"""Contacts as text that every spreadsheet takes."""

from __future__ import annotations

from collections.abc import Sequence

from app.audience import contacts
from app.audience.cells import CellValue
from app.models.fields import FieldInfo
from app.models.workspace import Workspace
from app.ui.pages.contacts import cell_text, wording
from app.ui.pages.contacts.columns import GridColumn

_BREAKS = str.maketrans({"\t": " ", "\r": " ", "\n": " "})


def as_table(
    workspace: Workspace, ids: Sequence[int], fields: Sequence[FieldInfo], columns: Sequence[GridColumn]
) -> str:
    """One line per contact, with tabs between *columns*."""
    return "\n".join(
        "\t".join(_cell(row, column) for column in columns) for row in contacts.page(workspace, ids, fields)
    )


def _cell(row: contacts.ContactRow, column: GridColumn) -> str:
    if column.place is None:
        return wording.status_look(row.status).text
    value: CellValue = row.values[column.place]
    return cell_text.typed(value).translate(_BREAKS)
