"""The part of an import that changes the workspace: staged people become contacts, with their permissions, refusals and
groups; all of it recorded, so that it can be taken back as one action.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.audience.changes import Change
from app.audience.fields import add_field_in, fields_in, find_field
from app.audience.groups import LISTS, TAGS, Groups
from app.audience.import_plan import DuplicateRule, ImportPlan
from app.audience.row_parser import TargetColumn
from app.audience.server_staging import ServerStaging
from app.audience.staging import HAS_WITHDRAWN, Staging, UpsertCounts
from app.audience.statuses import Standing
from app.audience.suppression import suppress_in
from app.audience.undo import Recorder, recording_much
from app.models.base import now_ms
from app.models.fields import FieldInfo
from app.models.sql import driver_sql, is_postgresql
from app.models.states import Channel, ConsentAction, ConsentState, FieldType
from app.models.workspace import Workspace

_IDS_A_PART = 2_000
_LABELS = "incoming_label"


def open_staging(
    connection: Connection, *, kinds: Sequence[FieldType], rule: DuplicateRule, has_evidence: bool
) -> Staging:
    """An empty staging table for rows whose cells have *kinds*."""
    kind = ServerStaging if is_postgresql(connection) else Staging
    return kind(connection, kinds=kinds, rule=rule, has_evidence=has_evidence)


def existing_fields(session: Session, targets: Sequence[TargetColumn]) -> list[FieldInfo | None]:
    """The field each target fills, also of a new column that was imported before; None where one will be made.

    Raises:
        UserFacingError: a field is not there any more.
    """
    fields = fields_in(session)
    found: list[FieldInfo | None] = []
    for target in targets:
        if isinstance(target.field, str):
            found.append(find_field(session, target.field))
        else:
            taken = {field.label.casefold(): field for field in fields}
            found.append(_names_for(target.field.label, taken, target, found)[1])
    return found


class Store:
    """Puts one staged file into the workspace, within a transaction that was begun for it."""

    def __init__(self, workspace: Workspace, session: Session, plan: ImportPlan, staging: Staging) -> None:
        self._workspace = workspace
        self._session = session
        self._connection = session.connection()
        self._plan = plan
        self._staging = staging
        self._at = now_ms()

    def run(self, targets: Sequence[TargetColumn]) -> tuple[UpsertCounts, int | None]:
        """Do it all, and return what became of the contacts, and the list they are in."""
        with recording_much(self._session, f"Import of “{self._plan.path.name}”") as record:
            columns = [field.column for field in self._fields(targets, record)]
            self._staging.lock_known()
            self._staging.match()
            counts = self._upsert(columns, record)
            self._record_evidence()
            self._suppress()
            return counts, self._group(record)

    # Contacts

    def _fields(self, targets: Sequence[TargetColumn], record: Recorder) -> list[FieldInfo]:
        fields: list[FieldInfo] = []
        for target, there in zip(targets, existing_fields(self._session, targets), strict=True):
            fields.append(self._new_field(target, fields, record) if there is None else there)
        return fields

    def _new_field(self, target: TargetColumn, used: Sequence[FieldInfo], record: Recorder) -> FieldInfo:
        if isinstance(target.field, str):
            raise TypeError("only a new field can be made")
        taken = {field.label.casefold(): field for field in fields_in(self._session)}
        label, _ = _names_for(target.field.label, taken, target, used)
        field = add_field_in(self._session, label, target.type)
        # Hidden again when the import is taken back; what was typed into it since is still in the column.
        record(Change("field", ("id", "deleted_at"), ((field.id, self._at),), ((field.id, None),)))
        return field

    def _upsert(self, columns: Sequence[str], record: Recorder) -> UpsertCounts:
        cells = ("id", *columns, "updated_at")
        for before, after in self._staging.changing(columns, self._at):
            record(Change("contact", cells, before, after))
        consent = ConsentState.UNKNOWN if self._plan.basis is None else ConsentState.GIVEN
        counts = self._staging.upsert(columns, consent=consent, at=self._at)
        for ids in self._staging.new_ids():
            for start in range(0, len(ids), _IDS_A_PART):
                made = tuple((contact_id, self._at) for contact_id in ids[start : start + _IDS_A_PART])
                record(Change("contact", ("id", "updated_at"), after=made, guarded=True))
        return counts

    # Permission

    def _record_evidence(self) -> None:
        """Add one piece of evidence for everybody who may be mailed; nobody's withdrawal is lifted by a file."""
        basis = self._plan.basis
        if basis is None:
            return
        said = ("given_ip", "given_at", "given_source") if self._staging.has_evidence else ("NULL", "NULL", "NULL")
        ip, at, form = said
        source = f"CASE WHEN {form} IS NULL THEN ? ELSE ? || {form} END"
        origin = self._plan.source or f"Import of {self._plan.path.name}"
        sources = (origin, f"{origin}: ")
        is_open = (
            "incoming.standing = 0 AND contact.consent <> 'withdrawn' "
            f"AND NOT (contact.consent = 'unknown' AND {HAS_WITHDRAWN})"
        )
        again = (
            "EXISTS (SELECT 1 FROM consent WHERE consent.contact_id = contact.id AND consent.action = ? "  # noqa: S608
            f"AND consent.basis = ? AND consent.source = {source} AND ({at} IS NULL OR consent.at = {at}))"
        )
        joined = f"incoming {self._cross}JOIN contact ON contact.id = {self._staging.id}"
        given = ConsentAction.GIVEN.value
        driver_sql(
            self._connection,
            "INSERT INTO consent (contact_id, channel, action, basis, source, wording, ip, at) "  # noqa: S608  our words
            f"SELECT contact.id, ?, ?, ?, {source}, ?, coalesce({ip}, ''), coalesce({at}, ?) "
            f"FROM {joined} WHERE {is_open} AND NOT {again}",
            (
                Channel.EMAIL.value, given, basis.value, *sources, self._plan.wording, self._at,
                given, basis.value, *sources,
            ),
        )  # fmt: skip
        driver_sql(
            self._connection,
            "UPDATE contact SET consent = ? FROM incoming WHERE contact.id = incoming.known_id "  # noqa: S608  our words
            f"AND incoming.standing = 0 AND contact.consent = ? AND NOT {HAS_WITHDRAWN}",
            (ConsentState.GIVEN.value, ConsentState.UNKNOWN.value),
        )

    @property
    def _cross(self) -> str:
        # An order to SQLite; to PostgreSQL it would mean another join.
        return "" if is_postgresql(self._connection) else "CROSS "

    def _suppress(self) -> None:
        origin = f"Import of {self._plan.path.name}"
        for standing in Standing:
            if standing.suppression is not None:
                addresses = self._staging.addresses(standing)
                suppress_in(self._session, self._workspace, addresses, standing.suppression, origin)

    # Groups

    def _group(self, record: Recorder) -> int | None:
        list_id = self._plan.list_id
        if self._plan.new_list_name.strip():
            list_id = self._called(LISTS, "contact_list", self._plan.new_list_name, record)
        if list_id is not None:
            LISTS.check_there(self._session, list_id)
            self._join(LISTS, self._everyone(list_id), record)
        tags = [self._called(TAGS, "tag", name, record) for name in self._plan.tags]
        for tag_id in tags:
            self._join(TAGS, self._everyone(tag_id), record)
        self._tag_by_file(record)
        return list_id

    def _tag_by_file(self, record: Recorder) -> None:
        labels = self._staging.labels()
        if not labels:
            return
        ids = {label: self._called(TAGS, "tag", label, record) for label in labels}
        self._connection.exec_driver_sql(f"CREATE TEMP TABLE {_LABELS} (label TEXT, tag_id BIGINT)")
        driver_sql(self._connection, f"INSERT INTO {_LABELS} (label, tag_id) VALUES (?, ?)", list(ids.items()))  # noqa: S608
        pairs = (
            f"SELECT DISTINCT {_LABELS}.tag_id AS group_id, {self._staging.id} AS contact_id FROM incoming_tag "  # noqa: S608
            f"JOIN incoming ON incoming.email = incoming_tag.email JOIN {_LABELS} ON {_LABELS}.label = incoming_tag.tag"
        )
        self._join(TAGS, pairs, record)
        self._connection.exec_driver_sql(f"DROP TABLE {_LABELS}")

    def _everyone(self, group_id: int) -> str:
        return f"SELECT {group_id} AS group_id, {self._staging.id} AS contact_id FROM incoming"  # noqa: S608  numbers

    def _join(self, groups: Groups, pairs: str, record: Recorder) -> None:
        link = groups.link_table
        for rows in self._staging.join(link, groups.columns[0], pairs, dated=len(groups.columns) > 2):
            record(Change(link, groups.columns, after=tuple(map(tuple, rows))))

    def _called(self, groups: Groups, table: str, name: str, record: Recorder) -> int:
        """The id of the group *name*, which is made if there is none."""
        group_id, is_new = groups.found_or_made(self._session, name)
        if is_new:
            record(_row_made(self._connection, table, group_id))
        return group_id


def _names_for(
    wanted: str, taken: dict[str, FieldInfo], target: TargetColumn, used: Iterable[FieldInfo | None]
) -> tuple[str, FieldInfo | None]:
    """The heading for a new column: the one it has, with a number where another field has that; or the field that was
    made for such a column before.
    """
    label, number = wanted, 2
    gone = list(used)
    while (there := taken.get(label.casefold())) is not None:
        if there.type is target.type and there not in gone:
            return label, there
        label, number = f"{wanted} {number}", number + 1
    return label, None


def _row_made(connection: Connection, table: str, row_id: int) -> Change:
    found = driver_sql(connection, f"SELECT * FROM {table} WHERE id = ?", (row_id,))  # noqa: S608  our own names
    return Change(table, tuple(found.keys()), after=(tuple(found.one()),), guarded=True)
