"""Adding events to their sums: what is known of the people they are about is read, added to, and written back.

Times may come in any order: the first is the earliest and the last the latest of all, whenever they were heard of.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import BigInteger, ColumnElement, func, insert, select, type_coerce
from sqlalchemy.orm import Session

from app.models.base import to_ms
from app.models.behaviour import Activity, Engagement, Link, LinkClick
from app.models.campaigns import Event
from app.models.sql import any_of, driver_sql
from app.models.states import EventKind

if TYPE_CHECKING:
    from app.audience.events import NewEvent

HOUR_MS = 3_600_000

Hour: TypeAlias = tuple[int, EventKind, int]
"""A campaign, a kind of event, and the hours since 1970."""

_FIRST_TIMES = {
    EventKind.OPEN: "first_open_at",
    EventKind.CLICK: "first_click_at",
    EventKind.BOUNCE: "bounced_at",
    EventKind.COMPLAINT: "complained_at",
    EventKind.UNSUBSCRIBE: "unsubscribed_at",
    EventKind.REPLY: "replied_at",
}
_LAST_TIMES = {EventKind.OPEN: "last_open_at", EventKind.CLICK: "last_click_at"}
_COUNTS = {EventKind.OPEN: "opens", EventKind.CLICK: "clicks"}
_LAST_EVER = {
    **_LAST_TIMES,
    EventKind.BOUNCE: "last_bounce_at",
    EventKind.REPLY: "last_reply_at",
}
_Row: TypeAlias = dict[str, Any]


def add_to_sums(session: Session, events: "Sequence[NewEvent]") -> None:
    """Bring the sums in step with *events*, which are not recorded yet."""
    about_people = [one for one in events if one.contact_id is not None]
    in_campaigns = [one for one in about_people if one.campaign_id is not None]
    _add_hours(session, events, _first_times(session, in_campaigns))
    _add_activity(session, in_campaigns)
    _add_engagement(session, about_people)
    _add_link_clicks(session, [one for one in in_campaigns if one.kind is EventKind.CLICK and one.url])


def _first_times(session: Session, events: "Sequence[NewEvent]") -> dict[tuple[int, int, EventKind], int]:
    """Of each campaign, contact and kind that *events* are of, when it first happened as far as is recorded."""
    firsts: dict[tuple[int, int, EventKind], int] = {}
    for campaign_id, contact_ids in _by_campaign(events).items():
        columns = [_stored(getattr(Activity, name)) for name in _FIRST_TIMES.values()]
        rows = session.execute(
            select(Activity.contact_id, *columns).where(
                Activity.campaign_id == campaign_id, Activity.contact_id.in_(any_of(contact_ids))
            )
        )
        for row in rows:
            for kind, at in zip(_FIRST_TIMES, row[1:], strict=True):
                if at is not None:
                    firsts[campaign_id, row[0], kind] = at
    delivered = [one for one in events if one.kind not in _FIRST_TIMES]
    for campaign_id, contact_ids in _by_campaign(delivered).items():
        rows = session.execute(
            select(Event.contact_id, Event.kind, func.min(_stored(Event.at)))
            .where(
                Event.contact_id.in_(any_of(contact_ids)),
                Event.kind == EventKind.DELIVERED,
                Event.campaign_id == campaign_id,
            )
            .group_by(Event.contact_id, Event.kind)
        )
        firsts.update({(campaign_id, row[0], row[1]): row[2] for row in rows})
    return firsts


def _add_hours(session: Session, events: "Sequence[NewEvent]", firsts: dict[tuple[int, int, EventKind], int]) -> None:
    numbers: Counter[Hour] = Counter()
    people: Counter[Hour] = Counter()
    earliest: dict[tuple[int, int, EventKind], int] = {}
    for one in events:
        if one.campaign_id is None:
            continue
        at = to_ms(one.at)
        numbers[one.campaign_id, one.kind, at // HOUR_MS] += 1
        if one.contact_id is not None:
            who = (one.campaign_id, one.contact_id, one.kind)
            earliest[who] = min(at, earliest.get(who, at))
    for (campaign_id, contact_id, kind), at in earliest.items():
        known = firsts.get((campaign_id, contact_id, kind))
        if known is None or at < known:
            people[campaign_id, kind, at // HOUR_MS] += 1
            if known is not None:
                people[campaign_id, kind, known // HOUR_MS] -= 1
    rows = [(*hour, numbers[hour], people[hour]) for hour in numbers.keys() | people.keys()]
    write_hours(session, rows)


def write_hours(session: Session, rows: Iterable[tuple[int, EventKind, int, int, int]]) -> None:
    """Add rows of campaign, kind, hour, events and contacts to the table."""
    driver_rows = [(campaign_id, kind.value, *rest) for campaign_id, kind, *rest in sorted(rows)]
    if driver_rows:
        driver_sql(
            session.connection(),
            "INSERT INTO campaign_hour (campaign_id, kind, hour, events, contacts) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (campaign_id, kind, hour) DO UPDATE SET events = campaign_hour.events + excluded.events,"
            " contacts = campaign_hour.contacts + excluded.contacts",
            driver_rows,
        )


def _add_activity(session: Session, events: "Sequence[NewEvent]") -> None:
    changed: dict[tuple[int, ...], _Row] = {}
    for campaign_id, contact_ids in _by_campaign(events).items():
        is_theirs = (Activity.campaign_id == campaign_id, Activity.contact_id.in_(any_of(contact_ids)))
        changed.update(_known(session, Activity, ("campaign_id", "contact_id"), is_theirs))
    for one in events:
        if one.kind not in _FIRST_TIMES:
            continue
        key, at = (one.campaign_id or 0, one.contact_id or 0), to_ms(one.at)
        row = changed.setdefault(key, {})
        _count(row, one.kind)
        _keep(row, _FIRST_TIMES[one.kind], at, min)
        if one.kind in _LAST_TIMES:
            _keep(row, _LAST_TIMES[one.kind], at, max)
    _write(session, Activity, ("campaign_id", "contact_id"), changed)


def _add_engagement(session: Session, events: "Sequence[NewEvent]") -> None:
    counted = [one for one in events if one.kind in _LAST_EVER]
    people = {one.contact_id for one in counted if one.contact_id is not None}
    if not people:
        return
    changed = _known(session, Engagement, ("contact_id",), (Engagement.contact_id.in_(any_of(people)),))
    touched: defaultdict[tuple[int, ...], set[str]] = defaultdict(set)
    for one in counted:
        key = (one.contact_id or 0,)
        row = changed.setdefault(key, {})
        _count(row, one.kind)
        _keep(row, _LAST_EVER[one.kind], to_ms(one.at), max)
        touched[key].update((_LAST_EVER[one.kind], _COUNTS.get(one.kind, _LAST_EVER[one.kind])))
    # An index that need not change is not written: most people only open.
    for names in {frozenset(each) for each in touched.values()}:
        rows = {key: row for key, row in changed.items() if touched[key] == names}
        _write(session, Engagement, ("contact_id",), rows, names)


def _add_link_clicks(session: Session, clicks: "Sequence[NewEvent]") -> None:
    if not clicks:
        return
    links = link_ids(session, {(one.campaign_id or 0, one.url) for one in clicks})
    people: defaultdict[int, set[int]] = defaultdict(set)
    for one in clicks:
        people[links[one.campaign_id or 0, one.url]].add(one.contact_id or 0)
    changed: dict[tuple[int, ...], _Row] = {}
    for link_id, contact_ids in people.items():
        is_theirs = (LinkClick.link_id == link_id, LinkClick.contact_id.in_(any_of(contact_ids)))
        changed.update(_known(session, LinkClick, ("link_id", "contact_id"), is_theirs))
    for one in clicks:
        row = changed.setdefault((links[one.campaign_id or 0, one.url], one.contact_id or 0), {})
        row["clicks"] = (row.get("clicks") or 0) + 1
        _keep(row, "last_at", to_ms(one.at), max)
    _write(session, LinkClick, ("link_id", "contact_id"), changed)


def link_ids(session: Session, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The id of the link for each campaign and address; those that are not there yet are made."""
    there = select(Link.campaign_id, Link.url, Link.id).where(
        Link.campaign_id.in_(sorted({campaign_id for campaign_id, _ in wanted}))
    )
    found = {(row[0], row[1]): row[2] for row in session.execute(there)}
    missing = sorted(wanted - found.keys())
    if missing:
        session.execute(insert(Link), [{"campaign_id": campaign_id, "url": url} for campaign_id, url in missing])
        found = {(row[0], row[1]): row[2] for row in session.execute(there)}
    return found


