import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audience import audience, lists, suppression
from app.audience.audience import Audience, Reaction, select_contacts, sent_campaigns
from app.audience.status import contact_and_block, skip_reason
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import AccountKind, CampaignKind, DeliveryState, EventKind, SkipReason, SuppressionReason
from app.models.tables import Account, Campaign, Delivery, Dispatch, Event, Identity
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace

ids = st.frozensets(st.integers(1, 2**40), max_size=5)
audiences = st.builds(Audience, st.booleans(), ids, ids, ids, ids, ids, ids) | st.builds(
    Audience, st.booleans(), ids, dispatch_id=st.integers(1, 2**40), reaction=st.sampled_from(Reaction)
)


@pytest.fixture
def news(workspace: Workspace) -> int:
    """A list with a@ and b@; b@ and c@ are tagged, d@ is in nothing."""
    people = {name: a_contact(workspace, f"{name}@x.org") for name in "abcd"}
    list_id, tag_id = lists.create_list(workspace, "News"), lists.create_tag(workspace, "vip")
    lists.add_to_list(workspace, list_id, [people["a"], people["b"]])
    lists.add_tag(workspace, tag_id, [people["b"], people["c"]])
    return list_id


def names(workspace: Workspace, wanted: Audience) -> str:
    with workspace.read() as session:
        return "".join(sorted(row.email[0] for row in session.execute(select_contacts(session, wanted))))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Audience(), ""),
        (Audience(everyone=True), "abcd"),
        (Audience(list_ids=frozenset({1})), "ab"),
        (Audience(tag_ids=frozenset({1})), "bc"),
        (Audience(list_ids=frozenset({1}), tag_ids=frozenset({1})), "abc"),
        (Audience(everyone=True, excluded_list_ids=frozenset({1})), "cd"),
        (Audience(everyone=True, excluded_tag_ids=frozenset({1})), "ad"),
        (Audience(list_ids=frozenset({1}), excluded_tag_ids=frozenset({1})), "a"),
        (Audience(list_ids=frozenset({99})), ""),
    ],
)
def test_who_is_in_an_audience(workspace: Workspace, news: int, wanted: Audience, found: str) -> None:
    assert news == 1
    assert names(workspace, wanted) == found
    assert audience.count(workspace, wanted).total == len(found)


def test_the_count_says_who_is_left_out_and_why(workspace: Workspace, news: int) -> None:
    a_contact(workspace, "e@x.org", may_be_mailed=False)
    suppression.suppress(workspace, ["a@x.org"], SuppressionReason.HARD_BOUNCE, "550")
    counted = audience.count(workspace, Audience(everyone=True))
    assert (counted.total, counted.mailable) == (5, 3)
    assert counted.skipped == {SkipReason.SUPPRESSED: 1, SkipReason.NO_PERMISSION: 1}


def test_one_statement_also_gives_the_reason_to_skip(workspace: Workspace, news: int) -> None:
    suppression.suppress(workspace, ["a@x.org"], SuppressionReason.MANUAL, "By hand")
    with workspace.read() as session:
        query = select_contacts(session, Audience(list_ids=frozenset({news})))
        query = query.select_from(contact_and_block).add_columns(skip_reason)
        rows = {row.email: row.skip_reason for row in session.execute(query)}
    assert rows == {"a@x.org": SkipReason.SUPPRESSED, "b@x.org": None}


def test_a_list_never_inherits_the_id_of_a_deleted_one(workspace: Workspace, news: int) -> None:
    lists.delete_list(workspace, news)
    assert lists.create_list(workspace, "Staff") != news


@given(audiences)
def test_an_audience_survives_being_stored(wanted: Audience) -> None:
    assert Audience.from_json(json.loads(json.dumps(wanted.to_json()))) == wanted


def test_a_rule_of_a_newer_version_is_refused_rather_than_ignored() -> None:
    with pytest.raises(UserFacingError, match="does not know"):
        Audience.from_json({"everyone": True, "planet_ids": [3]})
    assert Audience.from_json({}).is_empty


