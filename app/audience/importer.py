"""Bringing the contacts of a file into the workspace: all of them, or on any mishap none.

A file is read into memory first, while sending goes on; one transaction then does everything else.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audience.consent import record_imported_consent
from app.audience.export import write_table
from app.audience.fields import add_field_in, fields_in, find_field
from app.audience.groups import LISTS, TAGS
from app.audience.import_plan import CellWarning, DuplicateRule, ImportPlan, ImportReport, RefusedRow
from app.audience.mapping import FULL_NAME, IGNORE, ColumnPlan, NewField, check_mapping
from app.audience.row_parser import RowParser, TargetColumn
from app.audience.staging import UpsertCounts, open_staging
from app.audience.statuses import STATUS, Standing
from app.audience.suppression import suppress_in
from app.audience.tabular import Table, open_table
from app.audience.values import ColumnHints, infer_hints
from app.errors import Cancelled, UserFacingError
from app.models.fields import FieldInfo
from app.models.sql import is_postgresql
from app.models.states import ConsentState, FieldType
from app.models.workspace import Workspace

__all__ = [
    "STATUS",
    "CellWarning",
    "DuplicateRule",
    "ImportPlan",
    "ImportReport",
    "RefusedRow",
    "run_import",
    "write_refused",
]

CHUNK_ROWS = 5_000
_HINT_ROWS = 20_000
_DOUBTFUL = frozenset({FieldType.DATE, FieldType.NUMBER})
_LOOK_S = 0.05
_CANCEL_PATIENCE_S = 5.0
_STEPS_PER_LOOK = 100_000
"""How many instructions of SQLite's machine pass between two looks whether the user cancelled: about a millisecond."""


def run_import(
    workspace: Workspace,
    plan: ImportPlan,
    *,
    progress: Callable[[int, int | None], None] = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
    dry_run: bool = False,
) -> ImportReport:
    """Do what *plan* says, in one transaction: whatever goes wrong, nothing has changed.

    Args:
        progress: Told how many rows are read, of how many (None if nobody knows). Once the two are equal, the contacts
            are being stored.
        is_cancelled: Asked every few milliseconds; once it said yes, it must keep to that.
        dry_run: Report what would be done, and change nothing.

    Raises:
        Cancelled: *is_cancelled* said so.
        UnreadableFile: the file cannot be read to its end.
        UserFacingError: the plan does not fit the workspace, or the disk is full.
    """
    _check(plan)
    table = open_table(
        plan.path, sheet=plan.sheet, encoding=plan.encoding, delimiter=plan.delimiter, has_header=plan.has_header
    )
    with workspace.database.staging() as session:
        try:
            with _interruptible(session, is_cancelled):
                importing = _Import(workspace, session, plan, table)
                importing.read_file(progress, is_cancelled)
                workspace.database.begin_storing(session)
                report = importing.store()
            if dry_run:
                session.invalidate()
                return replace(report, list_id=None)
            session.commit()
        except BaseException:
            # Closes the connection, and the rows in its memory with it.
            session.invalidate()
            raise
    return report


def write_refused(report: ImportReport, path: Path) -> None:
    """Write the rows that were refused, with their reasons, as .xlsx or .csv, to be corrected and imported again.

    Raises:
        UnwritableFile: nothing was changed at *path*.
    """
    rows = ((row.number, row.value, row.reason) for row in report.refused)
    write_table(path, ("Row", "E-mail", "Why it was left out"), rows)


