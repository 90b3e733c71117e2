"""What SQLite and PostgreSQL say differently, said once: statements built with these run on both."""

from typing import Any, TypeAlias

from sqlalchemy import Connection, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

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
