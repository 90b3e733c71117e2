"""The evidence of permission: who may be mailed, on what ground, since when, in which words; and its withdrawal.

The rows of `consent` are only ever added to. `contact.consent` is their sum, kept in step in the same transaction, so
that an audience is one cheap query.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Insert,
    Integer,
    Select,
    String,
    Update,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.models.base import now_ms, to_ms
from app.models.contacts import Consent, Contact, Subscription, Suppression
from app.models.sql import any_of, is_postgresql, upsert
from app.models.states import Channel, ConsentAction, ConsentState, LawfulBasis, SuppressionReason

WITHDRAWING = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT})
"""The suppressions by which a person withdraws a permission. They may be older than the contact."""


def _has_withdrawn() -> ColumnElement[bool]:
    """Whether a contact has withdrawn: by its own evidence, or by a suppression from before it was a contact."""
    by_suppression = exists().where(
        Suppression.address_hash == Contact.address_hash, Suppression.reason.in_(WITHDRAWING)
    )
    return or_(Contact.consent == ConsentState.WITHDRAWN, and_(Contact.consent == ConsentState.UNKNOWN, by_suppression))


def record_consent(
    session: Session,
    contacts: Sequence[int] | Select[int],
    action: ConsentAction,
    *,
    basis: LawfulBasis | None = None,
    source: str,
    wording: str = "",
    channel: Channel = Channel.EMAIL,
    topic_id: int | None = None,
    ip: str = "",
    at: datetime | None = None,
) -> int:
    """Add one row of evidence per contact; bring `contact.consent` and `subscription` in step: the last word counts.

    A withdrawal is lifted by a consent of the person alone. Another ground (customer, legitimate interest) is recorded
    for no one who has withdrawn, and lifts nothing. What is about another channel than mail changes nothing for mail.
    A consent to mail about a topic permits mail; who withdraws one topic may still be mailed about the others.

    Args:
        contacts: Their ids, or a query that gives them.
        source: Where the permission comes from: a form, a file, a talk at the counter.
        wording: The words the person agreed to.
        ip: Where the person came from in the internet, if known.
        at: When it was said, if not just now. What the person said later still counts.

    Returns:
        For how many contacts it was recorded.
    """
    chosen = contacts if isinstance(contacts, Select) else any_of(contacts)
    wanted = select(Contact.id).where(Contact.id.in_(chosen))
    said = _Evidence(action, basis, source, wording, channel, topic_id, ip, now_ms() if at is None else to_ms(at))
    if said.state is ConsentState.GIVEN and basis is not LawfulBasis.CONSENT:
        wanted = wanted.where(~_has_withdrawn())
    if at is None:
        return _record(session, wanted, said)
    spoke_later = exists().where(
        Consent.contact_id == Contact.id,
        Consent.channel == channel,
        Consent.topic_id.is_not_distinct_from(topic_id),
        Consent.at > at,
    )
    # True all the same, but it changes nothing for them.
    recorded = _record(session, wanted.where(spoke_later), said, is_last_word=False)
    return recorded + _record(session, wanted.where(~spoke_later), said)


def record_imported_consent(
    session: Session, contacts: Select[int], *, basis: LawfulBasis, source: str, wording: str = ""
) -> int:
    """`record_consent` for a file that says nothing about when a person agreed.

    So it lifts no withdrawal, whatever the ground, and a file that is imported again adds no evidence twice.
    """
    already = select(Consent.contact_id).where(
        Consent.contact_id == Contact.id,
        Consent.action == ConsentAction.GIVEN,
        Consent.basis == basis,
        Consent.source == source,
    )
    wanted = select(Contact.id).where(Contact.id.in_(contacts), ~_has_withdrawn(), ~already.exists())
    return _record(session, wanted, _Evidence(ConsentAction.GIVEN, basis, source, wording))


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What a row of evidence says, for however many contacts; `at` in milliseconds since 1970."""

    action: ConsentAction
    basis: LawfulBasis | None
    source: str
    wording: str
    channel: Channel = Channel.EMAIL
    topic_id: int | None = None
    ip: str = ""
    at: int = field(default_factory=now_ms)

    @property
    def state(self) -> ConsentState | None:
        """What it makes of `contact.consent`; None if nothing."""
        if self.channel is not Channel.EMAIL:
            return None
        if self.action is not ConsentAction.WITHDRAWN:
            return ConsentState.GIVEN
        return ConsentState.WITHDRAWN if self.topic_id is None else None

    @property
    def columns(self) -> dict[str, ColumnElement[object]]:
        """The columns of the row but for the contact."""
        return {
            "topic_id": literal(self.topic_id, Integer),
            "channel": literal(self.channel.value),
            "action": literal(self.action.value),
            "basis": literal(self.basis.value if self.basis else None, String),
            "source": literal(self.source),
            "wording": literal(self.wording),
            "ip": literal(self.ip),
            "at": literal(self.at),
        }


def _record(session: Session, wanted: Select[int], said: _Evidence, *, is_last_word: bool = True) -> int:
    _keep_others_away(session, wanted)
    if is_last_word and said.topic_id is not None and said.channel is Channel.EMAIL:
        _subscribe(session, wanted, said)
    columns = said.columns
    adding = insert(Consent).from_select(["contact_id", *columns], wanted.add_columns(*columns.values()))
    state = said.state if is_last_word else None
    if is_postgresql(session):
        return _record_together(session, adding, state)
    before = session.scalar(select(Consent.id).order_by(Consent.id.desc()).limit(1)) or 0
    recorded = session.connection().execute(adding).rowcount
    if state is not None:
        session.execute(_in_step(select(Consent.contact_id).where(Consent.id > before), state))
    return int(recorded)


def _subscribe(session: Session, wanted: Select[int], said: _Evidence) -> None:
    is_subscribed = said.action is not ConsentAction.WITHDRAWN
    rows = wanted.add_columns(literal(said.topic_id), literal(is_subscribed), literal(said.at))
    adding = upsert(session, Subscription).from_select(["contact_id", "topic_id", "is_subscribed", "changed_at"], rows)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["topic_id", "contact_id"],
            set_={"is_subscribed": adding.excluded.is_subscribed, "changed_at": adding.excluded.changed_at},
        )
    )


def _in_step(recorded: Select[int], state: ConsentState) -> Update:
    return (
        update(Contact)
        .where(Contact.id.in_(recorded), Contact.consent != state)
        .values(consent=state)
        .execution_options(synchronize_session=False)
    )


def _record_together(session: Session, adding: Insert, state: ConsentState | None) -> int:
    """Add the evidence and bring the contacts in step by what was added: others add rows at the same time."""
    added = adding.returning(Consent.contact_id).cte("added")
    counted = select(func.count()).select_from(added)
    if state is not None:
        counted = counted.add_cte(_in_step(select(added.c.contact_id), state).cte("in_step"))
    return session.scalar(counted) or 0


def _keep_others_away(session: Session, wanted: Select[int]) -> None:
    """Lock the contacts, so that a withdrawal that is just being recorded is seen, and not overruled."""
    if is_postgresql(session):
        locked = wanted.order_by(Contact.id).with_for_update(of=Contact).subquery()
        session.scalar(select(func.count()).select_from(locked))
