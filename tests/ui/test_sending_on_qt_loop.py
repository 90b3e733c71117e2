"""The transport on the window's own loop: testing an account must not need an agent."""

from app.models.states import TlsMode
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.transport import Envelope
from tests.sending.smtp_server import SmtpServer


async def test_messages_are_delivered_on_a_qt_loop() -> None:
    async with SmtpServer() as server:
        connection = await SmtpTransport(SmtpAccount("127.0.0.1", server.port, TlsMode.NONE_ON_LOOPBACK)).open()
        envelope = Envelope("shop@example.com", "anna@example.com")
        outcomes = [await connection.deliver(envelope, b"Subject: x\r\n\r\nx\r\n") for _ in range(3)]
        await connection.close()
    assert [outcome.is_sent for outcome in outcomes] == [True, True, True]
    assert server.recipients == ["anna@example.com"] * 3
