"""What the engine does with a server that answers, and with the wishes of the user."""

from collections import Counter
from datetime import timedelta

import dkim
import pytest
from sqlalchemy import update

from app.audience.suppression import is_suppressed, suppress
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import CampaignStatus, ConsentState, DeliveryState, SkipReason, SuppressionReason
from app.models.tables import Contact, Delivery, Template
from app.models.workspace import Workspace
from app.reports.metrics import attempts, delivery_ids, delivery_page, reason_counts
from app.sending import campaigns
from app.sending.accounts import list_accounts
from app.sending.dkim import generate_key
from app.sending.throttle import Limits
from tests.engine.builders import a_campaign, add_contacts, an_account, change_limits, launched
from tests.engine.conftest import an_agent, eventually, still_waiting, until, until_rest
from tests.sending.smtp_server import DROP, SmtpServer, Step, answer, answer_and_drop, late

SENT, FAILED, SKIPPED = DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED
DEFERRED, IN_DOUBT, QUEUED = DeliveryState.DEFERRED, DeliveryState.IN_DOUBT, DeliveryState.QUEUED


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


async def test_everybody_gets_exactly_one_message(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(500))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts.by_state == {SENT: 500}
    assert Counter(smtp_server.recipients) == Counter(people(500))


async def test_who_must_not_be_mailed_is_left_out_with_the_reason(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, ["yes@example.com", "blocked@example.com"])
    add_contacts(workspace, ["unknown@example.com"], consent=ConsentState.UNKNOWN)
    suppress(workspace, ["blocked@example.com"], SuppressionReason.MANUAL, "By hand")
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    assert smtp_server.recipients == ["yes@example.com"]
    reasons = {row.reason for row in reason_counts(workspace, dispatch_id)}
    assert reasons == {SkipReason.SUPPRESSED, SkipReason.NO_PERMISSION}


async def test_an_address_suppressed_after_the_freeze_is_not_mailed(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(30))
    identity_id = an_account(workspace, smtp_server.port, limits=Limits(per_day=2))
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 2)
        last = still_waiting(workspace, dispatch_id)
        suppress(workspace, [last], SuppressionReason.UNSUBSCRIBED, "Link")
        change_limits(workspace, identity_id, Limits())
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 29, SKIPPED: 1}
    assert last not in smtp_server.recipients


async def test_a_contact_deleted_after_the_freeze_is_not_mailed(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(30))
    identity_id = an_account(workspace, smtp_server.port, limits=Limits(per_day=2))
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 2)
        with workspace.write() as session:
            session.delete(session.query(Contact).filter_by(email=still_waiting(workspace, dispatch_id)).one())
        change_limits(workspace, identity_id, Limits())
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 29, SKIPPED: 1}
    assert reason_counts(workspace, dispatch_id)[0].reason == SkipReason.CONTACT_DELETED


async def test_what_arrives_is_signed_with_the_key_of_the_identity(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    pem, record = generate_key()
    add_contacts(workspace, ["anna@example.com"])
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, dkim_key_pem=pem.decode()))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    content = smtp_server.mails[0].content
    assert dkim.verify(content, dnsfunc=lambda *_args, **_kwargs: record.encode())
    assert not dkim.verify(content.replace(b"Spring", b"Summer"), dnsfunc=lambda *_args, **_kwargs: record.encode())


async def test_pause_stops_at_once_and_resume_loses_and_repeats_nothing(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    add_contacts(workspace, people(300))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        for threshold in (20, 100, 200):
            await until(workspace, dispatch_id, lambda report, n=threshold: report.counts[SENT] >= n)
            campaigns.pause(workspace, dispatch_id)
            at_pause = len(smtp_server.mails)
            await until(workspace, dispatch_id, lambda report: report.counts[DeliveryState.SENDING] == 0)
            # Three connections, each with one message under way and one claimed behind it.
            assert len(smtp_server.mails) <= at_pause + 9
            assert len(smtp_server.mails) < 300
            campaigns.resume(workspace, dispatch_id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 300}
    assert Counter(smtp_server.recipients) == Counter(people(300))


async def test_nothing_goes_out_while_a_dispatch_is_paused(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(50))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    campaigns.pause(workspace, dispatch_id)
    async with an_agent(workspace):
        other = launched(workspace, an_account(workspace, smtp_server.port), subject="Other")
        await until_rest(workspace, other)
    assert all(b"Subject: Other" in mail.content for mail in smtp_server.mails)
    assert len(smtp_server.mails) == 50


async def test_cancel_leaves_the_rest_without_a_message(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(100))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, limits=Limits(per_day=5)))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 5)
        campaigns.cancel(workspace, dispatch_id)
        report = await until(
            workspace, dispatch_id, lambda report: report.finished_at is not None and report.counts.left == 0
        )
    assert report.status is CampaignStatus.CANCELLED
    assert report.counts[SENT] == len(smtp_server.mails) < 100
    assert report.counts[DeliveryState.CANCELLED] == 100 - report.counts[SENT]


