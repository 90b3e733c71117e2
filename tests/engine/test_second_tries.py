"""Faults that users of other programs live with: recipients lost or repeated after a pause or a crash, no record of a
recipient, one limit for all accounts (listmonk's #2070, #2313, #3022, #934, #2185, #2500, #2971).
"""

import asyncio
from collections import Counter
from datetime import timedelta

from app.models.base import utcnow
from app.models.states import CampaignStatus, DeliveryState, EventKind
from app.models.tables import Attempt, Campaign, Contact, Delivery, Event
from app.models.workspace import Workspace
from app.reports.metrics import attempts, delivery_ids, delivery_page, dispatch_report
from app.sending import campaigns
from app.sending.breaker import Breaker
from app.sending.outcomes import Reason
from app.sending.second_tries import failed_by_reason, resend_in_doubt, resend_to_non_openers, retry_failed
from app.sending.throttle import Limits
from tests.engine.builders import a_campaign, add_contacts, an_account, launched
from tests.engine.conftest import an_agent, eventually, until, until_rest
from tests.sending.smtp_server import DROP, SmtpServer, Step, answer

SENT, FAILED, IN_DOUBT, QUEUED = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.IN_DOUBT,
    DeliveryState.QUEUED,
)


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


async def test_who_was_refused_gets_it_once_after_a_retry_and_nobody_else_again(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(40))
    smtp_server.at(Step.RCPT, *[answer("552 5.2.2 Mailbox full")] * 5)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
        assert [(one.reason, one.ready) for one in failed_by_reason(workspace, dispatch_id)] == [
            (Reason.MAILBOX_FULL, 5)
        ]
        assert retry_failed(workspace, dispatch_id, [Reason.MAILBOX_FULL]) == 5
        report = await until(
            workspace, dispatch_id, lambda one: one.status is CampaignStatus.FINISHED and one.counts[SENT] == 40
        )
    assert report.counts.by_state == {SENT: 40}
    assert Counter(smtp_server.recipients) == Counter(people(40))


async def test_each_try_at_each_recipient_is_on_record(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(6))
    smtp_server.at(Step.RCPT, answer("552 5.2.2 Mailbox full"))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
        retry_failed(workspace, dispatch_id)
        await until(workspace, dispatch_id, lambda one: one.counts[SENT] == 6)
    ids = delivery_ids(workspace, dispatch_id)
    assert sorted(row.address for row in delivery_page(workspace, ids)) == people(6)
    assert sorted(len(attempts(workspace, one)) for one in ids) == [1, 1, 1, 1, 1, 2]


async def test_a_retry_during_a_pause_loses_and_repeats_nobody(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(60))
    smtp_server.at(Step.RCPT, *[answer("552 5.2.2 Mailbox full")] * 4)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, limits=Limits(per_second=40)))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda one: one.counts[FAILED] == 4 and one.counts[SENT] > 3)
        campaigns.pause(workspace, dispatch_id)
        assert retry_failed(workspace, dispatch_id) == 4
        await asyncio.sleep(0.3)
        assert dispatch_report(workspace, dispatch_id).status is CampaignStatus.PAUSED
        assert dispatch_report(workspace, dispatch_id).counts[QUEUED] >= 4
        campaigns.resume(workspace, dispatch_id)
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 60}
    assert Counter(smtp_server.recipients) == Counter(people(60))


async def test_what_is_in_doubt_goes_again_by_the_users_click_alone(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(10))
    smtp_server.at(Step.DOT, DROP)
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
        assert report.counts[IN_DOUBT] == 1
        before = Counter(smtp_server.recipients)
        assert resend_in_doubt(workspace, dispatch_id) == 1
        await until(workspace, dispatch_id, lambda one: one.counts[SENT] == 10)
    again = Counter(smtp_server.recipients) - before
    assert sum(again.values()) == 1
    assert set(smtp_server.recipients) == set(people(10))


