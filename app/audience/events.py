"""Writing down what became of the messages: the events, and their sums in step with them in the same transaction.

Segments and reports ask the sums (`app.models.behaviour`), never the millions of events. `events_rebuild` makes the
sums anew from the events.

How long events are kept: the sums stand without them, so old ones may go. But a deleted event cannot be told from one
that never was: heard of again it counts twice, and rebuilt sums forget it. Thirteen months let a year be compared with
the one before; nothing should go that a source could still send again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import BigInteger, insert, select, type_coerce
from sqlalchemy.orm import Session

from app.audience.events_sums import add_to_sums
from app.models.base import to_ms
from app.models.campaigns import Campaign, Delivery, Dispatch, Event
from app.models.contacts import Contact
from app.models.sql import any_of, serialise
from app.models.states import EventKind

BATCH = 20_000
"""How many events are best recorded in one transaction: 20,000 take two to three seconds."""
TOKEN = "token_sha256"  # noqa: S105  the name of a key, not a secret
URL = "url"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened to a message.

    Attributes:
        delivery_id: Whose message it was. Contact and campaign are then those of the delivery, unless given.
        url: The address of the link that was clicked.
        token_sha256: The hash of what names this event alone at its source, in hexadecimal; empty if nothing does.
            An event that was recorded with the same one is not recorded again.
        detail: What else the source said, as JSON.
    """

    kind: EventKind
    at: datetime
    delivery_id: int | None = None
    contact_id: int | None = None
    campaign_id: int | None = None
    url: str = ""
    token_sha256: str = ""
    source: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


def record(session: Session, events: Iterable[NewEvent]) -> int:
    """Write down *events*, in any order, and bring the sums in step.

    What is about a delivery and a contact that are not there any more is left out, and what was recorded before.

    Returns:
        How many were recorded.

    Raises:
        ValueError: one names neither a delivery nor a contact.
    """
    given = list(events)
    # A person's earlier sums are read, added to and written back: one at a time.
    serialise(session, "events")
    recorded = 0
    for start in range(0, len(given), BATCH):
        recorded += _record(session, given[start : start + BATCH])
    return recorded


def _record(session: Session, given: Sequence[NewEvent]) -> int:
    new = _without_known(session, _placed(session, given))
    if not new:
        return 0
    add_to_sums(session, new)
    # Past the session, which would look at each row for itself.
    session.connection().execute(
        insert(Event),
        [
            {
                "kind": one.kind,
                "at": one.at,
                "delivery_id": one.delivery_id,
                "contact_id": one.contact_id,
                "campaign_id": one.campaign_id,
                "source": one.source,
                "detail": _detail(one),
            }
            # Side by side in the index, which is larger than the cache.
            for one in sorted(new, key=lambda one: (one.contact_id or 0, one.at))
        ],
    )
    return len(new)


def _detail(one: NewEvent) -> dict[str, object]:
    known = {TOKEN: one.token_sha256, URL: one.url}
    return {**one.detail, **{key: value for key, value in known.items() if value}}


def _placed(session: Session, given: Sequence[NewEvent]) -> list[NewEvent]:
    """*given* with contact and campaign, as far as they are there; without those about nobody."""
    if any(one.delivery_id is None and one.contact_id is None for one in given):
        raise ValueError("an event must name a delivery or a contact")
    wanted = {one.delivery_id for one in given if one.delivery_id is not None}
    deliveries = {
        row.id: (row.contact_id, row.campaign_id)
        for row in session.execute(
            select(Delivery.id, Delivery.contact_id, Dispatch.campaign_id)
            .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
            .where(Delivery.id.in_(any_of(wanted)))
        )
    }
    placed = []
    for one in given:
        contact_id, campaign_id = deliveries.get(one.delivery_id or 0, (None, None))
        placed.append(
            replace(
                one,
                delivery_id=one.delivery_id if one.delivery_id in deliveries else None,
                contact_id=contact_id if one.contact_id is None else one.contact_id,
                campaign_id=campaign_id if one.campaign_id is None else one.campaign_id,
            )
        )
    people = _there(session, Contact, {one.contact_id for one in placed})
    campaigns = _there(session, Campaign, {one.campaign_id for one in placed})
    there = (
        replace(
            one,
            contact_id=one.contact_id if one.contact_id in people else None,
            campaign_id=one.campaign_id if one.campaign_id in campaigns else None,
        )
        for one in placed
    )
    return [one for one in there if one.delivery_id is not None or one.contact_id is not None]


def _there(session: Session, table: type[Contact | Campaign], ids: set[int | None]) -> set[int]:
    wanted = [one for one in ids if one is not None]
    return set(session.scalars(select(table.id).where(table.id.in_(any_of(wanted))))) if wanted else set()


def _without_known(session: Session, events: Sequence[NewEvent]) -> list[NewEvent]:
    """*events* without those that were recorded before, or stand among them twice."""
    seen = _tokens_of(session, [one for one in events if one.token_sha256])
    new = []
    for one in events:
        if one.token_sha256 and one.token_sha256 in seen:
            continue
        seen.add(one.token_sha256)
        new.append(one)
    return new


def _tokens_of(session: Session, events: Sequence[NewEvent]) -> set[str]:
    """The tokens of what is recorded about the same deliveries, or else at the same moments about the same contacts."""
    token = Event.detail[TOKEN].as_string()
    deliveries = {one.delivery_id for one in events if one.delivery_id is not None}
    loose = [one for one in events if one.delivery_id is None]
    tokens: set[str | None] = set()
    if deliveries:
        tokens.update(session.scalars(select(token).where(Event.delivery_id.in_(any_of(deliveries)))))
    if loose and (alike := _alike(session, loose)):
        tokens.update(session.scalars(select(token).where(Event.id.in_(any_of(alike)))))
    return {one for one in tokens if one}


def _alike(session: Session, events: Sequence[NewEvent]) -> list[int]:
    """The ids of what is recorded of the same kind about the same contacts at the same moments.

    An index alone answers that; to read all that is known of these contacts took longer than to record.
    """
    wanted = {(one.contact_id, one.kind, to_ms(one.at)) for one in events}
    people = any_of({one.contact_id for one in events if one.contact_id is not None})
    rows = session.execute(
        select(Event.id, Event.contact_id, Event.kind, type_coerce(Event.at, BigInteger)).where(
            Event.contact_id.in_(people),
            Event.kind.in_({one.kind for one in events}),
            Event.at.between(min(one.at for one in events), max(one.at for one in events)),
        )
    )
    return [row[0] for row in rows if tuple(row[1:]) in wanted]
