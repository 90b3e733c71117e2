"""The first rows of a file as they will be stored, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QT_TRANSLATE_NOOP

from app.audience.addresses import normalise, typo_suggestion
from app.audience.cells import CellValue, parse_cell
from app.audience.mapping import (
    CONSENT_AT,
    CONSENT_IP,
    CONSENT_SOURCE,
    EMAIL,
    FULL_NAME,
    IGNORE,
    TAGS,
    ColumnPlan,
    NewField,
    split_full_name,
)
from app.audience.moments import parse_moment
from app.audience.source import Cell
from app.audience.statuses import STATUS, Standing, standing_of
from app.audience.values import ColumnHints, as_text, infer_hints
from app.errors import UserFacingError
from app.models.states import FieldType
from app.ui.pages.contacts import cell_text
from app.ui.pages.contacts.importing.draft import Draft
from app.ui.pages.contacts.wording import translate

SHOWN_ROWS = 8
_TEXTS = {
    CONSENT_IP: str(QT_TRANSLATE_NOOP("Contacts", "Agreed from")),
    CONSENT_SOURCE: str(QT_TRANSLATE_NOOP("Contacts", "Agreed by")),
    TAGS: str(QT_TRANSLATE_NOOP("Contacts", "Tags")),
}

Reader = Callable[[Cell], CellValue]


@dataclass(frozen=True, slots=True)
class PreviewCell:
    """A cell as it will be stored; with a *problem*, *text* is what stands in the file and will not be stored."""

    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    title: str
    is_number: bool
    cells: tuple[PreviewCell, ...]


@dataclass(frozen=True)
class Preview:
    """
    Attributes:
        refused: Among the rows looked at, the addresses that cannot be used, each with the reason.
        doubtful: Addresses that are probably misspelt, each with what was meant.
        looked_at: How many rows that were.
    """

    columns: tuple[PreviewColumn, ...]
    refused: tuple[tuple[str, str], ...]
    doubtful: tuple[tuple[str, str], ...]
    looked_at: int


def preview_of(draft: Draft) -> Preview:
    """What `run_import` would make of the rows the table shows as its sample."""
    sample = draft.table.sample
    kinds = {field.key: field.type for field in draft.fields}
    labels = {field.key: field.label for field in draft.fields}
    columns: list[PreviewColumn] = []
    for plan in draft.columns:
        cells = [row[plan.source_index] for row in sample]
        for title, kind, read in _readers(plan, kinds, labels, cells):
            shown = tuple(_cell(cell, read) for cell in cells[:SHOWN_ROWS])
            columns.append(PreviewColumn(title, kind is FieldType.NUMBER, shown))
    refused, doubtful = _addresses(draft)
    return Preview(tuple(columns), refused, doubtful, len(sample))


def sample_text(draft: Draft, plan: ColumnPlan, most: int = 3) -> str:
    """The first different things that stand in a column: "Köln, Bonn, Leipzig"."""
    texts = (" ".join(as_text(row[plan.source_index]).split()) for row in draft.table.sample)
    return ", ".join(list(dict.fromkeys(text for text in texts if text))[:most])


def _readers(
    plan: ColumnPlan, kinds: dict[str, FieldType], labels: dict[str, str], cells: Sequence[Cell]
) -> list[tuple[str, FieldType, Reader]]:
    """The columns that one column of the file fills: heading, type, and how a cell is read."""
    target = plan.target
    if target is IGNORE:
        return []
    if target == FULL_NAME:
        first, last = labels.get("first_name", "First name"), labels.get("last_name", "Last name")
        return [
            (first, FieldType.TEXT, lambda cell: split_full_name(as_text(cell))[0]),
            (last, FieldType.TEXT, lambda cell: split_full_name(as_text(cell))[1]),
        ]
    if target == STATUS:
        return [(translate("Contacts", "Can be mailed?"), FieldType.TEXT, partial(_standing, plan))]
    if target == CONSENT_AT:
        hints = infer_hints(cells)
        return [(translate("Contacts", "Agreed on"), FieldType.DATE, lambda cell: _day(cell, hints))]
    if isinstance(target, str) and target in _TEXTS:
        return [(translate("Contacts", _TEXTS[target]), FieldType.TEXT, as_text)]
    kind = FieldType(target.kind.value) if isinstance(target, NewField) else kinds[target]
    label = target.label if isinstance(target, NewField) else labels[target]
    hints = infer_hints(cells)
    return [(label, kind, lambda cell: parse_cell(cell, kind, hints))]


def _day(cell: Cell, hints: ColumnHints) -> CellValue:
    return None if cell is None else datetime.fromtimestamp(parse_moment(cell, hints) / 1000, UTC).date()


def _standing(plan: ColumnPlan, cell: Cell) -> str:
    match standing_of(as_text(cell), plan.header, plan.answers):
        case Standing.MAY_BE_MAILED:
            return translate("Contacts", "Yes")
        case Standing.NO_PERMISSION:
            return translate("Contacts", "No permission")
        case Standing.MANUAL:
            return translate("Contacts", "No: blocked")
        case Standing.HARD_BOUNCE:
            return translate("Contacts", "No: bounced")
        case Standing.UNSUBSCRIBED:
            return translate("Contacts", "No: unsubscribed")
        case Standing.COMPLAINT:
            return translate("Contacts", "No: marked as spam")


def _cell(cell: Cell, read: Reader) -> PreviewCell:
    try:
        return PreviewCell(cell_text.shown(read(cell)))
    except UserFacingError as error:
        return PreviewCell(" ".join(as_text(cell).split()), error.title)


def _addresses(draft: Draft) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    plan = next((plan for plan in draft.columns if plan.target == EMAIL), None)
    refused: list[tuple[str, str]] = []
    doubtful: list[tuple[str, str]] = []
    for row in draft.table.sample if plan is not None else ():
        text = as_text(row[plan.source_index]) if plan is not None else ""
        try:
            address = normalise(text)
        except UserFacingError as error:
            refused.append((text, error.title))
        else:
            if meant := typo_suggestion(address):
                doubtful.append((address, meant))
    return tuple(refused), tuple(doubtful)
