"""The same as `staging` on PostgreSQL, where others write meanwhile, and rows come in fastest by COPY."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.audience.import_plan import DuplicateRule
from app.audience.staging import Rows, Staging, UpsertCounts, sql_type
from app.models.sql import driver_sql
from app.models.states import ConsentState, FieldType

_FIRST_CELLS = 4


class ServerStaging(Staging):
    """Rows are copied into a second temporary table, `arriving`, and merged from there."""

    _schema = "pg_temp"
    _worse = "greatest"
    _joined = "incoming JOIN contact ON contact.id = incoming.known_id"

    @property
    def id(self) -> str:
        """See `Staging.id`."""
        return "incoming.contact_id"

    def _create(self, kinds: Sequence[FieldType]) -> None:
        cells = [f"{name} {sql_type(kind)}" for name, kind in zip(self._cells, kinds, strict=True)]
        evidence = ["given_at BIGINT", "given_ip TEXT", "given_source TEXT"] if self.has_evidence else []
        columns = ", ".join(
            ["email TEXT NOT NULL", "address_hash BYTEA", "number INTEGER", "standing INTEGER", *evidence, *cells]
        )
        connection = self._connection
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE incoming ({columns}, known_id BIGINT, contact_id BIGINT, UNIQUE (email))"
        )
        connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.arriving")
        connection.exec_driver_sql(f"CREATE TEMP TABLE arriving ({columns})")
        connection.exec_driver_sql("CREATE TEMP TABLE incoming_tag (email TEXT, tag TEXT)")

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
        """What `_insertion` says, in Python."""
        start = _FIRST_CELLS + len(self._evidence)
        evidence = (old if not self.has_evidence or old[_FIRST_CELLS] is not None else new)[_FIRST_CELLS:start]
        cells = list(zip(old[start:], new[start:], strict=True))
        if self._rule is DuplicateRule.UPDATE:
            merged = [before if after is None else after for before, after in cells]
        elif self._rule is DuplicateRule.FILL:
            merged = [after if before is None else before for before, after in cells]
        else:
            merged = [before for before, _after in cells]
        return (*old[:3], max(old[3], new[3]), *evidence, *merged)

    def match(self) -> None:
        """See `Staging.match`."""
        self._connection.exec_driver_sql("UPDATE incoming SET known_id = NULL WHERE known_id IS NOT NULL")
        self._connection.exec_driver_sql("ANALYZE incoming")
        self._connection.exec_driver_sql(
            "UPDATE incoming SET known_id = contact.id FROM contact WHERE contact.email = incoming.email"
        )

    def lock_known(self) -> None:
        """See `Staging.lock_known`. In the order of the ids, so that two who lock many do not wait for each other."""
        self._scalar(
            "SELECT count(*) FROM (SELECT contact.id FROM incoming JOIN contact USING (email) "
            "ORDER BY contact.id FOR UPDATE OF contact) AS locked"
        )

    def upsert(self, columns: Sequence[str], *, consent: ConsentState, at: int) -> UpsertCounts:
        """See `Staging.upsert`. Somebody may have made a contact since `match`; then it is theirs."""
        updated = self._update(columns, at)
        new = driver_sql(
            self._connection,
            f"INSERT INTO contact ({self._new_names(columns)}) SELECT {self._new_values()} "  # noqa: S608
            "FROM incoming WHERE known_id IS NULL ORDER BY incoming.number ON CONFLICT (email) DO NOTHING",
            (consent.value, ConsentState.UNKNOWN.value, at, at),
        ).rowcount
        self._connection.exec_driver_sql(
            "UPDATE incoming SET contact_id = contact.id FROM contact WHERE contact.email = incoming.email"
        )
        return UpsertCounts(new, updated, self.count() - new - updated)

    def _in_pieces(self, query: str) -> Iterator[Rows]:
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor(name="pieces") as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(5_000):
                yield rows
