"""Writing down the audience of a dispatch: a delivery for each person, those who must not be mailed as skipped.

In a database on a server that is one statement. A file would grow slow or large by it, as the contacts lie in the order
of their ids, the index that keeps anybody from getting it twice in that of the addresses: page by page at random, one
of the two outgrows the cache. So contacts are read in parts in their own order, each part is sorted in memory, and
written a strip at a time. SQLite remembers the pages a statement changes until it is through; a strip's are few.
"""

from typing import Any

from sqlalchemy import Select, Subquery, TableClause, case, column, func, insert, literal, null, select, table, text
from sqlalchemy.orm import Session

from app.audience.audience import Audience, select_contacts
from app.audience.status import contact_and_block, skip_reason
from app.models.base import now_ms
from app.models.sql import bytewise, is_postgresql, random_token
from app.models.states import DeliveryState
from app.models.tables import Contact, Delivery

_PART = 100_000
"""Contacts that are sorted together: a dozen megabytes."""

_STRIP = 10_000
"""Deliveries that one statement writes."""

_SORTED = table("sorted_part", column("place"), column("id"), column("address"), column("skip_reason"))


def write_deliveries(session: Session, dispatch_id: int, audience: Audience) -> None:
    """Write down everybody who is in *audience* now, in the transaction of *session*."""
    if is_postgresql(session.connection()):
        members = _members(session, audience).order_by(bytewise(Contact.email)).subquery()
        session.execute(insert(Delivery).from_select(_COLUMNS, _rows(dispatch_id, members), include_defaults=False))
        return
    session.execute(
        text(
            "CREATE TEMPORARY TABLE sorted_part (place INTEGER PRIMARY KEY, id INTEGER, address TEXT, skip_reason TEXT)"
        )
    )
    lowest, highest = (session.scalar(select(end(Contact.id))) or 0 for end in (func.min, func.max))
    for first in range(lowest, highest + 1, _PART):
        _write_part(session, dispatch_id, audience, first)
    session.execute(text("DROP TABLE sorted_part"))


def _write_part(session: Session, dispatch_id: int, audience: Audience, first: int) -> None:
    """Write down the members whose ids begin at *first*."""
    members = _members(session, audience).where(Contact.id >= first, Contact.id < first + _PART)
    # Not the bare column, or SQLite reads the contacts by its index, one here and one there.
    in_order = members.order_by(Contact.email.concat(""))
    session.execute(insert(_SORTED).from_select(["id", "address", "skip_reason"], in_order))
    last = session.scalar(select(func.max(_SORTED.c.place))) or 0
    for start in range(0, last, _STRIP):
        strip = _rows(dispatch_id, _SORTED).where(_SORTED.c.place > start, _SORTED.c.place <= start + _STRIP)
        session.execute(insert(Delivery).from_select(_COLUMNS, strip, include_defaults=False))
    session.execute(text("DELETE FROM sorted_part"))


def _members(session: Session, audience: Audience) -> Select[Any]:
    members = select_contacts(session, audience).select_from(contact_and_block)
    return members.with_only_columns(Contact.id, Contact.email.label("address"), skip_reason)


_COLUMNS = ["dispatch_id", "contact_id", "address", "token", "state", "reason", "reply", "attempts", "settled_at"]


def _rows(dispatch_id: int, members: Subquery | TableClause) -> Select[Any]:
    """The values of `_COLUMNS` for each of *members*."""
    objection = members.c.skip_reason
    is_skipped = objection.is_not(None)
    return select(
        literal(dispatch_id),
        members.c.id,
        members.c.address,
        random_token(),
        case((is_skipped, DeliveryState.SKIPPED.value), else_=DeliveryState.QUEUED.value),
        func.coalesce(objection, ""),
        literal(""),
        literal(0),
        case((is_skipped, now_ms()), else_=null()),
    )
