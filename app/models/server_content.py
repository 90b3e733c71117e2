"""What a database on a server has in it, before anybody decides what to do with it."""

from enum import Enum, auto

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.database import NoDatabase
from app.models.housekeeping import Organisation
from app.models.location import ServerLocation

_VERSION_TABLE = "alembic_version"


class Content(Enum):
    """What may be done with a database: make a workspace in it, or open the one it has."""

    NOTHING = auto()
    WORKSPACE = auto()


def content_of(location: ServerLocation) -> Content:
    """What the database at *location* has in it. Nothing is changed there.

    Raises:
        ServerUnreachable: there is no server, or it does not prove who it is.
        NotLetIn: it wants another user or password.
        NoDatabase: there is no such database, or nothing may be made in it.
        UserFacingError: it is no place for a workspace: another program's, too old, of another encoding.
    """
    from app.models.postgres import PostgresDatabase

    database = PostgresDatabase(location)
    try:
        database.check_fitness()
        with database.read() as session:
            tables = frozenset(inspect(session.connection()).get_table_names())
            if {_VERSION_TABLE, Organisation.__tablename__} <= tables:
                return Content.WORKSPACE
            if tables:
                raise UserFacingError(
                    f"The database “{location.name}” holds the data of another program.",
                    "Ask for an empty database of your own.",
                    detail=str(location),
                )
            _check_may_make_tables(session, location)
            return Content.NOTHING
    finally:
        database.close()


def _check_may_make_tables(session: Session, location: ServerLocation) -> None:
    if not session.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")):
        raise NoDatabase(
            f"You may not make a workspace in the database “{location.name}”.",
            "Ask whoever runs the server for the right to make tables in it.",
            detail=str(location),
        )
