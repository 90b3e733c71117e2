"""The right way to send for each kind of account."""

import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.models.states import AccountKind
from app.models.workspace import Workspace
from app.sending import accounts
from app.sending.limits import Limits
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.transport import Transport

if TYPE_CHECKING:
    from app.sending.ses import SesAccount
    from app.sending.ses_status import SesStatus

__all__ = ["settings_of", "transport_for", "transport_of"]


def settings_of(workspace: Workspace, account_id: int, *, practice_port: int = 0) -> "SmtpAccount | SesAccount":
    """All a transport needs of an account, secrets included; equal as long as nothing about the account changes.

    The practice server listens at *practice_port*.

    Raises:
        UserFacingError: the stored secret cannot be unsealed, or a value cannot be right.
    """
    account = accounts.account_info(workspace, account_id)
    if account.kind is not AccountKind.SES:
        return accounts.smtp_account(workspace, account_id, practice_port=practice_port)
    from app.sending.ses import SesAccount  # takes long to import, and few accounts need it

    return SesAccount(
        region=account.region,
        access_key=account.username,
        secret_key=accounts.secret_of(workspace, account_id),
        configuration_set=account.configuration_set,
        connections=account.connections,
        messages_per_connection=account.messages_per_connection,
    )


def transport_of(
    settings: "SmtpAccount | SesAccount",
    *,
    ssl_context: ssl.SSLContext | None = None,
    on_limits: Callable[[Limits], None] | None = None,
) -> Transport:
    """The transport of an account with these settings.

    *ssl_context* replaces the one that trusts what the operating system trusts; it must verify too. *on_limits* hears
    what the provider says the account may send, where it can be asked.
    """
    if isinstance(settings, SmtpAccount):
        return SmtpTransport(settings, ssl_context=ssl_context)
    from app.sending.ses import SesTransport  # takes long to import, and few accounts need it

    def hear(status: "SesStatus") -> None:
        if on_limits is not None:
            on_limits(status.limits())

    return SesTransport(settings, ssl_context=ssl_context, on_status=hear)


def transport_for(
    workspace: Workspace, account_id: int, *, practice_port: int = 0, ssl_context: ssl.SSLContext | None = None
) -> Transport:
    """The transport of a stored account, as it is set up now; the arguments are those of the two above.

    Raises:
        UserFacingError: as `settings_of`.
    """
    return transport_of(settings_of(workspace, account_id, practice_port=practice_port), ssl_context=ssl_context)
