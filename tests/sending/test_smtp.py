"""The way to a signed-in connection: reached, verified, let in, or told in plain words why not."""

import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Callable

import pytest
import trustme

from app.errors import UserFacingError
from app.sending.outcomes import OutcomeKind, Reason
from app.sending.smtp import AccountTrouble, SmtpAccount, SmtpTransport, TlsMode, check_account
from app.sending.transport import Envelope
from tests.sending.conftest import QUICK, account_of, expired, for_another_name, from_nobody_known, self_signed
from tests.sending.feeds import CONTENT, SENDER, ListFeed, letters_to, send_all
from tests.sending.smtp_server import (
    DROP,
    GARBAGE,
    HALF_LINE,
    HALF_LINE_SILENCE,
    SILENCE,
    Fault,
    SmtpServer,
    Step,
    answer,
    answer_and_drop,
)

PASSWORD = "correct horse battery staple"
TLS_MODES = pytest.mark.parametrize("mode", [TlsMode.IMPLICIT, TlsMode.STARTTLS])


@pytest.fixture
async def strict_server(server_context: ssl.SSLContext) -> AsyncIterator[SmtpServer]:
    """A server as providers run them: STARTTLS, then a password."""
    async with SmtpServer(starttls=server_context, users={"anna@example.org": PASSWORD}) as server:
        yield server


def strict_account(server: SmtpServer, password: str = PASSWORD) -> SmtpAccount:
    return account_of(server, tls=TlsMode.STARTTLS, username="anna@example.org", password=password)


def with_tls(mode: TlsMode, context: ssl.SSLContext) -> SmtpServer:
    return SmtpServer(implicit_tls=context) if mode is TlsMode.IMPLICIT else SmtpServer(starttls=context)


async def trouble_of(account: SmtpAccount, context: ssl.SSLContext | None = None) -> AccountTrouble:
    with pytest.raises(AccountTrouble) as caught:
        await SmtpTransport(account, ssl_context=context).open()
    return caught.value


@TLS_MODES
async def test_mail_goes_out_over_verified_tls(
    mode: TlsMode, server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with with_tls(mode, server_context) as server:
        transport = SmtpTransport(account_of(server, tls=mode), ssl_context=trusting)

        await send_all(transport, ListFeed(letters_to("anna@example.net", "bert@example.net")))

        assert server.recipients == ["anna@example.net", "bert@example.net"]
        assert all(mail.over_tls for mail in server.mails)


@TLS_MODES
@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (expired, "has expired"),
        (for_another_name, "for another name"),
        (self_signed, "is self-signed"),
        (from_nobody_known, "could not be verified"),
    ],
)
async def test_a_bad_certificate_stops_the_account_and_says_which(
    mode: TlsMode,
    certificate: Callable[[trustme.CA], ssl.SSLContext],
    words: str,
    authority: trustme.CA,
    trusting: ssl.SSLContext,
) -> None:
    async with with_tls(mode, certificate(authority)) as server:
        trouble = await trouble_of(account_of(server, tls=mode), trusting)

        assert words in trouble.title
        assert trouble.needs_user
        assert trouble.outcome.reason is Reason.TLS
        assert server.mails == []


@TLS_MODES
async def test_the_systems_trust_store_does_not_trust_the_test_authority(
    mode: TlsMode, server_context: ssl.SSLContext
) -> None:
    async with with_tls(mode, server_context) as server:
        trouble = await trouble_of(account_of(server, tls=mode))

        assert trouble.outcome.reason is Reason.TLS


def test_there_is_no_way_to_skip_verification() -> None:
    trusting_anybody = ssl.create_default_context()
    trusting_anybody.check_hostname = False
    trusting_anybody.verify_mode = ssl.CERT_NONE

    with pytest.raises(ValueError, match="always verified"):
        SmtpTransport(SmtpAccount("mail.example.org", 587, TlsMode.STARTTLS), ssl_context=trusting_anybody)


@pytest.mark.parametrize(
    "host", ["mail.example.org", "192.168.1.5", "127.0.0.1.example.org", "localhost.example.org", ""]
)
def test_plain_text_never_leaves_this_computer(host: str) -> None:
    with pytest.raises(UserFacingError, match="unprotected"):
        SmtpAccount(host, 25, TlsMode.NONE_ON_LOOPBACK)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_plain_text_is_fine_on_this_computer(host: str) -> None:
    assert SmtpAccount(host, 25, TlsMode.NONE_ON_LOOPBACK).host == host


