"""What is known and decided about an import so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.audience.import_plan import DuplicateRule, ImportPlan
from app.audience.mapping import ColumnPlan, MappingProblem, Target, check_mapping
from app.audience.pasted import Rows
from app.audience.presets import ExportPreset
from app.audience.proposal import propose
from app.audience.statuses import Standing
from app.audience.tabular import Table, open_table
from app.models.fields import FieldInfo
from app.models.states import LawfulBasis


@dataclass(frozen=True)
class Reading:
    """How the user wants the file to be read; None leaves it to the program."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None


@dataclass(frozen=True)
class Draft:
    """A file that was opened, and what is to become of its columns.

    Attributes:
        preset: The program that exported it, if that was recognised.
        standing: What the file as a whole says of everybody in it.
        pasted: The rows from the clipboard, instead of a file.
    """

    table: Table
    fields: tuple[FieldInfo, ...]
    columns: tuple[ColumnPlan, ...]
    reading: Reading = field(default_factory=Reading)
    preset: ExportPreset | None = None
    standing: Standing = Standing.MAY_BE_MAILED
    pasted: Rows | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path, fields: Sequence[FieldInfo], reading: Reading, pasted: Rows | None = None) -> Draft:
        """Look at *path*, or at what was *pasted*, and propose what becomes of each column.

        Raises:
            UnreadableFile: with one sentence for the user.
        """
        table = open_table(
            path,
            sheet=reading.sheet,
            encoding=reading.encoding,
            delimiter=reading.delimiter,
            has_header=reading.has_header,
            pasted=pasted,
        )
        proposal = propose(table, fields)
        columns = proposal.mapping.columns
        return cls(table, tuple(fields), columns, reading, proposal.preset, proposal.standing, pasted)

    @property
    def problems(self) -> tuple[MappingProblem, ...]:
        """Why the columns cannot be imported like this."""
        return check_mapping(self.columns)

    @property
    def needs_no_look(self) -> bool:
        """Whether the file leaves nothing to choose, so that its own step can be passed over."""
        table = self.table
        is_clear_text = table.encoding is None or table.encoding.startswith("utf-8")
        return len(table.sheets) <= 1 and is_clear_text and table.has_header and not table.warnings

    @property
    def name(self) -> str:
        """What a list made from this file is called unless the user says otherwise."""
        words = " ".join(self.table.path.stem.replace("_", " ").split())
        return words[:1].upper() + words[1:]

    def with_target(self, source_index: int, target: Target) -> Draft:
        """The draft with another target for one column."""
        columns = tuple(
            replace(plan, target=target, answers=None, confidence=1.0) if plan.source_index == source_index else plan
            for plan in self.columns
        )
        return replace(self, columns=columns)

    def plan(self, people: People) -> ImportPlan:
        """The plan for the importer."""
        table = self.table
        return ImportPlan(
            table.path,
            self.columns,
            sheet=table.sheet,
            encoding=table.encoding,
            delimiter=table.delimiter,
            has_header=table.has_header,
            list_id=people.list_id,
            new_list_name=people.new_list_name,
            tags=people.tags,
            basis=people.basis,
            source=people.source,
            on_duplicate=people.on_duplicate,
            standing=self.standing,
            pasted=self.pasted,
        )


@dataclass(frozen=True)
class People:
    """What is to become of the people of a file: their list, their tags, the permission to mail them."""

    list_id: int | None
    new_list_name: str
    tags: tuple[str, ...]
    on_duplicate: DuplicateRule
    basis: LawfulBasis | None
    source: str
