"""What an import shall do, and what it did."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.audience.mapping import ColumnPlan
from app.audience.statuses import Standing
from app.models.states import LawfulBasis


class DuplicateRule(StrEnum):
    """What becomes of a contact that is there already, or stands in the file twice. No rule ever empties a cell."""

    UPDATE = "update"
    """What the file says wins."""
    FILL = "fill"
    """The file fills only cells that are empty."""
    KEEP = "keep"
    """The contact stays as it is; it is only added to the list and gets the tags."""


@dataclass(frozen=True)
class ImportPlan:
    """How a file is read and what is done with its rows.

    Attributes:
        sheet, encoding, delimiter, has_header: As in `open_table`, so that the import reads what the user looked at.
        columns: What becomes of each column. Beside the targets of `mapping`, `statuses.STATUS` is one.
        list_id: The list that all people of the file go into; or `new_list_name`, made if there is none of that name.
        tags: Names of tags they all get.
        basis: The ground on which they may be mailed; None leaves them without permission.
        source: Where the permission comes from, in the user's words; kept as evidence.
        standing: What the file as a whole says of everybody in it: an export of those who unsubscribed.
        pasted: The rows of a table from the clipboard; *path* is then only what it is called.
    """

    path: Path
    columns: tuple[ColumnPlan, ...]
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    list_id: int | None = None
    new_list_name: str = ""
    tags: tuple[str, ...] = ()
    basis: LawfulBasis | None = None
    source: str = ""
    wording: str = ""
    on_duplicate: DuplicateRule = DuplicateRule.UPDATE
    standing: Standing = Standing.MAY_BE_MAILED
    pasted: tuple[tuple[str, ...], ...] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class RefusedRow:
    """A row that was left out: its number in Excel, what stood in its e-mail cell, and why."""

    number: int
    value: str
    reason: str


@dataclass(frozen=True)
class CellWarning:
    """A cell that was left empty although its row was taken: the row's number, the column, and why."""

    number: int
    column: str
    reason: str


@dataclass(frozen=True)
class ColumnEffect:
    """What an import does to one field.

    Attributes:
        header: The column of the file; *label* is the field it goes to, in the words of the plan for a new one.
        filled: How many people of the file have something in it.
        added: In how many contacts that are there already it fills an empty cell.
        changed: In how many it replaces what stands there.
    """

    header: str
    label: str
    is_new: bool
    filled: int
    added: int
    changed: int


@dataclass(frozen=True)
class ImportReport:
    """What became of every row of the file, or would: `rows` is the sum of `accepted`, `merged_in_file` and
    `refused_count`.

    Attributes:
        merged_in_file: Rows whose address an earlier row of the file had.
        suppressed: Of the accepted, how many cannot be mailed because they unsubscribed, bounced, …
        refused: The first of them; there are `refused_count` in all.
        warnings: The first of them; there are `warning_count` in all.
        list_id: The list they went into; None if there is none, or nothing was really done.
        effects: What each column would do; told before an import alone.
    """

    new: int
    updated: int
    unchanged: int
    merged_in_file: int
    suppressed: int
    refused: tuple[RefusedRow, ...]
    refused_count: int
    warnings: tuple[CellWarning, ...]
    warning_count: int
    list_id: int | None = None
    effects: tuple[ColumnEffect, ...] = ()

    @property
    def accepted(self) -> int:
        """How many people of the file are in the workspace now."""
        return self.new + self.updated + self.unchanged

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.accepted + self.merged_in_file + self.refused_count