async def test_a_server_without_starttls_is_not_talked_to_in_plain_text(
    smtp_server: SmtpServer, trusting: ssl.SSLContext
) -> None:
    trouble = await trouble_of(account_of(smtp_server, tls=TlsMode.STARTTLS, username="a", password=PASSWORD), trusting)

    assert "offers no secure connection" in trouble.title
    assert trouble.needs_user
    assert smtp_server.passwords == []


async def test_tls_to_a_plain_port_is_explained(smtp_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    trouble = await trouble_of(account_of(smtp_server, tls=TlsMode.IMPLICIT), trusting)

    assert "does not start a secure connection" in trouble.title
    assert trouble.needs_user


@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("LOGIN",), ("XOAUTH2", "PLAIN")], ids=" ".join)
async def test_the_right_password_opens_the_account(
    strict_server: SmtpServer, trusting: ssl.SSLContext, mechanisms: tuple[str, ...]
) -> None:
    strict_server.mechanisms = mechanisms
    connection = await SmtpTransport(strict_account(strict_server), ssl_context=trusting).open()

    outcome = await connection.deliver(Envelope(SENDER, "bert@example.net"), CONTENT)
    await connection.close()

    assert outcome.is_sent
    assert strict_server.mails[0].over_tls


async def test_a_wrong_password_is_tried_once_and_said_plainly(
    strict_server: SmtpServer, trusting: ssl.SSLContext
) -> None:
    trouble = await trouble_of(strict_account(strict_server, "wrong"), trusting)

    assert str(trouble) == "localhost refused the password for anna@example.org. Check it under Accounts."
    assert trouble.needs_user
    assert strict_server.passwords == ["wrong"]


@pytest.mark.parametrize(
    ("reply", "hint"),
    [
        ("534 5.7.9 Application-specific password required", "app password"),
        ("535 5.7.139 SmtpClientAuthentication is disabled for the Tenant", "administrator"),
        ("535 5.7.139 user is locked by your organization's security defaults policy", "rules of your organisation"),
        ("535 5.7.139 the request did not meet the criteria to be authenticated", "rules of your organisation"),
        ("534 5.7.14 Please log in via your web browser", "sign in to its web page once"),
        ("550 5.7.30 Basic authentication is not supported for Client Submission", "sign in through the browser"),
        ("535 Authentication Credentials Invalid", "SMTP credentials of its own"),
        ("535 5.7.8 Bad credentials", "Check it under Accounts"),
    ],
)
async def test_the_hint_fits_what_the_provider_wants(
    strict_server: SmtpServer, trusting: ssl.SSLContext, reply: str, hint: str
) -> None:
    strict_server.at(Step.AUTH, answer(reply))

    trouble = await trouble_of(strict_account(strict_server), trusting)

    assert hint in trouble.hint


async def test_a_server_without_a_known_sign_in_never_sees_the_password(
    strict_server: SmtpServer, trusting: ssl.SSLContext
) -> None:
    strict_server.mechanisms = ("GSSAPI",)

    trouble = await trouble_of(strict_account(strict_server), trusting)

    assert "no way to sign in" in trouble.title
    assert strict_server.passwords == []


