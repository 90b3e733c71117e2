"""What SQLite and PostgreSQL say differently, said once: statements built with these run on both."""

import json
import zlib
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    LargeBinary,
    Select,
    SQLColumnExpression,
    Text,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

TOKEN_LENGTH = 24
"""How many characters `random_token` gives."""

Upsert: TypeAlias = "postgresql.Insert | sqlite.Insert"


def is_postgresql(where: Session | Connection) -> bool:
    """Whether statements of this session or connection go to PostgreSQL."""
    bind = where.get_bind() if isinstance(where, Session) else where
    return bind.dialect.name == "postgresql"


def upsert(where: Session | Connection, table: Any) -> Upsert:
    """An INSERT into *table* that knows `on_conflict_do_nothing`, `on_conflict_do_update` and `excluded`."""
    return postgresql.insert(table) if is_postgresql(where) else sqlite.insert(table)


def serialise(where: Session | Connection, what: str) -> None:
    """Let one transaction at a time do *what*, until its end; for decisions that a row's lock cannot guard.

    A file has one writer anyway.
    """
    if is_postgresql(where):
        where.execute(select(func.pg_advisory_xact_lock(zlib.crc32(what.encode()))))


def end_sessions(where: Session | Connection, name: str) -> None:
    """Have PostgreSQL end the connections of our own user that bear *name*, and undo what they had not committed.

    It ends them even where `idle_in_transaction_session_timeout` does not: in the middle of a pipeline.
    """
    theirs = text("""
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = :name AND usename = current_user AND datname = current_database()
    """)
    where.execute(theirs, {"name": name})


def driver_sql(connection: Connection, statement: str, parameters: Any = ()) -> CursorResult[Any]:
    """Run a hand-written statement with a `?` for each parameter and no other `?` or `%`; a list of rows runs it often.

    For the places where building the statement costs more than running it.
    """
    if is_postgresql(connection):
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, parameters)


def any_of(values: Iterable[int | str | bytes]) -> Select[Any]:
    """The given values as a subquery of one parameter, for `column.in_(…)`: no statement takes a million parameters."""
    given = list(values)
    kind: TypeEngine[Any] = BigInteger()
    if given and isinstance(given[0], str):
        kind = Text()
    elif given and isinstance(given[0], bytes):
        kind = LargeBinary()
    each = _each(literal(given, _Many(kind)), kind).table_valued("value")
    return select(each.c.value)


def id_array(session: Session, ids: Select[Any]) -> "array[int]":
    """The ids that a statement gives, in its order: one long text is four times as quick as rows through Python."""
    if is_postgresql(session):
        joined = session.scalar(select(func.array_to_string(func.array(ids.scalar_subquery()), ",")))
    else:
        joined = session.scalar(select(func.group_concat(ids.subquery().c[0])))
    # Twice as quick as to split it.
    return array("q", json.loads(f"[{joined}]") if joined else ())


def mentions(column: SQLColumnExpression[Any], word: str) -> ColumnElement[bool]:
    """Whether *word* stands somewhere in *column*, in upper or lower case; beyond ASCII, SQLite tells these apart."""
    escaped = "".join(f"/{letter}" if letter in "%_/" else letter for letter in word)
    return like(column, f"%{escaped}%")


def like(column: SQLColumnExpression[Any], pattern: str) -> ColumnElement[bool]:
    """Whether *column* is like *pattern*, in upper or lower case; a slash takes the meaning from the sign after it."""
    return _alike(column, literal(pattern, Text))


class folded(FunctionElement[str]):  # noqa: N801  it stands among SQL functions
    """A text with the letters of ASCII in lower case: what names are compared by, and sorted by in the same order
    everywhere, whatever the language of the server.
    """

    name = "folded"
    type = Text()
    inherit_cache = True


