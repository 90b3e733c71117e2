from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.audience import audience, contacts, fields, lists, segments, undo
from app.audience.audience import Audience, require_answerable, select_contacts
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
    part_at,
    segments_in,
    to_json,
)
from app.audience.segment_catalogue import Need, Section, catalogue
from app.audience.segment_checks import problems
from app.audience.segment_explain import explain
from app.audience.segment_known import Known, read_known
from app.audience.segment_sets import SegmentSets
from app.audience.segment_sql import select_ids
from app.audience.segment_words import words
from app.errors import UserFacingError
from app.models.fields import BUILT_IN_FIELDS, FieldInfo
from app.models.sql import driver_sql
from app.models.states import DeliveryState, EventKind, FieldType
from app.models.tables import Campaign, Contact, Segment
from app.models.workspace import Workspace
from tests.audience.histories import NOON, a_sent_campaign, an_account, happened
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace

O = Operator  # noqa: E741  short in the rules below


def country(*codes: str, operator: Operator = O.ONE_OF) -> Condition:
    return Condition(Subject.FIELD, "country", operator, codes)


def in_segment(*ids: int, operator: Operator = O.ONE_OF) -> Condition:
    return Condition(Subject.SEGMENT, "", operator, tuple(map(str, ids)))


def in_list(list_id: int, operator: Operator = O.ONE_OF) -> Condition:
    return Condition(Subject.LIST, "", operator, (str(list_id),))


def opened(operator: Operator, *values: str) -> Condition:
    return Condition(Subject.BEHAVIOUR, Behaviour.OPENED, operator, values)


def emails(workspace: Workspace, rule: Rule, now: datetime | None = None) -> str:
    with workspace.read() as session:
        found = session.scalars(select(Contact.email).where(Contact.id.in_(select_ids(session, rule, now=now))))
        return "".join(sorted(email[0] for email in found))


def said(workspace: Workspace, rule: Rule) -> str:
    return words(rule, segments.read(workspace))


def problem_of(workspace: Workspace, rule: Rule) -> str:
    return " ".join(one.sentence for one in problems(rule, segments.read(workspace)))


@pytest.fixture
def people(workspace: Workspace) -> dict[str, int]:
    """a@ and b@ are in Germany, c@ in Austria, of d@ it is not known."""
    places = {"a": "DE", "b": "Germany", "c": "AT", "d": ""}
    return {name: a_contact(workspace, f"{name}@x.org", country=place) for name, place in places.items()}


@pytest.fixture
def german(workspace: Workspace, people: dict[str, int]) -> int:
    assert people
    return segments.create(workspace, "Germans", country("DE"))


def test_a_country_is_found_however_it_is_written(workspace: Workspace, people: dict[str, int]) -> None:
    assert emails(workspace, country("Deutschland")) == emails(workspace, country("DE")) == "ab"
    assert emails(workspace, country("de", operator=O.NONE_OF)) == "cd"


def test_a_group_that_says_nothing_has_nobody_in_it(workspace: Workspace, people: dict[str, int]) -> None:
    for mode in Mode:
        assert emails(workspace, Group(mode)) == ""
        assert emails(workspace, Group(Mode.ANY, (country("DE"), Group(mode)))) == ""


def test_none_of_these_is_everybody_else(workspace: Workspace, people: dict[str, int]) -> None:
    empty = Condition(Subject.FIELD, "country", O.IS_EMPTY)
    assert emails(workspace, Group(Mode.NONE, (country("DE"), empty))) == "c"


def test_a_segment_is_kept_listed_and_taken_back(workspace: Workspace, german: int) -> None:
    (listed,) = segments.all_segments(workspace)
    assert (listed.name, listed.rule, listed.size) == ("Germans", country("DE"), None)
    assert (listed.words, listed.problem) == ("Country is DE", "")
    undo.undo(workspace)
    assert not segments.all_segments(workspace)
    undo.redo(workspace)
    assert segments.all_segments(workspace) == (listed,)


