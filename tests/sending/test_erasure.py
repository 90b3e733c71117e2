"""Forgetting a person: neither the workspace nor a later import knows them any more."""

import pytest
from sqlalchemy import func, select, text, update

from app.audience import contacts, suppression, undo
from app.audience.barred_domains import bar_domain
from app.audience.editing import Forgotten
from app.audience.erasure import erase
from app.errors import UserFacingError
from app.models.states import CampaignKind, DeliveryState, SuppressionReason
from app.models.tables import Attempt, Campaign, Contact, Delivery, Dispatch, PracticeMessage
from app.models.workspace import Workspace
from app.sending import outbox
from tests.sending.sent_rows import START, a_dispatch

pytestmark = pytest.mark.any_workspace

ANN, BO = "ann@example.org", "bo@example.org"
SENT, QUEUED, SENDING, SKIPPED = (
    DeliveryState.SENT,
    DeliveryState.QUEUED,
    DeliveryState.SENDING,
    DeliveryState.SKIPPED,
)


def id_of(workspace: Workspace, address: str) -> int:
    with workspace.read() as session:
        return session.scalars(select(Contact.id).where(Contact.email == address)).one()


def everything_written(workspace: Workspace) -> str:
    """Every word of every row that could name a person."""
    tables = ("contact", "delivery", "attempt", "dispatch", "suppression", "practice_message", "undo_action", "consent")
    with workspace.read() as session:
        return "\n".join(str(row) for table in tables for row in session.execute(text(f"SELECT * FROM {table}")))


def test_nothing_is_left_of_a_person_but_a_hash_that_keeps_them_unmailed(workspace: Workspace) -> None:
    a_dispatch(workspace, [(ANN, SENT, None), (BO, SENT, None)])
    with workspace.write() as session:
        session.execute(update(Attempt).where(Attempt.id == 1).values(text=f"550 <{ANN}> is unknown"))
        session.add(PracticeMessage(received_at=START, sender=BO, recipient=ANN, subject="Hi Ann", content=b"Dear Ann"))
    contacts.edit(workspace, id_of(workspace, ANN), "first_name", "Annabella")

    assert erase(workspace, [id_of(workspace, ANN)], "Letter of 3 May") == 1

    left = everything_written(workspace)
    assert "ann" not in left.lower().replace(BO, "")
    assert BO in left
    assert suppression.is_suppressed(workspace, ANN)
    assert undo.next_labels(workspace) == (None, None)
    with pytest.raises(Forgotten):
        contacts.create(workspace, {"email": ANN})
    with workspace.read() as session:
        assert session.scalar(select(func.count()).select_from(Delivery).where(Delivery.state == SENT)) == 2


def test_what_was_still_to_go_to_them_does_not_go(workspace: Workspace) -> None:
    a_dispatch(workspace, [(ANN, QUEUED, None), (BO, QUEUED, None)])
    erase(workspace, [id_of(workspace, ANN)], "Letter")
    with workspace.read() as session:
        states = session.scalars(select(Delivery.state).order_by(Delivery.id)).all()
    assert states == [SKIPPED, QUEUED]


def test_a_message_that_is_just_leaving_is_waited_for(workspace: Workspace) -> None:
    a_dispatch(workspace, [(ANN, SENDING, None)])
    with pytest.raises(UserFacingError, match="just now"):
        erase(workspace, [id_of(workspace, ANN)], "Letter")
    assert contacts.count(workspace).total == 1
    assert not suppression.is_suppressed(workspace, ANN)


def test_the_words_of_a_single_message_go_too_but_not_those_of_a_campaign(workspace: Workspace) -> None:
    campaign, single = a_dispatch(workspace, [(BO, SENT, None)]), a_dispatch(workspace, [(ANN, SENT, None)])
    with workspace.write() as session:
        session.execute(update(Dispatch).values(html="<p>Your order</p>", subject="Order"))
        of_single = select(Dispatch.campaign_id).where(Dispatch.id == single)
        session.execute(update(Campaign).where(Campaign.id.in_(of_single)).values(kind=CampaignKind.TRANSACTIONAL))
    erase(workspace, [id_of(workspace, ANN)], "Letter")
    with workspace.read() as session:
        assert session.get_one(Dispatch, single).html == ""
        assert session.get_one(Dispatch, campaign).html == "<p>Your order</p>"


def test_a_domain_that_is_barred_on_the_way_is_skipped_when_its_turn_comes(workspace: Workspace) -> None:
    dispatch_id = a_dispatch(workspace, [(ANN, QUEUED, None), ("cy@other.example", QUEUED, None)])
    bar_domain(workspace, "example.org", "By hand", SuppressionReason.MANUAL)
    with workspace.write() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        session.execute(update(Delivery).values(agent_id=None))
        session.execute(update(Dispatch).values(state="sending"))
        assert outbox.claim(session, workspace, dispatch_id, ids, account_id=1) == {ids[1]}
    with workspace.read() as session:
        states = session.scalars(select(Delivery.state).order_by(Delivery.id)).all()
    assert states == [SKIPPED, SENDING]
