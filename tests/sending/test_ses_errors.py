"""What SES answers, and what that makes of the message, the account and the words for the user."""

from dataclasses import dataclass

import pytest

from app.sending.outcomes import OutcomeKind, Reason, explain
from app.sending.ses_errors import Fault, accepted, refused, trouble
from app.sending.transport import Envelope

ENVELOPE = Envelope("news@example.org", "anna@example.net")
ACCOUNT, DEFERRED, REFUSED, IN_DOUBT = (
    OutcomeKind.ACCOUNT_TROUBLE,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.IN_DOUBT,
)


@dataclass(frozen=True)
class Case:
    code: str
    status: int
    text: str
    kind: OutcomeKind
    reason: Reason
    words: str = ""

    def __str__(self) -> str:
        return f"{self.code or self.status} {self.text[:30]}"


NOT_VERIFIED = "Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: "
TOO_MANY, SIGNATURE = "TooManyRequestsException", "InvalidSignatureException"
ANSWERS = [
    Case(TOO_MANY, 429, "Maximum sending rate exceeded.", DEFERRED, Reason.RATE_LIMITED, "more slowly"),
    Case("ThrottlingException", 400, "Maximum sending rate exceeded.", DEFERRED, Reason.RATE_LIMITED),
    Case("Throttling", 400, "Rate exceeded", DEFERRED, Reason.RATE_LIMITED),
    Case(TOO_MANY, 429, "Daily message quota exceeded.", ACCOUNT, Reason.QUOTA, "in 24 hours"),
    Case("ThrottlingException", 400, "Daily message quota exceeded", ACCOUNT, Reason.QUOTA),
    Case("LimitExceededException", 400, "", ACCOUNT, Reason.QUOTA),
    Case("AccountSuspendedException", 400, "", ACCOUNT, Reason.ACCOUNT_BLOCKED, "suspended"),
    Case("SendingPausedException", 400, "Sending paused for this account.", ACCOUNT, Reason.ACCOUNT_BLOCKED, "paused"),
    Case("MessageRejected", 400, "Sending suspended for this account.", ACCOUNT, Reason.ACCOUNT_BLOCKED, "suspended"),
    Case("MailFromDomainNotVerifiedException", 400, "", ACCOUNT, Reason.SENDER_REFUSED, "MAIL FROM domain"),
    Case("MessageRejected", 400, NOT_VERIFIED + "news@example.org", ACCOUNT, Reason.SENDER_REFUSED, "not verified"),
    Case("MessageRejected", 400, NOT_VERIFIED + "Anna@example.net", ACCOUNT, Reason.ACCOUNT_BLOCKED, "in the sandbox"),
    Case(
        "MessageRejected",
        400,
        NOT_VERIFIED + "anna@example.net, News <news@example.org>",
        ACCOUNT,
        Reason.SENDER_REFUSED,
    ),
    Case("MessageRejected", 400, "Email address is not verified.", ACCOUNT, Reason.SENDER_REFUSED),
    Case("MessageRejected", 400, "Transaction failed: illegal attachment", REFUSED, Reason.CONTENT_REFUSED),
    Case("NotFoundException", 404, "Configuration set <x> does not exist.", ACCOUNT, Reason.OTHER, "configuration set"),
    Case("NotFoundException", 404, "Something else does not exist.", ACCOUNT, Reason.OTHER),
    Case("BadRequestException", 400, "Message length is more than 41943040 bytes", REFUSED, Reason.TOO_BIG),
    Case("BadRequestException", 400, "Domain contains control or whitespace", REFUSED, Reason.ADDRESS_UNSUPPORTED),
    Case("BadRequestException", 400, "Invalid MIME", REFUSED, Reason.PROTOCOL),
    Case("UnrecognizedClientException", 403, "The security token is invalid.", ACCOUNT, Reason.AUTHENTICATION, "know"),
    Case("InvalidClientTokenId", 403, "The security token is invalid.", ACCOUNT, Reason.AUTHENTICATION, "know"),
    Case("SignatureDoesNotMatch", 403, "The request signature we", ACCOUNT, Reason.AUTHENTICATION, "secret key"),
    Case(SIGNATURE, 403, "The request signature we calculated", ACCOUNT, Reason.AUTHENTICATION, "secret key"),
    Case(SIGNATURE, 403, "Signature expired: 2026 is now earlier than", ACCOUNT, Reason.AUTHENTICATION, "clock"),
    Case(SIGNATURE, 403, "Signature not yet current: 2026", ACCOUNT, Reason.AUTHENTICATION, "clock"),
    Case("RequestTimeTooSkewed", 403, "The difference is too large", ACCOUNT, Reason.AUTHENTICATION, "clock"),
    Case("AccessDeniedException", 403, "User is not authorized to", ACCOUNT, Reason.AUTHENTICATION, "may not"),
    Case("ServiceUnavailable", 503, "Busy", DEFERRED, Reason.SERVER_BUSY),
    Case("ServiceUnavailableException", 503, "Busy", DEFERRED, Reason.SERVER_BUSY),
    Case("InternalFailure", 500, "Unknown", IN_DOUBT, Reason.SERVER_BUSY, "may or may not have arrived"),
    Case("InternalServiceErrorException", 500, "", IN_DOUBT, Reason.SERVER_BUSY),
    Case("", 502, "Bad Gateway", IN_DOUBT, Reason.SERVER_BUSY),
    Case("", 503, "Service Unavailable", IN_DOUBT, Reason.SERVER_BUSY),
    Case("", 403, "Forbidden", DEFERRED, Reason.OTHER),
    Case("ImATeapot", 418, "Short and stout", DEFERRED, Reason.OTHER),
]


@pytest.mark.parametrize("case", ANSWERS, ids=str)
def test_an_answer_means(case: Case) -> None:
    outcome = refused(Fault(case.code, case.text, case.status), envelope=ENVELOPE)

    assert (outcome.kind, outcome.reason) == (case.kind, case.reason)
    assert case.words in explain(outcome, server="Amazon SES")
    assert not outcome.suppress
    assert outcome.reply is not None
    assert case.text[:80] in outcome.reply.text
    assert outcome.reply.is_permanent is (case.kind in (ACCOUNT, REFUSED) and case.reason is not Reason.QUOTA)


def test_what_is_accepted_is_told_as_by_smtp_with_the_id_that_later_events_name() -> None:
    outcome = accepted("0107019a-5f8e")

    assert outcome.is_sent
    assert str(outcome.reply) == "250 Ok 0107019a-5f8e"


def test_a_rate_that_is_exceeded_slows_down_a_quota_does_not() -> None:
    rate = refused(Fault(TOO_MANY, "Maximum sending rate exceeded.", 429), envelope=ENVELOPE)
    quota = refused(Fault(TOO_MANY, "Daily message quota exceeded.", 429), envelope=ENVELOPE)

    assert rate.slow_down
    assert not quota.slow_down


def test_a_storm_of_doubtful_answers_is_waited_out() -> None:
    outcome = refused(Fault("InternalFailure", "", 500), envelope=ENVELOPE)

    assert outcome.slow_down
    assert outcome.retry_after_s == 30


@pytest.mark.parametrize("case", ANSWERS, ids=str)
def test_a_question_about_the_account_has_no_message_to_doubt_or_to_refuse(case: Case) -> None:
    answer = trouble(Fault(case.code, case.text, case.status))

    assert answer.outcome.kind is (ACCOUNT if case.kind is ACCOUNT else DEFERRED)
    assert answer.title
    assert answer.hint
    assert case.code in answer.detail
