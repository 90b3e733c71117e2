"""The practice server: real SMTP, nothing leaves the computer, and a few addresses misbehave for the newcomer."""

import asyncio
import logging

import pytest

from app.sending.outcomes import Outcome, OutcomeKind, Reason
from app.sending.practice import SIZE_LIMIT_BYTES, PracticeMail, PracticeServer
from app.sending.smtp import SmtpAccount, SmtpTransport, TlsMode
from tests.sending.feeds import CONTENT, SENDER, ListFeed, RetryingFeed, letters_to, send_all
from tests.sending.test_claims import until


def transport_to(server: PracticeServer) -> SmtpTransport:
    return SmtpTransport(SmtpAccount("127.0.0.1", server.port, TlsMode.NONE_ON_LOOPBACK))


async def test_practice_mail_is_kept_exactly_as_sent() -> None:
    kept: list[PracticeMail] = []
    recipients = [f"person{number}@example.net" for number in range(30)]

    async with PracticeServer(kept.append) as server:
        await send_all(transport_to(server), ListFeed(letters_to(*recipients)))

    assert [mail.recipient for mail in kept] == recipients
    assert {(mail.sender, mail.content) for mail in kept} == {(SENDER, CONTENT)}
    assert all(mail.received_at.tzinfo is not None for mail in kept)


async def test_a_message_is_acknowledged_only_when_the_sink_has_it() -> None:
    kept: list[PracticeMail] = []
    may_store = asyncio.Event()

    async def store(mail: PracticeMail) -> None:
        await may_store.wait()
        kept.append(mail)

    feed = ListFeed(letters_to("anna@example.net"))
    async with PracticeServer(store) as server:
        sending = asyncio.create_task(send_all(transport_to(server), feed))
        await until(lambda: feed.claims)
        await asyncio.sleep(0.02)
        before = dict(feed.outcomes)
        may_store.set()
        await sending

    assert before == {}
    assert feed.last["anna@example.net"].is_sent
    assert len(kept) == 1


async def outcomes_for(server: PracticeServer, recipient: str) -> list[Outcome]:
    feed = RetryingFeed(letters_to(recipient))
    await send_all(transport_to(server), feed)
    return feed.outcomes[recipient]


async def test_bounce_addresses_are_refused_for_good() -> None:
    async with PracticeServer(lambda _mail: None) as server:
        (outcome,) = await outcomes_for(server, "bounce.anna@example.net")

    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.suppress


async def test_full_mailboxes_take_it_the_second_time() -> None:
    async with PracticeServer(lambda _mail: None) as server:
        first, second = await outcomes_for(server, "full@example.net")

    assert (first.kind, first.reason) == (OutcomeKind.DEFERRED, Reason.MAILBOX_FULL)
    assert second.is_sent


async def test_slow_addresses_take_their_time() -> None:
    loop = asyncio.get_running_loop()
    async with PracticeServer(lambda _mail: None, slow_s=0.1) as server:
        start = loop.time()
        (outcome,) = await outcomes_for(server, "slow@example.net")

    assert outcome.is_sent
    assert loop.time() - start >= 0.1


async def test_a_sink_that_cannot_store_costs_no_message(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[PracticeMail] = []

    def store(mail: PracticeMail) -> None:
        if not caplog.records:
            raise OSError("disk full")
        kept.append(mail)

    async with PracticeServer(store) as server:
        first, second = await outcomes_for(server, "anna@example.net")

    assert first.kind is OutcomeKind.DEFERRED
    assert "disk full" not in str(first.reply)
    assert second.is_sent
    assert len(kept) == 1


async def test_the_server_offers_pipelining_and_its_size_limit() -> None:
    async with PracticeServer(lambda _mail: None) as server:
        connection = await transport_to(server).open()
        await connection.close()

    assert connection.abilities.pipelining
    assert connection.abilities.size_limit_bytes == SIZE_LIMIT_BYTES


async def test_nobodys_address_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async with PracticeServer(lambda _mail: None) as server:
        await outcomes_for(server, "anna@example.net")

    assert "anna@example.net" not in caplog.text


async def test_stopping_drops_open_connections_and_frees_the_port() -> None:
    server = PracticeServer(lambda _mail: None)
    await server.start()
    connection = await transport_to(server).open()
    account = SmtpAccount("127.0.0.1", server.port, TlsMode.NONE_ON_LOOPBACK)

    await server.stop()
    await server.stop()
    await until(lambda: not connection.is_usable)
    await connection.close()

    with pytest.raises(Exception, match="takes no connections"):
        await SmtpTransport(account).open()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.port


async def test_it_can_be_started_again() -> None:
    kept: list[PracticeMail] = []
    server = PracticeServer(kept.append)

    for _ in range(2):
        async with server:
            await outcomes_for(server, "anna@example.net")

    assert len(kept) == 2
