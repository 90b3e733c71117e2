"""Changes of rows that know their own inverse: the stuff of which undo is made.

A `Change` holds rows of one table as they were and as they became. Applying it forwards makes one from the other,
applying its inverse goes back; rows that only one side has are inserted or deleted.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from app.models.sql import driver_sql, is_postgresql

Row = tuple[Any, ...]

KEYS: dict[str, tuple[str, ...]] = {
    "contact": ("id",),
    "contact_list": ("id",),
    "tag": ("id",),
    "topic": ("id",),
    "field": ("id",),
    "membership": ("list_id", "contact_id"),
    "contact_tag": ("tag_id", "contact_id"),
    "subscription": ("topic_id", "contact_id"),
    "consent": ("id",),
    "event": ("id",),
    "delivery": ("id",),
    "activity": ("campaign_id", "contact_id"),
    "engagement": ("contact_id",),
    "link_click": ("link_id", "contact_id"),
    "segment": ("id",),
    "segment_size": ("segment_id", "day"),
}
"""The tables that can be changed, and the columns that name a row of each."""

_OWNED: dict[str, tuple[tuple[str, str], ...]] = {
    "contact": (
        ("membership", "contact_id"),
        ("contact_tag", "contact_id"),
        ("subscription", "contact_id"),
        ("consent", "contact_id"),
        ("event", "contact_id"),
        ("activity", "contact_id"),
        ("engagement", "contact_id"),
        ("link_click", "contact_id"),
    ),
    "contact_list": (("membership", "list_id"),),
    "tag": (("contact_tag", "tag_id"),),
    "segment": (("segment_size", "segment_id"),),
}
"""What the database deletes along with a row (ON DELETE CASCADE), and so must be kept to bring it back."""

_REFERRING: dict[str, tuple[tuple[str, str], ...]] = {"contact": (("delivery", "contact_id"),)}
"""What the database detaches from a row that goes (ON DELETE SET NULL)."""

_BOOKKEEPING = frozenset({"updated_at"})
_JSON = frozenset({"rule", "options"})
_LINKS = frozenset({"membership", "contact_tag"})


@dataclass(frozen=True)
class Change:
    """Rows of *table* as they were and as they became; each row has *columns*, of which the first are its key.

    Of a *guarded* change, a row that is to go stays if it does not look as the change knows it.
    """

    table: str
    columns: tuple[str, ...]
    before: tuple[Row, ...] = ()
    after: tuple[Row, ...] = ()
    guarded: bool = False

    @property
    def inverse(self) -> "Change":
        return Change(self.table, self.columns, self.after, self.before, self.guarded)

    @property
    def key_size(self) -> int:
        """How many columns at the start of a row name it."""
        return len(KEYS[self.table])


def inverse(changes: Iterable[Change]) -> list[Change]:
    """What takes *changes* back, the last one first."""
    return [change.inverse for change in reversed(list(changes))]


def apply(connection: Connection, changes: Iterable[Change]) -> list[Change]:
    """Apply *changes* in order.

    A cell that somebody else changed meanwhile keeps its newer value.

    Returns:
        What was really done: the rows that went along with a deleted one are spelled out, so its inverse is exact.

    Raises:
        sqlalchemy.exc.IntegrityError: the workspace has moved on too far.
    """
    done: list[Change] = []
    for change in changes:
        size = change.key_size
        old = {row[:size]: row for row in change.before}
        new = {row[:size]: row for row in change.after}
        _update(connection, change, [(old[key], new[key]) for key in old.keys() & new.keys()])
        _insert(connection, change, [row for key, row in new.items() if key not in old])
        gone = [row for key, row in old.items() if key not in new]
        if change.guarded:
            gone = _as_known(connection, change, gone)
        if gone and change.table in _OWNED:
            removed = _remove_with_belongings(connection, change.table, [row[0] for row in gone])
            done += [replace(one, guarded=change.guarded and one.table == change.table) for one in removed]
        else:
            _delete(connection, change, gone)
            done.append(change)
    return done


def rows_where(connection: Connection, table: str, column: str, values: Sequence[object]) -> Change:
    """The removal of all rows of *table* whose *column* is one of *values*; not yet applied."""
    key = KEYS[table]
    columns = (*key, *(name for name in _columns(connection, table) if name not in key))
    return Change(table, columns, before=_rows(connection, table, columns, column, values))


def count_there(connection: Connection, change: Change) -> int:
    """How many of the rows that *change*, of a table with an id, knew before are there."""
    ids = [row[0] for row in change.before]
    is_one, among = _among(connection, "id", ids)
    found = driver_sql(connection, f'SELECT count(*) FROM "{change.table}" WHERE {is_one}', (among,))  # noqa: S608
    return int(found.scalar_one())


def cells_where(
    connection: Connection, table: str, column: str, values: Sequence[object], new: Mapping[str, object]
) -> Change:
    """Setting the cells *new* in all rows of *table* whose *column* is one of *values*; not yet applied."""
    columns = (*KEYS[table], *new)
    before = _rows(connection, table, columns, column, values)
    size = len(KEYS[table])
    return Change(table, columns, before, tuple((*row[:size], *new.values()) for row in before))


def pack(changes: Iterable[Change]) -> bytes:
    """*changes* as compressed JSON."""
    plain = [
        [change.table, change.columns, change.before, change.after, *([True] if change.guarded else [])]
        for change in changes
    ]
    return zlib.compress(json.dumps(plain, default=_bytes_to_json, separators=(",", ":")).encode(), level=3)


def unpack(blob: bytes) -> list[Change]:
    """The changes that `pack` wrote."""
    plain = json.loads(zlib.decompress(blob), object_hook=_bytes_from_json)
    return [
        Change(table, tuple(columns), tuple(map(tuple, before)), tuple(map(tuple, after)), bool(guarded))
        for table, columns, before, after, *guarded in plain
    ]


def _remove_with_belongings(connection: Connection, table: str, ids: Sequence[object]) -> list[Change]:
    """Delete the rows *ids*, in a few statements: one for each row would hold the write lock five times as long."""
    belongings = [rows_where(connection, child, column, ids) for child, column in _OWNED[table]]
    detached = [
        cells_where(connection, child, column, ids, {column: None}) for child, column in _REFERRING.get(table, ())
    ]
    themselves = rows_where(connection, table, "id", ids)
    for child, column in (*_OWNED[table], (table, "id")):
        is_one, among = _among(connection, column, ids)
        driver_sql(connection, f'DELETE FROM "{child}" WHERE {is_one}', (among,))  # noqa: S608  our own names
    return [change for change in (*belongings, *detached, themselves) if change.before]


def _as_known(connection: Connection, change: Change, rows: Sequence[Row]) -> list[Row]:
    """Those of *rows* that are in the table just so."""
    there = set(_rows(connection, change.table, change.columns, change.columns[0], [row[0] for row in rows]))
    return [row for row in rows if row in there]


def _columns(connection: Connection, table: str) -> tuple[str, ...]:
    """All columns of *table*, those of custom fields too. Named one by one, since a server that has prepared a
    `SELECT *` refuses it once somebody has added a column.
    """
    if is_postgresql(connection):
        statement = """
            SELECT attname FROM pg_attribute
            WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """
    else:
        statement = "SELECT name FROM pragma_table_info(?)"
    return tuple(driver_sql(connection, statement, (table,)).scalars())


def _rows(
    connection: Connection, table: str, columns: Sequence[str], column: str, values: Sequence[object]
) -> tuple[Row, ...]:
    """The *columns* of the rows whose *column* is one of *values*; no other transaction changes them meanwhile."""
    names = ", ".join(f'"{name}"' for name in columns)
    is_one, among = _among(connection, column, values)
    statement = f'SELECT {names} FROM "{table}" WHERE {is_one}'  # noqa: S608  our own names
    if not is_postgresql(connection):
        return tuple(map(tuple, driver_sql(connection, statement, (among,))))
    key = ", ".join(f'"{name}"' for name in KEYS[table])
    rows = driver_sql(connection, f"{statement} ORDER BY {key} FOR UPDATE", (among,))
    # A file gives JSON as the text that is stored.
    return tuple(tuple(json.dumps(cell) if isinstance(cell, dict | list) else cell for cell in row) for row in rows)


def _among(connection: Connection, column: str, values: Sequence[object]) -> tuple[str, object]:
    """The condition that *column* is one of *values*, and its one parameter."""
    if is_postgresql(connection):
        return f'"{column}" = ANY(?)', list(values)
    return f'"{column}" IN (SELECT value FROM json_each(?))', json.dumps(values)  # noqa: S608  our own names


def _update(connection: Connection, change: Change, pairs: Sequence[tuple[Row, Row]]) -> None:
    size = change.key_size
    cells = change.columns[size:]
    if not pairs or not cells:
        return
    guarded = [at for at, name in enumerate(change.columns) if name not in _BOOKKEEPING]
    sets = ", ".join(f'"{name}" = ?' for name in cells)
    # The key with "=", as PostgreSQL uses no index for the other.
    unchanged = " AND ".join(
        f'"{change.columns[at]}" = ?' if at < size else _is_as_before(connection, change.columns[at]) for at in guarded
    )
    driver_sql(
        connection,
        f'UPDATE "{change.table}" SET {sets} WHERE {unchanged}',  # noqa: S608  names from the catalogue
        [(*new[size:], *(old[at] for at in guarded)) for old, new in pairs],
    )


def _is_as_before(connection: Connection, name: str) -> str:
    """The condition that a cell is like its one parameter, or both are NULL."""
    if name in _JSON and is_postgresql(connection):
        # JSON itself cannot be compared there.
        return f'CAST("{name}" AS jsonb) IS NOT DISTINCT FROM CAST(? AS jsonb)'
    return f'"{name}" IS NOT DISTINCT FROM ?'


def _insert(connection: Connection, change: Change, rows: Sequence[Row]) -> None:
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in change.columns)
    marks = ", ".join("?" * len(change.columns))
    # An import may have put somebody back into a list meanwhile; that is what this row wants, too.
    unless_there = " ON CONFLICT DO NOTHING" if change.table in _LINKS else ""
    statement = f'INSERT INTO "{change.table}" ({names}) VALUES ({marks}){unless_there}'  # noqa: S608  our own names
    driver_sql(connection, statement, list(rows))


def _delete(connection: Connection, change: Change, rows: Sequence[Row]) -> None:
    if not rows:
        return
    where = " AND ".join(f'"{name}" = ?' for name in KEYS[change.table])
    driver_sql(
        connection,
        f'DELETE FROM "{change.table}" WHERE {where}',  # noqa: S608
        [row[: change.key_size] for row in rows],
    )


def _bytes_to_json(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    raise TypeError(f"a cell cannot hold {type(value).__name__}")


def _bytes_from_json(value: dict[str, str]) -> bytes:
    return bytes.fromhex(value["hex"])
