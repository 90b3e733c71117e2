"""When to pause a dispatch before it costs the account its good name.

Providers judge a sender by how many of its addresses do not exist and how many people complain. Amazon SES reviews an
account near 5 % bounces; Gmail and Yahoo stop helping a sender at 0.3 % complaints. A message that is refused for what
it says will be refused for everybody else as well. So a dispatch that gets there is paused and says why; the user
decides whether it goes on, and is not asked about the same messages twice: from then on only later ones are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.base import from_ms, to_ms
from app.models.states import DeliveryState, EventKind
from app.models.tables import Campaign, Delivery, Dispatch, Event
from app.sending.outcomes import Outcome, OutcomeKind, explain
from app.sending.reasons import MEANINGS

_FEWEST_COMPLAINTS = 3
"""One angry person is no pattern, but would be 1 % of the first hundred."""
_OVERLAP = 1000
"""So many events are read again at each look: on PostgreSQL a lower number may be committed after a higher one."""
_SAVED = "The campaign was paused so that your account keeps its good name."
_DEAD = [reason.value for reason, meaning in MEANINGS.items() if meaning.is_hard]


@dataclass(slots=True)
class Tally:
    """What servers answered to a dispatch since it began, or since the user let it go on.

    Attributes:
        sent: Messages that were accepted.
        unknown: Messages refused because the address does not exist.
        refused_in_a_row: Messages refused for what they say or who they come from, and none accepted in between.
        last_refusal: The outcome of the last of these.
    """

    sent: int = 0
    unknown: int = 0
    refused_in_a_row: int = 0
    last_refusal: Outcome | None = None

    @classmethod
    def of_dispatch(cls, session: Session, dispatch_id: int, *, since: datetime | None = None) -> Self:
        """What was answered before, so that a restart forgets no share; only after *since*, if given.

        It reads each delivery of the dispatch once: for when a dispatch begins or goes on, not for in between. Refusals
        in a row are counted anew.
        """
        row = session.execute(
            select(
                func.count().filter(Delivery.state == DeliveryState.SENT),
                func.count().filter(Delivery.state == DeliveryState.FAILED, Delivery.reason.in_(_DEAD)),
            ).where(Delivery.dispatch_id == dispatch_id, *_settled_after(since))
        ).one()
        return cls(sent=row[0], unknown=row[1])

    def add(self, outcome: Outcome) -> None:
        """Count one more answer."""
        if outcome.is_sent:
            self.sent += 1
            self.refused_in_a_row = 0
        elif outcome.suppress:
            self.unknown += 1
        elif outcome.kind is OutcomeKind.REFUSED and MEANINGS[outcome.reason].condemns_message:
            self.refused_in_a_row += 1
            self.last_refusal = outcome


@dataclass(frozen=True, slots=True)
class EventCounts:
    """What came back later about the messages of a dispatch.

    Attributes:
        bounced: The deliveries that came back. A set, as a mailbox and a provider may both tell of the same one.
        complained: Those whose recipient called it spam.
        last_id: The last event that was looked at.
    """

    bounced: frozenset[int] = frozenset()
    complained: frozenset[int] = frozenset()
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class Breaker:
    """The thresholds of a campaign. None means that nothing is paused for this.

    The defaults stand where the providers begin to act (module docstring). With 200 addresses as the smallest sample, a
    list of which 2 % is dead trips by chance once in 70 campaigns (with 100, once in 16), and one with 8 % always does.

    Attributes:
        bounce_percent: Of the addresses tried, how many may not exist.
        complaint_percent: Of the messages accepted, how many may be called spam; three people at least.
        policy_in_a_row: How many messages may be refused for what they say or who they come from, one after the other.
        at_least: How many addresses must have been tried before a share says anything.
        since: Only messages settled after this moment count; the user let the dispatch go on then.

    Raises:
        ValueError: A threshold is not positive.
    """

    bounce_percent: float | None = 5.0
    complaint_percent: float | None = 0.3
    policy_in_a_row: int | None = 3
    at_least: int = 200
    since: datetime | None = None

    def __post_init__(self) -> None:
        for threshold in (self.bounce_percent, self.complaint_percent, self.policy_in_a_row, self.at_least):
            if threshold is not None and threshold <= 0:
                raise ValueError(f"A threshold is more than 0, not {threshold}.")

    def to_json(self) -> dict[str, object]:
        """The form in which a campaign stores it."""
        return {
            "bounce_percent": self.bounce_percent,
            "complaint_percent": self.complaint_percent,
            "policy_in_a_row": self.policy_in_a_row,
            "at_least": self.at_least,
            "since": to_ms(self.since) if self.since else None,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """What `to_json` gave; an empty mapping is the program's own.

        Raises:
            UserFacingError: a newer version of the program wrote it, and leaving out what it says could harm.
        """
        unknown = stored.keys() - cls.__dataclass_fields__.keys()
        if unknown:
            raise UserFacingError(
                "This campaign says when to pause in a way this version does not know.",
                "Install the newest version of the program.",
                detail=", ".join(sorted(unknown)),
            )
        since = stored.get("since")
        values = {**stored, "since": from_ms(since) if isinstance(since, int) else None}
        return cls(**values)  # type: ignore[arg-type]

    def tripped(self, tally: Tally, events: EventCounts) -> str | None:
        """Why the dispatch is to be paused, in words for its owner; None while all is well."""
        return self._refused(tally) or self._dead(tally, events) or self._complained(tally, events)

    def _refused(self, tally: Tally) -> str | None:
        if self.policy_in_a_row is None or tally.refused_in_a_row < self.policy_in_a_row or not tally.last_refusal:
            return None
        count = tally.refused_in_a_row
        number = f"{count} messages in a row were" if count > 1 else "A message was"
        return f"{number} refused. {explain(tally.last_refusal)} {_SAVED}"

    def _dead(self, tally: Tally, events: EventCounts) -> str | None:
        dead, tried = tally.unknown + len(events.bounced), tally.sent + tally.unknown
        if self.bounce_percent is None or tried < self.at_least or _percent(dead, tried) < self.bounce_percent:
            return None
        share = f"{_percent(dead, tried):.1f} % of the {self._which} {tried:,} addresses"
        return f"{share} do not exist or sent the message back. {_SAVED}"

    def _complained(self, tally: Tally, events: EventCounts) -> str | None:
        count, sent = len(events.complained), tally.sent
        is_enough = sent >= self.at_least and count >= _FEWEST_COMPLAINTS
        if self.complaint_percent is None or not is_enough or _percent(count, sent) < self.complaint_percent:
            return None
        share = f"{count:,} of the {self._which} {sent:,} people ({_percent(count, sent):.1f} %)"
        return f"{share} said that your message is spam. {_SAVED}"

    @property
    def _which(self) -> str:
        return "first" if self.since is None else "last"


def is_from_breaker(problem: str) -> bool:
    """Whether a dispatch was paused by its breaker: nothing needs mending, only the user's word is missing."""
    return problem.endswith(_SAVED)