def test_renaming_changing_and_deleting_are_taken_back_one_by_one(workspace: Workspace, german: int) -> None:
    segments.count_all(workspace, now=NOON)
    segments.rename(workspace, german, "Austrians")
    segments.change(workspace, german, country("AT"))
    segments.delete(workspace, german)
    assert not segments.all_segments(workspace)
    seen = []
    while undo.undo(workspace) and (found := segments.all_segments(workspace)):
        seen.append((found[0].name, found[0].words, found[0].size))
    assert seen[:3] == [
        ("Austrians", "Country is AT", 2),
        ("Austrians", "Country is DE", 2),
        ("Germans", "Country is DE", 2),
    ]


def test_a_copy_gets_a_name_that_is_free(workspace: Workspace, german: int) -> None:
    copies = [segments.duplicate(workspace, german) for _ in range(2)]
    names = {one.id: one.name for one in segments.all_segments(workspace)}
    assert [names[one] for one in copies] == ["Germans (copy)", "Germans (copy 2)"]


@pytest.mark.parametrize("name", ["", "  ", "germans", "GERMANS "])
def test_a_name_must_be_given_and_free(workspace: Workspace, german: int, name: str) -> None:
    other = segments.create(workspace, "Others", country("AT"))
    with pytest.raises(UserFacingError, match=r"name|already"):
        segments.create(workspace, name, country("DE"))
    with pytest.raises(UserFacingError, match=r"name|already"):
        segments.rename(workspace, other, name)


def test_what_is_gone_is_said_to_be_gone(workspace: Workspace, german: int) -> None:
    segments.delete(workspace, german)
    for deed in (
        lambda: segments.rename(workspace, german, "X"),
        lambda: segments.change(workspace, german, country("AT")),
        lambda: segments.duplicate(workspace, german),
        lambda: segments.delete(workspace, german),
    ):
        with pytest.raises(UserFacingError, match="not there any more"):
            deed()


def test_a_segment_never_leads_back_to_itself(workspace: Workspace, german: int) -> None:
    with pytest.raises(UserFacingError, match="leads back to itself"):
        segments.change(workspace, german, Group(Mode.ALL, (country("DE"), in_segment(german))))
    outer = segments.create(workspace, "Outer", in_segment(german, operator=O.NONE_OF))
    with pytest.raises(UserFacingError, match="leads back"):
        segments.change(workspace, german, in_segment(outer))
    with workspace.write() as session:
        # As two people could do at the same moment, or another program.
        session.get_one(Segment, german).rule = to_json(in_segment(outer))
    assert "leads back" in segments.all_segments(workspace)[0].problem
    assert emails(workspace, in_segment(outer)) == emails(workspace, in_segment(german, operator=O.NONE_OF)) == ""


def test_a_rule_that_names_a_deleted_list_says_so_and_has_nobody(workspace: Workspace, people: dict[str, int]) -> None:
    list_id = lists.create_list(workspace, "News")
    lists.add_to_list(workspace, list_id, [people["a"]])
    others = segments.create(workspace, "Others", in_list(list_id, O.NONE_OF))
    assert emails(workspace, in_segment(others)) == "bcd"
    lists.delete_list(workspace, list_id)
    (info,) = segments.all_segments(workspace)
    assert info.problem == "A list that this segment names was deleted."
    assert info.words == "Is not in (deleted)"
    assert emails(workspace, in_segment(others)) == ""
    assert emails(workspace, in_segment(others, operator=O.NONE_OF)) == ""
    assert SegmentSets(workspace).count(in_segment(others, operator=O.NONE_OF)) == 0
    assert "“Others” has nobody in it: A list" in problem_of(workspace, in_segment(others))
    undo.undo(workspace)
    assert emails(workspace, in_segment(others)) == "bcd"


