import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audience import audience, lists, suppression
from app.audience.audience import Audience, select_contacts
from app.audience.status import contact_and_block, skip_reason
from app.errors import UserFacingError
from app.models.states import SkipReason, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact

ids = st.frozensets(st.integers(1, 2**40), max_size=5)
audiences = st.builds(Audience, st.booleans(), ids, ids, ids, ids)


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
        return "".join(sorted(row.email[0] for row in session.execute(select_contacts(wanted))))


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
    query = (
        select_contacts(Audience(list_ids=frozenset({news}))).select_from(contact_and_block).add_columns(skip_reason)
    )
    with workspace.read() as session:
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
        Audience.from_json({"everyone": True, "segment_ids": [3]})
    assert Audience.from_json({}).is_empty
