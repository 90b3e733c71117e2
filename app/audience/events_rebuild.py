"""Making the sums of the events anew: after a fault, or when events were brought in by other means than `record`."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, case, delete, func, insert, select, type_coerce
from sqlalchemy.orm import Session

from app.audience.events import URL
from app.audience.events_sums import HOUR_MS, link_ids, write_hours
from app.errors import Cancelled
from app.models.behaviour import Activity, CampaignHour, Engagement, Link, LinkClick
from app.models.campaigns import Event
from app.models.contacts import Contact
from app.models.sql import serialise
from app.models.states import EventKind
from app.models.workspace import Workspace

_PART = 50_000
"""Contacts whose events are summed up together: half a million events, some ten megabytes to sort."""


def rebuild(
    workspace: Workspace,
    progress: Callable[[float], None] = lambda _share: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Make all sums anew from the events, in one transaction. What deleted contacts did is no longer counted.

    Args:
        progress: Told what share is done, from 0 to 1.

    Raises:
        Cancelled: nothing was changed.
    """
    with workspace.write() as session:
        serialise(session, "events")
        for table in (Activity, Engagement, LinkClick, CampaignHour):
            session.execute(delete(table))
        _make_links(session)
        hours: Counter[tuple[int, EventKind, int]] = Counter()
        people: Counter[tuple[int, EventKind, int]] = Counter()
        lowest, highest = (session.scalar(select(end(Contact.id))) or 0 for end in (func.min, func.max))
        for first in range(lowest, highest + 1, _PART):
            if is_cancelled():
                raise Cancelled
            _sum_part(session, first, hours, people)
            progress(min(1.0, (first + _PART - lowest) / (highest + 1 - lowest)))
        _count_hours(session, (Event.contact_id.is_(None),), hours)
        write_hours(session, [(*hour, hours[hour], people[hour]) for hour in hours])


def _make_links(session: Session) -> None:
    # Links stay: messages that are out lead through their ids.
    clicked = select(Event.campaign_id, _URL).where(*_IS_LINK_CLICK).distinct()
    wanted = {(row[0], row[1]) for row in session.execute(clicked)}
    if wanted:
        link_ids(session, wanted)


def _sum_part(
    session: Session,
    first: int,
    hours: Counter[tuple[int, EventKind, int]],
    people: Counter[tuple[int, EventKind, int]],
) -> None:
    is_part = (Event.contact_id >= first, Event.contact_id < first + _PART)
    for table, columns, rows in (_activity(), _engagement(), _link_clicks()):
        session.execute(insert(table).from_select(columns, rows.where(*is_part), include_defaults=False))
    _count_hours(session, is_part, hours)
    firsts = (
        select(Event.campaign_id, Event.kind, (func.min(_AT) // HOUR_MS).label("hour"))
        .where(Event.campaign_id.is_not(None), *is_part)
        .group_by(Event.campaign_id, Event.contact_id, Event.kind)
        .subquery()
    )
    counted = select(firsts.c.campaign_id, firsts.c.kind, firsts.c.hour, func.count()).group_by(*firsts.c)
    for campaign_id, kind, hour, number in session.execute(counted):
        people[campaign_id, kind, hour] += number


def _count_hours(
    session: Session, is_part: tuple[ColumnElement[bool], ...], hours: Counter[tuple[int, EventKind, int]]
) -> None:
    hour = _AT // HOUR_MS
    counted = (
        select(Event.campaign_id, Event.kind, hour, func.count())
        .where(Event.campaign_id.is_not(None), *is_part)
        .group_by(Event.campaign_id, Event.kind, hour)
    )
    for campaign_id, kind, at, number in session.execute(counted):
        if campaign_id is not None:
            hours[campaign_id, kind, at] += number


_AT = type_coerce(Event.at, BigInteger)
_URL = Event.detail[URL].as_string()
_IS_LINK_CLICK = (
    Event.kind == EventKind.CLICK,
    Event.campaign_id.is_not(None),
    Event.contact_id.is_not(None),
    func.coalesce(_URL, "") != "",
)


def _number(kind: EventKind) -> ColumnElement[int]:
    return func.count().filter(Event.kind == kind)


def _time(end: Any, kind: EventKind) -> ColumnElement[int]:
    time: ColumnElement[int] = end(case((Event.kind == kind, _AT)))
    return time


def _activity() -> tuple[Any, list[str], Select[Any]]:
    first, last = func.min, func.max
    columns: dict[str, ColumnElement[Any]] = {
        "opens": _number(EventKind.OPEN),
        "clicks": _number(EventKind.CLICK),
        "first_open_at": _time(first, EventKind.OPEN),
        "last_open_at": _time(last, EventKind.OPEN),
        "first_click_at": _time(first, EventKind.CLICK),
        "last_click_at": _time(last, EventKind.CLICK),
        "bounced_at": _time(first, EventKind.BOUNCE),
        "complained_at": _time(first, EventKind.COMPLAINT),
        "unsubscribed_at": _time(first, EventKind.UNSUBSCRIBE),
        "replied_at": _time(first, EventKind.REPLY),
    }
    rows = (
        select(Event.campaign_id, Event.contact_id, *columns.values())
        .where(Event.campaign_id.is_not(None), Event.kind != EventKind.DELIVERED)
        .group_by(Event.campaign_id, Event.contact_id)
    )
    return Activity, ["campaign_id", "contact_id", *columns], rows


def _engagement() -> tuple[Any, list[str], Select[Any]]:
    kinds = (EventKind.OPEN, EventKind.CLICK, EventKind.BOUNCE, EventKind.REPLY)
    columns: dict[str, ColumnElement[Any]] = {
        "opens": _number(EventKind.OPEN),
        "clicks": _number(EventKind.CLICK),
        "last_open_at": _time(func.max, EventKind.OPEN),
        "last_click_at": _time(func.max, EventKind.CLICK),
        "last_bounce_at": _time(func.max, EventKind.BOUNCE),
        "last_reply_at": _time(func.max, EventKind.REPLY),
    }
    rows = select(Event.contact_id, *columns.values()).where(Event.kind.in_(kinds)).group_by(Event.contact_id)
    return Engagement, ["contact_id", *columns], rows


def _link_clicks() -> tuple[Any, list[str], Any]:
    is_link = (Link.campaign_id == Event.campaign_id) & (Link.url == _URL)
    rows = (
        select(Link.id, Event.contact_id, func.count(), func.max(_AT))
        .select_from(Event)
        .join(Link, is_link)
        .where(*_IS_LINK_CLICK)
        .group_by(Link.id, Event.contact_id)
    )
    return LinkClick, ["link_id", "contact_id", "clicks", "last_at"], rows
