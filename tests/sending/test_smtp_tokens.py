"""Signing in to a mail server with a token in place of a password (XOAUTH2)."""

import logging
import ssl
import traceback
from collections.abc import AsyncIterator

import pytest

from app.sending.oauth_grant import AccessToken
from app.sending.smtp import AccountTrouble, SmtpAccount, SmtpTransport, TlsMode
from app.sending.transport import Envelope
from tests.sending.conftest import account_of
from tests.sending.feeds import CONTENT, SENDER
from tests.sending.smtp_server import SmtpServer, Step, answer


async def trouble_of(account: SmtpAccount, context: ssl.SSLContext) -> AccountTrouble:
    with pytest.raises(AccountTrouble) as caught:
        await SmtpTransport(account, ssl_context=context).open()
    return caught.value


class Tokens:
    """Hands out tokens in order, and remembers what it was asked."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.refused: list[str] = []

    async def __call__(self, *, refused: AccessToken | None = None) -> AccessToken:
        self.refused.append(refused.text if refused else "")
        return AccessToken(self.tokens[min(len(self.refused), len(self.tokens)) - 1])


@pytest.fixture
async def token_server(server_context: ssl.SSLContext) -> AsyncIterator[SmtpServer]:
    """A server that takes one access token, as Google's and Microsoft's do, and offers passwords too."""
    async with SmtpServer(starttls=server_context, tokens={"good"}, mechanisms=("PLAIN", "LOGIN", "XOAUTH2")) as server:
        yield server


def token_account(server: SmtpServer, source: Tokens) -> SmtpAccount:
    return account_of(server, tls=TlsMode.STARTTLS, username="anna@example.org", token_source=source)


async def test_a_token_opens_the_account(token_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    source = Tokens("good")
    connection = await SmtpTransport(token_account(token_server, source), ssl_context=trusting).open()

    outcome = await connection.deliver(Envelope(SENDER, "bert@example.net"), CONTENT)
    await connection.close()

    assert outcome.is_sent
    assert token_server.tried_tokens == [("anna@example.org", "good")]
    assert token_server.passwords == []


async def test_each_connection_asks_for_the_token_of_its_day(
    token_server: SmtpServer, trusting: ssl.SSLContext
) -> None:
    token_server.tokens.add("newer")
    transport = SmtpTransport(token_account(token_server, Tokens("good", "newer")), ssl_context=trusting)
    for _ in range(2):
        await (await transport.open()).close()

    assert [token for _, token in token_server.tried_tokens] == ["good", "newer"]


async def test_a_token_that_ended_early_is_replaced_once(token_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    source = Tokens("ended", "good")
    connection = await SmtpTransport(token_account(token_server, source), ssl_context=trusting).open()
    await connection.close()

    assert source.refused == ["", "ended"]
    assert [token for _, token in token_server.tried_tokens] == ["ended", "good"]
    assert token_server.bearer_errors == 1


async def test_a_second_refusal_is_the_users_to_solve(token_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    source = Tokens("ended", "ended too", "good")

    trouble = await trouble_of(token_account(token_server, source), trusting)

    assert trouble.title == "localhost refused the sign-in of anna@example.org."
    assert "Sign in again" in trouble.hint
    assert trouble.needs_user
    assert len(token_server.tried_tokens) == token_server.bearer_errors == 2


async def test_a_busy_server_does_not_make_a_token_bad(token_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    token_server.at(Step.AUTH, answer("454 4.7.0 Temporary authentication failure"))
    source = Tokens("good")

    trouble = await trouble_of(token_account(token_server, source), trusting)

    assert not trouble.needs_user
    assert source.refused == [""]


async def test_a_server_that_takes_no_tokens_never_sees_one(token_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    token_server.mechanisms = ("PLAIN", "LOGIN")

    trouble = await trouble_of(token_account(token_server, Tokens("good")), trusting)

    assert "no way to sign in" in trouble.title
    assert token_server.passwords == token_server.tried_tokens == []


async def test_a_token_is_in_no_log_no_text_and_no_frame_of_the_error(
    token_server: SmtpServer, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = token_account(token_server, Tokens("hunter2-token"))

    trouble = await trouble_of(account, trusting)

    frames = traceback.TracebackException.from_exception(trouble, capture_locals=True)
    assert trouble.__context__ is None
    assert "hunter2" not in "".join(frames.format()) + caplog.text + f"{account!r} {trouble!r} {trouble.detail}"
