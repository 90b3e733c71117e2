"""What campaigns may not do to each other, and what may change while they are on their way."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.audience.suppression import suppress
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import CampaignStatus, DeliveryState, DispatchState, SkipReason, SuppressionReason, TlsMode
from app.models.tables import Attempt, Contact, Delivery, Dispatch
from app.models.workspace import Workspace
from app.reports.metrics import delivery_ids, delivery_page, reason_counts
from app.sending import campaigns, engine
from app.sending.compose import Composer, Letter, OutgoingMessage
from app.sending.deliveries import Row
from app.sending.throttle import Limits
from tests.engine.builders import add_contacts, an_account, change_limits, launched
from tests.engine.conftest import an_agent, eventually, still_waiting, until, until_rest
from tests.sending.conftest import self_signed
from tests.sending.smtp_server import SILENCE, SmtpServer, Step, answer, late

SENT, QUEUED, FAILED = DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.FAILED
SENDING, DEFERRED, CANCELLED = DeliveryState.SENDING, DeliveryState.DEFERRED, DeliveryState.CANCELLED


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


async def test_what_the_server_cannot_take_at_all_is_refused_and_the_campaign_ends(workspace: Workspace) -> None:
    add_contacts(workspace, people(3))
    async with SmtpServer(extensions=("SIZE 200",)) as server:
        dispatch_id = launched(workspace, an_account(workspace, server.port))
        async with an_agent(workspace):
            report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert report.counts.by_state == {FAILED: 3}
    assert [row.reason for row in reason_counts(workspace, dispatch_id)] == ["too_big"]


async def test_two_campaigns_of_one_account_take_turns(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.01)
    add_contacts(workspace, people(60))
    identity_id = an_account(workspace, smtp_server.port, connections=1, messages_per_connection=10)
    first, second = (launched(workspace, identity_id, subject=subject) for subject in ("First", "Second"))
    async with an_agent(workspace):
        for dispatch_id in (first, second):
            report = await until_rest(workspace, dispatch_id)
            assert report.counts.by_state == {SENT: 60}
    is_first = [b"Subject: First" in mail.content for mail in smtp_server.mails]
    assert set(is_first[:30]) == set(is_first[60:90]) == {False, True}


async def test_campaigns_take_turns_on_one_connection_and_each_can_be_cancelled(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.02)
    add_contacts(workspace, people(100))
    identity_id = an_account(workspace, smtp_server.port, connections=1)
    one, other = (launched(workspace, identity_id, subject=subject) for subject in ("One", "Other"))
    async with an_agent(workspace):
        for dispatch_id in (one, other):
            await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 5)
        campaigns.cancel(workspace, other)
        cancelled = await until(workspace, other, lambda report: report.state is DispatchState.CANCELLED)
        assert cancelled.counts[CANCELLED] > 0
        assert (await until_rest(workspace, one)).counts.by_state == {SENT: 100}
    subjects = Counter(b"Subject: One" in mail.content for mail in smtp_server.mails)
    assert subjects == {True: 100, False: cancelled.counts[SENT]}


async def test_a_limit_lowered_on_the_way_is_obeyed_from_then_on(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.02)
    add_contacts(workspace, people(200))
    identity_id = an_account(workspace, smtp_server.port)
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 10)
        change_limits(workspace, identity_id, Limits(per_day=5))
        report = await until(workspace, dispatch_id, lambda report: "limit of 5 a day" in report.note)
        sent = len(smtp_server.mails)
        assert report.counts.by_state == {SENT: sent, QUEUED: 200 - sent}
        change_limits(workspace, identity_id, Limits(per_day=sent + 20))
        await eventually(lambda: len(smtp_server.mails) == sent + 20)
        await until(workspace, dispatch_id, lambda report: f"limit of {sent + 20} a day" in report.note)
        change_limits(workspace, identity_id, Limits())
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 200}
    assert report.note == ""
    assert Counter(smtp_server.recipients) == Counter(people(200))


async def test_a_paused_campaign_does_not_say_that_it_waits(workspace: Workspace, smtp_server: SmtpServer) -> None:
    add_contacts(workspace, people(5))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, limits=Limits(per_day=2)))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: bool(report.note))
        campaigns.pause(workspace, dispatch_id)
        await until(workspace, dispatch_id, lambda report: not report.note)


async def test_a_campaign_paused_at_its_last_message_is_finished(workspace: Workspace, smtp_server: SmtpServer) -> None:
    smtp_server.always[Step.DOT] = late(0.3)
    add_contacts(workspace, people(1))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENDING] == 1)
        campaigns.pause(workspace, dispatch_id)
        await until(workspace, dispatch_id, lambda report: report.status is CampaignStatus.FINISHED)


async def test_a_campaign_cancelled_while_its_account_fails_stays_cancelled(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.users["shop"] = "right"
    smtp_server.always[Step.AUTH] = late(0.5)
    add_contacts(workspace, people(3))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, username="shop", password="wrong"))
    async with an_agent(workspace):
        await eventually(lambda: bool(smtp_server.passwords))
        campaigns.cancel(workspace, dispatch_id)
        report = await until(workspace, dispatch_id, lambda report: report.state is DispatchState.CANCELLED)
    assert report.counts.by_state == {CANCELLED: 3}
    assert report.problem == ""


@pytest.mark.parametrize("at", ["the start", "the tenth message"])
async def test_a_fault_in_one_campaign_does_not_keep_the_others_from_going_out(
    workspace: Workspace, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    add_contacts(workspace, people(20))
    identity_id = an_account(workspace, smtp_server.port)
    poisoned, healthy = (launched(workspace, identity_id, subject=subject) for subject in ("Poisoned", "Healthy"))
    read, compose = engine.read_letter, Composer.compose

    def failing_start(workspace: Workspace, dispatch_id: int, identity_id: int) -> Letter:
        if dispatch_id == poisoned:
            raise ZeroDivisionError
        return read(workspace, dispatch_id, identity_id)

    def failing_at_the_tenth(composer: Composer, row: Row) -> OutgoingMessage:
        message = compose(composer, row)
        if b"Poisoned" in message.content and row.delivery.address == "p9@example.com":
            raise ZeroDivisionError
        return message

    if at == "the start":
        monkeypatch.setattr(engine, "read_letter", failing_start)
    else:
        monkeypatch.setattr(Composer, "compose", failing_at_the_tenth)
    async with an_agent(workspace):
        report = await until_rest(workspace, healthy)
        assert report.counts.by_state == {SENT: 20}
        report = await until_rest(workspace, poisoned)
    assert report.status is CampaignStatus.NEEDS_YOU
    assert "The program failed at this campaign" in report.problem
    assert report.counts[SENDING] == 0
    received = Counter(mail.recipient for mail in smtp_server.mails if b"Poisoned" in mail.content)
    assert report.counts[SENT] == len(received)
    assert set(received.values()) <= {1}


@pytest.mark.parametrize(("tries_before", "becomes"), [(1, DEFERRED), (5, FAILED)])
async def test_only_many_tries_over_days_make_us_give_a_recipient_up(
    workspace: Workspace, smtp_server: SmtpServer, tries_before: int, becomes: DeliveryState
) -> None:
    smtp_server.always[Step.RCPT] = answer("450 4.7.1 Greylisted")
    add_contacts(workspace, people(1))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port))
    long_ago = utcnow() - timedelta(days=3)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[DEFERRED] == 1)
        with workspace.write() as session:
            session.execute(update(Dispatch).values(started_at=long_ago))
            session.execute(update(Attempt).values(at=long_ago))
            session.execute(update(Delivery).values(due_at=utcnow(), attempts=tries_before))
        (row_id,) = delivery_ids(workspace, dispatch_id)
        await until(
            workspace, dispatch_id, lambda _: delivery_page(workspace, [row_id])[0].attempts == tries_before + 1
        )
    assert delivery_page(workspace, [row_id])[0].state is becomes


async def test_an_address_suppressed_after_its_contact_got_another_one_is_not_mailed(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, people(30))
    identity_id = an_account(workspace, smtp_server.port, limits=Limits(per_day=2))
    dispatch_id = launched(workspace, identity_id)
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] == 2)
        former = still_waiting(workspace, dispatch_id)
        with workspace.write() as session:
            contact = session.scalars(select(Contact).where(Contact.email == former)).one()
            contact.email, contact.address_hash = "new@example.com", workspace.address_hash("new@example.com")
        suppress(workspace, [former], SuppressionReason.UNSUBSCRIBED, "Link")
        change_limits(workspace, identity_id, Limits())
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 29, DeliveryState.SKIPPED: 1}
    assert reason_counts(workspace, dispatch_id)[0].reason == SkipReason.SUPPRESSED
    assert not {former, "new@example.com"} & set(smtp_server.recipients)


async def test_a_self_signed_certificate_stops_the_campaign_and_keeps_the_queue(
    workspace: Workspace,
) -> None:
    add_contacts(workspace, people(5))
    async with SmtpServer(implicit_tls=self_signed(None)) as server:
        identity_id = an_account(workspace, server.port, host="localhost", tls=TlsMode.IMPLICIT)
        dispatch_id = launched(workspace, identity_id)
        async with an_agent(workspace):
            report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.NEEDS_YOU
    assert report.problem.startswith("The certificate of localhost is self-signed")
    assert report.counts.by_state == {QUEUED: 5}
    assert server.mails == []
    with pytest.raises(UserFacingError, match="self-signed"):
        launched(workspace, identity_id)


async def test_who_is_paused_while_a_server_says_nothing_is_not_forgotten(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.DOT, SILENCE)
    add_contacts(workspace, people(10))
    dispatch_id = launched(workspace, an_account(workspace, smtp_server.port, connections=1))
    async with an_agent(workspace):
        await eventually(lambda: not smtp_server.script[Step.DOT])
        campaigns.pause(workspace, dispatch_id)
        campaigns.resume(workspace, dispatch_id)
        smtp_server.hang_up()
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 9, DeliveryState.IN_DOUBT: 1}
