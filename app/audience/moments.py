"""A day and a time as other programs write them, as the workspace keeps moments."""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from app.audience.source import Cell
from app.audience.values import BadValue, ColumnHints, as_text, parse
from app.models.base import now_ms, to_ms
from app.models.states import FieldType

_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::?\d{2})?)?\s*$"
)
# Go writes "… +0200 CEST", and "… +0000 +0000"; a name of a zone alone tells no offset.
_ZONE_NAME = re.compile(r"\s+(?!(?:UTC|GMT|AM|PM)$)[A-Z]{2,5}$|(?<=[+-]\d{4})\s+[+-]\d{4}$")


def parse_moment(cell: Cell, hints: ColumnHints | None = None) -> int:
    """The moment that *cell* names, in milliseconds since 1970 in UTC; what says no zone is taken for UTC, and what
    lies in the future for now.

    Raises:
        BadValue: it names none.
    """
    if isinstance(cell, datetime):
        moment = cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)
    elif isinstance(cell, date):
        moment = datetime.combine(cell, time(), UTC)
    else:
        moment = _from_text(as_text(cell), hints)
    return min(to_ms(moment), now_ms())


def _from_text(text: str, hints: ColumnHints | None) -> datetime:
    bare = _ZONE_NAME.sub("", text.strip())
    said = _TIME.search(bare)
    day = parse(bare[: said.start()].rstrip("T ") if said else bare, FieldType.DATE, hints)
    if not isinstance(day, date):
        raise BadValue(f"“{text[:40]}” is not a date.")
    if said is None:
        return datetime.combine(day, time(), UTC)
    hour = int(said["hour"])
    if said["half"]:
        hour = hour % 12 + (12 if said["half"].lower() == "pm" else 0)
    try:
        return datetime.combine(day, time(hour, int(said["minute"]), int(said["second"] or 0)), _zone(said["zone"]))
    except ValueError as error:
        raise BadValue(f"“{text[:40]}” is no time of day.", detail=str(error)) from error


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]))
    return timezone(-offset if text[0] == "-" else offset)
