"""Why an account cannot send just now, in words for the person who owns it."""

import re
import socket
import ssl
from dataclasses import dataclass

import aiosmtplib

from app.errors import UserFacingError
from app.sending.outcomes import Outcome, OutcomeKind, Reason, Stage, classify, explain, interrupted
from app.sending.reply import Reply

CHECK_ACCOUNTS = "Check it under Accounts."


class AccountTrouble(UserFacingError):
    """The account cannot send.

    Attributes:
        outcome: What it means for the messages that wait: `account_trouble` where the user must act or a quota must
            free itself, `deferred` where time may heal it.
    """

    def __init__(self, title: str, hint: str, *, detail: str = "", outcome: Outcome) -> None:
        super().__init__(title, hint, detail=detail)
        self.outcome = outcome

    @property
    def needs_user(self) -> bool:
        """Trying again without a change to the account is pointless."""
        return self.outcome.needs_user


@dataclass(frozen=True, slots=True)
class _Certificate:
    """A way a certificate can be wrong: OpenSSL's number, words of the system's own verifier, and ours."""

    codes: frozenset[int]
    says: str
    title: str
    hint: str


_CERTIFICATES = (
    _Certificate(
        frozenset({10}), "expired", "The certificate of {server} has expired.", "Ask its operator to renew it."
    ),
    _Certificate(
        frozenset({9}),
        "not yet valid",
        "The certificate of {server} is not valid yet.",
        "Check the date and time of this computer.",
    ),
    _Certificate(
        frozenset({62, 64}),
        "mismatch|does not match|not valid for|cn_no_match|not standards compliant|name mismatch",
        "The server that answers as {server} shows a certificate for another name.",
        "Check the server's name under Accounts; your provider's help pages give it exactly.",
    ),
    _Certificate(
        frozenset({18, 19}),
        "self.signed",
        "The certificate of {server} is self-signed, so nobody vouches that it is the right server.",
        "Ask its operator for a certificate from a public authority.",
    ),
    _Certificate(
        frozenset(),
        "",
        "The certificate of {server} could not be verified, so it may not be the right server.",
        "Ask its operator, or whoever looks after your network.",
    ),
)

# Read from top to bottom, the first that fits counts. The words are the providers' own.
_SIGN_IN_HINTS = (
    (
        r"application.specific|app(lication)? password|5\.7\.9\b",
        "This provider wants an app password instead of your usual one: create one in its security settings.",
    ),
    (
        r"5\.7\.14\b|log in (via|with) your web browser",
        "This provider wants to see you first: sign in to its web page once, then try again.",
    ),
    (
        r"SmtpClientAuthentication is disabled",
        "Your administrator must allow “Authenticated SMTP” for this mailbox first.",
    ),
    (
        r"security defaults|conditional access|did not meet the criteria|user is locked",
        "The rules of your organisation do not let this program sign in: ask its administrator.",
    ),
    (
        r"basic authentication|5\.7\.30\b",
        "This provider no longer takes passwords from other programs: sign in through the browser instead.",
    ),
    (
        r"Authentication Credentials Invalid",
        "Amazon SES has SMTP credentials of its own for each region: create them in its console.",
    ),
    (
        r"too many (failed )?(login|sign.in|authentication)",
        "Wait an hour before you try again: each further try makes it longer.",
    ),
)
_BY_TOKEN = "Sign in again under Accounts, in the browser, with this same address."  # noqa: S105  a sentence


def refused_by(reply: Reply, *, stage: Stage, server: str, username: str, by_token: bool = False) -> AccountTrouble:
    """The server answered while the connection was being made, and the answer was no.

    *by_token*: it was asked to let in a token in place of a password.
    """
    outcome = classify(reply, stage=stage)
    if outcome.reason is Reason.AUTHENTICATION:
        usual = _BY_TOKEN if by_token else CHECK_ACCOUNTS
        hint = next((hint for says, hint in _SIGN_IN_HINTS if re.search(says, str(reply), re.IGNORECASE)), usual)
        what = "the sign-in of" if by_token else "the password for"
        return AccountTrouble(f"{server} refused {what} {username}.", hint, detail=str(reply), outcome=outcome)
    hint = CHECK_ACCOUNTS if outcome.needs_user else "It will be tried again."
    return AccountTrouble(explain(outcome, server=server), hint, detail=str(reply), outcome=outcome)


def misconfigured(title: str, reason: Reason, hint: str = CHECK_ACCOUNTS) -> AccountTrouble:
    """The account cannot work with this server as it is set up."""
    return AccountTrouble(title, hint, outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, reason))


def failed_with(error: Exception, *, server: str, port: int, username: str, by_token: bool = False) -> AccountTrouble:
    """What *error*, raised while connecting or signing in, means to the user."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _refused_with(error, server=server, username=username, by_token=by_token)
    cause = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) and error.__cause__ else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _not_verified(cause, server)
    if isinstance(cause, ssl.SSLError):
        return misconfigured(
            f"{server} does not start a secure connection on port {port}.",
            Reason.TLS,
            "Check the port and the kind of security under Accounts.",
        )
    title, hint, reason = _network_words(cause, server, port)
    return AccountTrouble(title, hint, detail=str(cause), outcome=interrupted(reason, content_left=False))


def _refused_with(
    error: aiosmtplib.SMTPResponseException, *, server: str, username: str, by_token: bool
) -> AccountTrouble:
    if error.code < 200:
        outcome = interrupted(Reason.PROTOCOL, content_left=False)
        return AccountTrouble(explain(outcome, server=server), CHECK_ACCOUNTS, outcome=outcome)
    stages = {
        aiosmtplib.SMTPConnectResponseError: Stage.GREETING,
        aiosmtplib.SMTPHeloError: Stage.EHLO,
        aiosmtplib.SMTPAuthenticationError: Stage.AUTH,
    }
    reply = Reply.of(error.code, error.message)
    stage = stages.get(type(error), Stage.TLS)
    return refused_by(reply, stage=stage, server=server, username=username, by_token=by_token)


def _not_verified(error: ssl.SSLCertVerificationError, server: str) -> AccountTrouble:
    code = getattr(error, "verify_code", 0)  # absent where the operating system's verifier refused
    words = f"{getattr(error, 'verify_message', '')} {error}"
    fault = next(
        fault
        for fault in _CERTIFICATES
        if code in fault.codes or not fault.codes or (not code and re.search(fault.says, words, re.IGNORECASE))
    )
    return AccountTrouble(
        fault.title.format(server=server),
        fault.hint,
        detail=words.strip(),
        outcome=Outcome(OutcomeKind.ACCOUNT_TROUBLE, Reason.TLS),
    )


def _network_words(error: BaseException, server: str, port: int) -> tuple[str, str, Reason]:
    if isinstance(error, socket.gaierror | UnicodeError):  # UnicodeError: not even the form of a name
        return f"There is no server called {server}.", "Check its name, and that you are online.", Reason.UNREACHABLE
    if isinstance(error, ConnectionRefusedError):
        return f"{server} takes no connections on port {port}.", "Check the port under Accounts.", Reason.UNREACHABLE
    if isinstance(error, TimeoutError):
        return (
            f"{server} does not answer on port {port}.",
            "Check the port, and that no firewall is in the way.",
            Reason.TIMEOUT,
        )
    if isinstance(error, aiosmtplib.SMTPServerDisconnected | ConnectionError):
        return f"{server} ended the connection.", "It will be tried again.", Reason.CONNECTION_LOST
    return f"{server} cannot be reached.", "Check that you are online.", Reason.UNREACHABLE
