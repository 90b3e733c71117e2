"""Rows of a file become rows of stored cells, by a plan; what does not fit is told, row by row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.audience.addresses import normalise
from app.audience.cells import Stored, parse_cell, storable, to_stored
from app.audience.import_plan import CellWarning, RefusedRow
from app.audience.mapping import EMAIL, FULL_NAME, IGNORE, ColumnPlan, NewField, split_full_name
from app.audience.source import Cell, SourceRow
from app.audience.statuses import STATUS, Standing, standing_of
from app.audience.values import ColumnHints, as_text
from app.errors import UserFacingError
from app.models.states import FieldType

KEPT_WARNINGS = 1000
_REMEMBERED = 4096

Reader = Callable[[Cell], Stored]


@dataclass(frozen=True)
class TargetColumn:
    """A column that a file fills: the field with the key *field*, or a new one."""

    field: str | NewField
    type: FieldType


class ParsedRow(NamedTuple):
    """A row whose address is good; `cells` are in the order of `RowParser.targets`."""

    number: int
    email: str
    standing: Standing
    cells: tuple[Stored, ...]


@dataclass(frozen=True)
class _Source:
    """One cell of a row, and how it is read."""

    index: int
    header: str
    read: Reader


class RowParser:
    """Parses the rows of one table and collects what was refused.

    Attributes:
        targets: The columns that are filled.
        refused: The rows without a good address so far.
        warnings: The first cells that had to be left empty; there were `warning_count` in all.
    """

    def __init__(self, plans: Sequence[ColumnPlan], types: dict[str, FieldType], hints: dict[int, ColumnHints]) -> None:
        self.targets: list[TargetColumn] = []
        self.refused: list[RefusedRow] = []
        self.warnings: list[CellWarning] = []
        self.warning_count = 0
        self._sources: list[_Source] = []
        self._email_index = next(plan.source_index for plan in plans if plan.target == EMAIL)
        self._statuses: list[ColumnPlan] = []
        for plan in plans:
            self._add(plan, types, hints.get(plan.source_index))

    def parse(self, rows: Iterable[SourceRow]) -> Iterable[ParsedRow]:
        """Those of *rows* that have a good address."""
        email_index, sources = self._email_index, self._sources
        for row in rows:
            number, cells, extra = row
            try:
                email = normalise(as_text(cells[email_index]))
            except UserFacingError as error:
                self.refused.append(RefusedRow(number, as_text(cells[email_index]), error.title))
                continue
            try:
                stored = tuple([source.read(cells[source.index]) for source in sources])
            except UserFacingError:
                stored = tuple([self._read_or_warn(source, row) for source in sources])
            if extra:
                self._warn(number, "", f"{extra} more cells stand to the right of the table and were left out.")
            yield ParsedRow(number, email, self._standing(row), stored)

    def _add(self, plan: ColumnPlan, types: dict[str, FieldType], hints: ColumnHints | None) -> None:
        target = plan.target
        if target is IGNORE or target == EMAIL:
            return
        if target == STATUS:
            self._statuses.append(plan)
        elif target == FULL_NAME:
            self._fill("first_name", FieldType.TEXT, plan, lambda cell: _name_part(cell, 0))
            self._fill("last_name", FieldType.TEXT, plan, lambda cell: _name_part(cell, 1))
        elif isinstance(target, NewField):
            kind = target.kind
            self._fill(target, kind, plan, _reader(kind, hints))
        else:
            self._fill(target, types[target], plan, _reader(types[target], hints))

    def _fill(self, field: str | NewField, kind: FieldType, plan: ColumnPlan, read: Reader) -> None:
        self.targets.append(TargetColumn(field, kind))
        self._sources.append(_Source(plan.source_index, plan.header, read))

    def _standing(self, row: SourceRow) -> Standing:
        worst = Standing.MAY_BE_MAILED
        for column in self._statuses:
            try:
                standing = standing_of(as_text(row.cells[column.source_index]), column.header)
            except UserFacingError as error:
                self._warn(row.number, column.header, error.title)
                standing = Standing.NO_PERMISSION
            worst = max(worst, standing)
        return worst

    def _read_or_warn(self, source: _Source, row: SourceRow) -> Stored:
        try:
            return source.read(row.cells[source.index])
        except UserFacingError as error:
            self._warn(row.number, source.header, error.title)
            return None

    def _warn(self, number: int, column: str, reason: str) -> None:
        self.warning_count += 1
        if len(self.warnings) < KEPT_WARNINGS:
            self.warnings.append(CellWarning(number, column, reason))


def _reader(kind: FieldType, hints: ColumnHints | None) -> Reader:
    if kind is FieldType.TEXT:
        return _read_text
    # Typed columns repeat themselves: countries, yes and no, even birthdays.
    return lru_cache(_REMEMBERED, typed=True)(lambda cell: to_stored(parse_cell(cell, kind, hints)))


def _read_text(cell: Cell) -> Stored:
    if isinstance(cell, str) and cell.isprintable():
        return cell.strip() or None
    return storable(as_text(cell)).strip() or None


def _name_part(cell: Cell, part: int) -> Stored:
    return storable(split_full_name(as_text(cell))[part]) or None