@compiles(folded, "sqlite")
def _folded_sqlite(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(folded, "postgresql")
def _folded_postgresql(element: folded, compiler: SQLCompiler, **options: Any) -> str:
    return f'lower(({compiler.process(element.clauses, **options)}) COLLATE "C")'


class bytewise(FunctionElement[str]):  # noqa: N801  it stands among SQL functions
    """A text that is sorted by its code points, whatever the language of the server."""

    name = "bytewise"
    type = Text()
    inherit_cache = True


@compiles(bytewise, "sqlite")
def _bytewise_sqlite(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(bytewise, "postgresql")
def _bytewise_postgresql(element: bytewise, compiler: SQLCompiler, **options: Any) -> str:
    return f'({compiler.process(element.clauses, **options)}) COLLATE "C"'


class caseless(FunctionElement[str]):  # noqa: N801  it stands among SQL functions
    """A text that is compared and sorted without regard to the case of ASCII letters, in the order of `folded`.

    Unlike `folded` it is the column itself for SQLite, so an index on it also knows how the text is written. What it is
    compared with is to be in lower case.
    """

    name = "caseless"
    type = Text()
    inherit_cache = True


@compiles(caseless, "sqlite")
def _caseless_sqlite(element: caseless, compiler: SQLCompiler, **options: Any) -> str:
    return f"{compiler.process(element.clauses, **options)} COLLATE NOCASE"


@compiles(caseless, "postgresql")
def _caseless_postgresql(element: caseless, compiler: SQLCompiler, **options: Any) -> str:
    return f'lower(({compiler.process(element.clauses, **options)}) COLLATE "C")'


class domain_of(FunctionElement[str]):  # noqa: N801  it stands among SQL functions
    """The part of a normalised address after its @, of which it has one."""

    name = "domain_of"
    type = Text()
    inherit_cache = True


@compiles(domain_of, "sqlite")
def _domain_of_sqlite(element: domain_of, compiler: SQLCompiler, **options: Any) -> str:
    address = compiler.process(element.clauses, **options)
    return f"substr({address}, instr({address}, '@') + 1)"


@compiles(domain_of, "postgresql")
def _domain_of_postgresql(element: domain_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"split_part({compiler.process(element.clauses, **options)}, '@', 2)"


class stored_now(FunctionElement[int]):  # noqa: N801  it stands among SQL functions
    """The present moment by the database's clock, as `app.models.base.now_ms` has it."""

    name = "stored_now"
    type = BigInteger()
    inherit_cache = True


@compiles(stored_now, "sqlite")
def _stored_now_sqlite(_element: stored_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)"


@compiles(stored_now, "postgresql")
def _stored_now_postgresql(_element: stored_now, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


class random_token(FunctionElement[str]):  # noqa: N801  it stands among SQL functions
    """An unguessable token, a new one for each row: `TOKEN_LENGTH` lower-case hexadecimal digits, 96 random bits."""

    name = "random_token"
    type = Text()
    inherit_cache = True


@compiles(random_token, "sqlite")
def _random_token_sqlite(_element: random_token, _compiler: SQLCompiler, **_options: Any) -> str:
    return "lower(hex(randomblob(12)))"


@compiles(random_token, "postgresql")
def _random_token_postgresql(_element: random_token, _compiler: SQLCompiler, **_options: Any) -> str:
    # The last twelve digits of a UUID of version 4 are all random, and come from the system's strong source.
    return "(right(gen_random_uuid()::text, 12) || right(gen_random_uuid()::text, 12))"


class _alike(FunctionElement[bool]):  # noqa: N801  it stands among SQL functions
    """LIKE without regard to case, as SQLite means it."""

    name = "alike"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """Itself: the inherited answer compares with 1 in SQLite, which keeps an index from being used."""
        return self


@compiles(_alike, "sqlite")
def _alike_sqlite(element: _alike, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} LIKE {pattern} ESCAPE '/'"


@compiles(_alike, "postgresql")
def _alike_postgresql(element: _alike, compiler: SQLCompiler, **options: Any) -> str:
    column, pattern = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} ILIKE {pattern} ESCAPE '/'"


class _Many(TypeDecorator[Sequence[Any]]):
    """Many values in one parameter: an array of PostgreSQL, for SQLite a text in JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: TypeEngine[Any]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(self.kind) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return json.dumps([one.hex() if isinstance(one, bytes) else one for one in value])


class _each(FunctionElement[Any]):  # noqa: N801  it stands among SQL functions
    """The rows that an array's elements make, in a column `value`."""

    name = "each"
    inherit_cache = True

    def __init__(self, values: ColumnElement[Any], kind: TypeEngine[Any]) -> None:
        super().__init__(values)
        self.kind = kind


@compiles(_each, "sqlite")
def _each_sqlite(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    values = compiler.process(element.clauses, **options)
    if isinstance(element.kind, LargeBinary):
        return f"(SELECT unhex(value) AS value FROM json_each({values}))"  # noqa: S608  a parameter's mark
    return f"json_each({values})"


@compiles(_each, "postgresql")
def _each_postgresql(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **options)}) AS value)"
