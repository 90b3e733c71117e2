"""The people of a file, one row per address, in a temporary table of one connection.

It takes no lock, so sending goes on while a file is read; only then are all of them put into the table `contact`, in a
few statements.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app.audience.cells import SQL_TYPES
from app.audience.consent import WITHDRAWING
from app.audience.import_plan import DuplicateRule, RefusedRow
from app.audience.row_parser import ParsedRow
from app.audience.statuses import Standing
from app.models.base import now_ms
from app.models.sql import driver_sql
from app.models.states import ConsentState, FieldType
from app.models.workspace import Workspace

HAS_WITHDRAWN = (
    "EXISTS (SELECT 1 FROM suppression WHERE suppression.address_hash = incoming.address_hash "  # noqa: S608  our words
    f"AND suppression.reason IN ({', '.join(repr(reason.value) for reason in sorted(WITHDRAWING))}))"
)
"""Whether one of `incoming` has unsubscribed or complained."""
_EVIDENCE = ("given_at", "given_ip", "given_source")
_ROWS_AT_A_TIME = 5_000

Row = tuple[Any, ...]
Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class UpsertCounts:
    """How many contacts were made, changed, and already just so."""

    new: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class CellCounts:
    """Of one column: cells with something in them, empty ones of contacts that are filled, others that change."""

    filled: int
    added: int
    changed: int


class Staging:
    """The temporary table `incoming`, whose columns `c0`, `c1`, … are filled in the order of the parser's targets.

    `known_id` is the contact that has the address already, once `match` was called.
    """

    _schema = "staging"
    _worse = "max"
    # SQLite takes CROSS as an order: who comes in is looked up among the contacts.
    _joined = "incoming CROSS JOIN contact ON contact.id = incoming.known_id"

    def __init__(
        self, connection: Connection, *, kinds: Sequence[FieldType], rule: DuplicateRule, has_evidence: bool = False
    ) -> None:
        self._connection = connection
        self._rule = rule
        self._cells = [f"c{number}" for number in range(len(kinds))]
        self._evidence = _EVIDENCE if has_evidence else ()
        self._names = ("email", "address_hash", "number", "standing", *self._evidence, *self._cells)
        self._first_new_id = 0
        for name in ("incoming", "incoming_tag"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {self._schema}.{name}")
        self._create(kinds)

    @property
    def id(self) -> str:
        """The expression for the contact that a row of `incoming` has become, after `upsert`."""
        return f"coalesce(incoming.known_id, {self._first_new_id} + incoming.rowid)"

    @property
    def has_evidence(self) -> bool:
        """Whether the rows say when and where a permission was given: the columns `given_at`, `_ip`, `_source`."""
        return bool(self._evidence)

    def _create(self, kinds: Sequence[FieldType]) -> None:  # noqa: ARG002  SQLite's columns take any type
        columns = ", ".join(["email TEXT NOT NULL UNIQUE", "address_hash BLOB", "known_id INTEGER", *self._names[2:]])
        self._connection.exec_driver_sql(f"CREATE TABLE {self._schema}.incoming ({columns})")
        self._connection.exec_driver_sql(f"CREATE TABLE {self._schema}.incoming_tag (email TEXT, tag TEXT)")

    # Filling

    def add(self, workspace: Workspace, rows: Iterable[ParsedRow]) -> None:
        """Put in *rows*; one whose address is there already is merged into that."""
        hashed = workspace.address_hash
        if self._evidence:
            stored = [
                (row.email, hashed(row.email), row.number, int(row.standing), *row.evidence, *row.cells) for row in rows
            ]
        else:
            stored = [(row.email, hashed(row.email), row.number, int(row.standing), *row.cells) for row in rows]
        if stored:
            self._put(stored)
        tags = [(row.email, tag) for row in rows for tag in row.tags]
        if tags:
            driver_sql(self._connection, "INSERT INTO incoming_tag (email, tag) VALUES (?, ?)", tags)

    def _put(self, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(self._names))
        self._connection.exec_driver_sql(self._insertion(f"VALUES ({marks})"), list(rows))

    def _insertion(self, source: str) -> str:
        """The statement that puts in the rows of *source*, or merges them."""
        sets = [f"standing = {self._worse}(incoming.standing, excluded.standing)"]
        # Moment, place and source belong together: they are those of the first row that tells when.
        sets += [
            f"{name} = CASE WHEN incoming.given_at IS NULL THEN excluded.{name} ELSE incoming.{name} END"
            for name in self._evidence
        ]
        sets += [f"{name} = {self._merged(f'incoming.{name}', f'excluded.{name}')}" for name in self._cells]
        return (
            f"INSERT INTO {self._schema}.incoming ({', '.join(self._names)}) {source} "
            f"ON CONFLICT (email) DO UPDATE SET {', '.join(sets)}"
        )

    def _merged(self, old: str, new: str) -> str:
        """The expression for a cell that has one value already and gets another."""
        match self._rule:
            case DuplicateRule.UPDATE:
                return f"coalesce({new}, {old})"
            case DuplicateRule.FILL:
                return f"coalesce({old}, {new})"
            case DuplicateRule.KEEP:
                return old

    # Looking

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

    def lock_known(self) -> None:
        """Keep what others record about those who are contacts already from coming between; a file has one writer."""

    def match(self) -> None:
        """Look up who is a contact already."""
        self._connection.exec_driver_sql(
            "UPDATE incoming SET known_id = (SELECT id FROM contact WHERE contact.email = incoming.email)"
        )

    def forecast(self, columns: Sequence[str | None]) -> tuple[UpsertCounts, tuple[CellCounts, ...]]:
        """What `upsert` would do, after `match`; a column is None where its field would be made."""
        olds = ["NULL" if column is None else f"contact.{_quoted(column)}" for column in columns]
        changes = [
            f"{old} IS DISTINCT FROM {self._merged(old, f'incoming.{name}')}"
            for old, name in zip(olds, self._cells, strict=True)
        ]
        is_known = "contact.id IS NOT NULL"
        sums = ["count(*)", "count(contact.id)", _count_if(f"{is_known} AND ({' OR '.join(changes) or 'false'})")]
        for old, name, change in zip(olds, self._cells, changes, strict=True):
            sums += [
                f"count(incoming.{name})",
                _count_if(f"{is_known} AND {old} IS NULL AND {change}"),
                _count_if(f"{is_known} AND {old} IS NOT NULL AND {change}"),
            ]
        found = self._connection.exec_driver_sql(
            f"SELECT {', '.join(sums)} FROM incoming LEFT JOIN contact ON contact.id = incoming.known_id"  # noqa: S608
        ).one()
        total, known, updated, *rest = map(int, found)
        cells = tuple(CellCounts(*rest[at : at + 3]) for at in range(0, len(rest), 3))
        return UpsertCounts(total - known, updated, known - updated), cells

    def count_suppressed(self) -> int:
        """How many of them must not be mailed, by what was known before or by what the file says."""
        return self._scalar(
            "SELECT count(*) FROM incoming "  # noqa: S608  a number of ours
            f"WHERE standing >= {int(Standing.MANUAL)} "
            "OR EXISTS (SELECT 1 FROM suppression WHERE suppression.address_hash = incoming.address_hash)"
        )

    def addresses(self, standing: Standing) -> list[str]:
        """The addresses of those with *standing*."""
        said = driver_sql(self._connection, "SELECT email FROM incoming WHERE standing = ?", (int(standing),))
        return list(said.scalars())

    def labels(self) -> list[str]:
        """The different labels in the file, as they were written first."""
        return list(self._connection.exec_driver_sql("SELECT DISTINCT tag FROM incoming_tag ORDER BY tag").scalars())

    # Storing

    def changing(self, columns: Sequence[str], at: int) -> Iterator[tuple[tuple[Row, ...], tuple[Row, ...]]]:
        """The rows of contacts that `upsert` will change, piece by piece, as they are and as they will be: their ids,
        *columns* and `updated_at`.
        """
        if self._rule is DuplicateRule.KEEP or not columns:
            return
        olds = [f"contact.{_quoted(column)}" for column in columns]
        news = [self._merged(old, f"incoming.{name}") for old, name in zip(olds, self._cells, strict=True)]
        width = len(columns)
        values = ", ".join([*olds, "contact.updated_at", *news])
        query = f"SELECT contact.id, {values} FROM {self._joined} WHERE {_differs(olds, news)}"  # noqa: S608
        for piece in self._in_pieces(query):
            yield (
                tuple(tuple(row[: width + 2]) for row in piece),
                tuple((row[0], *row[width + 2 :], at) for row in piece),
            )

    def upsert(self, columns: Sequence[str], *, consent: ConsentState, at: int) -> UpsertCounts:
        """Make contacts of them, or bring those that are there in step by the rule; after `match`.

        Args:
            columns: The columns of `contact` for `c0`, `c1`, …
            consent: Of the new ones, unless their own status says otherwise, or they unsubscribed before.
            at: The moment that new and changed ones bear, in milliseconds since 1970.
        """
        known = self._scalar("SELECT count(known_id) FROM incoming")
        updated = self._update(columns, at)
        self._first_new_id = self._scalar(
            "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'contact'), 0), "
            "coalesce((SELECT max(id) FROM contact), 0))"
        )
        # The write lock is ours, so nobody takes these numbers, and no address can have come in meanwhile.
        new = driver_sql(
            self._connection,
            f"INSERT INTO contact (id, {self._new_names(columns)}) SELECT {self.id}, {self._new_values()} "  # noqa: S608
            "FROM incoming WHERE known_id IS NULL ORDER BY incoming.rowid",
            (consent.value, ConsentState.UNKNOWN.value, at, at),
        ).rowcount
        return UpsertCounts(new, updated, known - updated)

    def _new_names(self, columns: Sequence[str]) -> str:
        return ", ".join(["email", "address_hash", "consent", "created_at", "updated_at", *map(_quoted, columns)])

    def _new_values(self) -> str:
        consent = f"CASE WHEN standing = 0 AND NOT {HAS_WITHDRAWN} THEN ? ELSE ? END"
        return ", ".join(["email", "address_hash", consent, "?", "?", *self._cells])

    def _update(self, columns: Sequence[str], at: int) -> int:
        if self._rule is DuplicateRule.KEEP or not columns:
            return 0
        names = list(map(_quoted, columns))
        olds = [f"contact.{name}" for name in names]
        news = [self._merged(old, f"incoming.{cell}") for old, cell in zip(olds, self._cells, strict=True)]
        sets = ", ".join(f"{name} = {new}" for name, new in zip(names, news, strict=True))
        return driver_sql(
            self._connection,
            f"UPDATE contact SET {sets}, updated_at = ? FROM incoming "  # noqa: S608  names from the catalogue
            f"WHERE contact.id = incoming.known_id AND ({_differs(olds, news)})",
            (at,),
        ).rowcount

    def new_ids(self) -> Iterator[list[int]]:
        """The ids of the contacts that were made, piece by piece."""
        for piece in self._in_pieces(f"SELECT {self.id} FROM incoming WHERE known_id IS NULL"):  # noqa: S608
            yield [row[0] for row in piece]

    def join(self, link: str, group: str, source: str, *, dated: bool) -> Iterator[Rows]:
        """Put people into groups: the rows that are added to the table *link*, piece by piece.

        Args:
            group: The column of *link* that names a group.
            source: A query for pairs, named `pair`: `group_id` and `contact_id`. Pairs that are there are passed over.
            dated: Whether *link* knows since when.
        """
        now = now_ms()
        missing = (
            f"SELECT pair.group_id, pair.contact_id{f', {now}' if dated else ''} FROM ({source}) AS pair "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {link} "
            f"WHERE {link}.{group} = pair.group_id AND {link}.contact_id = pair.contact_id)"
        )
        yield from self._in_pieces(missing)
        names = ", ".join([group, "contact_id", *(["added_at"] if dated else [])])
        self._connection.exec_driver_sql(f"INSERT INTO {link} ({names}) {missing} ON CONFLICT DO NOTHING")

    def drop(self) -> None:
        """Free the room."""
        for name in ("incoming", "incoming_tag"):
            self._connection.exec_driver_sql(f"DROP TABLE {self._schema}.{name}")

    def _in_pieces(self, query: str) -> Iterator[Rows]:
        driver: Any = self._connection.connection.driver_connection
        cursor = driver.execute(query)
        while rows := cursor.fetchmany(_ROWS_AT_A_TIME):
            yield rows

    def _scalar(self, statement: str) -> int:
        return int(self._connection.exec_driver_sql(statement).scalar_one())


def sql_type(kind: FieldType) -> str:
    """What a column of `incoming` for this type is declared as."""
    return SQL_TYPES.get(kind, "TEXT")


def _differs(olds: Sequence[str], news: Sequence[str]) -> str:
    return " OR ".join(f"{old} IS DISTINCT FROM {new}" for old, new in zip(olds, news, strict=True))


def _count_if(condition: str) -> str:
    return f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)"


def _quoted(name: str) -> str:
    return f'"{name}"'
