import pytest

from app.audience import contacts, suppression
from app.audience.addresses import BadAddress
from app.audience.audience import Audience, count
from app.audience.barred_domains import allow_domain, bar_domain, barred_domains, count_at
from app.audience.contacts import MailStatus
from app.errors import UserFacingError
from app.models.states import SuppressionReason
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace


def statuses(workspace: Workspace) -> dict[MailStatus, int]:
    return contacts.count_by_status(workspace)


def test_nobody_at_a_barred_domain_can_be_mailed_until_it_is_allowed(workspace: Workspace) -> None:
    for address in ("ann@rival.example.org", "bo@example.org", "cy@rival.example.org"):
        a_contact(workspace, address)
    assert count_at(workspace, "@Rival.Example.org") == 2
    assert bar_domain(workspace, " @RIVAL.example.org. ", "By hand") == "rival.example.org"
    assert statuses(workspace) == {MailStatus.BLOCKED: 2, MailStatus.MAILABLE: 1}
    assert suppression.is_suppressed(workspace, "new@rival.example.org")
    assert not suppression.is_suppressed(workspace, "new@example.org")
    assert allow_domain(workspace, "rival.example.org")
    assert statuses(workspace) == {MailStatus.MAILABLE: 3}
    assert not allow_domain(workspace, "rival.example.org")


def test_a_domain_in_other_letters_is_barred_however_it_is_written(workspace: Workspace) -> None:
    a_contact(workspace, "ann@bäckerei.example.org")
    bar_domain(workspace, "xn--bckerei-5wa.example.org", "By hand")
    assert statuses(workspace) == {MailStatus.BLOCKED: 1}


def test_the_first_reason_stays(workspace: Workspace) -> None:
    bar_domain(workspace, "example.org", "By hand")
    bar_domain(workspace, "example.org", "They asked for it", SuppressionReason.UNSUBSCRIBED)
    (only,) = barred_domains(workspace)
    assert (only.name, only.reason, only.origin, only.contacts) == (
        "example.org",
        SuppressionReason.MANUAL,
        "By hand",
        0,
    )


def test_an_audience_leaves_a_barred_domain_out(workspace: Workspace) -> None:
    a_contact(workspace, "ann@rival.example.org")
    a_contact(workspace, "bo@example.org")
    bar_domain(workspace, "rival.example.org", "By hand")
    with_all = count(workspace, Audience(everyone=True))
    assert (with_all.total, with_all.mailable) == (2, 1)


def test_what_is_no_domain_is_refused(workspace: Workspace) -> None:
    with pytest.raises(BadAddress):
        bar_domain(workspace, "no domain", "By hand")
    with pytest.raises(UserFacingError, match="not a domain"):
        bar_domain(workspace, "ann@example.org", "By hand")
    assert barred_domains(workspace) == ()