async def test_the_password_is_in_no_log_no_text_and_no_frame_of_the_error(
    strict_server: SmtpServer, trusting: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = strict_account(strict_server, "hunter2-secret")

    trouble = await trouble_of(account, trusting)

    frames = traceback.TracebackException.from_exception(trouble, capture_locals=True)
    assert "hunter2-secret" not in "".join(frames.format())
    assert trouble.__context__ is None
    assert "hunter2-secret" not in caplog.text
    assert "hunter2-secret" not in f"{account!r} {trouble!r} {trouble.detail}"


TEMPORARY, PERMANENT = False, True
NO_ANSWER = [
    (DROP, TEMPORARY, Reason.CONNECTION_LOST),
    (HALF_LINE, TEMPORARY, Reason.CONNECTION_LOST),
    (SILENCE, TEMPORARY, Reason.TIMEOUT),
    (HALF_LINE_SILENCE, TEMPORARY, Reason.TIMEOUT),
    (GARBAGE, TEMPORARY, Reason.PROTOCOL),
]
GREETING = [
    (answer_and_drop("421 4.3.2 Closing"), TEMPORARY, Reason.SERVER_CLOSING),
    (answer_and_drop("432 4.3.2 Concurrent connections limit exceeded"), TEMPORARY, Reason.TOO_MANY_CONNECTIONS),
    (answer("451 4.3.0 Try later"), TEMPORARY, Reason.SERVER_BUSY),
    (answer_and_drop("554 5.7.1 You are not welcome"), PERMANENT, Reason.ACCOUNT_BLOCKED),
    (answer_and_drop("521 No mail here"), PERMANENT, Reason.ACCOUNT_BLOCKED),
]
AUTH = [
    (answer("454 4.7.0 Temporary authentication failure"), TEMPORARY, Reason.SERVER_BUSY),
    (answer_and_drop("421 4.7.0 Too many sign-ins"), TEMPORARY, Reason.SERVER_BUSY),
    (answer("550 5.4.5 Daily user sending quota exceeded"), TEMPORARY, Reason.QUOTA),
    (answer("550 5.7.30 Basic authentication is not supported"), PERMANENT, Reason.AUTHENTICATION),
]
STARTTLS = [
    (answer("454 4.7.0 TLS not available"), TEMPORARY, Reason.SERVER_BUSY),
    (answer("502 5.5.1 Not here"), PERMANENT, Reason.TLS),
]


@pytest.mark.parametrize(
    ("step", "fault", "needs_user", "reason"),
    [
        *((step, *case) for step in (Step.GREETING, Step.EHLO, Step.STARTTLS, Step.AUTH) for case in NO_ANSWER),
        *((Step.GREETING, *case) for case in GREETING),
        *((Step.EHLO, *case) for case in GREETING),
        *((Step.STARTTLS, *case) for case in STARTTLS),
        *((Step.AUTH, *case) for case in AUTH),
    ],
    ids=str,
)
async def test_whatever_goes_wrong_on_the_way_in_is_one_clear_trouble(
    strict_server: SmtpServer, trusting: ssl.SSLContext, step: Step, fault: Fault, needs_user: bool, reason: Reason
) -> None:
    strict_server.at(step, fault)
    transport = SmtpTransport(strict_account(strict_server), ssl_context=trusting)

    with pytest.raises(AccountTrouble) as caught:
        await transport.open()
    again = await transport.open()
    await again.close()

    assert (caught.value.needs_user, caught.value.outcome.reason) == (needs_user, reason)
    assert caught.value.title.startswith(("localhost", "The connection to localhost"))
    assert caught.value.outcome.kind in (OutcomeKind.DEFERRED, OutcomeKind.ACCOUNT_TROUBLE)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "mail..example.org", "x" * 64 + ".example.org"])
async def test_a_name_that_does_not_exist_is_explained(host: str) -> None:
    account = SmtpAccount(host, 587, TlsMode.STARTTLS, timeouts=QUICK)

    trouble = await trouble_of(account)

    assert trouble.title == f"There is no server called {host}."
    assert not trouble.needs_user


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(UserFacingError, match="There is no port"):
        SmtpAccount("mail.example.org", port, TlsMode.STARTTLS)


async def test_a_port_nobody_listens_on_is_explained() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]

        trouble = await trouble_of(SmtpAccount("127.0.0.1", port, TlsMode.NONE_ON_LOOPBACK, timeouts=QUICK))

    assert trouble.title == f"127.0.0.1 takes no connections on port {port}."
    assert trouble.outcome.reason is Reason.UNREACHABLE


async def test_the_connection_test_says_that_all_is_well(strict_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    strict_server.extensions = ("SIZE 35882577",)

    result = await check_account(strict_account(strict_server), ssl_context=trusting)

    assert result.works
    assert result.title == "localhost is ready to send your mail."
    assert result.size_limit_bytes == 35_882_577
    assert strict_server.mails == []
    assert strict_server.commands[-1] == "QUIT"


async def test_the_connection_test_says_what_is_wrong(strict_server: SmtpServer, trusting: ssl.SSLContext) -> None:
    result = await check_account(strict_account(strict_server, "wrong"), ssl_context=trusting)

    assert not result.works
    assert "refused the password" in result.title
    assert "5.7.8" in result.detail
