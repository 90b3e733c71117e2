"""What a test needs of an account that is typed in, or stored; read in worker threads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from app.models.states import AccountKind, SignIn
from app.models.workspace import Workspace
from app.sending.accounts import secret_of
from app.sending.oauth_grant import AccessToken, Grant, TokenSource
from app.sending.oauth_store import StoredTokens
from app.sending.smtp import CheckResult, SmtpAccount
from app.sending.smtp import check_account as check_smtp
from app.sending.transports import settings_of
from app.ui.pages.accounts.words import limits_words, number

if TYPE_CHECKING:
    from app.sending.ses import SesAccount, SesStatus
    from app.ui.pages.accounts.server_section import Access


@dataclass(frozen=True, slots=True)
class Checked:
    """What a test found.

    Attributes:
        ses: What Amazon says of the account; None for other providers, and where it says nothing.
    """

    result: CheckResult
    ses: SesStatus | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """An account that is typed in, and maybe changes a stored one."""

    access: Access
    grant: Grant | None
    account_id: int | None


def stored_settings(workspace: Workspace, account_id: int) -> Callable[[], SmtpAccount | SesAccount]:
    """The settings of a stored account, to be read in a worker thread."""
    return partial(settings_of, workspace, account_id)


def typed_settings(workspace: Workspace, typed: Typed) -> Callable[[], SmtpAccount | SesAccount]:
    """The settings of an account that is typed in; a password that was not typed is read from the stored one."""
    return partial(_settings, workspace, typed)


def checker(settings: SmtpAccount | SesAccount) -> Callable[[], Coroutine[Any, Any, Checked]]:
    """What tests an account; called in a worker thread, because Amazon's library takes long to import."""
    if isinstance(settings, SmtpAccount):
        return partial(_check_smtp, settings)
    from app.sending import ses

    return partial(_check_ses, settings, ses.account_status)


async def _check_smtp(settings: SmtpAccount) -> Checked:
    return Checked(await check_smtp(settings))


async def _check_ses(settings: SesAccount, ask: Callable[[SesAccount], Coroutine[Any, Any, SesStatus]]) -> Checked:
    """Ask Amazon; what it refuses is raised in words."""
    status = await ask(settings)
    if (trouble := status.trouble) is not None:
        return Checked(CheckResult(works=False, title=trouble.title, hint=trouble.hint, detail=trouble.detail), status)
    title = f"Amazon SES is ready to send your mail: {limits_words(status.limits())}."
    used = f"{number(status.sent_last_24_hours)} went out in the last 24 hours."
    return Checked(CheckResult(works=True, title=title, hint=" ".join(filter(None, (used, status.warning)))), status)


def _settings(workspace: Workspace, typed: Typed) -> SmtpAccount | SesAccount:
    access = typed.access
    secret = access.password
    if secret is None and access.sign_in is SignIn.PASSWORD:
        secret = secret_of(workspace, typed.account_id) if typed.account_id is not None else ""
    if access.kind is AccountKind.SES:
        from app.sending.ses import SesAccount  # takes long to import, and few accounts need it

        return SesAccount(access.region, access.username, secret or "", access.configuration_set)
    return SmtpAccount(
        access.host,
        access.port,
        access.tls,
        access.username,
        password=secret or "",
        token_source=_token_source(workspace, typed) if access.sign_in is SignIn.OAUTH2 else None,
    )


def _token_source(workspace: Workspace, typed: Typed) -> TokenSource | None:
    if typed.grant is not None:
        return _JustSignedIn(AccessToken(typed.grant.tokens.access_token))
    return StoredTokens(workspace, typed.account_id) if typed.account_id is not None else None


class _JustSignedIn:
    """The token of a sign-in that is not stored yet; it is good for about an hour."""

    def __init__(self, token: AccessToken) -> None:
        self._token = token

    async def __call__(self, *, refused: AccessToken | None = None) -> AccessToken:  # noqa: ARG002  no other to give
        return self._token
