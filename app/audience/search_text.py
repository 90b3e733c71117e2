"""Text in text, without regard to upper and lower case: the search box, and the text filters of the columns.

Neither LIKE of SQLite nor ILIKE of a server with the locale C knows that Ä is the capital of ä, so a word with letters
beyond ASCII is sought by classes of letters: `[äÄ]`.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import ColumnElement, Text, and_, cast, func, literal
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import SQLColumnExpression

from app.audience.fields import column_of
from app.models.fields import FieldInfo
from app.models.sql import is_postgresql, like
from app.models.states import FieldType

_NOT_SEARCHED = frozenset({FieldType.DATE, FieldType.YES_NO})
_BETWEEN = "\n"
"""Stands between the cells of a document. Words hold no white space, so none reaches from one cell into the next."""
_LAST_WITH_CASE = 0x1E944


def searched_fields(fields: Sequence[FieldInfo]) -> tuple[FieldInfo, ...]:
    """Those of *fields* the search box looks into, in a lasting order: all but days, yes and no."""
    searched = (field for field in fields if field.type not in _NOT_SEARCHED)
    return tuple(sorted(searched, key=lambda field: field.id or 0))


def document_of(fields: Sequence[FieldInfo]) -> ColumnElement[str]:
    """All that the search box finds a contact by, in one text."""
    cells = []
    for field in fields:
        column = column_of(field)
        cells.append(func.coalesce(cast(column, Text) if field.type is FieldType.NUMBER else column, ""))
    document: ColumnElement[str] = cells[0]
    for cell in cells[1:]:
        document = document.concat(_NEW_LINE).concat(cell)
    return document


def mentions_all(session: Session, fields: Sequence[FieldInfo], search: str) -> ColumnElement[bool]:
    """Whether each word of *search* stands somewhere in *fields*; every contact is looked at."""
    document = document_of(fields)
    return and_(*(text_condition(session, document, word) for word in search.split()))


def text_condition(
    session: Session,
    text: SQLColumnExpression[str],
    part: str,
    *,
    at_start: bool = False,
    at_end: bool = False,
    match_case: bool = False,
) -> ColumnElement[bool]:
    """Whether *part* stands in *text*; at its start, at its end, or, with both, whether it is all of it.

    An empty text (NULL) is never found.
    """
    if not match_case and part.isascii():
        escaped = "".join(f"/{letter}" if letter in "%_/" else letter for letter in part)
        return like(text, f"{'' if at_start else '%'}{escaped}{'' if at_end else '%'}")
    classes = [letter if match_case else variants(letter) for letter in part]
    if is_postgresql(session):
        return text.op("~")(f"{'^' if at_start else ''}{''.join(map(_regex_class, classes))}{'$' if at_end else ''}")
    globbed = "".join(map(_glob_class, classes))
    return text.op("GLOB")(f"{'' if at_start else '*'}{globbed}{'' if at_end else '*'}")


def variants(letter: str) -> str:
    """*letter* as it is written in lower case and in upper case."""
    return _letters_by_lower().get(_lower(letter), letter)


@lru_cache(1)
def _letters_by_lower() -> dict[str, str]:
    found: dict[str, str] = {}
    for letter in map(chr, range(_LAST_WITH_CASE)):
        lower = _lower(letter)
        if lower != letter and not (lower.isascii() and not letter.isascii()):
            found[lower] = found.get(lower, lower) + letter
    return found


def _lower(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


def _glob_class(letters: str) -> str:
    if len(letters) == 1 and letters not in "*?[":
        return letters
    return f"[{letters}]"


def _regex_class(letters: str) -> str:
    if len(letters) == 1:
        return letters if letters.isalnum() else re.escape(letters)
    return f"[{letters}]"


_NEW_LINE: ColumnElement[str] = literal(_BETWEEN, Text, literal_execute=True)