@pytest.fixture
def spring(workspace: Workspace, news: int) -> int:
    """A dispatch: a@ opened it, b@ clicked in it without an open, c@ did nothing, to d@ it was never sent."""
    assert news == 1
    states = dict.fromkeys("abc", DeliveryState.SENT) | {"d": DeliveryState.FAILED}
    with workspace.write() as session:
        session.add_all([Account(id=1, name="Shop", kind=AccountKind.PRACTICE), Campaign(id=1, name="Spring")])
        session.add(Campaign(id=2, name="Receipts", kind=CampaignKind.TRANSACTIONAL))
        session.flush()
        session.add(Identity(id=1, account_id=1, name="", address="shop@example.org"))
        session.flush()
        for number in (1, 2):
            session.add(Dispatch(id=number, campaign_id=number, account_id=1, identity_id=1, due_at=utcnow()))
        session.flush()
        people = {row.email[0]: row.id for row in session.execute(select_contacts(session, Audience(everyone=True)))}
        for number, (name, state) in enumerate(states.items(), start=1):
            session.add(
                Delivery(
                    id=number, dispatch_id=1, contact_id=people[name], address=f"{name}@x.org", token=name, state=state
                )
            )
        session.flush()
        for number, kind in ((1, EventKind.OPEN), (1, EventKind.OPEN), (2, EventKind.CLICK), (3, EventKind.DELIVERED)):
            session.add(Event(kind=kind, at=utcnow(), delivery_id=number))
    return 1


@pytest.mark.parametrize(
    ("reaction", "found"),
    [
        (Reaction.ANY, "abc"),
        (Reaction.OPENED, "ab"),
        (Reaction.NOT_OPENED, "c"),
        (Reaction.CLICKED, "b"),
        (Reaction.NOT_CLICKED, "ac"),
    ],
)
def test_recipients_are_chosen_by_what_they_did(
    workspace: Workspace, spring: int, reaction: Reaction, found: str
) -> None:
    assert names(workspace, Audience(dispatch_id=spring, reaction=reaction)) == found


def test_recipients_join_other_groups_and_can_be_left_out_of_them(workspace: Workspace, spring: int) -> None:
    silent = Audience(dispatch_id=spring, reaction=Reaction.NOT_OPENED)
    assert not silent.is_empty
    assert names(workspace, Audience(list_ids=frozenset({1}), dispatch_id=spring, reaction=silent.reaction)) == "abc"
    assert names(workspace, Audience(excluded_tag_ids=frozenset({1}), dispatch_id=spring)) == "a"
    assert names(workspace, Audience(dispatch_id=99)) == ""


def test_recipients_are_asked_for_permission_again(workspace: Workspace, spring: int) -> None:
    suppression.suppress(workspace, ["c@x.org"], SuppressionReason.UNSUBSCRIBED, "Link")
    counted = audience.count(workspace, Audience(dispatch_id=spring, reaction=Reaction.NOT_OPENED))
    assert (counted.total, counted.mailable) == (1, 0)


def test_recipients_are_named_after_their_campaign(workspace: Workspace, spring: int) -> None:
    assert sent_campaigns(workspace) == {spring: "Spring"}
    assert Reaction.NOT_OPENED.words.format("Spring") == "Those who did not open “Spring”"
    assert all("{0}" in reaction.words for reaction in Reaction)


def test_an_audience_stored_before_there_were_recipients_is_still_read() -> None:
    stored = {"everyone": False, "list_ids": [1], "tag_ids": [], "excluded_list_ids": [], "excluded_tag_ids": [2]}
    read = Audience.from_json(stored)
    assert read == Audience(list_ids=frozenset({1}), excluded_tag_ids=frozenset({2}))
    assert read.to_json() == stored


def test_a_reaction_of_a_newer_version_is_refused_rather_than_ignored() -> None:
    with pytest.raises(UserFacingError, match="does not know"):
        Audience.from_json({"dispatch_id": 1, "reaction": "forwarded"})
