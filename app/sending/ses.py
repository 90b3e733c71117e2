"""Amazon SES by its API as a transport, and what it says of an account.

SES has no sign-in: each request proves itself. So that a wrong key, a wrong clock or a suspended account is found before
a message is claimed, the first connection asks for the account's status, and so does the next one after trouble.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.sending.outcomes import Reason
from app.sending.ses_client import SesAccount, SesClient, isolated_session
from app.sending.ses_connection import SesConnection, in_thread
from app.sending.ses_errors import SERVER
from app.sending.ses_password import smtp_password
from app.sending.ses_status import SesStatus
from app.sending.smtp import CheckResult
from app.sending.tls import verifying
from app.sending.trouble import AccountTrouble

if TYPE_CHECKING:
    from botocore.session import Session

__all__ = [
    "SERVER",
    "SesAccount",
    "SesConnection",
    "SesStatus",
    "SesTransport",
    "account_status",
    "check_account",
    "smtp_password",
]

# GetAccount may be asked once a second in all (API reference, "Quotas"), so not every connection asks it.
_ASK_AGAIN_AFTER_S: Final = 900.0
# The key may lack the right to ask, and SES may be asked too often; neither keeps mail from going out.
_NO_OBSTACLES: Final = (Reason.RATE_LIMITED, Reason.QUOTA)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A client, and why it had better not be used."""

    client: SesClient
    trouble: AccountTrouble | None


class SesTransport:
    """Opens connections of one account; `app.sending.transport.Transport` is its contract."""

    def __init__(self, account: SesAccount, *, ssl_context: ssl.SSLContext | None = None) -> None:
        """*ssl_context* replaces the one that trusts what the operating system trusts; it must verify too."""
        self._account = account
        self._ssl_context = verifying(ssl_context)
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._ask_at = 0.0

    async def open(self) -> SesConnection:
        async with self._opening:
            opened = await asyncio.wrap_future(in_thread(self._open))
        if opened.trouble is not None:
            opened.client.close()
            raise opened.trouble
        return SesConnection(
            opened.client, messages=self._account.messages_per_connection, on_trouble=self._ask_before_the_next
        )

    def _open(self) -> _Opened:
        if self._session is None:
            self._session = isolated_session()
        client = SesClient(self._account, self._session, self._ssl_context)
        trouble = None
        if time.monotonic() >= self._ask_at:
            trouble = _obstacle(client)
            if trouble is None:
                self._ask_at = time.monotonic() + _ASK_AGAIN_AFTER_S
        return _Opened(client, trouble)

    def _ask_before_the_next(self) -> None:
        self._ask_at = 0.0


async def account_status(account: SesAccount, *, ssl_context: ssl.SSLContext | None = None) -> SesStatus:
    """Ask SES what *account* may send.

    Raises:
        AccountTrouble: It could not be asked; says why. An account that may not send is no such case: see
            `SesStatus.trouble`.
    """
    context = verifying(ssl_context)
    answer = await asyncio.wrap_future(in_thread(lambda: _ask(account, context)))
    if isinstance(answer, AccountTrouble):
        raise answer
    return answer


async def check_account(account: SesAccount, *, ssl_context: ssl.SSLContext | None = None) -> CheckResult:
    """Ask SES about *account*, send nothing, and say in plain words whether mail could be sent now."""
    try:
        status = await account_status(account, ssl_context=ssl_context)
    except AccountTrouble as trouble:
        return _does_not_work(trouble)
    if (trouble_now := status.trouble) is not None:
        return _does_not_work(trouble_now)
    return CheckResult(works=True, title=f"{SERVER} is ready to send your mail.", hint=status.warning)


def _does_not_work(trouble: AccountTrouble) -> CheckResult:
    return CheckResult(works=False, title=trouble.title, hint=trouble.hint, detail=trouble.detail)


def _ask(account: SesAccount, ssl_context: ssl.SSLContext) -> SesStatus | AccountTrouble:
    client = SesClient(account, isolated_session(), ssl_context)
    try:
        answer = client.account()
    finally:
        client.close()
    return answer if isinstance(answer, AccountTrouble) else SesStatus.of(answer)


def _obstacle(client: SesClient) -> AccountTrouble | None:
    """Why the account cannot send now, as far as asking SES tells."""
    answer = client.account()
    if not isinstance(answer, AccountTrouble):
        return SesStatus.of(answer).trouble
    may_not_ask = "AccessDenied" in answer.detail
    return None if may_not_ask or answer.outcome.reason in _NO_OBSTACLES else answer
