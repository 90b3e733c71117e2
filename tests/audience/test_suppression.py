from pathlib import Path

import pytest
from sqlalchemy import text

from app.audience import contacts, suppression
from app.audience.addresses import BadAddress
from app.audience.contacts import ContactQuery, MailStatus
from app.audience.importer import run_import
from app.audience.suppression import HARDNESS
from app.errors import UserFacingError
from app.models.states import ConsentAction, LawfulBasis, SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact, a_csv, a_plan

pytestmark = pytest.mark.any_workspace

ANN = "ann@example.org"


def reason_of(workspace: Workspace) -> SuppressionReason:
    (only,) = suppression.list_suppressions(workspace)
    return only.reason


def test_an_address_is_suppressed_however_it_is_written_and_without_a_contact(workspace: Workspace) -> None:
    assert suppression.suppress(workspace, [" ANN@example.org"], SuppressionReason.MANUAL, "By hand") == 1
    assert suppression.is_suppressed(workspace, ANN)
    assert not suppression.is_suppressed(workspace, "bo@example.org")


def test_suppressing_twice_changes_nothing(workspace: Workspace) -> None:
    suppression.suppress(workspace, [ANN], SuppressionReason.UNSUBSCRIBED, "first")
    assert suppression.suppress(workspace, [ANN, ANN], SuppressionReason.UNSUBSCRIBED, "second") == 0
    (only,) = suppression.list_suppressions(workspace)
    assert only.origin == "first"


@pytest.mark.parametrize("harder", HARDNESS)
@pytest.mark.parametrize("softer", HARDNESS)
def test_the_harder_reason_wins_in_either_order(
    workspace: Workspace, softer: SuppressionReason, harder: SuppressionReason
) -> None:
    expected = max(softer, harder, key=HARDNESS.index)
    suppression.suppress(workspace, [ANN], softer, "one")
    suppression.suppress(workspace, [ANN], harder, "two")
    assert reason_of(workspace) is expected


def test_erasure_leaves_only_the_hash(workspace: Workspace) -> None:
    suppression.suppress(workspace, [ANN], SuppressionReason.UNSUBSCRIBED, "Link")
    suppression.suppress(workspace, [ANN], SuppressionReason.ERASED, "Letter")
    (only,) = suppression.list_suppressions(workspace)
    assert only.address is None
    assert suppression.is_suppressed(workspace, ANN)


def test_one_bad_address_keeps_all_from_being_suppressed(workspace: Workspace) -> None:
    with pytest.raises(BadAddress):
        suppression.suppress(workspace, [ANN, "nobody"], SuppressionReason.MANUAL, "By hand")
    assert suppression.list_suppressions(workspace) == ()


@pytest.mark.parametrize("reason", [SuppressionReason.UNSUBSCRIBED, SuppressionReason.COMPLAINT])
def test_who_unsubscribes_or_complains_withdraws_the_permission_once(
    workspace: Workspace, reason: SuppressionReason
) -> None:
    ann = a_contact(workspace, ANN)
    suppression.suppress(workspace, [ANN], reason, "Link in “News”")
    suppression.suppress(workspace, [ANN], reason, "Link in “News”")
    actions = [(entry.action, entry.source) for entry in contacts.get(workspace, ann).consents]
    assert actions[0] == (ConsentAction.WITHDRAWN, "Link in “News”")
    assert len(actions) == 2


def test_a_bounce_or_a_block_by_hand_withdraws_nothing_so_releasing_is_enough(workspace: Workspace) -> None:
    ann = a_contact(workspace, ANN)
    suppression.suppress(workspace, [ANN], SuppressionReason.MANUAL, "By hand")
    assert suppression.release(workspace, [ANN.upper(), "bo@example.org"]) == 1
    assert contacts.get(workspace, ann).status is MailStatus.MAILABLE


def test_releasing_an_unsubscription_does_not_bring_the_permission_back(workspace: Workspace) -> None:
    ann = a_contact(workspace, ANN)
    suppression.suppress(workspace, [ANN], SuppressionReason.UNSUBSCRIBED, "Link")
    suppression.release(workspace, [ANN])
    assert not suppression.is_suppressed(workspace, ANN)
    assert contacts.get(workspace, ann).status is MailStatus.UNSUBSCRIBED


def test_who_was_forgotten_is_not_released(workspace: Workspace) -> None:
    suppression.suppress(workspace, [ANN], SuppressionReason.ERASED, "Letter")
    suppression.suppress(workspace, ["bo@example.org"], SuppressionReason.MANUAL, "By hand")
    with pytest.raises(UserFacingError, match="asked to be forgotten"):
        suppression.release(workspace, ["bo@example.org", ANN])
    assert suppression.is_suppressed(workspace, "bo@example.org")


def test_suppressing_within_a_transaction_is_part_of_it(workspace: Workspace) -> None:
    with pytest.raises(ZeroDivisionError), workspace.write() as session:
        suppression.suppress_in(session, workspace, [ANN], SuppressionReason.HARD_BOUNCE, "550")
        session.execute(text("SELECT 1"))
        raise ZeroDivisionError
    assert not suppression.is_suppressed(workspace, ANN)


def test_the_list_is_searched_filtered_counted_and_paged(workspace: Workspace) -> None:
    for number in range(5):
        suppression.suppress(workspace, [f"p{number}@x.org"], SuppressionReason.MANUAL, "By hand")
    suppression.suppress(workspace, [ANN], SuppressionReason.COMPLAINT, "Report")
    listed = suppression.list_suppressions(workspace)
    assert [info.address for info in listed][:2] == [ANN, "p4@x.org"]
    assert suppression.list_suppressions(workspace, limit=2, offset=1) == listed[1:3]
    assert [info.address for info in suppression.list_suppressions(workspace, search="P3")] == ["p3@x.org"]
    assert len(suppression.list_suppressions(workspace, reason=SuppressionReason.MANUAL)) == 5
    assert suppression.count_suppressions(workspace) == {SuppressionReason.MANUAL: 5, SuppressionReason.COMPLAINT: 1}


def test_an_import_gives_no_permission_to_who_unsubscribed_before_being_a_contact(
    workspace: Workspace, tmp_path: Path
) -> None:
    suppression.suppress(workspace, [ANN], SuppressionReason.UNSUBSCRIBED, "Link")
    for _ in range(2):
        run_import(workspace, a_plan(workspace, a_csv(tmp_path / "a.csv", ["E-mail"], [[ANN], ["bo@example.org"]])))
    suppression.release(workspace, [ANN])
    assert [contacts.get(workspace, found).status for found in contacts.ids(workspace, ContactQuery())] == [
        MailStatus.NO_PERMISSION,
        MailStatus.MAILABLE,
    ]


def test_being_a_customer_is_no_permission_after_unsubscribing(workspace: Workspace) -> None:
    suppression.suppress(workspace, [ANN], SuppressionReason.COMPLAINT, "Report")
    customer = contacts.Permission(LawfulBasis.EXISTING_CUSTOMER, "Invoice")
    ann = contacts.create(workspace, {"email": ANN}, permission=customer)
    suppression.release(workspace, [ANN])
    assert contacts.get(workspace, ann).status is MailStatus.NO_PERMISSION
