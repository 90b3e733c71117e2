"""A second try is the user's click: nobody is lost, nobody gets a message twice by it, and the record stays."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app.audience import suppression
from app.audience.audience import Audience, Reaction
from app.errors import UserFacingError
from app.models.database import WorkspaceUnavailable
from app.models.states import (
    CampaignKind,
    CampaignStatus,
    DeliveryState,
    DispatchState,
    EventKind,
    SuppressionReason,
    Wish,
)
from app.models.tables import Account, Attachment, Attempt, Campaign, CampaignRoute, Contact, Delivery, Dispatch
from app.models.workspace import Workspace
from app.sending.breaker import Breaker
from app.sending.campaigns import get_campaign
from app.sending.outcomes import Reason
from app.sending.second_tries import (
    failed_by_reason,
    first_tries,
    resend_in_doubt,
    resend_to_non_openers,
    retry_failed,
    settle_in_doubt,
)
from tests.sending.sent_rows import START, a_dispatch, happened, states, status

pytestmark = pytest.mark.any_workspace

SENT, FAILED, SKIPPED, CANCELLED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.CANCELLED,
)
QUEUED, IN_DOUBT = DeliveryState.QUEUED, DeliveryState.IN_DOUBT

ROWS = [
    ("sent@x.org", SENT, Reason.ACCEPTED),
    ("full1@x.org", FAILED, Reason.MAILBOX_FULL),
    ("full2@x.org", FAILED, Reason.MAILBOX_FULL),
    ("spam@x.org", FAILED, Reason.CONTENT_REFUSED),
    ("gone@x.org", FAILED, Reason.MAILBOX_UNKNOWN),
    ("out@x.org", SKIPPED, None),
    ("doubt1@x.org", IN_DOUBT, Reason.TIMEOUT),
    ("doubt2@x.org", IN_DOUBT, Reason.TIMEOUT),
]
BEFORE = {address: state for address, state, _ in ROWS}


@pytest.fixture
def dispatch(workspace: Workspace) -> int:
    """A finished dispatch in which everything has happened."""
    return a_dispatch(workspace, ROWS)


def changed(workspace: Workspace, dispatch_id: int) -> dict[str, DeliveryState]:
    """What is different now."""
    return {address: state for address, state in states(workspace, dispatch_id).items() if BEFORE[address] != state}


def test_what_failed_for_a_reason_is_queued_again_in_the_same_dispatch(workspace: Workspace, dispatch: int) -> None:
    assert retry_failed(workspace, dispatch, [Reason.MAILBOX_FULL]) == 2
    assert changed(workspace, dispatch) == {"full1@x.org": QUEUED, "full2@x.org": QUEUED}
    assert status(workspace, dispatch) is CampaignStatus.SENDING
    with workspace.read() as session:
        assert session.get_one(Dispatch, dispatch).finished_at is None
        row = session.query(Delivery).filter_by(address="full1@x.org").one()
        assert (row.attempts, row.agent_id, row.reason, row.reply, row.settled_at) == (0, None, "", "", None)


def test_no_try_is_without_its_record_however_often_it_is_repeated(workspace: Workspace, dispatch: int) -> None:
    retry_failed(workspace, dispatch)
    with workspace.read() as session:
        assert session.query(Attempt).count() == len(ROWS)


def test_a_second_click_finds_nothing_and_does_not_reopen_a_campaign(workspace: Workspace, dispatch: int) -> None:
    retry_failed(workspace, dispatch, [Reason.MAILBOX_FULL])
    with workspace.write() as session:
        row = session.get_one(Dispatch, dispatch)
        row.state, row.finished_at = DispatchState.FINISHED, START
        session.query(Delivery).filter_by(state=QUEUED).update({"state": SENT})
    assert retry_failed(workspace, dispatch, [Reason.MAILBOX_FULL]) == 0
    assert status(workspace, dispatch) is CampaignStatus.FINISHED


def test_who_was_sent_it_or_left_out_or_is_in_doubt_is_never_queued_again_by_a_retry(
    workspace: Workspace, dispatch: int
) -> None:
    assert retry_failed(workspace, dispatch, list(Reason)) == 4
    now = states(workspace, dispatch)
    assert {address for address, state in now.items() if state is QUEUED} == {
        "full1@x.org",
        "full2@x.org",
        "spam@x.org",
        "gone@x.org",
    }


def test_a_dead_address_is_tried_again_only_if_the_user_names_it(workspace: Workspace, dispatch: int) -> None:
    assert retry_failed(workspace, dispatch) == 3
    assert "gone@x.org" not in changed(workspace, dispatch)
    assert retry_failed(workspace, dispatch, [Reason.MAILBOX_UNKNOWN]) == 1


def test_who_must_not_be_mailed_any_more_keeps_the_reason_they_failed_for(workspace: Workspace, dispatch: int) -> None:
    suppression.suppress(workspace, ["full1@x.org", "doubt1@x.org"], SuppressionReason.UNSUBSCRIBED, "Link")
    with workspace.write() as session:
        session.delete(session.query(Contact).filter_by(email="spam@x.org").one())
    assert retry_failed(workspace, dispatch) == 1
    assert resend_in_doubt(workspace, dispatch) == 1
    assert changed(workspace, dispatch) == {"full2@x.org": QUEUED, "doubt2@x.org": QUEUED}


def test_nobody_can_be_in_a_dispatch_twice(workspace: Workspace, dispatch: int) -> None:
    retry_failed(workspace, dispatch)
    with pytest.raises((IntegrityError, WorkspaceUnavailable)), workspace.write() as session:
        session.add(Delivery(dispatch_id=dispatch, address="full1@x.org", token="again", state=QUEUED))


def test_a_paused_campaign_stays_paused(workspace: Workspace) -> None:
    dispatch = a_dispatch(workspace, ROWS, state=DispatchState.SENDING, wish=Wish.PAUSE)
    assert retry_failed(workspace, dispatch) == 3
    assert status(workspace, dispatch) is CampaignStatus.PAUSED


@pytest.mark.parametrize(
    ("state", "wish"), [(DispatchState.CANCELLED, Wish.CANCEL), (DispatchState.SENDING, Wish.CANCEL)]
)
def test_a_cancelled_campaign_stays_cancelled(workspace: Workspace, state: DispatchState, wish: Wish) -> None:
    dispatch = a_dispatch(workspace, [*ROWS, ("cut@x.org", CANCELLED, None)], state=state, wish=wish)
    for deed in (retry_failed, resend_in_doubt):
        with pytest.raises(UserFacingError, match="was cancelled"):
            deed(workspace, dispatch)
    assert states(workspace, dispatch) == {**BEFORE, "cut@x.org": CANCELLED}


def test_an_account_in_trouble_is_named_instead_of_trying(workspace: Workspace, dispatch: int) -> None:
    with workspace.write() as session:
        session.query(Account).one().problem = "mail.x.org refused the password."
    for deed in (retry_failed, resend_in_doubt):
        with pytest.raises(UserFacingError, match=r"mail\.x\.org refused the password"):
            deed(workspace, dispatch)
    assert changed(workspace, dispatch) == {}


def test_what_is_in_doubt_is_sent_again_one_by_one_or_together(workspace: Workspace, dispatch: int) -> None:
    with workspace.read() as session:
        first = session.query(Delivery).filter_by(address="doubt1@x.org").one().id
    assert resend_in_doubt(workspace, dispatch, [first]) == 1
    assert changed(workspace, dispatch) == {"doubt1@x.org": QUEUED}
    assert resend_in_doubt(workspace, dispatch) == 1
    assert resend_in_doubt(workspace, dispatch) == 0
    assert status(workspace, dispatch) is CampaignStatus.SENDING


def test_what_is_in_doubt_can_be_settled_without_sending(workspace: Workspace, dispatch: int) -> None:
    with workspace.read() as session:
        first = session.query(Delivery).filter_by(address="doubt1@x.org").one().id
    assert settle_in_doubt(workspace, dispatch, [first], as_sent=True) == 1
    assert settle_in_doubt(workspace, dispatch, as_sent=False) == 1
    assert settle_in_doubt(workspace, dispatch, as_sent=False) == 0
    assert changed(workspace, dispatch) == {"doubt1@x.org": SENT, "doubt2@x.org": FAILED}
    assert status(workspace, dispatch) is CampaignStatus.FINISHED


def test_another_dispatch_is_left_alone(workspace: Workspace, dispatch: int) -> None:
    other = a_dispatch(workspace, [("full@y.org", FAILED, Reason.MAILBOX_FULL), ("doubt@y.org", IN_DOUBT, None)])
    retry_failed(workspace, dispatch)
    resend_in_doubt(workspace, dispatch)
    assert states(workspace, other) == {"full@y.org": FAILED, "doubt@y.org": IN_DOUBT}


def test_failures_are_offered_by_reason_with_a_sentence(workspace: Workspace, dispatch: int) -> None:
    suppression.suppress(workspace, ["full1@x.org", "spam@x.org"], SuppressionReason.MANUAL, "By hand")
    groups = failed_by_reason(workspace, dispatch)
    assert [(group.reason, group.count, group.ready, group.may_retry) for group in groups] == [
        (Reason.MAILBOX_FULL, 2, 1, True),
        (Reason.CONTENT_REFUSED, 1, 0, False),
        (Reason.MAILBOX_UNKNOWN, 1, 1, False),
    ]
    assert groups[0].sentence == "The mail server says this mailbox is full."


def test_the_age_of_a_message_counts_from_when_it_was_queued_again(workspace: Workspace, dispatch: int) -> None:
    with workspace.write() as session:
        row = session.query(Delivery).filter_by(address="full1@x.org").one()
        for hours, outcome in ((100, "deferred"), (101, "account_trouble"), (102, "deferred")):
            session.add(Attempt(delivery_id=row.id, at=START + timedelta(hours=hours), outcome=outcome))
            session.flush()
        delivery_id = row.id
    with workspace.read() as session:
        assert first_tries(session, {delivery_id: 2}) == {delivery_id: START + timedelta(hours=100)}
        assert first_tries(session, {delivery_id: 3}) == {delivery_id: START}
        assert first_tries(session, {}) == {}


# To those who did not open


def test_those_who_did_not_open_get_a_draft_of_the_same_content(workspace: Workspace, dispatch: int) -> None:
    happened(workspace, dispatch, EventKind.OPEN, ["sent@x.org"])
    with workspace.write() as session:
        original = session.query(Campaign).one()
        original.preheader, original.reply_to, original.headers = "Now", "me@x.org", [["X-Shop", "1"]]
        original.breaker = Breaker(at_least=50, since=START).to_json()
        session.add(CampaignRoute(campaign_id=original.id, identity_id=original.identity_id or 0, weight=3))
        session.add(Attachment(campaign_id=original.id, name="a.pdf", media_type="application/pdf", data=b"%PDF"))
    draft_id = resend_to_non_openers(workspace, dispatch, subject="Seen this?")
    with workspace.read() as session:
        draft = session.get_one(Campaign, draft_id)
        assert (draft.subject, draft.preheader, draft.reply_to, draft.headers) == (
            "Seen this?",
            "Now",
            "me@x.org",
            [["X-Shop", "1"]],
        )
        assert Breaker.from_json(draft.breaker) == Breaker(at_least=50)
        assert session.query(CampaignRoute).filter_by(campaign_id=draft_id).one().weight == 3
        assert session.query(Attachment).filter_by(campaign_id=draft_id).one().data == b"%PDF"
    info = get_campaign(workspace, draft_id)
    assert info.is_editable
    assert info.audience == Audience(dispatch_id=dispatch, reaction=Reaction.NOT_OPENED)


def test_a_draft_without_a_new_subject_keeps_the_old(workspace: Workspace, dispatch: int) -> None:
    happened(workspace, dispatch, EventKind.CLICK, ["sent@x.org"])
    info = get_campaign(workspace, resend_to_non_openers(workspace, dispatch))
    assert (info.subject, info.name) == ("Sale", "Sale (to those who did not open it)")


def test_a_receipt_sent_again_asks_for_permission_like_any_campaign(workspace: Workspace, dispatch: int) -> None:
    happened(workspace, dispatch, EventKind.OPEN, ["sent@x.org"])
    with workspace.write() as session:
        session.query(Campaign).one().kind = CampaignKind.TRANSACTIONAL
    draft_id = resend_to_non_openers(workspace, dispatch)
    with workspace.read() as session:
        assert session.get_one(Campaign, draft_id).kind is CampaignKind.CAMPAIGN


def test_a_single_message_to_somebody_who_is_no_contact_can_be_retried(workspace: Workspace, dispatch: int) -> None:
    with workspace.write() as session:
        session.query(Campaign).one().kind = CampaignKind.TRANSACTIONAL
        session.query(Delivery).filter_by(address="spam@x.org").one().contact_id = None
    assert retry_failed(workspace, dispatch, [Reason.CONTENT_REFUSED]) == 1


def test_where_no_opening_is_known_nobody_is_mailed_twice(workspace: Workspace, dispatch: int) -> None:
    happened(workspace, dispatch, EventKind.BOUNCE, ["sent@x.org"])
    with pytest.raises(UserFacingError, match="everybody would get it again"):
        resend_to_non_openers(workspace, dispatch)
    with workspace.read() as session:
        assert session.query(Campaign).count() == 1


def test_a_campaign_on_its_way_has_no_non_openers_yet(workspace: Workspace) -> None:
    dispatch = a_dispatch(workspace, ROWS, state=DispatchState.SENDING)
    happened(workspace, dispatch, EventKind.OPEN, ["sent@x.org"])
    with pytest.raises(UserFacingError, match="still being sent"):
        resend_to_non_openers(workspace, dispatch)