def test_a_deleted_field_is_missed_and_a_hidden_one_is_not(workspace: Workspace, people: dict[str, int]) -> None:
    fields.add_field(workspace, "Colour", FieldType.TEXT)
    rule = Condition(Subject.FIELD, "colour", O.IS_EMPTY)
    assert emails(workspace, rule) == "abcd"
    fields.delete_field(workspace, "colour")
    assert emails(workspace, Group(Mode.NONE, (rule,))) == emails(workspace, rule) == ""
    assert problem_of(workspace, rule) == "There is no field “colour” any more."


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (country(), "“Country” (is): say what."),
        (country(" "), "“Country” (is): say what."),
        (opened(O.IN_LAST_DAYS), "“Opened” (in the last … days): say how many days."),
        (opened(O.IN_LAST_DAYS, "-3"), "“Opened”: “-3” must be a whole number from 0 to 36,500."),
        (opened(O.IN_LAST_DAYS, "²"), "“Opened”: “²” must be a whole number from 0 to 36,500."),
        (opened(O.AT_LEAST_OF_LAST, "4", "3"), "“Opened”: “4” must be a whole number from 1 to 3."),
        (opened(O.ANY_OF_LAST, "0"), "“Opened”: “0” must be a whole number from 1 to 1,000."),
        (opened(O.EVER, "1"), "“Opened” (at any time) has too many values."),
        (opened(O.CONTAINS, "x"), "“Opened” cannot be asked that way."),
        (Condition(Subject.CREATED, "", O.ON, ("2026-02-30",)), "“Added”: “2026-02-30” is not a day."),
        (Condition(Subject.STATUS, "", O.ONE_OF, ("happy",)), "“Status”: There is no “happy” to choose."),
        (in_segment(99), "A segment that this segment names was deleted."),
        (Condition(Subject.LIST, "", O.ONE_OF, ("1 OR 1=1",)), "A list that this segment names was deleted."),
        (Group(Mode.ALL), "This group says nothing yet."),
    ],
)
def test_what_cannot_be_answered_is_said_and_has_nobody(
    workspace: Workspace, people: dict[str, int], rule: Rule, sentence: str
) -> None:
    assert problem_of(workspace, rule) == sentence
    assert emails(workspace, rule) == emails(workspace, Group(Mode.NONE, (rule,))) == ""
    with pytest.raises(UserFacingError):
        segments.create(workspace, "X", rule)


def test_a_problem_tells_where_it_is(workspace: Workspace) -> None:
    rule = Group(Mode.ALL, (country("DE"), Group(Mode.ANY, (country("AT"), country()))))
    (problem,) = problems(rule, segments.read(workspace))
    assert problem.path == (1, 1)
    assert problem.is_unfinished
    assert part_at(rule, problem.path) == country()


def test_values_are_never_read_as_sql(workspace: Workspace, people: dict[str, int]) -> None:
    nasty = "x'; DROP TABLE contact; --"
    for operator in (O.ONE_OF, O.CONTAINS, O.STARTS_WITH):
        assert emails(workspace, Condition(Subject.FIELD, "city", operator, (nasty,))) == ""
    assert emails(workspace, Condition(Subject.LINK, "", O.CONTAINS, (nasty,))) == ""
    with workspace.read() as session:
        rule = Condition(Subject.FIELD, "city", O.ONE_OF, (nasty,))
        assert "DROP" not in str(select_ids(session, rule).compile(session.get_bind()))
        assert session.scalar(select(func.count()).select_from(Contact)) == 4


@pytest.mark.parametrize(("zone", "found"), [("UTC", "ab"), ("Pacific/Kiritimati", "b"), ("America/Los_Angeles", "ab")])
def test_days_begin_where_the_organisation_is(
    workspace: Workspace, people: dict[str, int], zone: str, found: str
) -> None:
    workspace.set_organisation(type(workspace.organisation())("Shop", "", zone))
    campaign = a_sent_campaign(
        workspace, "Spring", dict.fromkeys(people.values(), DeliveryState.SENT), account_id=an_account(workspace)
    )
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    happened(workspace, EventKind.OPEN, campaign, people["a"], datetime(2026, 3, 9, 9, 59, tzinfo=UTC))
    happened(workspace, EventKind.OPEN, campaign, people["b"], datetime(2026, 3, 9, 10, 0, tzinfo=UTC))
    happened(workspace, EventKind.OPEN, campaign, people["c"], datetime(2026, 3, 8, 6, 0, tzinfo=UTC))
    # There it is the 11th already, and yesterday began at 10 o'clock of the 9th.
    assert emails(workspace, opened(O.IN_LAST_DAYS, "1"), now) == found


