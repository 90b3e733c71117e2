"""Amazon SES by its API as a transport, and what it says of an account.

SES has no sign-in: each request proves itself. So that a wrong key, a wrong clock or a suspended account is found
before a message is claimed, the first connection asks for the account's status, and so does the next after trouble.
"""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.sending.ses_client import SesAccount, SesClient, isolated_session
from app.sending.ses_connection import SesConnection, in_thread
from app.sending.ses_errors import SERVER, Fault, says_nothing_of_sending, trouble
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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A client, what SES said of the account if it was asked, and why the client had better not be used."""

    client: SesClient
    status: SesStatus | None = None
    obstacle: AccountTrouble | None = None


class SesTransport:
    """Opens connections of one account; `app.sending.transport.Transport` is its contract."""

    def __init__(
        self,
        account: SesAccount,
        *,
        ssl_context: ssl.SSLContext | None = None,
        on_status: Callable[[SesStatus], None] | None = None,
    ) -> None:
        """*ssl_context* replaces the one that trusts what the operating system trusts; it must verify too.

        *on_status* hears what SES says of the account, which is asked when the first connection opens and then every
        quarter of an hour.
        """
        self._on_status = on_status
        self._account = account
        self._ssl_context = verifying(ssl_context)
        self._session: Session | None = None
        self._opening = asyncio.Lock()
        self._making = threading.Lock()  # an `open` that was cancelled goes on in its thread
        self._ask_at = 0.0

    async def open(self) -> SesConnection:
        async with self._opening:
            opened = await asyncio.wrap_future(in_thread(self._open))
        if opened.obstacle is not None:
            opened.client.close()
            raise opened.obstacle
        if opened.status is not None and self._on_status is not None:
            self._on_status(opened.status)
        return SesConnection(
            opened.client, messages=self._account.messages_per_connection, on_trouble=self._ask_before_the_next
        )

    def _open(self) -> _Opened:
        with self._making:
            if self._session is None:
                self._session = isolated_session()
            client = SesClient(self._account, self._session, self._ssl_context)
        if time.monotonic() < self._ask_at:
            return _Opened(client)
        answer = client.account()
        obstacle = _obstacle(answer)
        if obstacle is None:
            self._ask_at = time.monotonic() + _ASK_AGAIN_AFTER_S
        return _Opened(client, answer if isinstance(answer, SesStatus) else None, obstacle)

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
    if isinstance(answer, SesStatus):
        return answer
    raise trouble(answer) if isinstance(answer, Fault) else answer


async def check_account(account: SesAccount, *, ssl_context: ssl.SSLContext | None = None) -> CheckResult:
    """Ask SES about *account*, send nothing, and say in plain words whether mail could be sent now."""
    try:
        status = await account_status(account, ssl_context=ssl_context)
    except AccountTrouble as error:
        return _does_not_work(error)
    if (cause := status.trouble) is not None:
        return _does_not_work(cause)
    return CheckResult(works=True, title=f"{SERVER} is ready to send your mail.", hint=status.warning)


def _does_not_work(cause: AccountTrouble) -> CheckResult:
    return CheckResult(works=False, title=cause.title, hint=cause.hint, detail=cause.detail)


def _ask(account: SesAccount, ssl_context: ssl.SSLContext) -> SesStatus | Fault | AccountTrouble:
    client = SesClient(account, isolated_session(), ssl_context)
    try:
        return client.account()
    finally:
        client.close()


def _obstacle(answer: SesStatus | Fault | AccountTrouble) -> AccountTrouble | None:
    """Why the account cannot send now, as far as asking SES tells."""
    if isinstance(answer, SesStatus):
        return answer.trouble
    if isinstance(answer, Fault):
        return None if says_nothing_of_sending(answer) else trouble(answer)
    return answer
