from datetime import date

import pytest

from app.audience import contacts, fields, lists, suppression
from app.audience.addresses import BadAddress
from app.audience.contacts import BY_STATUS, CellText, ContactQuery, DuplicateContact, Forgotten, MailStatus
from app.audience.values import BadValue
from app.errors import UserFacingError
from app.models.states import FieldType, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import IN_A_FORM, a_contact, emails

pytestmark = pytest.mark.any_workspace


def test_a_new_contact_has_what_was_typed_in_the_form_its_fields_want(workspace: Workspace) -> None:
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    fields.add_field(workspace, "Turnover", FieldType.NUMBER)
    fields.add_field(workspace, "Regular", FieldType.YES_NO)
    made = contacts.create(
        workspace,
        {
            "email": " Ann@Example.org ",
            "first_name": "Ann",
            "birthday": "3.4.1980",
            "turnover": "1.5",
            "regular": "yes",
        },
        permission=IN_A_FORM,
    )
    detail = contacts.get(workspace, made)
    assert detail.values["email"] == "ann@example.org"
    assert detail.values["birthday"] == date(1980, 4, 3)
    assert detail.values["turnover"] == 1.5
    assert detail.values["regular"] is True
    assert detail.values["last_name"] is None
    assert [(entry.basis, entry.source) for entry in detail.consents] == [(LawfulBasis.CONSENT, IN_A_FORM.source)]


def test_a_contact_without_recorded_permission_cannot_be_mailed(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org", may_be_mailed=False)
    assert contacts.get(workspace, made).status is MailStatus.NO_PERMISSION
    assert contacts.count(workspace) == contacts.Counts(total=1, mailable=0)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (SuppressionReason.UNSUBSCRIBED, MailStatus.UNSUBSCRIBED),
        (SuppressionReason.HARD_BOUNCE, MailStatus.BOUNCED),
        (SuppressionReason.COMPLAINT, MailStatus.COMPLAINED),
        (SuppressionReason.MANUAL, MailStatus.BLOCKED),
        (SuppressionReason.ERASED, MailStatus.BLOCKED),
    ],
)
def test_the_status_names_why_an_address_is_suppressed(
    workspace: Workspace, reason: SuppressionReason, status: MailStatus
) -> None:
    a_contact(workspace, "bo@example.org")
    made = a_contact(workspace, "ann@example.org")
    suppression.suppress(workspace, ["ann@example.org"], reason, "a test")
    assert contacts.get(workspace, made).status is status
    assert contacts.count_by_status(workspace) == {MailStatus.MAILABLE: 1, status: 1}
    assert emails(workspace, ContactQuery(status=status)) == ["ann@example.org"]


def test_an_address_can_have_one_contact_only(workspace: Workspace) -> None:
    a_contact(workspace, "ann@example.org")
    bo = a_contact(workspace, "bo@example.org")
    with pytest.raises(DuplicateContact, match="already a contact with the address ann@"):
        a_contact(workspace, "ANN@example.org")
    with pytest.raises(DuplicateContact):
        contacts.edit(workspace, bo, "email", "ann@EXAMPLE.org")
    assert emails(workspace) == ["ann@example.org", "bo@example.org"]


def test_who_asked_to_be_forgotten_is_not_added_again(workspace: Workspace) -> None:
    bo = a_contact(workspace, "bo@example.org")
    suppression.suppress(workspace, ["ann@example.org"], SuppressionReason.ERASED, "Letter")
    with pytest.raises(Forgotten):
        a_contact(workspace, "ann@example.org")
    with pytest.raises(Forgotten):
        contacts.edit(workspace, bo, "email", "ann@example.org")