def test_a_clock_change_moves_no_day(workspace: Workspace, people: dict[str, int]) -> None:
    workspace.set_organisation(type(workspace.organisation())("Shop", "", "Europe/Berlin"))
    with workspace.write() as session:
        session.get_one(Contact, people["a"]).created_at = datetime(2026, 3, 28, 22, 59, tzinfo=UTC)
        session.get_one(Contact, people["b"]).created_at = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
        session.get_one(Contact, people["c"]).created_at = datetime(2026, 3, 29, 21, 59, tzinfo=UTC)
        session.get_one(Contact, people["d"]).created_at = datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    assert emails(workspace, Condition(Subject.CREATED, "", O.ON, ("2026-03-29",))) == "bc"
    assert emails(workspace, Condition(Subject.CREATED, "", O.BEFORE, ("2026-03-29",))) == "a"
    assert emails(workspace, Condition(Subject.CREATED, "", O.AFTER, ("2026-03-29",))) == "d"
    assert emails(workspace, Condition(Subject.CREATED, "", O.BETWEEN_DATES, ("2026-03-30", "2026-03-28"))) == "abcd"


def test_days_beyond_the_calendar_are_no_trouble(workspace: Workspace, people: dict[str, int]) -> None:
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    for operator, value in ((O.IN_LAST_DAYS, "36500"), (O.IN_NEXT_DAYS, "36500"), (O.AFTER, "9999-12-31")):
        assert emails(workspace, Condition(Subject.FIELD, "birthday", operator, (value,))) == ""
    assert emails(workspace, Condition(Subject.CREATED, "", O.AFTER, ("9999-12-31",))) == ""
    assert emails(workspace, Condition(Subject.CREATED, "", O.BEFORE, ("0001-01-01",))) == ""
    assert emails(workspace, Condition(Subject.CREATED, "", O.BETWEEN_DATES, ("0001-01-01", "9999-12-31"))) == "abcd"


def test_several_choices_are_told_apart(workspace: Workspace) -> None:
    column = fields.add_field(workspace, "Likes", FieldType.CHOICES).column
    for name, likes in (("a", "Tea; Coffee"), ("b", "Coffee"), ("c", "Iced coffee"), ("d", None)):
        contact_id = a_contact(workspace, f"{name}@x.org")
        with workspace.write() as session:
            driver_sql(session.connection(), f'UPDATE contact SET "{column}" = ? WHERE id = ?', (likes, contact_id))

    def who(operator: Operator, *values: str) -> str:
        return emails(workspace, Condition(Subject.FIELD, "likes", operator, values))

    assert who(O.ONE_OF, "Coffee") == "ab"
    assert who(O.ONE_OF, "Tea", "Iced coffee") == "ac"
    assert who(O.HAS_ALL, "Coffee", "Tea") == "a"
    assert who(O.NONE_OF, "Coffee") == "cd"
    assert who(O.IS_EMPTY) == "d"


def test_a_rule_is_read_aloud(workspace: Workspace, people: dict[str, int]) -> None:
    list_id = lists.create_list(workspace, "News")
    campaign = a_sent_campaign(workspace, "Spring", {}, account_id=an_account(workspace))
    rule = Group(
        Mode.ALL,
        (
            country("DE", "AT"),
            opened(O.ANY_OF_LAST, "3"),
            Condition(Subject.BEHAVIOUR, Behaviour.CLICKED, O.NOT_IN_LAST_DAYS, ("90",)),
            Group(Mode.ANY, (in_list(list_id), opened(O.IN_CAMPAIGN, str(campaign)))),
            Group(Mode.NONE, (Condition(Subject.STATUS, "", O.ONE_OF, ("bounced",)), opened(O.NEVER))),
        ),
    )
    assert said(workspace, rule) == (
        "Country is DE or AT and opened any of the last 3 campaigns and did not click for 90 days and "
        "(is in News or opened “Spring”) and none of these: (Status is “bounced” or never opened)"
    )
    assert said(workspace, country()) == "Country is …"
    assert said(workspace, opened(O.AT_LEAST_OF_LAST, "2")) == "Opened at least 2 of the last … campaigns"
    assert said(workspace, country("{0} {any}")) == "Country is {0} {any}"


def test_every_operator_can_be_read_aloud(workspace: Workspace) -> None:
    every = [FieldInfo(kind, kind.value, kind, kind.value) for kind in FieldType]
    for info in catalogue(every):
        for operator in info.operators:
            known = read_known_with(workspace, every)
            text = words(Condition(info.subject, info.key, operator.operator), known)
            assert "{" not in text
            assert len(text) > 3
            assert ("…" in text) == (operator.need is not Need.NOTHING), text


