"""What PostgreSQL's errors mean to the user (PostgreSQL manual, appendix A)."""

from typing import NamedTuple

import psycopg

from app.errors import UserFacingError
from app.models.database import (
    NoDatabase,
    NotLetIn,
    ServerUnreachable,
    WorkspaceBusy,
    WorkspaceContended,
    WorkspaceDamaged,
    WorkspaceUnavailable,
)
from app.models.location import ServerLocation


class _Meaning(NamedTuple):
    kind: type[WorkspaceUnavailable]
    title: str
    hint: str


_UNREACHABLE = _Meaning(
    ServerUnreachable,
    "The database server does not answer.",
    "Check that it is running, and your network; nothing that was saved before is lost.",
)
_NOT_LET_IN = _Meaning(
    NotLetIn,
    "The database server does not let you in.",
    "Check the user name and the password.",
)
_NO_DATABASE = _Meaning(
    NoDatabase,
    "There is no such database on the server.",
    "Check its name, or ask who administers the server to make it.",
)
_CROWDED = _Meaning(
    WorkspaceUnavailable,
    "The database server has too many connections.",
    "Close other programs that use it, or ask who administers it to allow more.",
)
_UNSAFE = _Meaning(
    ServerUnreachable,
    "The database server cannot prove who it is.",
    "Its certificate must be valid and name the server. Ask who administers it.",
)
_FORBIDDEN = _Meaning(
    NoDatabase,
    "The database server does not allow this.",
    "The user needs the right to read, write and make tables in this database.",
)
_CONTENDED = _Meaning(
    WorkspaceContended,
    "Somebody else was changing the same thing at the same moment.",
    "Repeat what you did.",
)
_CHANGED_MEANWHILE = _Meaning(
    WorkspaceUnavailable,
    "Somebody else changed the same thing at the same moment.",
    "Look at it again, then repeat what you did.",
)

_BY_STATE: dict[str, _Meaning] = {
    "28": _NOT_LET_IN,
    "3D": _NO_DATABASE,
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "53300": _CROWDED,
    "53100": _Meaning(
        WorkspaceUnavailable,
        "The disk of the database server is full.",
        "Tell who administers it; nothing that was saved before is lost.",
    ),
    "53": _Meaning(
        WorkspaceUnavailable, "The database server is out of resources.", "Try again, or tell who administers it."
    ),
    "55P03": _Meaning(
        WorkspaceBusy, "The workspace is busy.", "Wait until the other program is done with it, then try again."
    ),
    "40": _CONTENDED,
    "23503": _CHANGED_MEANWHILE,
    "23505": _CHANGED_MEANWHILE,
    "25P03": _UNREACHABLE,
    "25006": _Meaning(
        WorkspaceUnavailable,
        "The database server lets nobody write.",
        "It may be a copy, or under repair: ask who administers it.",
    ),
    "42501": _FORBIDDEN,
    "58": _Meaning(
        WorkspaceUnavailable, "The disk of the database server does not answer.", "Tell who administers it."
    ),
    "XX": _Meaning(WorkspaceDamaged, "The database is damaged.", "Tell who administers the server."),
}
"""By SQLSTATE, or its beginning; the longest that fits counts."""

_BY_WORDS: tuple[tuple[str, _Meaning], ...] = (
    ("certificate", _UNSAFE),
    ("does not support ssl", _UNSAFE),
    ("ssl error", _UNSAFE),
    ("authentication failed", _NOT_LET_IN),
    ("no password supplied", _NOT_LET_IN),
    ("no pg_hba.conf entry", _NOT_LET_IN),
    ("role", _NOT_LET_IN),
    ("too many", _CROWDED),
    ("connection slots", _CROWDED),
    ("database", _NO_DATABASE),
)
"""An error while connecting has no SQLSTATE; a server that answers in another language is taken as one that does not
answer, and the detail quotes it."""


_OF_AN_ANSWER = ("fatal:", "ssl", "certificate", "fe_sendauth")
"""What the server answered, or what the library says of its answer."""


def user_facing(error: psycopg.Error, location: ServerLocation) -> UserFacingError | None:
    """What an error means to the user, or None if it is a fault of the program."""
    meaning = _meaning(error)
    return (
        None if meaning is None else meaning.kind(meaning.title, meaning.hint, detail=f"{location}: {safe_text(error)}")
    )


def safe_text(error: psycopg.Error) -> str:
    """What the server said, without the values of a row that it likes to quote."""
    state = error.sqlstate
    if state is None:
        return str(error).strip()
    if state.startswith("22"):
        return f"a value does not fit (SQLSTATE {state})"
    return f"{error.diag.message_primary} (SQLSTATE {state})"


def _meaning(error: psycopg.Error) -> _Meaning | None:
    state = error.sqlstate
    if state is not None:
        for length in (5, 3, 2):
            if state[:length] in _BY_STATE:
                return _BY_STATE[state[:length]]
        return None
    if not isinstance(error, psycopg.OperationalError):
        return None
    said = str(error).lower()
    is_answer = any(word in said for word in _OF_AN_ANSWER)
    found = (meaning for words, meaning in _BY_WORDS if words in said) if is_answer else iter(())
    return next(found, _UNREACHABLE)
