"""Bringing the contacts of a file into the workspace: all of them, or on any mishap none.

A file is read once, into a table of its own, while sending goes on. What it would do can be looked at for as long as
anybody likes; one transaction then does it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.audience.export import write_table
from app.audience.fields import fields_in
from app.audience.import_plan import CellWarning, ColumnEffect, DuplicateRule, ImportPlan, ImportReport, RefusedRow
from app.audience.import_store import Store, existing_fields, open_staging
from app.audience.mapping import CONSENT_AT, FULL_NAME, IGNORE, SHARED, ColumnPlan, NewField, check_mapping
from app.audience.row_parser import RowParser
from app.audience.staging import UpsertCounts
from app.audience.statuses import STATUS
from app.audience.tabular import Table, open_table
from app.audience.values import ColumnHints, infer_hints
from app.errors import Cancelled, UserFacingError
from app.models.sql import is_postgresql
from app.models.states import FieldType
from app.models.workspace import Workspace

__all__ = [
    "STATUS",
    "CellWarning",
    "ColumnEffect",
    "DuplicateRule",
    "ImportPlan",
    "ImportReport",
    "PreparedImport",
    "RefusedRow",
    "prepare_import",
    "run_import",
    "write_refused",
]

Progress = Callable[[int, int | None], None]

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
    progress: Progress = lambda _done, _total: None,
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
    with prepare_import(workspace, plan, progress=progress, is_cancelled=is_cancelled) as prepared:
        return prepared.forecast() if dry_run else prepared.commit()


@contextmanager
def prepare_import(
    workspace: Workspace,
    plan: ImportPlan,
    *,
    progress: Progress = lambda _done, _total: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator["PreparedImport"]:
    """Read the file of *plan*, and hand out what can be done with it until the block ends.

    The arguments and exceptions are those of `run_import`.
    """
    problems = check_mapping(plan.columns)
    if problems:
        raise problems[0]
    table = open_table(
        plan.path,
        sheet=plan.sheet,
        encoding=plan.encoding,
        delimiter=plan.delimiter,
        has_header=plan.has_header,
        pasted=plan.pasted,
    )
    with workspace.database.staging() as session:
        try:
            prepared = PreparedImport(workspace, session, plan, table, is_cancelled)
            prepared.read_file(progress)
            yield prepared
        except BaseException:
            # Closes the connection, and what was prepared on it.
            session.invalidate()
            raise


def write_refused(report: ImportReport, path: Path) -> None:
    """Write the rows that were refused, with their reasons, as .xlsx or .csv, to be corrected and imported again.

    Raises:
        UnwritableFile: nothing was changed at *path*.
    """
    rows = ((row.number, row.value, row.reason) for row in report.refused)
    write_table(path, ("Row", "E-mail", "Why it was left out"), rows)


class PreparedImport:
    """A file that was read, and is not stored yet. Got from `prepare_import`."""

    def __init__(
        self,
        workspace: Workspace,
        session: Session,
        plan: ImportPlan,
        table: Table,
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._workspace = workspace
        self._session = session
        self._plan = plan
        self._table = table
        self._is_cancelled = is_cancelled
        types = {field.key: field.type for field in fields_in(session)}
        for column in plan.columns:
            needed = {"first_name", "last_name"} if column.target == FULL_NAME else {column.target}
            missing = sorted(key for key in needed if isinstance(key, str) and key not in {*types, *SHARED})
            if missing:
                raise UserFacingError(f"There is no field “{missing[0]}”.", "It may have been deleted meanwhile.")
            if column.source_index >= len(table.header):
                raise UserFacingError(
                    f"“{plan.path.name}” has no column “{column.header}” any more.", "Choose the file again."
                )
        self._parser = RowParser(plan.columns, types, _hints(plan, table, types), standing=plan.standing)
        self._staging = open_staging(
            session.connection(),
            kinds=[target.type for target in self._parser.targets],
            rule=plan.on_duplicate,
            has_evidence=self._parser.has_evidence,
        )
        self._good_rows = 0
        self._merged = 0
        self._forgotten: list[RefusedRow] = []

    def read_file(self, progress: Progress) -> None:
        """Read, check and stage every row."""
        with _interruptible(self._session, self._is_cancelled):
            rows = self._table.rows()
            done = 0
            while chunk := list(islice(rows, CHUNK_ROWS)):
                if self._is_cancelled():
                    raise Cancelled
                parsed = list(self._parser.parse(chunk))
                self._staging.add(self._workspace, parsed)
                self._good_rows += len(parsed)
                done += len(chunk)
                estimate = self._table.row_count_estimate
                progress(done, None if estimate is None else max(estimate, done + 1))
            self._merged = self._good_rows - self._staging.count()
            self._workspace.database.pause_staging(self._session)
        progress(done, done)

    def forecast(self) -> ImportReport:
        """What `commit` would do now; changes nothing, and keeps nobody waiting.

        Raises:
            Cancelled, UserFacingError: as in `run_import`.
        """
        with _interruptible(self._session, self._is_cancelled):
            self._forgotten += self._staging.refuse_forgotten()
            fields = existing_fields(self._session, self._parser.targets)
            self._staging.match()
            counts, cells = self._staging.forecast([None if field is None else field.column for field in fields])
            suppressed = self._staging.count_suppressed()
            self._workspace.database.pause_staging(self._session)
        effects = tuple(
            ColumnEffect(
                header=header,
                label=_label(target.field) if field is None else field.label,
                is_new=field is None,
                filled=counted.filled,
                added=counted.added,
                changed=counted.changed,
            )
            for header, target, field, counted in zip(
                self._parser.headers, self._parser.targets, fields, cells, strict=True
            )
        )
        return self._report(counts, suppressed, effects=effects)

    def commit(self) -> ImportReport:
        """Make contacts of what was read; once.

        Raises:
            Cancelled, UserFacingError: as in `run_import`; nothing was changed.
        """
        with _interruptible(self._session, self._is_cancelled):
            self._workspace.database.begin_storing(self._session)
            self._forgotten += self._staging.refuse_forgotten()
            store = Store(self._workspace, self._session, self._plan, self._staging)
            counts, list_id = store.run(self._parser.targets)
            report = self._report(counts, self._staging.count_suppressed(), list_id=list_id)
            self._staging.drop()
        self._session.commit()
        return report

    def _report(
        self,
        counts: UpsertCounts,
        suppressed: int,
        *,
        list_id: int | None = None,
        effects: tuple[ColumnEffect, ...] = (),
    ) -> ImportReport:
        refused = sorted([*self._parser.refused, *self._forgotten], key=lambda row: row.number)
        return ImportReport(
            new=counts.new,
            updated=counts.updated,
            unchanged=counts.unchanged,
            merged_in_file=self._merged,
            suppressed=suppressed,
            refused=tuple(refused),
            refused_count=self._parser.refused_count + len(self._forgotten),
            warnings=tuple(self._parser.warnings),
            warning_count=self._parser.warning_count,
            list_id=list_id,
            effects=effects,
        )


def _label(field: str | NewField) -> str:
    return field.label if isinstance(field, NewField) else field


def _hints(plan: ImportPlan, table: Table, types: dict[str, FieldType]) -> dict[int, ColumnHints]:
    """How doubtful dates and numbers are to be read, learnt from the first rows; only such columns are looked at."""
    indexes = [
        column.source_index
        for column in plan.columns
        if column.target == CONSENT_AT or _kind(column, types) in _DOUBTFUL
    ]
    if not indexes:
        return {}
    rows = [row.cells for row in islice(table.rows(), _HINT_ROWS)]
    return {index: infer_hints([cells[index] for cells in rows]) for index in indexes}


def _kind(column: ColumnPlan, types: dict[str, FieldType]) -> FieldType | None:
    if isinstance(column.target, NewField):
        return column.target.kind
    return None if column.target is IGNORE else types.get(column.target)


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