def read_known_with(workspace: Workspace, every: list[FieldInfo]) -> Known:
    known = segments.read(workspace)
    return replace(known, subjects={(info.subject, info.key): info for info in catalogue(every)})


def test_the_catalogue_offers_each_subject_once_under_a_heading() -> None:
    offered = catalogue(BUILT_IN_FIELDS)
    assert len({(info.subject, info.key) for info in offered}) == len(offered)
    assert {info.section for info in offered} == set(Section)
    assert {info.subject for info in offered} == set(Subject)
    assert {info.key for info in offered if info.subject is Subject.CONSENT} == set(ConsentKey)
    assert {info.key for info in offered if info.subject is Subject.BEHAVIOUR} == set(Behaviour)
    for info in offered:
        assert len({one.operator for one in info.operators}) == len(info.operators)
        assert info.blank().operator is info.operators[0].operator


def test_sizes_are_kept_one_a_day(workspace: Workspace, german: int) -> None:
    assert segments.count_all(workspace, now=NOON) == {german: 2}
    contacts.create(workspace, {"email": "e@x.org", "country": "DE"})
    segments.count_all(workspace, now=NOON)
    contacts.create(workspace, {"email": "f@x.org", "country": "DE"})
    segments.count_all(workspace, now=NOON + timedelta(days=2))
    assert segments.sizes_over_time(workspace, german) == ((date(2026, 3, 10), 3), (date(2026, 3, 12), 4))
    assert segments.all_segments(workspace)[0].size == 4


def test_a_preview_counts_and_shows_the_first(workspace: Workspace, people: dict[str, int]) -> None:
    sets = SegmentSets(workspace)
    for seen in (
        segments.preview(workspace, country("DE"), sample=1),
        segments.preview(workspace, country("DE"), sample=1, sets=sets),
    ):
        assert (seen.count, list(seen.sample), seen.problems) == (2, [people["a"]], ())
        assert seen.words == "Country is DE"
    unfinished = segments.preview(workspace, country(), sets=sets)
    assert (unfinished.count, len(unfinished.problems)) == (0, 1)


def test_sets_notice_what_was_written(workspace: Workspace, people: dict[str, int]) -> None:
    sets = SegmentSets(workspace)
    others = country("DE", operator=O.NONE_OF)
    assert (sets.count(country("DE")), sets.count(others)) == (2, 2)
    contacts.create(workspace, {"email": "e@x.org", "country": "DE"})
    assert (sets.count(country("DE")), sets.count(others)) == (3, 2)
    contacts.delete(workspace, [people["b"], people["d"]])
    assert (sets.count(country("DE")), sets.count(others)) == (2, 1)


def test_who_names_a_segment_is_told(workspace: Workspace, german: int) -> None:
    outer = segments.create(workspace, "Outer", Group(Mode.ANY, (in_segment(german), country("AT"))))
    with workspace.write() as session:
        session.add(Campaign(name="Spring", audience=Audience(segment_ids=frozenset({german})).to_json()))
        session.add(Campaign(name="Other", audience=Audience(everyone=True).to_json()))
    used = segments.usage(workspace, german)
    assert [name for _, name in used.campaigns] == ["Spring"]
    assert used.segments == ((outer, "Outer"),)
    assert segments.usage(workspace, outer) == segments.Usage()
    with pytest.raises(UserFacingError, match="“Spring” goes by the segment"):
        segments.delete(workspace, german)


def test_rules_of_a_newer_version_are_refused_rather_than_read_in_part(workspace: Workspace, german: int) -> None:
    for stored in (
        {"mode": "most", "parts": []},
        {"mode": "all", "parts": [], "weight": 3},
        {"subject": "weather", "operator": "ever"},
        {"subject": "behaviour", "key": "forwarded", "operator": "ever"},
        {"subject": "list", "operator": "nearly", "values": ["1"]},
        {"subject": "list", "operator": "one_of", "values": [1]},
        {"mode": "all", "parts": ["x"]},
    ):
        with pytest.raises(UserFacingError, match="does not know"):
            from_json(stored)
    with workspace.write() as session:
        session.get_one(Segment, german).rule = {"subject": "weather", "operator": "ever"}
    (info,) = segments.all_segments(workspace)
    assert info.rule is None
    assert "does not know" in info.problem
    assert emails(workspace, in_segment(german, operator=O.NONE_OF)) == ""


