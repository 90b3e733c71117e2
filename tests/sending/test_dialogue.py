"""The finer points of SMTP: clearing up after a refusal, what a server offers, when a connection is used up."""

import pytest

from app.sending.commands import Abilities, dot_stuffed
from app.sending.outcomes import OutcomeKind, Reason
from app.sending.smtp import SmtpTransport
from app.sending.transport import BadAddress, Envelope
from tests.sending.conftest import account_of
from tests.sending.feeds import CONTENT, SENDER, Letter, ListFeed, letters_to, send_all
from tests.sending.smtp_server import SmtpServer, Step, answer

THREE = ["anna@example.net", "bert@example.net", "cleo@example.net"]
BOTH_WAYS = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])


@BOTH_WAYS
@pytest.mark.parametrize("opens_empty", [False, True], ids=["DATA refused too", "DATA accepted anyway"])
async def test_after_a_refused_recipient_the_same_connection_goes_on(
    smtp_server: SmtpServer, pipelining: bool, opens_empty: bool
) -> None:
    smtp_server.pipelining = pipelining
    smtp_server.opens_message_without_recipients = opens_empty
    smtp_server.at(Step.RCPT, answer("550 5.1.1 No such user"), None, answer("550 5.1.1 No such user"))
    feed = ListFeed(letters_to(*THREE))

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    assert smtp_server.recipients == ["bert@example.net"]
    assert feed.last["anna@example.net"].suppress
    assert smtp_server.sessions == 1


@BOTH_WAYS
async def test_a_server_that_cannot_reset_is_left(smtp_server: SmtpServer, pipelining: bool) -> None:
    smtp_server.pipelining = pipelining
    smtp_server.at(Step.RCPT, answer("550 5.1.1 No such user")).at(Step.RSET, answer("502 5.5.1 Not here"))
    feed = ListFeed(letters_to("anna@example.net", "bert@example.net"))
    connection = await SmtpTransport(account_of(smtp_server)).open()

    await connection.run(feed)
    await connection.close()

    assert not connection.is_usable
    assert feed.last["anna@example.net"].kind is OutcomeKind.REFUSED
    assert feed.last["bert@example.net"].is_untried


class OneAtATime(ListFeed):
    """Never has the next letter at once."""

    def try_take(self) -> Letter | None:
        return None

    async def take(self) -> Letter | None:
        return super().try_take()


async def test_an_answer_too_many_is_not_taken_for_that_to_the_next_message(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.DOT, answer("250 2.0.0 Ok\r\n250 2.0.0 Ok, I said"))
    feed = ListFeed(letters_to("anna@example.net", "bert@example.net"))
    connection = await transport.open()

    await connection.run(feed)
    await connection.close()

    assert feed.last["anna@example.net"].is_sent
    assert feed.last["bert@example.net"].is_untried


async def test_a_server_that_spoke_unasked_is_told_nothing_more(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    smtp_server.at(Step.DOT, answer("250 2.0.0 Ok\r\n250 2.0.0 Ok, I said"))
    feed = OneAtATime(letters_to("anna@example.net", "bert@example.net"))
    connection = await transport.open()

    await connection.run(feed)
    await connection.close()

    assert feed.last["bert@example.net"].is_untried
    assert not any("bert" in command for command in smtp_server.commands)


@BOTH_WAYS
async def test_a_connection_stops_at_its_number_of_messages(smtp_server: SmtpServer, pipelining: bool) -> None:
    smtp_server.pipelining = pipelining
    feed = ListFeed(letters_to(*THREE))

    await send_all(SmtpTransport(account_of(smtp_server, messages_per_connection=2)), feed)

    assert smtp_server.sessions == 2
    assert smtp_server.recipients == THREE


async def test_a_message_over_the_announced_size_is_not_even_offered(smtp_server: SmtpServer) -> None:
    smtp_server.extensions = ("SIZE 1000",)
    big = CONTENT + b"x" * 1000 + b"\r\n"
    feed = ListFeed([*letters_to("anna@example.net", content=big), *letters_to("bert@example.net")])

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    assert (feed.last["anna@example.net"].kind, feed.last["anna@example.net"].reason) == (
        OutcomeKind.REFUSED,
        Reason.TOO_BIG,
    )
    assert smtp_server.recipients == ["bert@example.net"]
    assert f"MAIL FROM:<{SENDER}> SIZE={len(CONTENT)}" in smtp_server.commands


@pytest.mark.parametrize(
    ("extensions", "recipient", "arrives_as"),
    [
        ((), "anna@müller.example", "anna@xn--mller-kva.example"),
        (("SMTPUTF8",), "jürgen@müller.example", "jürgen@müller.example"),
        ((), "jürgen@example.net", None),
        ((), "anna@-.example", "anna@-.example"),
    ],
)
async def test_addresses_beyond_ascii(
    smtp_server: SmtpServer, extensions: tuple[str, ...], recipient: str, arrives_as: str | None
) -> None:
    smtp_server.extensions = ("ENHANCEDSTATUSCODES", *extensions)
    feed = ListFeed([Letter(Envelope(SENDER, recipient))])

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    assert smtp_server.recipients == ([arrives_as] if arrives_as else [])
    assert feed.last[recipient].reason is (Reason.ACCEPTED if arrives_as else Reason.ADDRESS_UNSUPPORTED)


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@example.net>", "a b@example.net", "a@example.net\r\nRSET", "a@b\x00"]
)
def test_an_address_that_could_smuggle_a_command_is_no_envelope(address: str) -> None:
    with pytest.raises(BadAddress):
        Envelope(SENDER, address)
    with pytest.raises(BadAddress):
        Envelope(address, "anna@example.net")


@pytest.mark.parametrize(
    ("content", "stuffed"),
    [
        (b"a\r\n", b"a\r\n"),
        (b".\r\n", b"..\r\n"),
        (b"a\r\n.\r\n.b\r\n", b"a\r\n..\r\n..b\r\n"),
        (b"a.\r\n", b"a.\r\n"),
    ],
)
def test_a_dot_that_begins_a_line_is_doubled(content: bytes, stuffed: bytes) -> None:
    assert dot_stuffed(content) == stuffed


@pytest.mark.parametrize(
    ("offered", "limit"),
    [({"size": "1000"}, 1000), ({"size": "0"}, None), ({"size": ""}, None), ({"size": "x"}, None), ({}, None)],
)
def test_the_size_limit_is_read_from_ehlo(offered: dict[str, str], limit: int | None) -> None:
    assert Abilities.of(offered).size_limit_bytes == limit