async def test_a_server_that_drops_every_connection_costs_no_recipient(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, ["p@example.com"])
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    smtp_server.always[Step.MAIL] = DROP
    async with an_agent(workspace):
        for tries in range(1, 15):
            await until(workspace, dispatch_id, lambda one: one.counts[DeliveryState.DEFERRED] == 1)
            with workspace.write() as session:
                row = session.query(Delivery).one()
                assert row.attempts == tries
                row.due_at = utcnow()
            await eventually(lambda wanted=tries + 1: _attempts(workspace) >= wanted)  # type: ignore[misc]
        smtp_server.always.clear()
        with workspace.write() as session:
            session.query(Delivery).one().due_at = utcnow()
        report = await until(workspace, dispatch_id, lambda one: one.status is CampaignStatus.FINISHED)
    assert report.counts.by_state == {SENT: 1}
    assert smtp_server.recipients == ["p@example.com"]


async def test_a_retried_message_has_the_age_of_its_retry(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, ["p@example.com"])
    smtp_server.at(Step.RCPT, answer("552 5.2.2 Mailbox full"))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
        with workspace.write() as session:
            session.query(Attempt).one().at = utcnow() - timedelta(days=30)
        smtp_server.always[Step.RCPT] = answer("450 4.2.0 Not now")
        retry_failed(workspace, dispatch_id)
        for tries in range(2, 6):
            await eventually(lambda wanted=tries: _attempts(workspace) >= wanted, patience_s=5)  # type: ignore[misc]
            with workspace.write() as session:
                session.query(Delivery).one().due_at = utcnow()
        await eventually(lambda: _attempts(workspace) >= 6, patience_s=5)
        assert dispatch_report(workspace, dispatch_id).counts[FAILED] == 0


async def test_each_account_has_a_limit_of_its_own(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(12))
    slow = launched(workspace, an_account(workspace, smtp_server.port, limits=Limits(per_day=3)))
    fast = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until(workspace, fast, lambda one: one.status is CampaignStatus.FINISHED)
        await until(workspace, slow, lambda one: one.counts[SENT] == 3)
        assert dispatch_report(workspace, slow).counts.by_state == {SENT: 3, QUEUED: 9}


async def test_a_campaign_of_dead_addresses_is_paused_and_goes_on_when_the_user_says_so(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(80))
    smtp_server.always[Step.RCPT] = answer("550 5.1.1 User unknown")
    identity_id = an_account(workspace, smtp_server.port, connections=1)
    campaign_id = a_campaign(workspace, identity_id)
    with workspace.write() as session:
        session.get_one(Campaign, campaign_id).breaker = Breaker(at_least=10).to_json()
    dispatch_id = campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
        assert report.status is CampaignStatus.NEEDS_YOU
        assert "do not exist" in report.problem
        assert 10 <= report.counts[FAILED] < 40
        smtp_server.always.clear()
        campaigns.resume(workspace, dispatch_id)
        report = await until(workspace, dispatch_id, lambda one: one.status is CampaignStatus.FINISHED)
    assert report.counts[SENT] + report.counts[FAILED] == 80


async def test_those_who_did_not_open_get_it_again_and_the_others_do_not(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(5))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
        with workspace.write() as session:
            for row in session.query(Delivery).filter(Delivery.address.in_(people(2))):
                session.add(Event(kind=EventKind.OPEN, at=utcnow(), delivery_id=row.id, contact_id=row.contact_id))
            session.delete(session.query(Contact).filter_by(email="p4@example.com").one())
        again = campaigns.launch(workspace, resend_to_non_openers(workspace, dispatch_id), grace=campaigns.NO_GRACE)
        report = await until(workspace, again, lambda one: one.status is CampaignStatus.FINISHED)
    assert report.counts.by_state == {SENT: 2}
    assert sorted(smtp_server.recipients[5:]) == ["p2@example.com", "p3@example.com"]


def _attempts(workspace: Workspace) -> int:
    with workspace.read() as session:
        return session.query(Attempt).count()