def test_a_rule_has_its_limits() -> None:
    deep: Rule = country("DE")
    for _ in range(12):
        deep = Group(Mode.ALL, (deep,))
    with pytest.raises(UserFacingError, match="deep"):
        from_json(to_json(deep))
    with pytest.raises(UserFacingError, match="100 conditions"):
        from_json(to_json(Group(Mode.ANY, (country("DE"),) * 101)))


def test_a_rule_knows_the_segments_it_names() -> None:
    assert segments_in(Group(Mode.NONE, (in_segment(1, 2), Group(Mode.ALL, (in_segment(7),))))) == {1, 2, 7}


def test_it_is_explained_why_somebody_is_in_a_segment(
    workspace: Workspace, people: dict[str, int], german: int
) -> None:
    campaign = a_sent_campaign(
        workspace, "Spring", dict.fromkeys(people.values(), DeliveryState.SENT), account_id=an_account(workspace)
    )
    happened(workspace, EventKind.OPEN, campaign, people["c"], NOON - timedelta(days=7))
    rule = Group(
        Mode.ANY,
        (country("DE"), opened(O.IN_LAST_DAYS, "3"), opened(O.AT_LEAST_OF_LAST, "1", "5"), in_segment(german)),
    )
    told = explain(workspace, rule, people["c"], now=NOON)
    assert told.is_true
    assert told.words == "At least one of these is true"
    assert [part.is_true for part in told.parts] == [False, False, True, False]
    assert [part.path for part in told.parts] == [(0,), (1,), (2,), (3,)]
    assert told.parts[0].sentence == "Country is DE: it is AT"
    assert told.parts[1].sentence == "Opened in the last 3 days: the last time was on 3 March 2026"
    assert told.parts[2].sentence == "Opened at least 1 of the last 5 campaigns: it was 1 of them"
    assert told.parts[3].parts[0].parts[0].sentence == "Country is DE: it is AT"
    assert explain(workspace, country("DE"), people["d"]).sentence == "Country is DE: it is empty"
    with pytest.raises(UserFacingError, match="not there any more"):
        explain(workspace, rule, 99)
    with pytest.raises(UserFacingError, match="Nobody is in this segment"):
        explain(workspace, country(), people["a"])


def names(workspace: Workspace, wanted: Audience) -> str:
    with workspace.read() as session:
        return "".join(sorted(row.email[0] for row in session.execute(select_contacts(session, wanted))))


def test_campaigns_go_by_segments(workspace: Workspace, people: dict[str, int], german: int) -> None:
    list_id = lists.create_list(workspace, "News")
    lists.add_to_list(workspace, list_id, [people["b"], people["d"]])
    germans = frozenset({german})
    assert names(workspace, Audience(segment_ids=germans)) == "ab"
    assert names(workspace, Audience(segment_ids=germans, list_ids=frozenset({list_id}))) == "abd"
    assert names(workspace, Audience(everyone=True, excluded_segment_ids=germans)) == "cd"
    assert names(workspace, Audience(list_ids=frozenset({list_id}), excluded_segment_ids=germans)) == "d"
    assert audience.count(workspace, Audience(segment_ids=germans)).total == 2
    assert not Audience(segment_ids=germans).is_empty
    assert Audience(excluded_segment_ids=germans).is_empty


def test_a_campaign_that_leaves_out_a_broken_segment_reaches_nobody(workspace: Workspace, german: int) -> None:
    segments.delete(workspace, german)
    for wanted in (
        Audience(everyone=True, excluded_segment_ids=frozenset({german})),
        Audience(everyone=True, segment_ids=frozenset({german})),
    ):
        assert names(workspace, wanted) == ""
        with workspace.read() as session, pytest.raises(UserFacingError, match="cannot be told"):
            require_answerable(session, wanted)
    with workspace.read() as session:
        require_answerable(session, Audience(everyone=True))
        assert read_known(session).rules == {}