def _by_campaign(events: "Sequence[NewEvent]") -> dict[int, set[int]]:
    people: defaultdict[int, set[int]] = defaultdict(set)
    for one in events:
        people[one.campaign_id or 0].add(one.contact_id or 0)
    return people


def _count(row: _Row, kind: EventKind) -> None:
    if kind in _COUNTS:
        row[_COUNTS[kind]] = (row.get(_COUNTS[kind]) or 0) + 1


def _keep(row: _Row, name: str, at: int, better: Any) -> None:
    known = row.get(name)
    row[name] = at if known is None else better(at, known)


def _stored(column: Any) -> ColumnElement[int]:
    """A moment in the form in which it is stored."""
    return type_coerce(column, BigInteger)


def _known(
    session: Session, table: Any, key: tuple[str, ...], conditions: Sequence[ColumnElement[bool]]
) -> dict[tuple[int, ...], _Row]:
    names = [column.name for column in table.__table__.c if column.name not in key]
    columns = [_stored(column) for column in table.__table__.c if column.name not in key]
    keys = [table.__table__.c[name] for name in key]
    size = len(key)
    rows = session.execute(select(*keys, *columns).where(*conditions))
    return {tuple(row[:size]): dict(zip(names, row[size:], strict=True)) for row in rows}


def _write(
    session: Session,
    table: Any,
    key: tuple[str, ...],
    changed: "dict[Any, _Row]",
    touched: Collection[str] | None = None,
) -> None:
    """Write the rows *changed* by their keys; of those that are there only the columns *touched*, or all."""
    if not changed:
        return
    names = [column.name for column in table.__table__.c if column.name not in key]
    blank = {name: 0 for name in names if name in {"opens", "clicks"}}
    columns = ", ".join((*key, *names))
    marks = ", ".join("?" * (len(key) + len(names)))
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if touched is None or name in touched)
    driver_sql(
        session.connection(),
        f"INSERT INTO {table.__tablename__} ({columns}) VALUES ({marks})"  # noqa: S608  our own names
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}",
        [(*who, *(row.get(name, blank.get(name)) for name in names)) for who, row in sorted(changed.items())],
    )
