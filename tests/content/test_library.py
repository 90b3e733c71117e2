import pytest

from app.content.library import (
    add_starters,
    add_template,
    change_template,
    copy_template,
    delete_templates,
    get_template,
    list_templates,
    restore_templates,
)
from app.content.starters import starter_templates
from app.errors import UserFacingError
from app.models.workspace import Workspace

MJML = "<mjml><mj-body></mj-body></mjml>"


def test_the_starters_stand_in_their_own_order(workspace: Workspace) -> None:
    add_starters(workspace)
    assert [one.starter for one in list_templates(workspace)] == [one.key for one in starter_templates()]


def test_the_template_changed_last_stands_first(workspace: Workspace) -> None:
    first, second = (add_template(workspace, name=name, mjml=MJML) for name in "ab")
    assert [one.id for one in list_templates(workspace)] == [second, first]
    change_template(workspace, first, name="changed")
    assert [one.name for one in list_templates(workspace)] == ["changed", "b"]


def test_only_what_is_given_is_changed(workspace: Workspace) -> None:
    template_id = add_template(workspace, name="a", mjml=MJML, subject="Spring", preheader="Roses")
    change_template(workspace, template_id, subject="Summer")
    changed = get_template(workspace, template_id)
    assert (changed.name, changed.mjml, changed.subject, changed.preheader) == ("a", MJML, "Summer", "Roses")


def test_a_copy_stands_beside_its_original(workspace: Workspace) -> None:
    template_id = add_template(workspace, name="a", mjml=MJML, subject="Spring")
    copy = get_template(workspace, copy_template(workspace, template_id))
    assert (copy.name, copy.mjml, copy.subject) == ("a (copy)", MJML, "Spring")


def test_a_deleted_template_is_gone_until_it_is_restored(workspace: Workspace) -> None:
    template_id = add_template(workspace, name="a", mjml=MJML)
    delete_templates(workspace, [template_id])
    assert list_templates(workspace) == ()
    with pytest.raises(UserFacingError, match="was deleted"):
        change_template(workspace, template_id, name="b")
    restore_templates(workspace, [template_id])
    assert get_template(workspace, template_id).name == "a"
