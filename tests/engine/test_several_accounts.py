"""A campaign that leaves through several accounts: shares, stand-ins, and receivers that want to be spared."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from app.models.states import CampaignStatus, DeliveryState
from app.models.tables import Account, Dispatch
from app.models.workspace import Workspace
from app.sending import accounts, campaigns
from app.sending.limits import Limits
from tests.engine.builders import a_campaign, add_contacts, an_account
from tests.engine.conftest import an_agent, until, until_rest
from tests.sending.smtp_server import DROP, SmtpServer, Step, answer, late

SENT = DeliveryState.SENT


@pytest.fixture
async def other_server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer() as server:
        yield server


def people(count: int) -> list[str]:
    return [f"p{number}@example.com" for number in range(count)]


def launched(workspace: Workspace, shares: dict[int, int]) -> int:
    campaign_id = a_campaign(workspace, next(iter(shares)))
    campaigns.set_routes(workspace, campaign_id, shares)
    return campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)


async def test_accounts_share_a_campaign_by_their_weights(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    for server in (smtp_server, other_server):
        server.always[Step.DOT] = late(0.005)
    add_contacts(workspace, people(400))
    shares = {an_account(workspace, smtp_server.port): 3, an_account(workspace, other_server.port): 1}
    dispatch_id = launched(workspace, shares)
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert report.counts.by_state == {SENT: 400}
    assert sorted(smtp_server.recipients + other_server.recipients) == sorted(people(400))
    assert 280 <= len(smtp_server.recipients) <= 320


async def test_a_stand_in_is_left_alone_while_the_first_account_can_send(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    add_contacts(workspace, people(60))
    dispatch_id = launched(
        workspace, {an_account(workspace, smtp_server.port): 1, an_account(workspace, other_server.port): 0}
    )
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    assert (len(smtp_server.recipients), other_server.recipients) == (60, [])


async def test_a_stand_in_takes_over_from_a_server_that_cannot_be_reached(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        away = an_account(workspace, nobody.getsockname()[1])
        add_contacts(workspace, people(30))
        dispatch_id = launched(workspace, {away: 1, an_account(workspace, smtp_server.port): 0})
        async with an_agent(workspace):
            report = await until_rest(workspace, dispatch_id)
    assert report.status is CampaignStatus.FINISHED
    assert sorted(smtp_server.recipients) == sorted(people(30))


async def test_a_stand_in_takes_over_from_a_server_that_drops_every_connection(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    smtp_server.always[Step.MAIL] = DROP
    add_contacts(workspace, people(30))
    first = an_account(workspace, smtp_server.port, connections=1)
    dispatch_id = launched(workspace, {first: 1, an_account(workspace, other_server.port): 0})
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 25)
    assert smtp_server.recipients == []


async def test_a_stand_in_takes_over_when_the_first_has_sent_what_it_may(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    add_contacts(workspace, people(30))
    first = an_account(workspace, smtp_server.port, limits=Limits(per_day=10))
    dispatch_id = launched(workspace, {first: 1, an_account(workspace, other_server.port): 0})
    async with an_agent(workspace):
        await until_rest(workspace, dispatch_id)
    assert (len(smtp_server.recipients), len(other_server.recipients)) == (10, 20)


async def test_the_others_go_on_without_an_account_whose_password_is_wrong(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    smtp_server.users["shop"] = "right"
    add_contacts(workspace, people(30))
    wrong = an_account(workspace, smtp_server.port, username="shop", password="wrong")
    dispatch_id = launched(workspace, {wrong: 1, an_account(workspace, other_server.port): 1})
    async with an_agent(workspace):
        report = await until_rest(workspace, dispatch_id)
    assert (report.status, report.problem) == (CampaignStatus.FINISHED, "")
    assert sorted(other_server.recipients) == sorted(people(30))
    with workspace.read() as session:
        assert sum(bool(account.problem) for account in session.query(Account)) == 1


async def test_messages_that_were_not_offered_count_against_no_limit(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.DOT] = late(0.05)
    add_contacts(workspace, people(40))
    dispatch_id = launched(workspace, {an_account(workspace, smtp_server.port, limits=Limits(per_day=30)): 1})
    async with an_agent(workspace):
        for sent in range(3, 18, 3):
            await until(workspace, dispatch_id, lambda report, sent=sent: report.counts[SENT] >= sent)  # type: ignore[misc]
            campaigns.pause(workspace, dispatch_id)
            await until(workspace, dispatch_id, lambda report: report.counts[DeliveryState.SENDING] == 0)
            campaigns.resume(workspace, dispatch_id)
        report = await until(workspace, dispatch_id, lambda report: bool(report.note))
    assert "limit of 30 a day" in report.note
    assert len(smtp_server.recipients) == 30


async def test_a_receiver_that_holds_up_all_that_is_left_is_named(
    workspace: Workspace, smtp_server: SmtpServer
) -> None:
    add_contacts(workspace, ["a@gmail.com", "b@gmail.com", "c@example.com"])
    identity_id = an_account(workspace, smtp_server.port)
    account = accounts.list_accounts(workspace)[0]
    sparing = replace(accounts.draft_of(account), domain_limits={"gmail.com": Limits(per_hour=1)})
    accounts.change_account(workspace, account.id, sparing)
    dispatch_id = launched(workspace, {identity_id: 1})
    for _ in range(2):  # what went before a restart counts
        async with an_agent(workspace):
            report = await until(workspace, dispatch_id, lambda report: bool(report.note))
        assert report.note == "Waiting for gmail.com: the limit of 1 an hour"
        with workspace.write() as session:
            session.execute(update(Dispatch).values(note=""))
    assert sorted(smtp_server.recipients) == ["a@gmail.com", "c@example.com"]


async def test_a_server_away_is_used_again_as_soon_as_it_answers(
    workspace: Workspace, smtp_server: SmtpServer, other_server: SmtpServer
) -> None:
    smtp_server.always[Step.GREETING] = answer("421 4.3.2 Restarting")
    other_server.always[Step.DOT] = late(0.05)
    add_contacts(workspace, people(300))
    first = an_account(workspace, smtp_server.port)
    dispatch_id = launched(workspace, {first: 1, an_account(workspace, other_server.port, connections=1): 0})
    async with an_agent(workspace):
        await until(workspace, dispatch_id, lambda report: report.counts[SENT] >= 5)
        smtp_server.always.clear()
        await until_rest(workspace, dispatch_id)
    assert len(smtp_server.recipients) > 100
    assert len(smtp_server.recipients) + len(other_server.recipients) == 300
