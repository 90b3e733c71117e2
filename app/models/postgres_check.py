"""Whether a database on a server is sound, as far as somebody who does not administer it can tell."""

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.models.database import Database
from app.models.tables import Base

_OUT_OF_FORCE = """
    SELECT 'index', c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'constraint', conname FROM pg_constraint
    WHERE NOT convalidated AND connamespace = current_schema()::regnamespace
"""


def problems(database: Database) -> tuple[str, ...]:
    """What is wrong: tables that are missing or cannot be read to the end, indexes and constraints out of force.

    Raises:
        WorkspaceUnavailable: the server does not answer.
    """
    found: list[str] = []
    with database.read() as session:
        there = frozenset(inspect(session.connection()).get_table_names())
        for kind, name in session.execute(text(_OUT_OF_FORCE)):
            found.append(f"The {kind} “{name}” is not in force.")
    for table in sorted(Base.metadata.tables):
        if table not in there:
            found.append(f"The table “{table}” is missing.")
        elif trouble := _trouble_reading(database, table):
            found.append(f"The table “{table}” cannot be read: {trouble}")
    return tuple(found)


def _trouble_reading(database: Database, table: str) -> str:
    """Why not every value of *table* can be read; empty if it can."""
    # A row as text has all its values unpacked, those that lie apart from it too.
    every_value = text(f'SELECT sum(length(t::text)) FROM "{table}" t')  # noqa: S608  our own tables
    with database.read() as session:
        try:
            session.execute(every_value)
        except DBAPIError as error:
            if str(getattr(error.orig, "sqlstate", "")).startswith("XX"):
                return str(error.orig)
            raise
    return ""