async def test_a_send_can_be_taken_back_in_its_grace_period(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(3))
    campaign_id = a_campaign(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        dispatch_id = campaigns.launch(workspace, campaign_id, grace=timedelta(minutes=1))
        campaigns.take_back(workspace, dispatch_id)
        again = campaigns.launch(workspace, campaign_id, grace=timedelta(milliseconds=300))
        await until_rest(workspace, again)
        with pytest.raises(UserFacingError, match="on their way already"):
            campaigns.take_back(workspace, again)
    assert len(smtp_server.mails) == 3


async def test_a_campaign_is_not_sent_twice_unawares(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(1))
    campaign_id = a_campaign(workspace, an_account(workspace, smtp_server.port))
    campaigns.launch(workspace, campaign_id)
    with pytest.raises(UserFacingError, match="already sent"):
        campaigns.launch(workspace, campaign_id)


async def test_an_unknown_mailbox_is_refused_and_never_mailed_again(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(3))
    smtp_server.at(Step.RCPT, answer("550 5.1.1 No such user here"))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 2, FAILED: 1}
    row = delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[FAILED]))[0]
    assert "No such user here" in row.reply
    assert is_suppressed(workspace, row.address)
    assert [one.outcome for one in attempts(workspace, row.id)] == ["refused"]


async def test_a_deferred_message_is_tried_again_when_its_time_has_come(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(3))
    smtp_server.at(Step.RCPT, answer("450 4.7.1 Greylisted, come back in 300 seconds"))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 2)
        await until(workspace, dispatch_id, lambda report: report.counts[DEFERRED] == 1)
        row = delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[DEFERRED]))[0]
        assert row.due_at is not None
        assert row.due_at >= utcnow() + timedelta(seconds=290)
        _let_time_pass(workspace, row.id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 3}
    assert [one.outcome for one in attempts(workspace, row.id)] == ["deferred", "sent"]


async def test_a_storm_of_421_costs_nobody_their_message(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(60))
    storm = [answer_and_drop("421 4.3.2 Service shutting down"), None] * 15
    smtp_server.at(Step.MAIL, *storm)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: 0 < report.counts.left == report.counts[DEFERRED])
        for row_id in delivery_ids(workspace, dispatch_id, states=[DEFERRED]):
            _let_time_pass(workspace, row_id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 60}
    assert Counter(smtp_server.recipients) == Counter(people(60))


async def test_a_message_whose_reply_was_lost_is_in_doubt_and_not_repeated(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(20))
    smtp_server.at(Step.DOT, None, None, DROP)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 19, IN_DOUBT: 1}
    assert max(Counter(smtp_server.recipients).values()) == 1


async def test_a_wrong_password_stops_the_campaign_and_keeps_the_queue(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.users["shop"] = "right"
    add_contacts(workspace, people(5))
    identity_id = an_account(workspace, smtp_server.port, username="shop", password="wrong", connections=1)
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
        assert report.status is CampaignStatus.NEEDS_YOU
        assert "refused the password for shop" in report.problem
        assert "wrong" not in report.problem
        assert report.counts.by_state == {QUEUED: 5}
        assert list_accounts(workspace)[0].problem == report.problem
        assert smtp_server.passwords == ["wrong"]
        smtp_server.users["shop"] = "wrong"
        campaigns.resume(workspace, dispatch_id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 5}


async def test_a_server_that_is_gone_is_waited_for(workspace: Workspace, unused_tcp_port: int) -> None:
    add_contacts(workspace, people(3))
    dispatch_id = launched(workspace, an_account(workspace, unused_tcp_port, connections=1))
    async with an_agent(workspace):
        report = await until(workspace, dispatch_id, lambda report: bool(report.note))
        assert report.status is CampaignStatus.SENDING
        assert "takes no connections" in report.note
        campaigns.pause(workspace, dispatch_id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {QUEUED: 3}


async def test_a_line_break_in_a_name_reaches_no_header(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(2))
    with workspace.write() as session:
        session.execute(
            update(Contact).where(Contact.email == "p1@example.com").values(first_name="A\r\nBcc: all@example.com")
        )
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port), subject="Hello {{ first_name }}")
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 1, SKIPPED: 1}
    assert smtp_server.recipients == ["p0@example.com"]
    row = delivery_page(workspace, delivery_ids(workspace, dispatch_id, states=[SKIPPED]))[0]
    assert row.reason == SkipReason.CONTENT_ERROR
    assert "line break" in row.reply


async def test_a_template_that_cannot_be_compiled_sends_nothing_and_says_why(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(2))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    with workspace.write() as session:
        session.execute(update(Template).values(mjml="<mjml><mj-body>{% if %}</mj-body></mjml>"))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.NEEDS_YOU
    assert report.problem
    assert smtp_server.mails == []


async def test_the_limit_of_the_account_is_kept(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(50))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, limits=Limits(per_day=7)))
    async with an_agent(workspace):
        report = await until(workspace, dispatch_id, lambda report: bool(report.note))
        assert "limit of 7 a day" in report.note
        await eventually(lambda: len(smtp_server.mails) == 7)
    async with an_agent(workspace):
        report = await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 7)
        await until(workspace, dispatch_id, lambda report: bool(report.note))
    assert len(smtp_server.mails) == 7


async def test_editing_the_template_while_it_goes_out_changes_nothing(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(20))
    identity_id = an_account(workspace, smtp_server.port, limits=Limits(per_day=2))
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 2)
        with workspace.write() as session:
            session.execute(update(Template).values(mjml="<mjml><mj-body></mj-body></mjml>"))
        change_limits(workspace, identity_id, Limits())
        campaigns.pause(workspace, dispatch_id)
        await until_rest(workspace, dispatch_id)
        campaigns.resume(workspace, dispatch_id)
        await until_rest(workspace, dispatch_id)
    assert all(b"example.com/spring" in mail.content for mail in smtp_server.mails)
    assert len(smtp_server.mails) == 20


def _let_time_pass(workspace: Workspace, delivery_id: int) -> None:
    with workspace.write() as session:
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(due_at=utcnow()))
