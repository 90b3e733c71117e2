import pytest
from sqlalchemy import select

from app.audience import contacts
from app.audience.consent import record_consent, record_imported_consent
from app.audience.contacts import MailStatus
from app.models.contacts import Contact
from app.models.states import ConsentAction, LawfulBasis
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace


def record(
    workspace: Workspace, contact_id: int, action: ConsentAction, basis: LawfulBasis | None = LawfulBasis.CONSENT
) -> int:
    with workspace.write() as session:
        return record_consent(session, [contact_id], action, basis=basis, source="Counter", wording="Yes please.")


def status(workspace: Workspace, contact_id: int) -> MailStatus:
    return contacts.get(workspace, contact_id).status


def test_the_last_action_counts_and_nothing_is_forgotten(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org", may_be_mailed=False)
    record(workspace, ann, ConsentAction.GIVEN)
    assert status(workspace, ann) is MailStatus.MAILABLE
    record(workspace, ann, ConsentAction.WITHDRAWN, None)
    assert status(workspace, ann) is MailStatus.UNSUBSCRIBED
    record(workspace, ann, ConsentAction.CONFIRMED)
    assert status(workspace, ann) is MailStatus.MAILABLE
    history = contacts.get(workspace, ann).consents
    assert [entry.action for entry in history] == [
        ConsentAction.CONFIRMED,
        ConsentAction.WITHDRAWN,
        ConsentAction.GIVEN,
    ]
    assert history[0].wording == "Yes please."


def test_no_other_ground_lifts_a_withdrawal(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    record(workspace, ann, ConsentAction.WITHDRAWN, None)
    assert record(workspace, ann, ConsentAction.GIVEN, LawfulBasis.EXISTING_CUSTOMER) == 0
    assert status(workspace, ann) is MailStatus.UNSUBSCRIBED
    assert len(contacts.get(workspace, ann).consents) == 2


def test_an_import_lifts_no_withdrawal_and_repeats_no_evidence(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org")
    bo = a_contact(workspace, "bo@example.org", may_be_mailed=False)
    record(workspace, ann, ConsentAction.WITHDRAWN, None)
    recorded = []
    for _ in range(2):
        with workspace.write() as session:
            recorded.append(
                record_imported_consent(session, select(Contact.id), basis=LawfulBasis.CONSENT, source="Old list")
            )
    assert recorded == [1, 0]
    assert status(workspace, ann) is MailStatus.UNSUBSCRIBED
    assert status(workspace, bo) is MailStatus.MAILABLE


def test_evidence_is_recorded_for_those_who_exist(workspace: Workspace) -> None:
    a_contact(workspace, "ann@example.org", may_be_mailed=False)
    assert record(workspace, 999, ConsentAction.GIVEN) == 0
