import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audience import contacts, fields
from app.audience.fields import RESERVED_KEYS, make_key
from app.errors import UserFacingError
from app.models.states import FieldType
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace


def keys(workspace: Workspace) -> list[str]:
    return [field.key for field in fields.list_fields(workspace)]


def test_a_new_field_comes_last_and_takes_values(workspace: Workspace) -> None:
    field = fields.add_field(workspace, "Größe", FieldType.NUMBER)
    assert fields.list_fields(workspace)[-1] == field
    assert field.key == "grosse"
    made = a_contact(workspace, "ann@example.org", grosse="176")
    assert contacts.get(workspace, made).values["grosse"] == 176


def test_two_fields_never_share_a_merge_name(workspace: Workspace) -> None:
    first = fields.add_field(workspace, "Shoe size", FieldType.TEXT)
    second = fields.add_field(workspace, "Shoe-size", FieldType.TEXT)
    assert (first.key, second.key) == ("shoe_size", "shoe_size_2")
    assert first.column != second.column


def test_a_label_must_be_new_and_not_empty(workspace: Workspace) -> None:
    fields.add_field(workspace, "Shoe size", FieldType.TEXT)
    with pytest.raises(UserFacingError, match="already a field"):
        fields.add_field(workspace, "  shoe  SIZE ", FieldType.TEXT)
    with pytest.raises(UserFacingError, match="already a field"):
        fields.add_field(workspace, "city", FieldType.TEXT)
    with pytest.raises(UserFacingError, match="needs a name"):
        fields.add_field(workspace, " ", FieldType.TEXT)


@pytest.mark.parametrize(
    "label", ["Subject", "unsubscribe url", "True", "For", "class", "Метка", "2nd", "id", "consent", ""]
)
def test_a_label_that_means_something_else_gets_a_merge_name_of_its_own(label: str) -> None:
    assert make_key(label).startswith("field")


@given(st.text(max_size=80))
def test_any_label_gives_a_merge_name_that_a_template_can_use(label: str) -> None:
    key = make_key(label)
    assert key not in RESERVED_KEYS
    assert jinja2.Template("{{ " + key + " }}").render({key: "found"}) == "found"


def test_renaming_keeps_the_merge_name(workspace: Workspace) -> None:
    fields.add_field(workspace, "Shoe size", FieldType.TEXT)
    fields.rename_field(workspace, "shoe_size", "Boots")
    assert fields.list_fields(workspace)[-1].label == "Boots"
    assert keys(workspace)[-1] == "shoe_size"
    with pytest.raises(UserFacingError, match="already a field"):
        fields.rename_field(workspace, "shoe_size", "City")


def test_a_deleted_field_is_out_of_sight_and_cannot_be_edited(workspace: Workspace) -> None:
    fields.add_field(workspace, "Shoe size", FieldType.TEXT)
    made = a_contact(workspace, "ann@example.org")
    fields.delete_field(workspace, "shoe_size")
    fields.delete_field(workspace, "street")
    assert not {"shoe_size", "street"} & set(keys(workspace))
    with pytest.raises(UserFacingError, match="no field"):
        contacts.edit(workspace, made, "shoe_size", "42")


def test_the_email_field_stays(workspace: Workspace) -> None:
    with pytest.raises(UserFacingError, match="cannot be deleted"):
        fields.delete_field(workspace, "email")


def test_there_is_an_end_to_new_fields(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_CUSTOM_FIELDS", 1)
    fields.add_field(workspace, "One", FieldType.TEXT)
    with pytest.raises(UserFacingError, match="fields of your own"):
        fields.add_field(workspace, "Two", FieldType.TEXT)