class _Import:
    """One run of an import; `read_file` comes first, `store` then."""

    def __init__(self, workspace: Workspace, session: Session, plan: ImportPlan, table: Table) -> None:
        self._workspace = workspace
        self._session = session
        self._plan = plan
        self._table = table
        types = {field.key: field.type for field in fields_in(session)}
        for column in plan.columns:
            needed = {"first_name", "last_name"} if column.target == FULL_NAME else {column.target}
            missing = sorted(key for key in needed if isinstance(key, str) and key not in {*types, STATUS})
            if missing:
                raise UserFacingError(f"There is no field “{missing[0]}”.", "It may have been deleted meanwhile.")
            if column.source_index >= len(table.header):
                raise UserFacingError(
                    f"“{plan.path.name}” has no column “{column.header}” any more.", "Choose the file again."
                )
        self._parser = RowParser(plan.columns, types, _hints(plan, table, types))
        self._staging = open_staging(
            session.connection(), kinds=[target.type for target in self._parser.targets], rule=plan.on_duplicate
        )
        self._good_rows = 0

    def read_file(self, progress: Callable[[int, int | None], None], is_cancelled: Callable[[], bool]) -> None:
        """Read, check and stage every row."""
        rows = self._table.rows()
        done = 0
        while chunk := list(islice(rows, CHUNK_ROWS)):
            if is_cancelled():
                raise Cancelled
            parsed = list(self._parser.parse(chunk))
            self._staging.add(self._workspace, parsed)
            self._good_rows += len(parsed)
            done += len(chunk)
            estimate = self._table.row_count_estimate
            progress(done, None if estimate is None else max(estimate, done + 1))
        progress(done, done)

    def store(self) -> ImportReport:
        """Make contacts of what was staged."""
        merged = self._good_rows - self._staging.count()
        forgotten = self._staging.refuse_forgotten()
        counts = self._upsert()
        self._suppress()
        if self._plan.basis is not None:
            record_imported_consent(
                self._session,
                self._staging.contact_ids(standing=Standing.MAY_BE_MAILED),
                basis=self._plan.basis,
                source=self._plan.source or f"Import of {self._plan.path.name}",
                wording=self._plan.wording,
            )
        list_id = self._group()
        report = ImportReport(
            new=counts.new,
            updated=counts.updated,
            unchanged=counts.unchanged,
            merged_in_file=merged,
            suppressed=self._staging.count_suppressed(),
            refused=tuple(sorted([*self._parser.refused, *forgotten], key=lambda row: row.number)),
            warnings=tuple(self._parser.warnings),
            warning_count=self._parser.warning_count,
            list_id=list_id,
        )
        self._staging.drop()
        return report

    def _upsert(self) -> UpsertCounts:
        fields: list[FieldInfo] = []
        for target in self._parser.targets:
            fields.append(_field_for(self._session, target, fields))
        consent = ConsentState.UNKNOWN if self._plan.basis is None else ConsentState.GIVEN
        return self._staging.upsert([field.column for field in fields], consent=consent)

    def _suppress(self) -> None:
        origin = f"Import of {self._plan.path.name}"
        for standing in Standing:
            if standing.suppression is not None:
                addresses = self._staging.addresses(standing)
                suppress_in(self._session, self._workspace, addresses, standing.suppression, origin)

    def _group(self) -> int | None:
        everyone = self._staging.contact_ids()
        list_id = self._plan.list_id
        if self._plan.new_list_name.strip():
            list_id = LISTS.called(self._session, self._plan.new_list_name)
        if list_id is not None:
            LISTS.fill(self._session, list_id, everyone)
        for tag in self._plan.tags:
            TAGS.fill(self._session, TAGS.called(self._session, tag), everyone)
        return list_id


def _check(plan: ImportPlan) -> None:
    problems = check_mapping(plan.columns)
    if problems:
        raise problems[0]


def _hints(plan: ImportPlan, table: Table, types: dict[str, FieldType]) -> dict[int, ColumnHints]:
    """How doubtful dates and numbers are to be read, learnt from the first rows; only such columns are looked at."""
    indexes = [column.source_index for column in plan.columns if _kind(column, types) in _DOUBTFUL]
    if not indexes:
        return {}
    rows = [row.cells for row in islice(table.rows(), _HINT_ROWS)]
    return {index: infer_hints([cells[index] for cells in rows]) for index in indexes}


def _kind(column: ColumnPlan, types: dict[str, FieldType]) -> FieldType | None:
    if isinstance(column.target, NewField):
        return column.target.kind
    return None if column.target is IGNORE else types.get(column.target)


def _field_for(session: Session, target: TargetColumn, used: list[FieldInfo]) -> FieldInfo:
    """The field that a column fills: an existing one, also for a new column that was imported before, or a new one."""
    fields = fields_in(session)
    if isinstance(target.field, str):
        return find_field(session, target.field)
    taken = {field.label.casefold(): field for field in fields}
    label, number = target.field.label, 2
    while (there := taken.get(label.casefold())) is not None:
        if there.type is target.type and there not in used:
            return there
        label, number = f"{target.field.label} {number}", number + 1
    return add_field_in(session, label, target.type)


@contextmanager
def _interruptible(session: Session, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """Let the user's cancelling end even a long statement."""
    driver: Any = session.connection().connection.driver_connection
    looking = _looking_on_server if is_postgresql(session) else _looking
    try:
        with looking(driver, is_cancelled):
            yield
    except DBAPIError as error:
        if is_cancelled():
            raise Cancelled from error
        raise


@contextmanager
def _looking(driver: Any, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    driver.set_progress_handler(is_cancelled, _STEPS_PER_LOOK)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


@contextmanager
def _looking_on_server(driver: Any, is_cancelled: Callable[[], bool]) -> Iterator[None]:
    """The server works while this thread waits, so another one looks, and asks the server to stop."""
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(_LOOK_S):
            if is_cancelled():
                driver.cancel_safe(timeout=_CANCEL_PATIENCE_S)

    watch = threading.Thread(target=look, name="import-cancel", daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()
