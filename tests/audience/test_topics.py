from datetime import timedelta

import pytest

from app.audience import contacts, topics, undo
from app.audience.consent import record_consent
from app.audience.contacts import MailStatus
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import Channel, ConsentAction, LawfulBasis
from app.models.tables import Consent
from app.models.workspace import Workspace
from tests.audience.people import a_contact

pytestmark = pytest.mark.any_workspace


def record(workspace: Workspace, contact_id: int, action: ConsentAction, **rest: object) -> int:
    basis = None if action is ConsentAction.WITHDRAWN else LawfulBasis.CONSENT
    with workspace.write() as session:
        return record_consent(session, [contact_id], action, **{"basis": basis, "source": "Phone call", **rest})  # type: ignore[arg-type]


def status(workspace: Workspace, contact_id: int) -> MailStatus:
    return contacts.get(workspace, contact_id).status


def test_who_subscribes_to_a_topic_may_be_mailed_and_leaving_one_leaves_no_other(workspace: Workspace) -> None:
    offers, events = topics.create_topic(workspace, "Offers"), topics.create_topic(workspace, "Events", "Once a month")
    ann = a_contact(workspace, "ann@example.org", may_be_mailed=False)
    for topic_id in (offers, events):
        assert topics.subscribe(workspace, topic_id, [ann], basis=LawfulBasis.CONSENT, source="Form") == 1
    assert status(workspace, ann) is MailStatus.MAILABLE
    assert topics.unsubscribe(workspace, offers, [ann], source="Link in a mail") == 1
    assert status(workspace, ann) is MailStatus.MAILABLE
    assert topics.topics_of(workspace, ann) == {offers: False, events: True}
    assert [(one.name, one.description, one.size) for one in topics.all_topics(workspace)] == [
        ("Events", "Once a month", 1),
        ("Offers", "", 0),
    ]


def test_a_customer_who_withdrew_is_subscribed_to_nothing_without_a_new_consent(workspace: Workspace) -> None:
    offers = topics.create_topic(workspace, "Offers")
    ann = a_contact(workspace, "ann@example.org")
    record(workspace, ann, ConsentAction.WITHDRAWN)
    assert topics.subscribe(workspace, offers, [ann], basis=LawfulBasis.EXISTING_CUSTOMER, source="Till") == 0
    assert topics.topics_of(workspace, ann) == {}
    assert topics.subscribe(workspace, offers, [ann], basis=LawfulBasis.CONSENT, source="Form") == 1
    assert status(workspace, ann) is MailStatus.MAILABLE


def test_what_is_said_about_the_telephone_changes_nothing_for_mail(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org", may_be_mailed=False)
    record(workspace, ann, ConsentAction.GIVEN, channel=Channel.PHONE, ip="192.0.2.7")
    assert status(workspace, ann) is MailStatus.NO_PERMISSION
    record(workspace, ann, ConsentAction.GIVEN)
    record(workspace, ann, ConsentAction.WITHDRAWN, channel=Channel.PHONE)
    assert status(workspace, ann) is MailStatus.MAILABLE
    with workspace.read() as session:
        told = [(row.channel, row.ip) for row in session.query(Consent).order_by(Consent.id)]
    assert told == [(Channel.PHONE, "192.0.2.7"), (Channel.EMAIL, ""), (Channel.PHONE, "")]


def test_what_was_said_earlier_does_not_overrule_what_was_said_later(workspace: Workspace) -> None:
    ann = a_contact(workspace, "ann@example.org", may_be_mailed=False)
    record(workspace, ann, ConsentAction.WITHDRAWN)
    assert record(workspace, ann, ConsentAction.GIVEN, at=utcnow() - timedelta(days=300)) == 1
    assert status(workspace, ann) is MailStatus.UNSUBSCRIBED
    assert len(contacts.get(workspace, ann).consents) == 2
    assert record(workspace, ann, ConsentAction.GIVEN, at=utcnow() + timedelta(seconds=1)) == 1
    assert status(workspace, ann) is MailStatus.MAILABLE


def test_a_topic_that_is_deleted_keeps_its_evidence_and_comes_back_with_its_subscribers(workspace: Workspace) -> None:
    offers = topics.create_topic(workspace, "Offers")
    ann = a_contact(workspace, "ann@example.org")
    topics.subscribe(workspace, offers, [ann], basis=LawfulBasis.CONSENT, source="Form")
    topics.delete_topic(workspace, offers)
    assert topics.all_topics(workspace) == ()
    assert topics.topics_of(workspace, ann) == {}
    with pytest.raises(UserFacingError, match="not there"):
        topics.unsubscribe(workspace, offers, [ann], source="Link")
    assert topics.create_topic(workspace, "offers") == offers
    assert topics.all_topics(workspace)[0].size == 1
    assert undo.undo(workspace) == "New topic “offers”"
    assert topics.all_topics(workspace) == ()


def test_a_name_is_there_once_whatever_its_letters_and_changes_can_be_undone(workspace: Workspace) -> None:
    offers = topics.create_topic(workspace, " Weekly   offers ")
    with pytest.raises(UserFacingError, match="already a topic"):
        topics.create_topic(workspace, "weekly OFFERS")
    with pytest.raises(UserFacingError, match="needs a name"):
        topics.create_topic(workspace, "  ")
    topics.change_topic(workspace, offers, "WEEKLY OFFERS", "Each Friday")
    assert topics.all_topics(workspace)[0].name == "WEEKLY OFFERS"
    undo.undo(workspace)
    assert topics.all_topics(workspace)[0].name == "Weekly offers"