def test_a_contact_needs_an_address(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    with pytest.raises(UserFacingError, match="needs an e-mail"):
        contacts.create(workspace, {"first_name": "Bo"})
    with pytest.raises(UserFacingError, match="needs an e-mail"):
        contacts.edit(workspace, made, "email", "  ")


def test_an_edit_says_what_was_and_what_is(workspace: Workspace) -> None:
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    made = a_contact(workspace, "ann@example.org", birthday="1980-04-03")
    edit = contacts.edit(workspace, made, "birthday", "4.4.1980")
    assert (edit.old, edit.new) == (date(1980, 4, 3), date(1980, 4, 4))
    assert contacts.get(workspace, made).values["birthday"] == date(1980, 4, 4)


def test_a_text_that_does_not_fit_its_field_changes_nothing(workspace: Workspace) -> None:
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    made = a_contact(workspace, "ann@example.org", birthday="1980-04-03")
    before = contacts.get(workspace, made)
    with pytest.raises(BadValue, match="not a date"):
        contacts.edit(workspace, made, "birthday", "soon")
    with pytest.raises(BadAddress):
        contacts.edit(workspace, made, "email", "ann at example.org")
    assert contacts.get(workspace, made) == before


def test_a_new_address_is_suppressed_by_its_own_hash(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    suppression.suppress(workspace, ["old@example.org"], SuppressionReason.HARD_BOUNCE, "a test")
    contacts.edit(workspace, made, "email", "old@example.org")
    assert contacts.get(workspace, made).status is MailStatus.BOUNCED
    contacts.edit(workspace, made, "email", "new@example.org")
    assert contacts.get(workspace, made).status is MailStatus.MAILABLE


def test_pasting_many_cells_is_all_or_nothing(workspace: Workspace) -> None:
    ann, bo = a_contact(workspace, "ann@example.org"), a_contact(workspace, "bo@example.org")
    with pytest.raises(BadAddress):
        contacts.edit_cells(workspace, [CellText(ann, "first_name", "Ann"), CellText(bo, "email", "nothing")])
    assert contacts.get(workspace, ann).values["first_name"] is None
    contacts.edit_cells(workspace, [CellText(ann, "first_name", "Ann"), CellText(bo, "city", "Bonn")])
    assert contacts.get(workspace, ann).values["first_name"] == "Ann"
    assert contacts.get(workspace, bo).values["city"] == "Bonn"


def test_pasting_one_address_twice_is_refused(workspace: Workspace) -> None:
    ann, bo = a_contact(workspace, "ann@example.org"), a_contact(workspace, "bo@example.org")
    with pytest.raises(DuplicateContact):
        contacts.edit_cells(
            workspace, [CellText(ann, "email", "x@example.org"), CellText(bo, "email", "X@example.org")]
        )


def test_editing_a_contact_that_is_gone_is_told(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    contacts.delete(workspace, [made])
    with pytest.raises(UserFacingError, match="not there any more"):
        contacts.edit(workspace, made, "city", "Bonn")
    with pytest.raises(UserFacingError, match="not there any more"):
        contacts.get(workspace, made)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("müller", ["ann@example.org"]),
        ("MÜLLER", ["ann@example.org"]),
        ("ÖRN", ["bo@example.com"]),
        ("example.com", ["bo@example.com"]),
        ("ann bonn", ["ann@example.org"]),
        ("ann köln", []),
        ("100%", []),
        ("", ["ann@example.org", "bo@example.com"]),
    ],
)
def test_every_word_of_a_search_must_occur_whatever_its_case(
    workspace: Workspace, search: str, found: list[str]
) -> None:
    a_contact(workspace, "ann@example.org", first_name="Ann", last_name="Müller", city="Bonn")
    a_contact(workspace, "bo@example.com", first_name="Örn", city="Köln")
    assert emails(workspace, ContactQuery(search=search)) == found


def test_empty_cells_come_last_in_either_direction(workspace: Workspace) -> None:
    for email, city in [("a@x.org", "köln"), ("b@x.org", ""), ("c@x.org", "Bonn"), ("d@x.org", "Zug")]:
        a_contact(workspace, email, city=city)
    assert emails(workspace, ContactQuery(sort="city")) == ["c@x.org", "a@x.org", "d@x.org", "b@x.org"]
    assert emails(workspace, ContactQuery(sort="city", descending=True)) == ["d@x.org", "a@x.org", "c@x.org", "b@x.org"]


def test_numbers_sort_as_numbers(workspace: Workspace) -> None:
    fields.add_field(workspace, "Turnover", FieldType.NUMBER)
    for email, turnover in [("a@x.org", "10"), ("b@x.org", "9.5"), ("c@x.org", "-1")]:
        a_contact(workspace, email, turnover=turnover)
    assert emails(workspace, ContactQuery(sort="turnover")) == ["c@x.org", "b@x.org", "a@x.org"]


def test_the_grid_sorts_by_status_and_narrows_to_a_list_or_tag(workspace: Workspace) -> None:
    a_contact(workspace, "a@x.org", may_be_mailed=False)
    b, c = a_contact(workspace, "b@x.org"), a_contact(workspace, "c@x.org")
    lists.add_to_list(workspace, lists.create_list(workspace, "News"), [b])
    lists.add_tag(workspace, lists.create_tag(workspace, "vip"), [c])
    assert emails(workspace, ContactQuery(sort=BY_STATUS)) == ["b@x.org", "c@x.org", "a@x.org"]
    assert emails(workspace, ContactQuery(list_id=lists.all_lists(workspace)[0].id)) == ["b@x.org"]
    assert emails(workspace, ContactQuery(tag_id=lists.all_tags(workspace)[0].id)) == ["c@x.org"]


def test_a_page_comes_in_the_order_asked_for_without_who_was_deleted(workspace: Workspace) -> None:
    a, b, c = (a_contact(workspace, f"{name}@x.org") for name in "abc")
    contacts.delete(workspace, [b])
    rows = contacts.page(workspace, [c, b, a], fields.list_fields(workspace)[:1])
    assert [(row.id, row.values) for row in rows] == [(c, ("c@x.org",)), (a, ("a@x.org",))]


def test_merge_values_are_typed_and_an_empty_cell_is_an_empty_text(workspace: Workspace) -> None:
    fields.add_field(workspace, "Birthday", FieldType.DATE)
    fields.add_field(workspace, "Regular", FieldType.YES_NO)
    fields.add_field(workspace, "Visits", FieldType.NUMBER)
    ann = a_contact(workspace, "ann@example.org", birthday="1980-04-03", regular="no", visits="0")
    bo = a_contact(workspace, "bo@example.org")
    with workspace.read() as session:
        values = contacts.merge_values(session, [ann, bo, 999])
    assert values.keys() == {ann, bo}
    assert values[ann]["birthday"] == date(1980, 4, 3)
    assert values[ann]["regular"] is False
    assert values[ann]["visits"] == 0
    assert values[bo]["birthday"] == values[bo]["regular"] == values[bo]["visits"] == values[bo]["city"] == ""


def test_deleting_counts_only_who_was_there(workspace: Workspace) -> None:
    made = a_contact(workspace, "ann@example.org")
    assert contacts.delete(workspace, [made, 999]) == 1
    assert contacts.count(workspace).total == 0
