"""A dispatch is paused before it costs the account its good name, and not for a coincidence."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import DeliveryState, EventKind
from app.models.tables import Campaign, Delivery, Event
from app.models.workspace import Workspace
from app.sending.breaker import Breaker, EventCounts, Tally, count_anew, counts
from app.sending.outcomes import Outcome, OutcomeKind, Reason, Stage, classify
from app.sending.reply import Reply
from tests.sending.sent_rows import START, a_dispatch, happened

pytestmark = pytest.mark.any_workspace

SENT, FAILED = DeliveryState.SENT, DeliveryState.FAILED
NOTHING = EventCounts()

ACCEPTED = classify(Reply.of(250, "Ok"), stage=Stage.CONTENT)
UNKNOWN = classify(Reply.of(550, "5.1.1 User unknown"), stage=Stage.RCPT)
SPAM = classify(Reply.of(554, "5.7.1 Message identified as spam"), stage=Stage.CONTENT)
LATER = classify(Reply.of(450, "4.7.1 Greylisted"), stage=Stage.RCPT)


def tally_of(*outcomes: Outcome) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome)
    return tally


def test_too_many_addresses_that_do_not_exist_pause_a_dispatch_and_the_user_learns_why() -> None:
    tally = Tally(sent=379, unknown=21)

    assert Breaker().tripped(tally, NOTHING) == (
        "5.2 % of the first 400 addresses do not exist or sent the message back. "
        "The campaign was paused so that your account keeps its good name."
    )


@pytest.mark.parametrize(("sent", "unknown"), [(2, 1), (180, 19), (191, 9), (10_000, 500)])
def test_a_small_sample_or_an_ordinary_share_pauses_nothing(sent: int, unknown: int) -> None:
    assert Breaker().tripped(Tally(sent=sent, unknown=unknown), NOTHING) is None


def test_what_comes_back_later_counts_with_what_was_refused_at_once() -> None:
    tally = Tally(sent=196, unknown=4)
    came_back = EventCounts(bounced=frozenset(range(6)))

    assert Breaker().tripped(tally, NOTHING) is None
    assert "5.0 % of the first 200 addresses" in (Breaker().tripped(tally, came_back) or "")


def test_people_who_call_it_spam_pause_a_dispatch() -> None:
    three = EventCounts(complained=frozenset({1, 2, 3}))

    assert Breaker().tripped(Tally(sent=1_000), three) == (
        "3 of the first 1,000 people (0.3 %) said that your message is spam. "
        "The campaign was paused so that your account keeps its good name."
    )
    assert Breaker().tripped(Tally(sent=1_001), three) is None


def test_two_angry_people_are_no_pattern() -> None:
    assert Breaker().tripped(Tally(sent=300), EventCounts(complained=frozenset({1, 2}))) is None


def test_three_refusals_of_the_message_in_a_row_pause_a_dispatch_whatever_its_size() -> None:
    assert Breaker().tripped(tally_of(SPAM, SPAM), NOTHING) is None
    assert Breaker().tripped(tally_of(SPAM, SPAM, SPAM), NOTHING) == (
        "3 messages in a row were refused. The mail server refused what the message says; it may look like spam. "
        "The campaign was paused so that your account keeps its good name."
    )


def test_a_message_that_is_accepted_ends_the_row_and_one_about_the_address_does_not() -> None:
    assert tally_of(SPAM, SPAM, ACCEPTED, SPAM).refused_in_a_row == 1
    assert tally_of(SPAM, UNKNOWN, SPAM, LATER, SPAM).refused_in_a_row == 3


@pytest.mark.parametrize("reason", Reason)
def test_only_refusals_about_the_message_or_its_sender_make_a_row(reason: Reason) -> None:
    refused = Outcome(OutcomeKind.REFUSED, reason)

    about_message = {Reason.BLOCKED_POLICY, Reason.CONTENT_REFUSED, Reason.SENDER_UNPROVEN, Reason.TOO_BIG}
    assert tally_of(refused).refused_in_a_row == (reason in about_message)


def test_who_switches_a_threshold_off_is_not_paused_for_it() -> None:
    careless = Breaker(bounce_percent=None, complaint_percent=None, policy_in_a_row=None)
    awful = Tally(sent=0, unknown=1_000, refused_in_a_row=9, last_refusal=SPAM)

    assert careless.tripped(awful, EventCounts(complained=frozenset(range(99)))) is None


def test_a_restart_forgets_no_share(workspace: Workspace) -> None:
    rows = [(f"p{number}@x.org", SENT, Reason.ACCEPTED) for number in range(3)]
    rows += [("gone@x.org", FAILED, Reason.MAILBOX_UNKNOWN), ("big@x.org", FAILED, Reason.TOO_BIG)]
    dispatch_id = a_dispatch(workspace, rows)

    with workspace.read() as session:
        found = Tally.of_dispatch(session, dispatch_id)

    assert (found.sent, found.unknown) == (3, 1)


def test_events_are_counted_once_however_often_they_are_told_and_looked_at(workspace: Workspace) -> None:
    dispatch_id = a_dispatch(workspace, [(f"p{number}@x.org", SENT, None) for number in range(4)])
    other_id = a_dispatch(workspace, [("q@x.org", SENT, None)])
    happened(workspace, dispatch_id, EventKind.BOUNCE, ["p0@x.org"], times=2)
    happened(workspace, dispatch_id, EventKind.OPEN, ["p1@x.org"])
    happened(workspace, other_id, EventKind.COMPLAINT, ["q@x.org"])
    with workspace.read() as session:
        first = counts(session, dispatch_id)
    happened(workspace, dispatch_id, EventKind.BOUNCE, ["p0@x.org"])
    happened(workspace, dispatch_id, EventKind.COMPLAINT, ["p2@x.org"])
    with workspace.read() as session:
        second = counts(session, dispatch_id, seen=first)

    assert (len(first.bounced), len(first.complained)) == (1, 0)
    assert (len(second.bounced), len(second.complained)) == (1, 1)


def test_a_later_look_reads_only_what_was_added_since(workspace: Workspace) -> None:
    dispatch_id = a_dispatch(workspace, [("p@x.org", SENT, None)])
    with workspace.write() as session:
        delivery = session.query(Delivery).one()
        session.add(Event(id=1, kind=EventKind.BOUNCE, at=START, delivery_id=delivery.id))
        session.add(Event(id=50_000, kind=EventKind.OPEN, at=START, delivery_id=delivery.id))
    with workspace.read() as session:
        found = counts(session, dispatch_id, seen=EventCounts(last_id=40_000))

    assert found == EventCounts(last_id=50_000)


def test_after_the_user_lets_it_go_on_only_later_messages_count(workspace: Workspace) -> None:
    rows = [("gone@x.org", FAILED, Reason.MAILBOX_UNKNOWN), ("back@x.org", SENT, None), ("new@x.org", SENT, None)]
    dispatch_id = a_dispatch(workspace, rows)
    resumed = START + timedelta(hours=1)
    with workspace.write() as session:
        count_anew(session, dispatch_id, resumed)
        session.query(Delivery).filter_by(address="new@x.org").one().settled_at = resumed + timedelta(minutes=1)
    happened(workspace, dispatch_id, EventKind.BOUNCE, ["back@x.org", "new@x.org"])

    with workspace.read() as session:
        breaker = Breaker.from_json(session.query(Campaign).one().breaker)
        tally = Tally.of_dispatch(session, dispatch_id, since=breaker.since)
        events = counts(session, dispatch_id, since=breaker.since)

    assert breaker == Breaker(since=resumed)
    assert (tally.sent, tally.unknown, len(events.bounced)) == (1, 0, 1)
    assert "of the last 200 addresses" in (breaker.tripped(Tally(unknown=200), NOTHING) or "")


def test_letting_it_go_on_keeps_the_users_own_thresholds(workspace: Workspace) -> None:
    dispatch_id = a_dispatch(workspace, [])
    with workspace.write() as session:
        session.query(Campaign).one().breaker = Breaker(bounce_percent=None, at_least=50).to_json()
        session.flush()
        count_anew(session, dispatch_id, START)
    with workspace.read() as session:
        stored = Breaker.from_json(session.query(Campaign).one().breaker)

    assert stored == Breaker(bounce_percent=None, at_least=50, since=START)


percents = st.none() | st.floats(0.01, 100)
moments = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  made aware here
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)


@given(st.builds(Breaker, percents, percents, st.none() | st.integers(1, 99), st.integers(1, 10**6), moments))
def test_thresholds_survive_being_stored(breaker: Breaker) -> None:
    assert Breaker.from_json(json.loads(json.dumps(breaker.to_json()))) == breaker


def test_a_campaign_without_thresholds_has_the_programs_own() -> None:
    assert Breaker.from_json({}) == Breaker()


def test_a_threshold_of_a_newer_version_is_refused_rather_than_ignored() -> None:
    with pytest.raises(UserFacingError, match="does not know"):
        Breaker.from_json({"reply_percent": 3})


@pytest.mark.parametrize("name", ["bounce_percent", "complaint_percent", "policy_in_a_row", "at_least"])
def test_a_threshold_of_nothing_is_a_mistake(name: str) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Breaker(**{name: 0})  # type: ignore[arg-type]


def test_a_pause_is_not_called_for_before_anything_was_sent() -> None:
    assert Breaker(since=utcnow(), at_least=1).tripped(Tally(), NOTHING) is None
