"""Conditions on what people did with the mail they got, asked of the sums of the events and of the outbox."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.audience.rules import Behaviour, Condition, Operator
from app.audience.segment_dates import is_moment_in
from app.audience.segment_known import Known, sent_dispatches
from app.audience.segment_plan import NOBODY, All, Members, Not, Plan, Repeated, Some
from app.models.behaviour import Activity, Engagement, Link, LinkClick
from app.models.campaigns import Delivery, Dispatch
from app.models.sql import like
from app.models.states import DeliveryState

_DONE: dict[Behaviour, ColumnElement[bool]] = {
    # Who has clicked has read it, even if no picture was loaded that could tell of it.
    Behaviour.OPENED: or_(Activity.opens > 0, Activity.clicks > 0),
    Behaviour.CLICKED: Activity.clicks > 0,
    Behaviour.REPLIED: Activity.replied_at.is_not(None),
    Behaviour.BOUNCED: Activity.bounced_at.is_not(None),
    Behaviour.UNSUBSCRIBED: Activity.unsubscribed_at.is_not(None),
    Behaviour.COMPLAINED: Activity.complained_at.is_not(None),
}
"""What tells of a row of `activity` that the person did it."""

_LAST_TIMES: dict[Behaviour, tuple[Any, ...]] = {
    Behaviour.OPENED: (Engagement.last_open_at, Engagement.last_click_at),
    Behaviour.CLICKED: (Engagement.last_click_at,),
    Behaviour.REPLIED: (Engagement.last_reply_at,),
    Behaviour.BOUNCED: (Engagement.last_bounce_at,),
    # Too rare to be summed up for each contact.
    Behaviour.UNSUBSCRIBED: (Activity.unsubscribed_at,),
    Behaviour.COMPLAINED: (Activity.complained_at,),
}
"""Where the last time stands that a person did it."""


def behaviour_plan(condition: Condition, known: Known) -> Plan:
    """Who did, or did not do, what *condition* says."""
    behaviour, values = Behaviour(condition.key), condition.values
    match condition.operator:
        case Operator.IN_CAMPAIGN:
            return _in_campaigns(behaviour, tuple(map(int, values)))
        case Operator.NOT_IN_CAMPAIGN:
            return Not(_in_campaigns(behaviour, tuple(map(int, values))))
        case Operator.ANY_OF_LAST:
            return _in_campaigns(behaviour, known.last_campaigns[: int(values[0])])
        case Operator.NONE_OF_LAST:
            return Not(_in_campaigns(behaviour, known.last_campaigns[: int(values[0])]))
        case Operator.AT_LEAST_OF_LAST:
            return _in_campaigns(behaviour, known.last_campaigns[: int(values[1])], at_least=int(values[0]))
        case Operator.IN_LAST_DAYS:
            return _lately(behaviour, values, known)
        case Operator.NOT_IN_LAST_DAYS:
            return Not(_lately(behaviour, values, known))
        case Operator.MORE_THAN_DAYS_AGO:
            return All((_ever(behaviour), Not(_lately(behaviour, values, known))))
        case Operator.EVER:
            return _ever(behaviour)
        case Operator.NEVER:
            return Not(_ever(behaviour))
        case _:
            raise ValueError(f"{condition.operator} says nothing about a behaviour")


def link_plan(condition: Condition) -> Plan:
    """Who followed, or did not follow, such a link."""
    match condition.operator:
        case Operator.ONE_OF:
            return _followed(Link.url.in_(condition.values))
        case Operator.NONE_OF:
            return Not(_followed(Link.url.in_(condition.values)))
        case Operator.CONTAINS:
            return _followed(_mentions(condition.values[0]))
        case Operator.NOT_CONTAINS:
            return Not(_followed(_mentions(condition.values[0])))
        case _:
            raise ValueError(f"{condition.operator} says nothing about a link")


def _mentions(part: str) -> ColumnElement[bool]:
    escaped = "".join(f"/{letter}" if letter in "%_/" else letter for letter in part)
    return like(Link.url.expression, f"%{escaped}%")


def _followed(is_meant: ColumnElement[bool]) -> Members:
    links = select(Link.id).where(is_meant).correlate(None)
    return Members(select(LinkClick.contact_id).where(LinkClick.link_id.in_(links)))


def _in_campaigns(behaviour: Behaviour, campaign_ids: tuple[int, ...], *, at_least: int = 1) -> Plan:
    if len(campaign_ids) < at_least:
        return NOBODY
    whole = _doers(behaviour, campaign_ids)
    if at_least > 1:
        campaigns = func.count(Dispatch.campaign_id.distinct()) if behaviour is Behaviour.SENT else func.count()
        whole = whole.group_by(whole.selected_columns[0]).having(campaigns >= at_least)
    each = tuple(Members(_doers(behaviour, (campaign_id,))) for campaign_id in campaign_ids)
    return Repeated(Members(whole), each, at_least)


def _doers(behaviour: Behaviour, campaign_ids: tuple[int, ...]) -> Select[Any]:
    if behaviour is Behaviour.SENT:
        return _sent(campaign_ids)
    return select(Activity.contact_id).where(Activity.campaign_id.in_(campaign_ids), _DONE[behaviour])


def _sent(campaign_ids: tuple[int, ...]) -> Select[Any]:
    return (
        select(Delivery.contact_id)
        .join(Dispatch, Dispatch.id == Delivery.dispatch_id)
        .where(
            Dispatch.campaign_id.in_(campaign_ids),
            Dispatch.id.in_(sent_dispatches().correlate(None)),
            *_ARRIVED,
        )
    )


_ARRIVED = (Delivery.state == DeliveryState.SENT, Delivery.contact_id.is_not(None))


def _ever(behaviour: Behaviour) -> Plan:
    if behaviour is Behaviour.SENT:
        return Members(
            select(Delivery.contact_id).where(Delivery.dispatch_id.in_(sent_dispatches().correlate(None)), *_ARRIVED)
        )
    return Some(tuple(Members(_people_of(time).where(time.is_not(None))) for time in _LAST_TIMES[behaviour]))


def _lately(behaviour: Behaviour, values: tuple[str, ...], known: Known) -> Plan:
    if behaviour is Behaviour.SENT:
        is_lately = is_moment_in(Delivery.settled_at, Operator.IN_LAST_DAYS, values, known)
        dispatches = sent_dispatches().correlate(None)
        return Members(select(Delivery.contact_id).where(Delivery.dispatch_id.in_(dispatches), *_ARRIVED, is_lately))
    return Some(
        tuple(
            Members(_people_of(time).where(is_moment_in(time, Operator.IN_LAST_DAYS, values, known)))
            for time in _LAST_TIMES[behaviour]
        )
    )


def _people_of(time: Any) -> Select[Any]:
    """The contacts of the table that *time* is a column of."""
    return select(time.class_.contact_id)


def last_times(behaviour: Behaviour) -> tuple[Any, ...]:
    """The columns that hold when a contact did it last."""
    return (Delivery.settled_at,) if behaviour is Behaviour.SENT else _LAST_TIMES[behaviour]
