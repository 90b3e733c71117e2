"""Conditions on the groups a contact is in, on permission, and on whether it can be mailed."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from app.audience.rules import Condition, ConsentKey, Operator, Subject
from app.audience.segment_dates import is_moment_in
from app.audience.segment_known import Known
from app.audience.segment_plan import All, Members, Not, Plan, Some, Test
from app.audience.status import contact_and_block, mail_status
from app.models.contacts import Consent, Contact, ContactTag, Membership, Subscription
from app.models.states import Channel, ConsentAction, ConsentState

_HAS_PERMISSION = Test(Contact.consent == ConsentState.GIVEN)
_PERMITTING = (ConsentAction.GIVEN, ConsentAction.CONFIRMED)


def group_plan(condition: Condition) -> Plan:
    """Who is in these lists, has these tags, or is subscribed to these topics."""
    ids = tuple(map(int, condition.values))
    if condition.operator is Operator.HAS_ALL:
        return All(tuple(Members(_in_groups(condition.subject, (one,))) for one in ids))
    members = Members(_in_groups(condition.subject, ids))
    return Not(members) if condition.operator is Operator.NONE_OF else members


def _in_groups(subject: Subject, ids: tuple[int, ...]) -> Select[Any]:
    match subject:
        case Subject.LIST:
            return select(Membership.contact_id).where(Membership.list_id.in_(ids))
        case Subject.TAG:
            return select(ContactTag.contact_id).where(ContactTag.tag_id.in_(ids))
        case _:
            return select(Subscription.contact_id).where(Subscription.topic_id.in_(ids), Subscription.is_subscribed)


def status_plan(condition: Condition) -> Plan:
    """Whose status is one of these, or none of these."""
    found = Members(select(Contact.id).select_from(contact_and_block).where(mail_status.in_(condition.values)))
    return Not(found) if condition.operator is Operator.NONE_OF else found


def consent_plan(condition: Condition, known: Known) -> Plan:
    """Whose permission is so."""
    key, values = ConsentKey(condition.key), condition.values
    found: Plan
    match key:
        case ConsentKey.STATE:
            found = Test(Contact.consent.in_(values))
        case ConsentKey.BASIS:
            found = All((_HAS_PERMISSION, Members(_last_evidence(Consent.basis.in_(values)))))
        case ConsentKey.SINCE:
            return All(
                (_HAS_PERMISSION, Members(_last_evidence(is_moment_in(Consent.at, condition.operator, values, known))))
            )
        case _:
            found = Some(tuple(_by_channel(Channel(value)) for value in values))
    return Not(found) if condition.operator is Operator.NONE_OF else found


def _by_channel(channel: Channel) -> Plan:
    if channel is Channel.EMAIL:
        return _HAS_PERMISSION
    # What was said last about the channel as a whole counts.
    later = aliased(Consent)
    said_later = (
        select(later.id)
        .where(
            later.contact_id == Consent.contact_id,
            later.channel == channel,
            later.topic_id.is_(None),
            _is_later(later),
        )
        .correlate(Consent)
        .exists()
    )
    return Members(
        select(Consent.contact_id).where(
            Consent.channel == channel, Consent.topic_id.is_(None), Consent.action.in_(_PERMITTING), ~said_later
        )
    )


def _last_evidence(is_so: ColumnElement[bool]) -> Select[Any]:
    """The contacts whose newest permission to mail is so."""
    later = aliased(Consent)
    permitted_later = (
        select(later.id)
        .where(
            later.contact_id == Consent.contact_id,
            later.channel == Channel.EMAIL,
            later.action.in_(_PERMITTING),
            _is_later(later),
        )
        .correlate(Consent)
        .exists()
    )
    return select(Consent.contact_id).where(
        Consent.channel == Channel.EMAIL, Consent.action.in_(_PERMITTING), is_so, ~permitted_later
    )


def _is_later(later: Any) -> ColumnElement[bool]:
    return or_(later.at > Consent.at, and_(later.at == Consent.at, later.id > Consent.id))