def counts(
    session: Session, dispatch_id: int, *, since: datetime | None = None, seen: EventCounts | None = None
) -> EventCounts:
    """What came back about the messages of a dispatch; only those settled after *since*, if given.

    Args:
        seen: What the last look found: then only events that were added since are read.
    """
    seen = seen or EventCounts()
    newest = session.scalar(select(func.max(Event.id))) or 0
    rows = session.execute(
        select(Event.id, Event.kind, Event.delivery_id)
        .join(Delivery, Delivery.id == Event.delivery_id)
        .where(
            Event.id > seen.last_id - _OVERLAP,
            Event.kind.in_((EventKind.BOUNCE, EventKind.COMPLAINT)),
            Delivery.dispatch_id == dispatch_id,
            *_settled_after(since),
        )
    ).all()
    return EventCounts(
        bounced=seen.bounced | {row.delivery_id for row in rows if row.kind is EventKind.BOUNCE},
        complained=seen.complained | {row.delivery_id for row in rows if row.kind is EventKind.COMPLAINT},
        last_id=max(newest, seen.last_id),
    )


def count_anew(session: Session, dispatch_id: int, now: datetime) -> None:
    """The user has seen why the dispatch was paused and lets it go on: what was settled before *now* counts no more."""
    dispatch = session.get_one(Dispatch, dispatch_id)
    campaign = session.get_one(Campaign, dispatch.campaign_id)
    campaign.breaker = replace(Breaker.from_json(campaign.breaker), since=now).to_json()


def _settled_after(since: datetime | None) -> list[ColumnElement[bool]]:
    return [Delivery.settled_at > since] if since is not None else []


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
