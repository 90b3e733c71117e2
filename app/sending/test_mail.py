"""A real mail to oneself: the one proof that an account works, and the plainest words for why it does not."""

import asyncio
import secrets
import ssl
from dataclasses import dataclass, field

from app.content.compiled import CompiledMessage
from app.content.letter import MessageSource
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import AccountKind, SignIn
from app.models.workspace import Workspace
from app.paths import APP_NAME
from app.sending.account_forms import AccountInfo, IdentityInfo
from app.sending.accounts import account_info, list_identities, signer
from app.sending.dkim import Signers
from app.sending.outcomes import Outcome, OutcomeKind, Reason, explain
from app.sending.presets import Preset, provider_of
from app.sending.smtp import CheckResult
from app.sending.transport import Envelope, Transport
from app.sending.transports import transport_for
from app.sending.trouble import CHECK_ACCOUNTS, AccountTrouble

__all__ = ["TestMail", "send_test"]

_TOKEN_BYTES = 12
_SUBJECT = "Test mail of {{ organisation }}"
_TEXT = """\
Hello,

{{ program }} sent this mail through the account “{{ account }}”, to see that it works.

If it lies in your spam folder, your customers' mail would lie there too: let the
program check the address it came from, {{ sender }}.
"""

_DOMAIN = "Check that your domain allows this provider to send for it (SPF, DKIM and DMARC)."
_HINTS = {
    Reason.SENDER_REFUSED: "Have this From address verified by your provider, or use the one the account belongs to.",
    Reason.AUTHENTICATION: "This server wants a user name and password before it takes mail.",
    Reason.QUOTA: "Wait until tomorrow, or ask your provider for more. Enter its limits under Accounts.",
    Reason.ACCOUNT_BLOCKED: "Ask your provider why. As long as it lasts, nothing can be sent through this account.",
    Reason.SENDER_UNPROVEN: _DOMAIN,
    Reason.BLOCKED_POLICY: _DOMAIN,
    Reason.CONTENT_REFUSED: _DOMAIN,
    Reason.SETTINGS: CHECK_ACCOUNTS,
    Reason.MAILBOX_UNKNOWN: "Check how the address is spelt.",
    Reason.DOMAIN_UNKNOWN: "Check how the address is spelt.",
    Reason.TLS: "Check the port and the kind of security under Accounts.",
}
_LATER = "Try again in a few minutes."
_ASK_PROVIDER = "Show your provider what the server said."


async def send_test(
    workspace: Workspace, identity_id: int, *, to: str | None = None, ssl_context: ssl.SSLContext | None = None
) -> CheckResult:
    """Send one small mail from an address to itself, or to *to*, and say how it went.

    It takes the way of all mail: composed, signed with the address's keys, through the account's own transport.

    Raises:
        UserFacingError: it is the practice account, through which nothing leaves this computer.
    """
    identity = await asyncio.to_thread(_identity, workspace, identity_id)
    if identity.account_kind is AccountKind.PRACTICE:
        raise UserFacingError("The practice account needs no test.", "What it accepts stays on this computer.")
    account = await asyncio.to_thread(account_info, workspace, identity.account_id)
    provider = provider_of(account.preset, account.host)
    try:
        signers = await asyncio.to_thread(signer, workspace, identity_id)
        transport = await asyncio.to_thread(transport_for, workspace, account.id, ssl_context=ssl_context)
        organisation = (await asyncio.to_thread(workspace.organisation)).name
        return await TestMail(account, identity, signers, organisation, provider).send(transport, to=to)
    except UserFacingError as error:
        return CheckResult(works=False, title=error.title, hint=error.hint, detail=error.detail)


@dataclass(frozen=True)
class TestMail:
    """The mail, and what is known of where it comes from."""

    __test__ = False  # for pytest: not a class of tests

    account: AccountInfo
    identity: IdentityInfo
    signers: Signers | None = field(repr=False)
    organisation: str
    provider: Preset | None = None

    async def send(self, transport: Transport, *, to: str | None = None) -> CheckResult:
        """Send it through *transport*, and put what happened into words.

        Raises:
            UserFacingError: An address cannot be written to, or from.
        """
        recipient = to or self.identity.address
        envelope, content = self._compose(recipient)
        try:
            connection = await transport.open()
        except AccountTrouble as trouble:
            return self._not_connected(trouble)
        try:
            outcome = await connection.deliver(envelope, content)
        finally:
            await connection.close()
        return self._outcome(outcome, recipient)

    def _compose(self, recipient: str) -> tuple[Envelope, bytes]:
        source = MessageSource(
            subject=_SUBJECT,
            html="",
            text=_TEXT,
            sender_name=self.identity.name,
            sender_address=self.identity.address,
            reply_to=self.identity.reply_to,
            organisation=self.organisation,
            envelope_sender=self.identity.return_path,
            is_bulk=False,
        )
        values = {"account": self.account.name, "sender": self.identity.address, "program": APP_NAME}
        rendered = CompiledMessage(source).render(
            values, to_address=recipient, token=secrets.token_hex(_TOKEN_BYTES), now=utcnow()
        )
        signature = self.signers.sign(rendered.headers, rendered.body) if self.signers else b""
        envelope = Envelope(
            rendered.envelope_sender, rendered.envelope_recipient, needs_smtputf8=rendered.needs_smtputf8
        )
        return envelope, rendered.to_bytes(prefix=signature)

    def _not_connected(self, trouble: AccountTrouble) -> CheckResult:
        hint = trouble.hint
        is_vague = trouble.outcome.reason is Reason.AUTHENTICATION and hint == CHECK_ACCOUNTS
        if is_vague and self.provider and self.account.sign_in is SignIn.PASSWORD:
            hint = self.provider.secret_hint or hint
        return CheckResult(works=False, title=trouble.title, hint=hint, detail=trouble.detail)

    def _outcome(self, outcome: Outcome, recipient: str) -> CheckResult:
        server = self.account.server
        detail = str(outcome.reply) if outcome.reply else ""
        if outcome.is_sent:
            look = f"Look for it there, also in the spam folder. {self.provider.test_hint if self.provider else ''}"
            return CheckResult(
                works=True, title=f"A test mail is on its way to {recipient}.", hint=look.strip(), detail=detail
            )
        if outcome.kind is OutcomeKind.IN_DOUBT:
            return CheckResult(
                works=False,
                title=explain(outcome, server=server),
                hint=f"Look into the inbox of {recipient}.",
                detail=detail,
            )
        title = explain(outcome, server=server)
        if outcome.reason is Reason.SENDER_REFUSED:
            title = f"{server} does not let this account send from {self.identity.address}."
        usual = _LATER if outcome.kind is OutcomeKind.DEFERRED else _ASK_PROVIDER
        return CheckResult(works=False, title=title, hint=_HINTS.get(outcome.reason, usual), detail=detail)


def _identity(workspace: Workspace, identity_id: int) -> IdentityInfo:
    return next(identity for identity in list_identities(workspace) if identity.id == identity_id)
