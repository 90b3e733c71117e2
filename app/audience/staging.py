"""The people of a file, one row per address, in a temporary table of one connection.

It takes no lock, so sending goes on while a file is read; only then are all of them put into the table `contact`, in a
few statements.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, column, select, table

from app.audience.cells import SQL_TYPES
from app.audience.consent import WITHDRAWING
from app.audience.import_plan import DuplicateRule, RefusedRow
from app.audience.row_parser import ParsedRow
from app.audience.statuses import Standing
from app.models.base import now_ms
from app.models.contacts import Contact
from app.models.sql import driver_sql, is_postgresql
from app.models.states import ConsentState, FieldType
from app.models.workspace import Workspace

_WITHDRAWN = (
    "EXISTS (SELECT 1 FROM suppression WHERE suppression.address_hash = incoming.address_hash "  # noqa: S608  our words
    f"AND reason IN ({', '.join(repr(reason.value) for reason in sorted(WITHDRAWING))}))"
)
_INCOMING = table("incoming", column("email"), column("standing"))


@dataclass(frozen=True)
class UpsertCounts:
    """How many contacts were made, changed, and already just so."""

    new: int
    updated: int
    unchanged: int


def open_staging(connection: Connection, *, kinds: Sequence[FieldType], rule: DuplicateRule) -> "Staging":
    """An empty staging table for rows whose cells have *kinds*."""
    return (ServerStaging if is_postgresql(connection) else Staging)(connection, kinds=kinds, rule=rule)


class Staging:
    """The temporary table `incoming`, whose columns `c0`, `c1`, … are filled in the order of the parser's targets."""

    _schema = "temp"
    _known = "incoming CROSS JOIN contact"  # SQLite takes it as an order: who comes in is looked up among the contacts
    _in_order = "incoming.rowid"
    _worse = "max"

    def __init__(self, connection: Connection, *, kinds: Sequence[FieldType], rule: DuplicateRule) -> None:
        self._connection = connection
        self._rule = rule
        self._cells = [f"c{number}" for number in range(len(kinds))]
        self._names = ("email", "address_hash", "number", "standing", *self._cells)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {self._schema}.incoming")
        self._create(kinds)

    def _create(self, kinds: Sequence[FieldType]) -> None:  # noqa: ARG002  SQLite's columns take any type
        columns = ", ".join(["email TEXT NOT NULL UNIQUE", "address_hash BLOB", *self._names[2:]])
        self._connection.exec_driver_sql(f"CREATE TEMP TABLE incoming ({columns})")

    def add(self, workspace: Workspace, rows: Iterable[ParsedRow]) -> None:
        """Put in *rows*; one whose address is there already is merged into that."""
        hashed = workspace.address_hash
        stored = [(row.email, hashed(row.email), row.number, int(row.standing), *row.cells) for row in rows]
        if stored:
            self._put(stored)

    def _put(self, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(self._names))
        self._connection.exec_driver_sql(self._insertion(f"VALUES ({marks})"), list(rows))

    def _insertion(self, source: str) -> str:
        """The statement that puts in the rows of *source*, or merges them."""
        merged = [f"{name} = {_merged(self._rule, f'incoming.{name}', f'excluded.{name}')}" for name in self._cells]
        sets = ", ".join([f"standing = {self._worse}(incoming.standing, excluded.standing)", *merged])
        return f"INSERT INTO incoming ({', '.join(self._names)}) {source} ON CONFLICT (email) DO UPDATE SET {sets}"

    def count(self) -> int:
        """How many different people are in."""
        return self._scalar("SELECT count(*) FROM incoming")

    def refuse_forgotten(self) -> list[RefusedRow]:
        """Take out who asked to be forgotten."""
        found = self._connection.exec_driver_sql(
            "DELETE FROM incoming WHERE address_hash IN "
            "(SELECT address_hash FROM suppression WHERE reason = 'erased') RETURNING number, email"
        ).all()
        return [RefusedRow(number, email, "This person asked to be forgotten.") for number, email in found]

    def upsert(self, columns: Sequence[str], *, consent: ConsentState) -> UpsertCounts:
        """Make contacts of them, or bring those that are there in step by the rule.

        Args:
            columns: The columns of `contact` for `c0`, `c1`, …
            consent: Of the new ones, unless their own status says otherwise, or they unsubscribed before.
        """
        known = self._scalar(f"SELECT count(*) FROM {self._known} USING (email)")  # noqa: S608
        total = self.count()
        names = ", ".join(["email", "address_hash", "consent", "created_at", "updated_at", *map(_quoted, columns)])
        values = ", ".join(
            [
                "email",
                "address_hash",
                f"CASE WHEN standing = 0 AND NOT {_WITHDRAWN} THEN ? ELSE ? END",
                "?",
                "?",
                *self._cells,
            ]
        )
        now = now_ms()
        changed = driver_sql(
            self._connection,
            # "WHERE true" parts the SELECT from ON CONFLICT for the parser (sqlite.org/lang_upsert.html).
            f"INSERT INTO contact ({names}) SELECT {values} FROM incoming WHERE true ORDER BY {self._in_order} "  # noqa: S608
            f"ON CONFLICT (email) {self._on_conflict(columns)}",
            (consent.value, ConsentState.UNKNOWN.value, now, now),
        ).rowcount
        new = total - known
        return UpsertCounts(new, changed - new, known - (changed - new))

    def contact_ids(self, *, standing: Standing | None = None) -> Select[int]:
        """The ids of all these people, or of those with *standing*, once they are contacts."""
        ids = select(Contact.id).join(_INCOMING, _INCOMING.c.email == Contact.email)
        return ids if standing is None else ids.where(_INCOMING.c.standing == int(standing))

    def addresses(self, standing: Standing) -> list[str]:
        """The addresses of those with *standing*."""
        return list(self._connection.scalars(select(_INCOMING.c.email).where(_INCOMING.c.standing == int(standing))))

    def count_suppressed(self) -> int:
        """How many of them must not be mailed."""
        return self._scalar("SELECT count(*) FROM incoming JOIN suppression USING (address_hash)")

    def drop(self) -> None:
        """Free the memory."""
        self._connection.exec_driver_sql(f"DROP TABLE {self._schema}.incoming")

    def _on_conflict(self, columns: Sequence[str]) -> str:
        if self._rule is DuplicateRule.KEEP or not columns:
            return "DO NOTHING"
        merged = {name: _merged(self._rule, f"contact.{name}", f"excluded.{name}") for name in map(_quoted, columns)}
        sets = ", ".join(f"{name} = {value}" for name, value in merged.items())
        differs = " OR ".join(f"contact.{name} IS DISTINCT FROM {value}" for name, value in merged.items())
        return f"DO UPDATE SET {sets}, updated_at = excluded.updated_at WHERE {differs}"

    def _scalar(self, statement: str) -> int:
        return int(self._connection.exec_driver_sql(statement).scalar_one())


