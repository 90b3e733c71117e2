"""Nothing leaves before its delivery is durably `sending`, and every job taken is settled once."""

import asyncio
from collections.abc import Callable

import pytest

from app.sending.outcomes import OutcomeKind, Reason
from app.sending.smtp import SmtpTransport
from tests.sending.conftest import account_of
from tests.sending.feeds import Letter, ListFeed, letters_to, send_all
from tests.sending.smtp_server import DROP, SILENCE, SmtpServer, Step, late

THREE = ["anna@example.net", "bert@example.net", "cleo@example.net"]


class SlowClaims(ListFeed):
    """Claims become durable when the test says so."""

    def __init__(self, letters: list[Letter]) -> None:
        super().__init__(letters)
        self.pending: dict[str, asyncio.Future[bool]] = {}

    def claim(self, job: Letter) -> "asyncio.Future[bool]":
        claim = asyncio.get_running_loop().create_future()
        self.pending[job.envelope.recipient] = claim
        return claim


class DecidedClaims(ListFeed):
    """Claims are durable at once, but some say no."""

    def __init__(self, letters: list[Letter], *, withdrawn: set[str]) -> None:
        super().__init__(letters)
        self.withdrawn = withdrawn

    def claim(self, job: Letter) -> "asyncio.Future[bool]":
        claim = super().claim(job)
        if job.envelope.recipient in self.withdrawn:
            claim = asyncio.get_running_loop().create_future()
            claim.set_result(False)
        return claim


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until `condition()` holds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 (the server is not ours to instrument)
            await asyncio.sleep(0.001)


async def settled_quietly(server: SmtpServer) -> None:
    """Give bytes that should not have been sent the time to arrive."""
    await asyncio.sleep(0.02)


async def test_not_a_byte_leaves_before_the_claim_is_durable(transport: SmtpTransport, smtp_server: SmtpServer) -> None:
    feed = SlowClaims(letters_to("anna@example.net"))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await until(lambda: feed.pending)
    await settled_quietly(smtp_server)

    before = [command for command in smtp_server.commands if not command.startswith("EHLO")]
    feed.pending["anna@example.net"].set_result(True)
    await running
    await connection.close()

    assert before == []
    assert smtp_server.recipients == ["anna@example.net"]


async def test_a_late_claim_holds_back_only_its_own_message(transport: SmtpTransport, smtp_server: SmtpServer) -> None:
    feed = SlowClaims(letters_to("anna@example.net", "bert@example.net"))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await until(lambda: "anna@example.net" in feed.pending)
    feed.pending["anna@example.net"].set_result(True)
    await until(lambda: smtp_server.mails)
    await settled_quietly(smtp_server)

    while_waiting = smtp_server.commands.count("RCPT TO:<bert@example.net>")
    feed.pending["bert@example.net"].set_result(True)
    await running
    await connection.close()

    assert while_waiting == 0
    assert smtp_server.recipients == ["anna@example.net", "bert@example.net"]


@pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])
@pytest.mark.parametrize("withdrawn", [{THREE[0]}, {THREE[1]}, {THREE[2]}, set(THREE)])
async def test_a_withdrawn_message_is_dropped_unsettled(
    smtp_server: SmtpServer, withdrawn: set[str], pipelining: bool
) -> None:
    smtp_server.pipelining = pipelining
    feed = DecidedClaims(letters_to(*THREE), withdrawn=withdrawn)

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    wanted = [recipient for recipient in THREE if recipient not in withdrawn]
    assert smtp_server.recipients == wanted
    assert list(feed.outcomes) == wanted
    assert smtp_server.sessions == 1


async def test_a_withdrawn_message_stays_unsettled_when_the_connection_dies(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.DOT, DROP)
    feed = DecidedClaims(letters_to("anna@example.net", "bert@example.net"), withdrawn={"bert@example.net"})
    connection = await transport.open()

    await connection.run(feed)
    await connection.close()

    assert feed.taken == ["anna@example.net", "bert@example.net"]
    assert list(feed.outcomes) == ["anna@example.net"]


async def test_a_failing_claim_stops_the_connection_before_the_message(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    feed = SlowClaims(letters_to("anna@example.net"))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await until(lambda: feed.pending)

    feed.pending["anna@example.net"].set_exception(OSError("disk full"))

    with pytest.raises(OSError, match="disk full"):
        await running
    await connection.close()
    assert feed.last["anna@example.net"].kind is OutcomeKind.DEFERRED
    assert smtp_server.mails == []
    assert not connection.is_usable


async def test_cancelling_never_cancels_a_shared_claim(transport: SmtpTransport, smtp_server: SmtpServer) -> None:
    feed = SlowClaims(letters_to("anna@example.net"))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await until(lambda: feed.pending)

    running.cancel()
    await asyncio.wait([running])
    await connection.close()

    assert running.cancelled()
    assert not feed.pending["anna@example.net"].cancelled()
    assert feed.last["anna@example.net"].is_untried


async def test_cancelled_while_the_server_thinks_leaves_the_message_in_doubt_and_the_next_untried(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.DOT, late(0.09))
    feed = ListFeed(letters_to(*THREE))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await until(lambda: any(read.startswith(b"Subject:") for read in smtp_server.reads))

    running.cancel()
    await asyncio.wait([running])
    await connection.close()

    first, *others = (feed.last[recipient] for recipient in feed.taken)
    assert (first.kind, first.reason) == (OutcomeKind.IN_DOUBT, Reason.INTERRUPTED)
    assert all(outcome.is_untried for outcome in others)
    assert [len(outcomes) for outcomes in feed.outcomes.values()] == [1] * len(feed.taken)


async def test_a_message_that_kills_each_connection_is_not_called_untried(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.always[Step.RCPT] = DROP
    feed = ListFeed(letters_to("anna@example.net"))

    await send_all(transport, feed)

    assert feed.last["anna@example.net"].kind is OutcomeKind.DEFERRED
    assert not feed.last["anna@example.net"].is_untried


async def test_a_connection_lost_behind_a_delivered_message_leaves_the_next_untried(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.MAIL, None, DROP)
    feed = ListFeed(letters_to("anna@example.net", "bert@example.net"))
    connection = await transport.open()

    await connection.run(feed)
    await connection.close()

    assert feed.last["anna@example.net"].is_sent
    assert feed.last["bert@example.net"].is_untried
    assert not connection.is_usable


async def test_a_line_that_died_while_idle_costs_the_next_message_nothing(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    class AfterTheServerLeft(ListFeed):
        async def take(self) -> Letter | None:
            if self.waiting:
                await until(lambda: not connection.is_usable)
            return await super().take()

    feed = AfterTheServerLeft(letters_to("anna@example.net"))
    connection = await transport.open()
    running = asyncio.create_task(connection.run(feed))
    await asyncio.sleep(0)

    smtp_server.hang_up()
    await running
    await connection.close()

    assert feed.last["anna@example.net"].is_untried
    assert smtp_server.mails == []


async def test_a_server_that_never_says_goodbye_cannot_hold_up_closing(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.QUIT, SILENCE)
    connection = await transport.open()

    async with asyncio.timeout(1):
        await connection.close()
        await connection.close()

    assert not connection.is_usable
