"""Random rules on random histories, against an evaluator in plain Python."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.audience import consent, fields, lists, segments, topics
from app.audience.events import NewEvent, record
from app.audience.rules import (
    Behaviour,
    Condition,
    ConsentKey,
    Group,
    Mode,
    Operator,
    Rule,
    Subject,
    from_json,
    to_json,
)
from app.audience.segment_explain import explain
from app.audience.segment_sets import SegmentSets
from app.audience.segment_sql import select_ids
from app.models.states import (
    AccountKind,
    Channel,
    ConsentAction,
    DeliveryState,
    EventKind,
    FieldType,
    LawfulBasis,
)
from app.models.tables import Activity, CampaignHour, Contact, Engagement, Event, Link, LinkClick
from app.models.workspace import Workspace
from tests.audience.histories import NOON, a_sent_campaign, an_account
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace

O, B = Operator, Behaviour  # noqa: E741  the tables below are read, not the name
ZONE = ZoneInfo("Asia/Tokyo")
TODAY = NOON.astimezone(ZONE).date()
DAY = timedelta(days=1)
COUNTRIES = (None, "DE", "Germany", "AT", "France")
CITIES = (None, "Köln", "KÖLN", "Bonn", "50%_off/", "bo")
SCORES = (None, 0, 1, -2, 2.5, 10)
BIRTHDAYS = (None, date(1980, 3, 10), date(1992, 2, 29), date(2001, 12, 31), date(2026, 3, 1), date(2026, 3, 20))
URLS = ("https://x.org/", "https://x.org/offers?a=100%")


class World:
    """What was put into the workspace, as plain Python sees it."""

    def __init__(self) -> None:
        self.people: dict[int, dict[str, object]] = {}
        self.lists: dict[int, set[int]] = {}
        self.tags: dict[int, set[int]] = {}
        self.topics: dict[int, set[int]] = {}
        self.campaigns: list[int] = []
        """The newest first; the last one was a rehearsal, and is not among them."""
        self.sent: set[tuple[int, int]] = set()
        self.sent_at: dict[int, datetime] = {}
        self.events: list[NewEvent] = []
        self.given: dict[int, tuple[LawfulBasis, datetime]] = {}
        self.by_phone: set[int] = set()


def at(days: float) -> datetime:
    return NOON - timedelta(days=days)


@pytest.fixture
def world(workspace: Workspace) -> World:
    """Twenty people with all kinds of gaps, two lists, tags and topics each, four campaigns and a rehearsal."""
    made = World()
    workspace.set_organisation(type(workspace.organisation())("Shop", "", ZONE.key))
    fields.add_field(workspace, "Score", FieldType.NUMBER)
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    fields.add_field(workspace, "Member", FieldType.YES_NO)
    for number in range(20):
        person: dict[str, object] = {
            "country": COUNTRIES[number % 5],
            "city": CITIES[number % 6],
            "score": SCORES[(number * 5) % 6],
            "birthday": BIRTHDAYS[(number * 7) % 6],
            "member": (None, True, False)[number % 3],
        }
        texts = {key: _typed(value) for key, value in person.items() if value is not None}
        made.people[a_contact(workspace, f"p{number}@x.org", may_be_mailed=False, **texts)] = person
    ids = sorted(made.people)
    for place, name in enumerate(("A", "B")):
        made.lists[lists.create_list(workspace, name)] = set(ids[place::2])
        made.tags[lists.create_tag(workspace, name)] = set(ids[place::3])
        made.topics[topics.create_topic(workspace, name)] = set(ids[place::4])
    for list_id, members in made.lists.items():
        lists.add_to_list(workspace, list_id, sorted(members))
    for tag_id, members in made.tags.items():
        lists.add_tag(workspace, tag_id, sorted(members))
    with workspace.write() as session:
        for topic_id, members in made.topics.items():
            consent.record_consent(
                session, sorted(members), ConsentAction.GIVEN, source="Form", topic_id=topic_id, at=at(50),
                basis=LawfulBasis.CONSENT,
            )  # fmt: skip
        for place, contact_id in enumerate(ids):
            if place % 3 == 0:
                basis = tuple(LawfulBasis)[place % 2]
                consent.record_consent(
                    session, [contact_id], ConsentAction.GIVEN, basis=basis, source="x", at=at(place)
                )
                made.given[contact_id] = (basis, at(place))
            elif any(contact_id in members for members in made.topics.values()):
                made.given[contact_id] = (LawfulBasis.CONSENT, at(50))
            if place % 5 == 0:
                consent.record_consent(
                    session, [contact_id], ConsentAction.GIVEN, basis=LawfulBasis.CONSENT, source="x",
                    channel=Channel.PHONE, at=at(9),
                )  # fmt: skip
                made.by_phone.add(contact_id)
    with workspace.write() as session:
        late = session.get_one(Contact, ids[5])
        consent.record_consent(session, [late.id], ConsentAction.WITHDRAWN, source="x", channel=Channel.PHONE, at=at(1))
        made.by_phone.discard(late.id)
    account, practice = an_account(workspace), an_account(workspace, AccountKind.PRACTICE)
    for place in range(4):
        got = {one: DeliveryState.SENT if one % 4 != place else DeliveryState.FAILED for one in ids}
        campaign_id = a_sent_campaign(workspace, f"C{place}", got, account_id=account, at=at(40 - 10 * place))
        made.sent |= {(campaign_id, one) for one, state in got.items() if state is DeliveryState.SENT}
        made.sent_at[campaign_id] = at(40 - 10 * place)
        made.campaigns.insert(0, campaign_id)
    a_sent_campaign(workspace, "Rehearsal", dict.fromkeys(ids, DeliveryState.SENT), account_id=practice, at=at(1))
    return made


def _typed(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def tell(workspace: Workspace, world: World, events: list[NewEvent]) -> None:
    """Let nothing but *events* have happened."""
    with workspace.write() as session:
        for table in (Event, LinkClick, Link, Activity, Engagement, CampaignHour):
            session.execute(delete(table))
        record(session, events)
    world.events = events


DOING = {
    B.OPENED: (EventKind.OPEN, EventKind.CLICK),
    B.CLICKED: (EventKind.CLICK,),
    B.REPLIED: (EventKind.REPLY,),
    B.BOUNCED: (EventKind.BOUNCE,),
    B.UNSUBSCRIBED: (EventKind.UNSUBSCRIBE,),
    B.COMPLAINED: (EventKind.COMPLAINT,),
}


def holds(world: World, rule: Rule, who: int, saved: dict[int, Rule]) -> bool:
    """Whether *rule* is true of a person, said as plainly as can be."""
    if isinstance(rule, Group):
        if not rule.parts:
            return False
        answers = [holds(world, part, who, saved) for part in rule.parts]
        return {Mode.ALL: all(answers), Mode.ANY: any(answers), Mode.NONE: not any(answers)}[rule.mode]
    values = rule.values
    match rule.subject:
        case Subject.FIELD:
            return _field_holds(world.people[who][rule.key], rule)
        case Subject.LIST | Subject.TAG | Subject.TOPIC:
            groups = {Subject.LIST: world.lists, Subject.TAG: world.tags, Subject.TOPIC: world.topics}[rule.subject]
            return _several(rule.operator, [who in groups[int(value)] for value in values])
        case Subject.SEGMENT:
            return _several(rule.operator, [holds(world, saved[int(value)], who, saved) for value in values])
        case Subject.CONSENT:
            return _consent_holds(world, rule, who)
        case Subject.STATUS:
            status = "mailable" if who in world.given else "no_permission"
            return _several(rule.operator, [status == value for value in values])
        case Subject.LINK:
            clicked = {one.url for one in world.events if one.contact_id == who and one.kind is EventKind.CLICK}
            if rule.operator in (O.CONTAINS, O.NOT_CONTAINS):
                return any(values[0] in url for url in clicked) == (rule.operator is O.CONTAINS)
            return _several(rule.operator, [value in clicked for value in values])
        case Subject.BEHAVIOUR:
            return _behaviour_holds(world, rule, who)
        case _:
            raise AssertionError(rule)


def _several(operator: Operator, answers: list[bool]) -> bool:
    return {O.ONE_OF: any(answers), O.HAS_ALL: all(answers), O.NONE_OF: not any(answers)}[operator]


def _field_holds(value: object, rule: Condition) -> bool:
    operator, values = rule.operator, rule.values
    if operator in (O.IS_EMPTY, O.IS_FILLED):
        return (value is None) == (operator is O.IS_EMPTY)
    if operator in (O.NONE_OF, O.NOT_EQUALS, O.NOT_CONTAINS):
        opposite = {O.NONE_OF: O.ONE_OF, O.NOT_EQUALS: O.EQUALS, O.NOT_CONTAINS: O.CONTAINS}[operator]
        return not _field_holds(value, Condition(rule.subject, rule.key, opposite, values))
    if value is None:
        return False
    if operator in (O.IS_YES, O.IS_NO):
        return value is (operator is O.IS_YES)
    if isinstance(value, date):
        return _date_holds(value, operator, values)
    if isinstance(value, str):
        text, first = value.lower(), values[0].lower()
        same = {"de", "germany"}
        return {
            O.ONE_OF: any(text == one.lower() or {text, one.lower()} <= same for one in values),
            O.CONTAINS: first in text,
            O.STARTS_WITH: text.startswith(first),
            O.ENDS_WITH: text.endswith(first),
        }[operator]
    assert isinstance(value, int | float)
    numbers = sorted(map(float, values)) if operator is O.BETWEEN else [float(values[0])]
    return {
        O.EQUALS: value == numbers[0],
        O.LESS: value < numbers[0],
        O.AT_MOST: value <= numbers[0],
        O.MORE: value > numbers[0],
        O.AT_LEAST: value >= numbers[0],
        O.BETWEEN: numbers[0] <= value <= numbers[-1],
    }[operator]


def _date_holds(day: date, operator: Operator, values: tuple[str, ...]) -> bool:
    match operator:
        case O.ON:
            return day == date.fromisoformat(values[0])
        case O.BEFORE:
            return day < date.fromisoformat(values[0])
        case O.AFTER:
            return day > date.fromisoformat(values[0])
        case O.BETWEEN_DATES:
            first, last = sorted(map(date.fromisoformat, values))
            return first <= day <= last
        case O.IN_LAST_DAYS:
            return 0 <= (TODAY - day).days <= int(values[0])
        case O.MORE_THAN_DAYS_AGO:
            return (TODAY - day).days > int(values[0])
        case O.IN_NEXT_DAYS:
            return 0 <= (day - TODAY).days <= int(values[0])
        case O.ANNIVERSARY_IN_MONTH:
            return day.month == int(values[0])
        case _:
            return any(_is_birthday(day, TODAY + ahead * DAY) for ahead in range(int(values[0]) + 1))


def _is_birthday(born: date, today: date) -> bool:
    if (born.month, born.day) == (2, 29) and (today + DAY).month == 3 and (today.month, today.day) == (2, 28):
        return True
    return (born.month, born.day) == (today.month, today.day)


def _consent_holds(world: World, rule: Condition, who: int) -> bool:
    given = world.given.get(who)
    match ConsentKey(rule.key):
        case ConsentKey.STATE:
            state = "given" if given else "unknown"
            return _several(rule.operator, [state == value for value in rule.values])
        case ConsentKey.BASIS:
            return _several(rule.operator, [given is not None and given[0] == value for value in rule.values])
        case ConsentKey.CHANNEL:
            reached = {"email": given is not None, "phone": who in world.by_phone, "post": False}
            return _several(rule.operator, [reached[value] for value in rule.values])
        case _:
            return given is not None and _date_holds(given[1].astimezone(ZONE).date(), rule.operator, rule.values)


def _behaviour_holds(world: World, rule: Condition, who: int) -> bool:
    behaviour, values = B(rule.key), rule.values
    if behaviour is B.SENT:
        done = [(campaign, world.sent_at[campaign]) for campaign, one in world.sent if one == who]
    else:
        kinds = DOING[behaviour]
        done = [(one.campaign_id or 0, one.at) for one in world.events if one.contact_id == who and one.kind in kinds]
        if behaviour in (B.UNSUBSCRIBED, B.COMPLAINED):
            # Of these the first time in a campaign is kept.
            done = [(each, min(time for other, time in done if other == each)) for each in {one for one, _ in done}]
    campaigns = {campaign for campaign, _ in done}
    lately = any((TODAY - time.astimezone(ZONE).date()).days <= int(values[0]) for _, time in done) if values else False
    match rule.operator:
        case O.EVER:
            return bool(done)
        case O.NEVER:
            return not done
        case O.IN_LAST_DAYS:
            return lately
        case O.NOT_IN_LAST_DAYS:
            return not lately
        case O.MORE_THAN_DAYS_AGO:
            return bool(done) and not lately
        case O.IN_CAMPAIGN:
            return not campaigns.isdisjoint(map(int, values))
        case O.NOT_IN_CAMPAIGN:
            return campaigns.isdisjoint(map(int, values))
        case O.ANY_OF_LAST:
            return not campaigns.isdisjoint(world.campaigns[: int(values[0])])
        case O.NONE_OF_LAST:
            return campaigns.isdisjoint(world.campaigns[: int(values[0])])
        case _:
            return len(campaigns.intersection(world.campaigns[: int(values[1])])) >= int(values[0])


def condition(subject: Subject, key: str, operators: tuple[Operator, ...], *values: st.SearchStrategy[str]) -> object:
    made: Callable[..., Condition] = lambda operator, *given: Condition(subject, key, operator, given)  # noqa: E731
    return st.builds(made, st.sampled_from(operators), *values)


def ids(*numbers: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from([str(one) for one in numbers]), min_size=1, max_size=2).map(tuple)


def several(subject: Subject, key: str, operators: tuple[Operator, ...], values: object) -> object:
    made: Callable[..., Condition] = lambda operator, given: Condition(subject, key, operator, given)  # noqa: E731
    return st.builds(made, st.sampled_from(operators), values)


texts = st.lists(st.sampled_from(("DE", "germany", "AT", "xx")), min_size=1, max_size=2).map(tuple)
words = st.sampled_from(("köln", "KÖLN", "bo", "Bonn", "%", "_", "50%_off/", "/"))
cities = st.lists(words, min_size=1, max_size=2).map(tuple)
days = st.sampled_from(("0", "1", "7", "10", "15", "30", "40", "90", "364", "365", "36500"))
numbers = st.sampled_from(("0", "1", "-2", "2.5", "3", "10"))
dates = st.sampled_from(("1980-03-10", "1992-02-29", "2026-03-01", "2026-03-10", "2026-02-08", "2025-12-31"))
EMPTY, GROUPS = (O.IS_EMPTY, O.IS_FILLED), (O.ONE_OF, O.HAS_ALL, O.NONE_OF)
SPANS, RELATIVE = (O.ON, O.BEFORE, O.AFTER), (O.IN_LAST_DAYS, O.MORE_THAN_DAYS_AGO)
done = st.sampled_from(B)


def did(operators: tuple[Operator, ...], *values: st.SearchStrategy[str]) -> object:
    made: Callable[..., Condition] = lambda key, operator, *given: Condition(  # noqa: E731
        Subject.BEHAVIOUR, key, operator, given
    )
    return st.builds(made, done, st.sampled_from(operators), *values)


CONDITIONS = st.one_of(
    several(Subject.FIELD, "country", (O.ONE_OF, O.NONE_OF), texts),
    several(Subject.FIELD, "city", (O.ONE_OF, O.NONE_OF), cities),
    condition(Subject.FIELD, "city", (O.CONTAINS, O.NOT_CONTAINS, O.STARTS_WITH, O.ENDS_WITH), words),
    condition(Subject.FIELD, "score", (O.EQUALS, O.NOT_EQUALS, O.LESS, O.AT_MOST, O.MORE, O.AT_LEAST), numbers),
    condition(Subject.FIELD, "score", (O.BETWEEN,), numbers, numbers),
    condition(Subject.FIELD, "birthday", SPANS, dates),
    condition(Subject.FIELD, "birthday", (O.BETWEEN_DATES,), dates, dates),
    condition(Subject.FIELD, "birthday", (*RELATIVE, O.IN_NEXT_DAYS, O.ANNIVERSARY_IN_NEXT_DAYS), days),
    condition(Subject.FIELD, "birthday", (O.ANNIVERSARY_IN_MONTH,), st.sampled_from(("2", "3", "12"))),
    condition(Subject.FIELD, "member", (O.IS_YES, O.IS_NO, *EMPTY)),
    *(condition(Subject.FIELD, key, EMPTY) for key in ("country", "city", "score", "birthday")),
    *(several(subject, "", GROUPS, ids(1, 2)) for subject in (Subject.LIST, Subject.TAG, Subject.TOPIC)),
    several(Subject.SEGMENT, "", (O.ONE_OF, O.NONE_OF), ids(1, 2)),
    several(Subject.STATUS, "", (O.ONE_OF, O.NONE_OF), st.just(("mailable",)) | st.just(("no_permission", "bounced"))),
    several(Subject.CONSENT, ConsentKey.STATE, (O.ONE_OF, O.NONE_OF), st.just(("given",)) | st.just(("unknown",))),
    several(
        Subject.CONSENT,
        ConsentKey.BASIS,
        (O.ONE_OF, O.NONE_OF),
        st.just(("consent",)) | st.just(("existing_customer",)),
    ),
    several(
        Subject.CONSENT, ConsentKey.CHANNEL, (O.ONE_OF, O.NONE_OF), st.just(("phone",)) | st.just(("email", "post"))
    ),
    condition(Subject.CONSENT, ConsentKey.SINCE, RELATIVE, days),
    condition(Subject.CONSENT, ConsentKey.SINCE, SPANS, dates),
    did((O.EVER, O.NEVER)),
    did((*RELATIVE, O.NOT_IN_LAST_DAYS), days),
    did((O.IN_CAMPAIGN, O.NOT_IN_CAMPAIGN), st.sampled_from(("1", "2", "4"))),
    did((O.ANY_OF_LAST, O.NONE_OF_LAST), st.sampled_from(("1", "3", "9"))),
    st.builds(
        lambda key, most: Condition(Subject.BEHAVIOUR, key, O.AT_LEAST_OF_LAST, most),
        done,
        st.sampled_from((("1", "2"), ("2", "3"), ("3", "4"), ("3", "9"))),
    ),
    several(Subject.LINK, "", (O.ONE_OF, O.NONE_OF), st.just((URLS[0],)) | st.just(URLS)),
    condition(Subject.LINK, "", (O.CONTAINS, O.NOT_CONTAINS), st.sampled_from(("offers", "100%", "x.org", "_"))),
)
RULES = st.recursive(
    CONDITIONS,
    lambda parts: st.builds(Group, st.sampled_from(Mode), st.lists(parts, min_size=1, max_size=3).map(tuple)),
    max_leaves=6,
)
EVENTS = st.builds(
    NewEvent,
    kind=st.sampled_from((EventKind.OPEN, EventKind.OPEN, *EventKind)),
    at=st.integers(0, 45).map(at),
    contact_id=st.integers(1, 20),
    campaign_id=st.integers(1, 4),
    url=st.sampled_from(URLS),
)
SAVED: dict[int, Rule] = {
    1: Condition(Subject.FIELD, "country", O.ONE_OF, ("DE",)),
    2: Group(
        Mode.NONE, (Condition(Subject.SEGMENT, "", O.ONE_OF, ("1",)), Condition(Subject.FIELD, "member", O.IS_YES))
    ),
}


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_rule_finds_whom_plain_python_finds(workspace: Workspace, world: World, data: st.DataObject) -> None:
    if not segments.all_segments(workspace):
        for number, rule in SAVED.items():
            assert segments.create(workspace, f"S{number}", rule) == number
    tell(workspace, world, data.draw(st.lists(EVENTS, max_size=25), "events"))
    sets = SegmentSets(workspace)
    for rule in data.draw(st.lists(RULES, min_size=4, max_size=4), "rules"):
        assert from_json(to_json(rule)) == rule
        expected = [who for who in sorted(world.people) if holds(world, rule, who, SAVED)]
        with workspace.read() as session:
            found = sorted(session.scalars(select_ids(session, rule, now=NOON)))
        assert found == expected
        assert sets.count(rule, now=NOON) == len(expected)
        for who in (1, 20):
            assert explain(workspace, rule, who, now=NOON).is_true == (who in expected)