class ServerStaging(Staging):
    """The same on PostgreSQL, where rows come in fastest by COPY, into a second temporary table."""

    _schema = "pg_temp"
    _known = "incoming JOIN contact"
    _in_order = "incoming.number"
    _worse = "greatest"

    def _create(self, kinds: Sequence[FieldType]) -> None:
        cells = [f"{name} {SQL_TYPES.get(kind, 'TEXT')}" for name, kind in zip(self._cells, kinds, strict=True)]
        columns = ", ".join(["email TEXT NOT NULL", "address_hash BYTEA", "number INTEGER", "standing INTEGER", *cells])
        self._connection.exec_driver_sql(f"CREATE TEMP TABLE incoming ({columns}, UNIQUE (email))")
        self._connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.arriving")
        self._connection.exec_driver_sql("CREATE TEMP TABLE arriving (LIKE incoming)")

    def _put(self, rows: Sequence[tuple[Any, ...]]) -> None:
        names = ", ".join(self._names)
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
            for row in self._merged_by_address(rows):
                copy.write_row(row)
        self._connection.exec_driver_sql(self._insertion(f"SELECT {names} FROM arriving"))  # noqa: S608
        self._connection.exec_driver_sql("TRUNCATE arriving")

    def _merged_by_address(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """*rows* with one for each address, as one statement of PostgreSQL cannot merge two of its own rows."""
        merged: dict[str, tuple[Any, ...]] = {}
        for row in rows:
            there = merged.get(row[0])
            merged[row[0]] = row if there is None else self._merged_row(there, row)
        return merged.values()

    def _merged_row(self, old: tuple[Any, ...], new: tuple[Any, ...]) -> tuple[Any, ...]:
        """What `_merged` says, in Python."""
        cells = list(zip(old[4:], new[4:], strict=True))
        if self._rule is DuplicateRule.UPDATE:
            merged = [before if after is None else after for before, after in cells]
        elif self._rule is DuplicateRule.FILL:
            merged = [after if before is None else before for before, after in cells]
        else:
            merged = [before for before, _after in cells]
        return (*old[:3], max(old[3], new[3]), *merged)


def _merged(rule: DuplicateRule, old: str, new: str) -> str:
    """The expression for a cell that has one value already and gets another."""
    match rule:
        case DuplicateRule.UPDATE:
            return f"coalesce({new}, {old})"
        case DuplicateRule.FILL:
            return f"coalesce({old}, {new})"
        case DuplicateRule.KEEP:
            return old


def _quoted(name: str) -> str:
    return f'"{name}"'
