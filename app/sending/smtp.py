"""An SMTP account as a transport: connect, prove who is who, sign in, then hand the line to the pipeline.

aiosmtplib does what it is good at, the way to a signed-in connection. Then our own protocol takes over its transport,
because aiosmtplib sends one command per round trip and cleans up each message's line ends with regular expressions.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

import aiosmtplib

from app.errors import UserFacingError
from app.models.states import TlsMode
from app.sending.commands import Abilities
from app.sending.oauth_grant import AccessToken, TokenSource
from app.sending.pipeline import SmtpConnection, Timeouts
from app.sending.reasons import Reason
from app.sending.tls import is_loopback, verifying
from app.sending.trouble import AccountTrouble, failed_with, misconfigured
from app.sending.wire import Wire

__all__ = [
    "AccountTrouble",
    "CheckResult",
    "SmtpAccount",
    "SmtpTransport",
    "Timeouts",
    "TlsMode",
    "check_account",
]


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Everything needed to send through one SMTP server.

    Attributes:
        username: Empty where the server asks for no sign-in.
        token_source: Gives what to sign in with in place of the password; None for the password.
        local_hostname: The name to greet the server with. The default tells nothing about this computer.
        connections: How many may be open at once.
        messages_per_connection: After how many messages to connect anew; None for never.

    Raises:
        UserFacingError: Plain text to another computer, or a port that does not exist.
    """

    host: str
    port: int
    tls: TlsMode
    username: str = ""
    password: str = field(default="", repr=False)
    local_hostname: str = "[127.0.0.1]"
    connections: int = 5
    messages_per_connection: int | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    token_source: TokenSource | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.port < 65_536:
            raise UserFacingError(f"There is no port {self.port}.", "Ports are numbers from 1 to 65535.")
        if self.tls is TlsMode.NONE_ON_LOOPBACK and not is_loopback(self.host):
            raise UserFacingError(
                f"Mail to {self.host} would travel unprotected.", "Choose a secure connection under Accounts."
            )


class SmtpTransport:
    """Opens connections of one account; `app.sending.transport.Transport` is its contract."""

    def __init__(
        self, account: SmtpAccount, *, ssl_context: ssl.SSLContext | None = None, claim_ahead: int = 1
    ) -> None:
        """*ssl_context* replaces the one that trusts what the operating system trusts; it must verify too.

        *claim_ahead* is that of `SmtpConnection`.
        """
        self._claim_ahead = claim_ahead
        self._account = account
        self._ssl_context = verifying(ssl_context)

    async def open(self) -> SmtpConnection:
        client = await self._signed_in()
        wire = Wire(cast("asyncio.Transport", client.transport))
        return SmtpConnection(
            wire,
            Abilities.of(client.esmtp_extensions),
            self._account.timeouts,
            messages=self._account.messages_per_connection,
            claim_ahead=self._claim_ahead,
        )

    async def _signed_in(self) -> aiosmtplib.SMTP:
        """A client that is ready for mail.

        Raises:
            AccountTrouble: Raised outside the handler on purpose: a chained exception would carry frames that hold
                the password into a crash report.
        """
        secret = await self._secret()
        client, trouble = await self._tried(secret)
        if trouble is not None and trouble.outcome.reason is Reason.AUTHENTICATION and isinstance(secret, AccessToken):
            # A token may be ended before its time. Once is enough: who is refused often is locked out.
            client, trouble = await self._tried(await self._secret(refused=secret))
        if trouble is not None:
            raise trouble
        return client

    async def _secret(self, *, refused: AccessToken | None = None) -> "AccessToken | _Password":
        """What to prove with who one is.

        Raises:
            AccountTrouble: There is no token to be had.
        """
        source = self._account.token_source
        return _Password(self._account.password) if source is None else await source(refused=refused)

    async def _tried(self, secret: "AccessToken | _Password") -> tuple[aiosmtplib.SMTP, AccountTrouble | None]:
        """A client that signed in, or is closed again, with why."""
        account = self._account
        client = aiosmtplib.SMTP(
            hostname=account.host,
            port=account.port,
            local_hostname=account.local_hostname,
            timeout=account.timeouts.connect_s,
            use_tls=account.tls is TlsMode.IMPLICIT,
            start_tls=False,
            tls_context=self._ssl_context,
        )
        is_ready = False
        try:
            trouble = await self._prepare(client, secret)
            is_ready = trouble is None
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            trouble = failed_with(
                error,
                server=account.host,
                port=account.port,
                username=account.username,
                by_token=isinstance(secret, AccessToken),
            )
        finally:
            if not is_ready:
                client.close()
        return client, trouble

    async def _prepare(self, client: aiosmtplib.SMTP, secret: "AccessToken | _Password") -> AccountTrouble | None:
        account = self._account
        await client.connect()
        await client.ehlo()
        if account.tls is TlsMode.STARTTLS:
            if not client.supports_extension("starttls"):
                return misconfigured(
                    f"{account.host} offers no secure connection on port {account.port}.",
                    Reason.TLS,
                    "Check the port and the kind of security under Accounts.",
                )
            await client.starttls()
            await client.ehlo()
        if not account.username:
            return None
        sign_in = _sign_in_method(client, by_token=isinstance(secret, AccessToken))
        if sign_in is None:
            return misconfigured(f"{account.host} offers no way to sign in that we know.", Reason.AUTHENTICATION)
        await sign_in(account.username, secret.text)
        return None


@dataclass(frozen=True, slots=True)
class _Password:
    """A password, as a local variable that tells nothing."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What "Test connection" found out.

    Attributes:
        works: Mail could be sent now.
        title: What happened, in one sentence.
        hint: What to do about it, empty where all is well.
        detail: The server's words.
        size_limit_bytes: The biggest message the server takes, if it said.
    """

    works: bool
    title: str
    hint: str = ""
    detail: str = ""
    size_limit_bytes: int | None = None


async def check_account(account: SmtpAccount, *, ssl_context: ssl.SSLContext | None = None) -> CheckResult:
    """Connect and sign in as for sending, send nothing, and say how it went."""
    try:
        connection = await SmtpTransport(account, ssl_context=ssl_context).open()
    except AccountTrouble as trouble:
        return CheckResult(works=False, title=trouble.title, hint=trouble.hint, detail=trouble.detail)
    await connection.close()
    return CheckResult(
        works=True,
        title=f"{account.host} is ready to send your mail.",
        size_limit_bytes=connection.abilities.size_limit_bytes,
    )


_SignIn = Callable[[str, str], Awaitable[object]]


def _sign_in_method(client: aiosmtplib.SMTP, *, by_token: bool) -> _SignIn | None:
    """The one mechanism to use: `SMTP.login` would try a wrong password with each, and a few tries lock an account."""
    known: dict[str, _SignIn] = (
        {"xoauth2": client.auth_xoauth2}
        if by_token
        else {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    )
    return next((method for name, method in known.items() if name in client.server_auth_methods), None)
