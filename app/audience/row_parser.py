"""Rows of a file become rows of stored cells, by a plan; what does not fit is told, row by row."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.audience.addresses import normalise
from app.audience.cells import Stored, parse_cell, storable, to_stored
from app.audience.import_plan import CellWarning, RefusedRow
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
from app.audience.source import Cell, SourceRow
from app.audience.statuses import STATUS, Standing, standing_of
from app.audience.values import ColumnHints, as_text
from app.errors import UserFacingError
from app.models.states import FieldType

KEPT_WARNINGS = 1000
KEPT_REFUSED = 100_000
"""More than this would only fill the memory: such a file is no list of contacts."""
_REMEMBERED = 4096
_SHOWN_CHARS = 500
_EVIDENCE = frozenset({CONSENT_AT, CONSENT_IP, CONSENT_SOURCE})
# Mailchimp quotes each label, HubSpot and Outlook part them by semicolons, Google by ":::" with a star before its own.
_BETWEEN_LABELS = re.compile(r"[,;\n]|:::")
_LONGEST_LABEL = 100
_is_whole_number = re.compile(r"[1-9][0-9]{0,14}").fullmatch
_is_tidy_phone = re.compile(r"\+[0-9]{1,4}(?: [0-9]{2,12}){1,5}").fullmatch

Reader = Callable[[Cell], Stored]


@dataclass(frozen=True)
class TargetColumn:
    """A column that a file fills: the field with the key *field*, or a new one."""

    field: str | NewField
    type: FieldType


class Evidence(NamedTuple):
    """What a row says about the permission: when it was given (milliseconds since 1970), from where, by which form."""

    at: int | None = None
    ip: str | None = None
    source: str | None = None


_NOTHING_SAID = Evidence()


class ParsedRow(NamedTuple):
    """A row whose address is good; `cells` are in the order of `RowParser.targets`."""

    number: int
    email: str
    standing: Standing
    cells: tuple[Stored, ...]
    evidence: Evidence = _NOTHING_SAID
    tags: tuple[str, ...] = ()


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
        refused: The first rows without a good address; there were `refused_count` in all.
        warnings: The first cells that had to be left empty; there were `warning_count` in all.
    """

    def __init__(
        self,
        plans: Sequence[ColumnPlan],
        types: dict[str, FieldType],
        hints: dict[int, ColumnHints],
        *,
        standing: Standing = Standing.MAY_BE_MAILED,
    ) -> None:
        """*standing*: What the file as a whole says of everybody in it."""
        self._best = standing
        self.targets: list[TargetColumn] = []
        self.refused: list[RefusedRow] = []
        self.refused_count = 0
        self.warnings: list[CellWarning] = []
        self.warning_count = 0
        self._sources: list[_Source] = []
        self._email_index = next(plan.source_index for plan in plans if plan.target == EMAIL)
        self._statuses: list[ColumnPlan] = []
        self._evidence: list[ColumnPlan] = []
        self._tags: list[ColumnPlan] = []
        self._hints = hints
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
                self._refuse(RefusedRow(number, as_text(cells[email_index])[:_SHOWN_CHARS], error.title))
                continue
            try:
                stored = tuple([source.read(cells[source.index]) for source in sources])
            except UserFacingError:
                stored = tuple([self._read_or_warn(source, row) for source in sources])
            if extra:
                self._warn(number, "", f"{extra} more cells stand to the right of the table and were left out.")
            evidence = self._evidence_in(row) if self._evidence else _NOTHING_SAID
            tags = self._tags_in(row) if self._tags else ()
            yield ParsedRow(number, email, self._standing(row), stored, evidence, tags)

    @property
    def headers(self) -> list[str]:
        """The columns of the file that the targets are filled from."""
        return [source.header for source in self._sources]

    @property
    def has_evidence(self) -> bool:
        """Whether a column tells when, from where or by what a permission was given."""
        return bool(self._evidence)

    @property
    def has_tags(self) -> bool:
        """Whether a column holds labels."""
        return bool(self._tags)

    def _add(self, plan: ColumnPlan, types: dict[str, FieldType], hints: ColumnHints | None) -> None:
        target = plan.target
        if target is IGNORE or target == EMAIL:
            return
        if target == STATUS:
            self._statuses.append(plan)
        elif target in _EVIDENCE:
            self._evidence.append(plan)
        elif target == TAGS:
            self._tags.append(plan)
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
        worst = self._best
        for column in self._statuses:
            try:
                standing = standing_of(as_text(row.cells[column.source_index]), column.header, column.answers)
            except UserFacingError as error:
                self._warn(row.number, column.header, error.title)
                standing = Standing.NO_PERMISSION
            worst = max(worst, standing)
        return worst

    def _evidence_in(self, row: SourceRow) -> Evidence:
        said: dict[str, int | str | None] = {CONSENT_AT: None, CONSENT_IP: None, CONSENT_SOURCE: None}
        for column in self._evidence:
            cell = row.cells[column.source_index]
            if cell is None:
                continue
            try:
                if column.target == CONSENT_AT:
                    at = parse_moment(cell, self._hints.get(column.source_index))
                    said[CONSENT_AT] = max(at, said[CONSENT_AT] or at)
                elif column.target == CONSENT_IP:
                    said[CONSENT_IP] = str(ipaddress.ip_address(as_text(cell)))
                else:
                    said[CONSENT_SOURCE] = storable(as_text(cell))[:_SHOWN_CHARS] or None
            except ValueError:
                self._warn(row.number, column.header, f"“{as_text(cell)[:40]}” is no address of the internet.")
            except UserFacingError as error:
                self._warn(row.number, column.header, error.title)
        return Evidence(said[CONSENT_AT], said[CONSENT_IP], said[CONSENT_SOURCE])  # type: ignore[arg-type]

    def _tags_in(self, row: SourceRow) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                tag for column in self._tags for tag in _labels_in(storable(as_text(row.cells[column.source_index])))
            )
        )

    def _refuse(self, row: RefusedRow) -> None:
        self.refused_count += 1
        if len(self.refused) < KEPT_REFUSED:
            self.refused.append(row)

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
    remembered = lru_cache(_REMEMBERED, typed=True)(lambda cell: to_stored(parse_cell(cell, kind, hints)))
    # Customer and phone numbers do not, and most are plain.
    if kind is FieldType.NUMBER:
        return lambda cell: int(cell) if isinstance(cell, str) and _is_whole_number(cell) else remembered(cell)
    if kind is FieldType.PHONE:
        return lambda cell: cell if isinstance(cell, str) and _is_tidy_phone(cell) else remembered(cell)
    return remembered


def _read_text(cell: Cell) -> Stored:
    if isinstance(cell, str) and cell.isprintable():
        return cell.strip() or None
    return storable(as_text(cell)).strip() or None


def _name_part(cell: Cell, part: int) -> Stored:
    return storable(split_full_name(as_text(cell))[part]) or None


@lru_cache(_REMEMBERED)
def _labels_in(text: str) -> tuple[str, ...]:
    parts = (" ".join(part.strip(" \"'*").split())[:_LONGEST_LABEL] for part in _BETWEEN_LABELS.split(text))
    return tuple(part for part in parts if part)
