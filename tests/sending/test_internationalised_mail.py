"""Letters beyond ASCII in addresses, headers and content: what is asked of the server, and when nothing is tried."""

import pytest

from app.sending.commands import Abilities
from app.sending.outcomes import Reason
from app.sending.smtp import SmtpTransport
from app.sending.transport import Envelope
from tests.sending.conftest import account_of
from tests.sending.feeds import CONTENT, SENDER, Letter, ListFeed, send_all
from tests.sending.smtp_server import SmtpServer

ASCII_ENVELOPE_UTF8_HEADERS = Envelope(SENDER, "anna@example.net", needs_smtputf8=True)
UTF8_CONTENT = "From: jürgen@example.org\r\n\r\nHello\r\n".encode()


def mail_command(envelope: Envelope, *, is_8bit: bool = False, **offered: bool) -> bytes:
    return Abilities(**offered).envelope_commands(envelope, 100, is_8bit=is_8bit)[0].line


def test_headers_beyond_ascii_need_the_extension_even_where_the_envelope_does_not() -> None:
    assert mail_command(ASCII_ENVELOPE_UTF8_HEADERS, smtputf8=True) == b"MAIL FROM:<news@example.org> SMTPUTF8\r\n"
    assert Abilities(smtputf8=True).obstacle(ASCII_ENVELOPE_UTF8_HEADERS, 100) is None
    assert Abilities().obstacle(ASCII_ENVELOPE_UTF8_HEADERS, 100) is Reason.ADDRESS_UNSUPPORTED


def test_an_ordinary_message_asks_for_no_extension() -> None:
    line = mail_command(Envelope(SENDER, "anna@example.net"), smtputf8=True, eight_bit=True, size=True)

    assert line == b"MAIL FROM:<news@example.org> SIZE=100\r\n"


@pytest.mark.parametrize(("offers", "parameter"), [(True, b" BODY=8BITMIME"), (False, b"")])
def test_content_beyond_ascii_is_declared_where_the_server_listens(offers: bool, parameter: bytes) -> None:
    line = mail_command(Envelope(SENDER, "anna@example.net"), is_8bit=True, eight_bit=offers)

    assert line == b"MAIL FROM:<news@example.org>%b\r\n" % parameter


def test_eight_bit_is_read_from_ehlo() -> None:
    assert Abilities.of({"8bitmime": ""}).eight_bit
    assert not Abilities.of({"size": "100"}).eight_bit


@pytest.mark.parametrize("offers", [True, False])
async def test_a_message_with_such_headers_goes_only_to_a_server_that_takes_them(
    smtp_server: SmtpServer, offers: bool
) -> None:
    smtp_server.extensions = ("8BITMIME", "SMTPUTF8") if offers else ("8BITMIME",)
    envelope = Envelope("jürgen@example.org", "anna@example.net", needs_smtputf8=True)
    feed = ListFeed([Letter(envelope, UTF8_CONTENT), Letter(Envelope(SENDER, "bert@example.net"), CONTENT)])

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    assert feed.last["anna@example.net"].reason is (Reason.ACCEPTED if offers else Reason.ADDRESS_UNSUPPORTED)
    assert feed.last["bert@example.net"].is_sent
    wanted = "MAIL FROM:<jürgen@example.org> BODY=8BITMIME SMTPUTF8"
    assert (wanted in smtp_server.commands) is offers
    assert f"MAIL FROM:<{SENDER}>" in smtp_server.commands
