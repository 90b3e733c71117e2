"""What Amazon SES's error codes mean for the message and the account: a table read from top to bottom.

The codes are those of the API reference (SendEmail, GetAccount, Common Errors); the words are those of the developer
guide ("Amazon SES email sending errors", "Errors related to your sending quotas").

An answer in the 500s is not proof that nothing was sent. ``ServiceUnavailable`` says that the request *has failed*, so
the message can be tried again. ``InternalFailure`` is "an unknown error, exception or failure", and of the 5xx answers
as a whole the guide says that repeating them risks duplicates, so the message is in doubt. After one the account holds
still for half a minute, the longest of the waits the guide names, or a storm of them would leave thousands in doubt.
"""

import re
import ssl
from dataclasses import dataclass
from email.utils import getaddresses

from app.sending.outcomes import Outcome, OutcomeKind, Reason, explain, interrupted
from app.sending.reply import Reply
from app.sending.transport import Envelope
from app.sending.trouble import AccountTrouble, failed_with

SERVER = "Amazon SES"
CONSOLE = "Open the SES console of Amazon; it says what to do."

_HOLD_AFTER_DOUBT_S = 30.0
_NOT_VERIFIED = re.compile(
    r"address is not verified(?:.*?failed the check in region [\w-]+: *(.*))?", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that is not "accepted".

    Attributes:
        code: Amazon's name for the error, such as ``MessageRejected``; empty where something else than SES answered.
        text: Its words.
        status: The HTTP status.
    """

    code: str
    text: str
    status: int

    def __str__(self) -> str:
        return f"{self.code or f'HTTP {self.status}'}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """One row; every column that is given must fit.

    Attributes:
        codes: Error codes, without the ``Exception`` that some interfaces of Amazon put behind them.
        says: A regular expression searched in the error's words, in any case.
        smtp: The code that SES's SMTP servers give for the same, so that both kinds of account have one history.
        words: For the user; empty where the reason's own sentence fits.
        hint: What the user can do.
    """

    codes: str = ""
    says: str = ""
    kind: OutcomeKind
    reason: Reason
    smtp: int
    words: str = ""
    hint: str = ""

    def fits(self, fault: Fault) -> bool:
        name = fault.code.removesuffix("Exception")
        return (not self.codes or name in self.codes.split()) and bool(re.search(self.says, fault.text, re.IGNORECASE))


_ACCOUNT, _DEFERRED, _REFUSED = OutcomeKind.ACCOUNT_TROUBLE, OutcomeKind.DEFERRED, OutcomeKind.REFUSED
_THROTTLING = "TooManyRequests Throttling Throttled RequestThrottled RequestLimitExceeded SlowDown"
_SIGNATURE = "InvalidSignature SignatureDoesNotMatch"

_SANDBOX = _Rule(
    kind=_ACCOUNT,
    reason=Reason.ACCOUNT_BLOCKED,
    smtp=554,
    words="This SES account is still in the sandbox, where it may write to addresses verified with Amazon only.",
    hint="Ask for “production access” in the SES console of Amazon.",
)
_SENDER_NOT_VERIFIED = _Rule(
    kind=_ACCOUNT,
    reason=Reason.SENDER_REFUSED,
    smtp=554,
    words="Amazon SES has not verified the address or domain that this message comes from.",
    hint="Verify the domain in the SES console of Amazon, in the region of this account.",
)

_RULES = (
    _Rule(
        codes=_SIGNATURE, says=r"signature (expired|not yet current)", kind=_ACCOUNT, reason=Reason.AUTHENTICATION,
        smtp=535, words="Amazon SES does not believe this computer, because its clock is wrong.",
        hint="Set the date and time of this computer, best automatically.",
    ),
    _Rule(
        codes="RequestTimeTooSkewed RequestExpired", kind=_ACCOUNT, reason=Reason.AUTHENTICATION, smtp=535,
        words="Amazon SES does not believe this computer, because its clock is wrong.",
        hint="Set the date and time of this computer, best automatically.",
    ),
    _Rule(
        codes=f"{_SIGNATURE} IncompleteSignature", kind=_ACCOUNT, reason=Reason.AUTHENTICATION, smtp=535,
        words="Amazon SES says that the secret key does not belong to the access key.",
        hint="Enter both again under Accounts; Amazon shows a secret key only once.",
    ),
    _Rule(
        codes="UnrecognizedClient InvalidClientTokenId InvalidAccessKeyId MissingAuthenticationToken", kind=_ACCOUNT,
        reason=Reason.AUTHENTICATION, smtp=535, words="Amazon SES does not know this access key.",
        hint="Check it under Accounts, and that it is switched on in Amazon's IAM console.",
    ),
    _Rule(
        codes="ExpiredToken", kind=_ACCOUNT, reason=Reason.AUTHENTICATION, smtp=535,
        words="This access key of Amazon has expired.", hint="Use a key that does not expire, of an IAM user.",
    ),
    _Rule(
        codes="AccessDenied NotAuthorized UnauthorizedOperation OptInRequired", kind=_ACCOUNT,
        reason=Reason.AUTHENTICATION, smtp=535, words="This access key may not do what is needed in Amazon SES.",
        hint="Allow it ses:SendEmail, ses:SendRawEmail and ses:GetAccount in Amazon's IAM console.",
    ),
    _Rule(
        codes=_THROTTLING, says=r"daily (message|sending) quota|24.hour", kind=_ACCOUNT, reason=Reason.QUOTA, smtp=454,
        words="Amazon SES has taken as many messages as it takes from this account in 24 hours.",
        hint="It goes on when the 24 hours have passed; the SES console of Amazon can raise the quota.",
    ),
    _Rule(codes="LimitExceeded", kind=_ACCOUNT, reason=Reason.QUOTA, smtp=454, hint=CONSOLE),
    _Rule(codes=_THROTTLING, kind=_DEFERRED, reason=Reason.RATE_LIMITED, smtp=454),
    _Rule(
        codes="AccountSuspended", kind=_ACCOUNT, reason=Reason.ACCOUNT_BLOCKED, smtp=554,
        words="Amazon has suspended this SES account.", hint=CONSOLE,
    ),
    _Rule(
        codes="SendingPaused AccountSendingPaused ConfigurationSetSendingPaused", kind=_ACCOUNT,
        reason=Reason.ACCOUNT_BLOCKED, smtp=554,
        words="Sending is paused in this SES account, or in its configuration set.", hint=CONSOLE,
    ),
    _Rule(
        codes="MessageRejected", says=r"sending (is |has been )?(suspended|paused)", kind=_ACCOUNT,
        reason=Reason.ACCOUNT_BLOCKED, smtp=554, words="Amazon has suspended this SES account.", hint=CONSOLE,
    ),
    _Rule(
        codes="MailFromDomainNotVerified", kind=_ACCOUNT, reason=Reason.SENDER_REFUSED, smtp=554,
        words="The MAIL FROM domain of this sender is not set up completely in Amazon SES.",
        hint="Look at the identity in the SES console of Amazon: the domain's MX record is missing or wrong.",
    ),
    _Rule(
        codes="NotFound ConfigurationSetDoesNotExist", says="configuration", kind=_ACCOUNT, reason=Reason.OTHER,
        smtp=554, words="Amazon SES has no configuration set of this name in this region.",
        hint="Check its name under Accounts.",
    ),
    _Rule(codes="NotFound", kind=_ACCOUNT, reason=Reason.OTHER, smtp=554, hint=CONSOLE),
    _Rule(
        codes="BadRequest MessageRejected InvalidParameterValue", says=r"(message|size|length) (\w+ ){0,4}(more than|"
        r"too (large|big|long)|exceed)", kind=_REFUSED, reason=Reason.TOO_BIG, smtp=552,
    ),
    _Rule(codes="RequestEntityTooLarge", kind=_REFUSED, reason=Reason.TOO_BIG, smtp=552),
    _Rule(codes="MessageRejected", kind=_REFUSED, reason=Reason.CONTENT_REFUSED, smtp=554),
    _Rule(
        codes="BadRequest InvalidParameterValue", says=r"(user name|domain|local|final ['\"]?@|address)", kind=_REFUSED,
        reason=Reason.ADDRESS_UNSUPPORTED, smtp=501,
    ),
    _Rule(codes="BadRequest InvalidParameterValue Validation", kind=_REFUSED, reason=Reason.PROTOCOL, smtp=501),
    _Rule(codes="ServiceUnavailable", kind=_DEFERRED, reason=Reason.SERVER_BUSY, smtp=451),
)  # fmt: skip
_MAYBE_SENT = _Rule(kind=OutcomeKind.IN_DOUBT, reason=Reason.SERVER_BUSY, smtp=451)
_NOT_SENT = _Rule(kind=_DEFERRED, reason=Reason.OTHER, smtp=451)  # an answer nobody has documented condemns nobody


def accepted(message_id: str) -> Outcome:
    """SES took the message and calls it *message_id* from now on; the words are those of its SMTP servers."""
    return Outcome(OutcomeKind.SENT, Reason.ACCEPTED, reply=Reply(250, "", f"Ok {message_id}"))


def refused(fault: Fault, *, envelope: Envelope) -> Outcome:
    """What *fault* means for the message of *envelope*."""
    return _outcome(_rule(fault, envelope.recipient), fault)


def trouble(fault: Fault) -> AccountTrouble:
    """What *fault*, the answer to a question about the account, means to its owner."""
    rule = _rule(fault, "")
    kind = rule.kind if rule.kind is _ACCOUNT else _DEFERRED  # nothing was sent that could be in doubt or refused
    outcome = Outcome(kind, rule.reason, words=rule.words)
    hint = rule.hint or "It will be tried again."
    return AccountTrouble(explain(outcome, server=SERVER), hint, detail=str(fault), outcome=outcome)


def _rule(fault: Fault, recipient: str) -> _Rule:
    if found := _NOT_VERIFIED.search(fault.text):
        failed = {address.casefold() for _, address in getaddresses([found[1] or ""])}
        return _SANDBOX if failed == {recipient.casefold()} else _SENDER_NOT_VERIFIED
    if rule := next((rule for rule in _RULES if fault.code and rule.fits(fault)), None):
        return rule
    return _MAYBE_SENT if fault.status >= 500 else _NOT_SENT


def _outcome(rule: _Rule, fault: Fault) -> Outcome:
    is_in_doubt = rule.kind is OutcomeKind.IN_DOUBT
    return Outcome(
        rule.kind,
        rule.reason,
        slow_down=is_in_doubt or rule.reason in (Reason.RATE_LIMITED, Reason.SERVER_BUSY),
        retry_after_s=_HOLD_AFTER_DOUBT_S if is_in_doubt else None,
        reply=Reply.of(rule.smtp, str(fault)),
        words=rule.words,
    )


def says_nothing_of_sending(fault: Fault) -> bool:
    """*fault* refuses the question about the account, which does not keep mail from going out."""
    return _rule(fault, "").reason is Reason.RATE_LIMITED or fault.code.startswith("AccessDenied")


def not_understood(detail: str) -> AccountTrouble:
    """An answer came that is not one of SES's, from a hotel's sign-in page perhaps; *detail* says what is wrong."""
    outcome = interrupted(Reason.PROTOCOL, content_left=False)
    return AccountTrouble(explain(outcome, server=SERVER), "It will be tried again.", detail=detail, outcome=outcome)


def unreachable(error: Exception, *, host: str, region: str) -> AccountTrouble:
    """What *error*, raised by urllib3 in place of an answer, means to the account's owner."""
    import urllib3.exceptions as urllib3

    hint = "Check that you are online, and that no firewall is in the way."
    cause = error.args[0] if isinstance(error, urllib3.SSLError) and error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return failed_with(cause, server=host, port=443, username="")
    if isinstance(error, urllib3.NameResolutionError):
        title, reason = f"{SERVER} is not found in the region {region}.", Reason.UNREACHABLE
        hint = "Check that you are online, and the region under Accounts."
    elif isinstance(error, urllib3.SSLError):
        title, reason = f"{SERVER} could not be reached over a secure connection.", Reason.TLS
    elif isinstance(error, urllib3.NewConnectionError | urllib3.ProxyError):
        title, reason = f"{SERVER} cannot be reached.", Reason.UNREACHABLE
    elif isinstance(error, urllib3.TimeoutError):
        title, reason = f"{SERVER} does not answer.", Reason.TIMEOUT
    else:
        title, hint, reason = f"{SERVER} ended the connection.", "It will be tried again.", Reason.CONNECTION_LOST
    return AccountTrouble(title, hint, detail=str(error), outcome=interrupted(reason, content_left=False))
