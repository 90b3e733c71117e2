from collections.abc import Callable
from types import SimpleNamespace

import pytest

from app.audience import contacts, lists, suppression
from app.audience.audience import Audience
from app.audience.lists import ListInfo
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.campaigns import Campaign
from app.models.states import SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace

LISTS = SimpleNamespace(
    all=lists.all_lists, create=lists.create_list, rename=lists.rename_list, delete=lists.delete_list,
    add=lists.add_to_list, remove=lists.remove_from_list,
)  # fmt: skip
TAGS = SimpleNamespace(
    all=lists.all_tags, create=lists.create_tag, rename=lists.rename_tag, delete=lists.delete_tag,
    add=lists.add_tag, remove=lists.remove_tag,
)  # fmt: skip


@pytest.fixture(params=[LISTS, TAGS], ids=["lists", "tags"])
def groups(request: pytest.FixtureRequest) -> SimpleNamespace:
    return request.param


def test_a_group_counts_its_people_and_those_who_can_be_mailed(workspace: Workspace, groups: SimpleNamespace) -> None:
    people = [a_contact(workspace, f"p{number}@x.org") for number in range(3)]
    suppression.suppress(workspace, ["p0@x.org"], SuppressionReason.MANUAL, "By hand")
    group, empty = groups.create(workspace, "News"), groups.create(workspace, "Empty")
    assert groups.add(workspace, group, people) == 3
    assert groups.all(workspace) == (ListInfo(empty, "Empty", 0, 0), ListInfo(group, "News", 3, 2))


def test_adding_twice_adds_nobody_and_ignores_who_is_gone(workspace: Workspace, groups: SimpleNamespace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    group = groups.create(workspace, "News")
    assert groups.add(workspace, group, [ann, ann, 999]) == 1
    assert groups.add(workspace, group, [ann]) == 0


def test_removing_leaves_the_contact_and_the_other_groups(workspace: Workspace, groups: SimpleNamespace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    news, staff = groups.create(workspace, "News"), groups.create(workspace, "Staff")
    groups.add(workspace, news, [ann])
    groups.add(workspace, staff, [ann])
    assert groups.remove(workspace, news, [ann, 999]) == 1
    assert [group.size for group in groups.all(workspace)] == [0, 1]
    assert contacts.count(workspace).total == 1


def test_a_name_must_be_new_and_not_empty(workspace: Workspace, groups: SimpleNamespace) -> None:
    news, staff = groups.create(workspace, " Good  news "), groups.create(workspace, "Staff")
    assert groups.all(workspace)[0].name == "Good news"
    with pytest.raises(UserFacingError, match="already a"):
        groups.create(workspace, "good NEWS")
    with pytest.raises(UserFacingError, match="already a"):
        groups.rename(workspace, staff, "Good news")
    with pytest.raises(UserFacingError, match="needs a name"):
        groups.create(workspace, "  ")
    groups.rename(workspace, news, "GOOD NEWS")
    assert groups.all(workspace)[0].name == "GOOD NEWS"


def test_a_group_that_is_gone_is_told(workspace: Workspace, groups: SimpleNamespace) -> None:
    group = groups.create(workspace, "News")
    groups.delete(workspace, group)
    actions: list[Callable[[], object]] = [
        lambda: groups.delete(workspace, group),
        lambda: groups.rename(workspace, group, "x"),
        lambda: groups.add(workspace, group, [1]),
        lambda: groups.remove(workspace, group, [1]),
    ]
    for action in actions:
        with pytest.raises(UserFacingError, match="not there any more"):
            action()
    assert groups.all(workspace) == ()


@pytest.mark.parametrize("word", ["list", "tag"])
def test_a_group_that_a_campaign_leaves_out_is_not_deleted(workspace: Workspace, word: str) -> None:
    create, delete = getattr(lists, f"create_{word}"), getattr(lists, f"delete_{word}")
    group = create(workspace, "Never")
    left_out = {"excluded_list_ids": frozenset({group})} if word == "list" else {"excluded_tag_ids": frozenset({group})}
    with workspace.write() as session:
        session.add(Campaign(id=1, name="Sale", audience=Audience(everyone=True, **left_out).to_json()))
    with pytest.raises(UserFacingError, match="“Sale” leaves out"):
        delete(workspace, group)
    with workspace.write() as session:
        session.get_one(Campaign, 1).deleted_at = utcnow()
    delete(workspace, group)
