"""Each reply that providers are known to give: what it makes of the message, the contact, the account and the pace."""

from dataclasses import dataclass

import pytest

from app.sending.outcomes import Outcome, OutcomeKind, Reason, Scope, Stage, classify
from app.sending.reply import Reply

SENT, DEFERRED, REFUSED, TROUBLE = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.ACCOUNT_TROUBLE,
)
HOUR = 3600.0


@dataclass(frozen=True)
class Case:
    """A reply and all that follows from it."""

    text: str
    stage: Stage
    kind: OutcomeKind
    reason: Reason
    suppress: bool = False
    slow_down: bool = False
    wait_s: float | None = None
    scope: Scope = Scope.ACCOUNT

    @property
    def outcome(self) -> Outcome:
        return classify(Reply.of(int(self.text[:3]), self.text[4:]), stage=self.stage)


def slower(text: str, stage: Stage, reason: Reason = Reason.RATE_LIMITED, *, wait_s: float | None = None) -> Case:
    """The account's own server asks for less."""
    return Case(text, stage, DEFERRED, reason, slow_down=True, wait_s=wait_s)


def passed_on(text: str, reason: Reason = Reason.RATE_LIMITED, *, wait_s: float | None = None) -> Case:
    """The recipient's provider asks for less, and the account's server hands it on."""
    return Case(text, Stage.CONTENT, DEFERRED, reason, slow_down=True, wait_s=wait_s, scope=Scope.DOMAIN)


def unwanted(text: str, reason: Reason, *, scope: Scope = Scope.DOMAIN) -> Case:
    """This message will never be accepted, which says nothing about the address."""
    return Case(text, Stage.CONTENT, REFUSED, reason, scope=scope)


def nobody(text: str, stage: Stage = Stage.RCPT, reason: Reason = Reason.MAILBOX_UNKNOWN) -> Case:
    """Nobody reads mail at this address."""
    return Case(text, stage, REFUSED, reason, suppress=True)


def later(text: str, stage: Stage, reason: Reason, *, wait_s: float | None = None) -> Case:
    """Only this message waits."""
    return Case(text, stage, DEFERRED, reason, wait_s=wait_s)


def stop(text: str, stage: Stage, reason: Reason, *, wait_s: float | None = None) -> Case:
    """The account is at fault."""
    return Case(text, stage, TROUBLE, reason, wait_s=wait_s)


REPLIES = [
    # The server, or the way to it
    slower("421 4.3.0 Service not available, closing", Stage.MAIL, Reason.SERVER_BUSY),
    later("421 4.4.2 Timeout exceeded", Stage.RCPT, Reason.SERVER_CLOSING),
    later("421 4.3.2 Shutting down", Stage.GREETING, Reason.SERVER_CLOSING),
    slower("452 4.3.1 Insufficient system storage", Stage.MAIL, Reason.SERVER_BUSY),
    slower("452 4.5.3 Too many recipients", Stage.RCPT),
    slower("452 4.5.3 Recipients exceeded", Stage.RCPT),
    slower("454 4.7.0 Temporary authentication failure", Stage.AUTH, Reason.SERVER_BUSY),
    slower("454 Throttling failure: Maximum sending rate exceeded.", Stage.CONTENT),
    later("432 4.3.2 Concurrent connections limit exceeded", Stage.GREETING, Reason.TOO_MANY_CONNECTIONS),
    later("432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", Stage.CONTENT, Reason.TOO_MANY_CONNECTIONS),
    later("421 4.7.0 Too many connections from your host", Stage.GREETING, Reason.TOO_MANY_CONNECTIONS),
    later("554 5.7.1 Too many concurrent SMTP connections", Stage.GREETING, Reason.TOO_MANY_CONNECTIONS),
    # The message waits, and nothing else
    later("450 4.7.1 Greylisted", Stage.RCPT, Reason.GREYLISTED),
    later("451 4.7.1 Please try again in 300 seconds", Stage.RCPT, Reason.GREYLISTED, wait_s=300),
    later("451 4.7.1 Try again in 5 minutes", Stage.DATA, Reason.GREYLISTED, wait_s=300),
    later("450 Try again later", Stage.RCPT, Reason.GREYLISTED),
    later("451 Greylisted for 1 hour", Stage.RCPT, Reason.GREYLISTED, wait_s=HOUR),
    later("452 4.2.2 Mailbox full", Stage.RCPT, Reason.MAILBOX_FULL),
    # What it takes to sign in
    stop("530 5.7.0 Must issue a STARTTLS command first", Stage.MAIL, Reason.TLS),
    stop("538 5.7.11 Encryption required for requested authentication mechanism", Stage.AUTH, Reason.TLS),
    stop("530 5.7.0 Authentication Required", Stage.MAIL, Reason.AUTHENTICATION),
    stop("534 5.7.9 Application-specific password required", Stage.AUTH, Reason.AUTHENTICATION),
    stop("534 5.7.14 Please log in via your web browser", Stage.AUTH, Reason.AUTHENTICATION),
    stop("535 5.7.8 Username and Password not accepted", Stage.AUTH, Reason.AUTHENTICATION),
    stop("535 5.7.1 Authentication failed", Stage.AUTH, Reason.AUTHENTICATION),
    stop("535 5.7.3 Authentication unsuccessful", Stage.AUTH, Reason.AUTHENTICATION),
    stop(
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        Stage.AUTH,
        Reason.AUTHENTICATION,
    ),
    stop("525 5.7.13 User account disabled", Stage.AUTH, Reason.ACCOUNT_BLOCKED),
    stop(
        "550 5.7.30 Basic authentication is not supported for Client Submission", Stage.AUTH, Reason.AUTHENTICATION
    ),
    stop(
        "550 5.7.30 Basic authentication is not supported for Client Submission", Stage.MAIL, Reason.AUTHENTICATION
    ),
    # A quota that wears the dress of a refusal
    stop("550 5.4.5 Daily user sending limit exceeded", Stage.CONTENT, Reason.QUOTA, wait_s=2 * HOUR),
    stop("550 5.7.1 Daily SMTP relay limit exceeded for customer", Stage.RCPT, Reason.QUOTA, wait_s=2 * HOUR),
    slower("450 4.2.1 Peak SMTP relay limit exceeded for customer", Stage.RCPT),
    stop("550 5.1.90 Your message can't be sent because you've reached your daily limit", Stage.CONTENT, Reason.QUOTA,
         wait_s=2 * HOUR),
    stop("552 5.2.2 Submission quota exceeded", Stage.CONTENT, Reason.QUOTA),
    stop("554 5.2.0 SubmissionQuotaExceededException; the sender's quota was exceeded", Stage.CONTENT, Reason.QUOTA),
    stop("550 5.7.233 Tenant external recipient rate limit", Stage.CONTENT, Reason.QUOTA),
    stop("454 Throttling failure: Daily message quota exceeded.", Stage.CONTENT, Reason.QUOTA, wait_s=2 * HOUR),
    stop("550 Exceeded Sending Limit (hourly)", Stage.MAIL, Reason.QUOTA, wait_s=HOUR / 4),
    stop("550 Hourly quota exceeded, try again in 20 minutes", Stage.MAIL, Reason.QUOTA, wait_s=1200),
    stop("451 Authentication failed: Maximum credits exceeded", Stage.AUTH, Reason.QUOTA, wait_s=12 * HOUR),
    stop("421 Domain x.org is not allowed to send: recipient limit exceeded", Stage.MAIL, Reason.QUOTA),
    # Who may not send, or not so
    stop("550 5.1.8 Access denied, bad outbound sender", Stage.CONTENT, Reason.ACCOUNT_BLOCKED),
    stop("550 5.7.501 Access denied, spam abuse detected", Stage.CONTENT, Reason.ACCOUNT_BLOCKED),
    stop("550 5.7.502 Access denied, banned sender", Stage.CONTENT, Reason.ACCOUNT_BLOCKED),
    stop("550 5.7.503 Access denied, banned sender", Stage.CONTENT, Reason.ACCOUNT_BLOCKED),
    stop("554 Message rejected: Sending paused for this account.", Stage.CONTENT, Reason.ACCOUNT_BLOCKED),
    stop("501 5.1.7 Invalid address", Stage.MAIL, Reason.SENDER_REFUSED),
    stop("553 5.1.8 Domain of sender does not exist", Stage.MAIL, Reason.SENDER_REFUSED),
    stop("550 5.7.60 SMTP; Client does not have permissions to send as this sender", Stage.CONTENT,
         Reason.SENDER_REFUSED),
    stop("553 5.7.1 Sender address rejected: not owned by user", Stage.RCPT, Reason.SENDER_REFUSED),
    stop("554 Message rejected: Email address is not verified.", Stage.CONTENT, Reason.SENDER_REFUSED),
    stop("554 Transaction failed: Configuration set <x> does not exist.", Stage.CONTENT, Reason.SETTINGS),
    stop("554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail'",
         Stage.CONTENT, Reason.SETTINGS),
    stop("521 5.3.2 Host does not accept mail", Stage.GREETING, Reason.ACCOUNT_BLOCKED),
    stop("554 5.7.1 No SMTP service here", Stage.EHLO, Reason.ACCOUNT_BLOCKED),
    # Nobody there
    nobody("550 5.1.1 User unknown"),
    nobody("553 5.1.1 User unknown", Stage.DATA),
    nobody("550 5.1.2 Bad destination system address", Stage.RCPT, Reason.DOMAIN_UNKNOWN),
    nobody("553 5.1.3 Bad destination mailbox address syntax"),
    nobody("551 5.1.6 User has moved"),
    nobody("556 5.1.10 Recipient address has a null MX", Stage.RCPT, Reason.DOMAIN_UNKNOWN),
    nobody("550 5.4.4 Unable to route", Stage.RCPT, Reason.DOMAIN_UNKNOWN),
    nobody("550 5.1.351 Remote server returned unknown recipient", Stage.CONTENT),
    nobody("550 5.2.1 The email account that you tried to reach is inactive"),
    nobody("550 5.2.1 Mailbox suspended"),
    Case("552 5.2.2 The email account that you tried to reach is over quota and inactive", Stage.RCPT, REFUSED,
         Reason.MAILBOX_FULL),
    # What we say
    Case("552 5.3.4 Message size exceeds fixed limit", Stage.MAIL, REFUSED, Reason.TOO_BIG),
    Case("552 5.2.3 Message too large", Stage.CONTENT, REFUSED, Reason.TOO_BIG),
    unwanted("550 5.6.0 Bad message", Reason.CONTENT_REFUSED, scope=Scope.ACCOUNT),
    unwanted("554 5.7.1 Message identified as spam", Reason.CONTENT_REFUSED, scope=Scope.ACCOUNT),
    unwanted("550 5.7.0 Delivery not authorised", Reason.BLOCKED_POLICY, scope=Scope.ACCOUNT),
    # Gmail
    passed_on("421 4.7.28 Our system has detected an unusual rate of unsolicited mail from your IP address"),
    passed_on("421 4.7.28 Gmail has detected an unusual rate of mail with your SPF domain"),
    passed_on("421 4.7.28 Gmail has detected this host sending messages with the same Message-ID"),
    passed_on("550 5.7.28 Our system has detected an unusual rate of unsolicited mail"),
    passed_on("421 4.7.0 This message is suspicious due to the very low reputation of the sending domain. To best "
              "protect our users from spam, the message has been blocked", Reason.BLOCKED_POLICY),
    passed_on("421 4.7.26 This mail has been rate limited because it is unauthenticated", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.26 This mail is unauthenticated, which poses a security risk", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.27 SPF did not pass", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.30 DKIM did not pass", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.32 The From header is not aligned", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.29 The message was not sent over TLS", Reason.BLOCKED_POLICY),
    unwanted("550 5.7.25 The sending IP has no PTR record", Reason.BLOCKED_POLICY),
    unwanted("550 5.7.23 The PTR record does not match", Reason.BLOCKED_POLICY),
    later("450 4.2.1 The user you are trying to contact is receiving mail too quickly", Stage.RCPT,
          Reason.RECIPIENT_BUSY),
    later("550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents more", Stage.RCPT,
          Reason.RECIPIENT_BUSY),
    unwanted("550 5.7.1 Our system has detected that this message is likely unsolicited mail", Reason.CONTENT_REFUSED,
             scope=Scope.ACCOUNT),
    slower("421 4.4.5 Server busy, try again later", Stage.MAIL, Reason.SERVER_BUSY),
    slower("451 4.3.0 Multiple destination domains per transaction is unsupported", Stage.RCPT, Reason.SERVER_BUSY),
    # Microsoft
    passed_on("451 4.7.500 Server busy. Please try again later (AS761)"),
    passed_on("451 4.7.650 The mail server has been temporarily rate limited due to IP reputation (S775)"),
    Case("451 4.7.652 The mail server has exceeded the maximum number of connections (S3115)", Stage.RCPT, DEFERRED,
         Reason.TOO_MANY_CONNECTIONS, scope=Scope.DOMAIN),
    passed_on("450 4.7.699 Access denied, please try again later"),
    passed_on("450 4.7.850 Access denied, please try again later"),
    passed_on("450 4.7.899 Access denied, please try again later"),
    unwanted("550 5.7.1 Unfortunately, messages from [1.2.3.4] weren't sent: part of their network is on our block "
             "list (S3140)", Reason.BLOCKED_POLICY),
    unwanted("550 5.7.1 Your network is on our block list (S3150)", Reason.BLOCKED_POLICY),
    unwanted("550 5.7.606 Access denied, banned sending IP", Reason.BLOCKED_POLICY),
    unwanted("550 5.7.649 Access denied, banned sending IP", Reason.BLOCKED_POLICY),
    stop("550 5.7.606 Access denied, banned sending IP", Stage.MAIL, Reason.ACCOUNT_BLOCKED),
    unwanted("550 5.7.515 Access denied, sending domain does not meet the required authentication level",
             Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.509 Access denied, sending domain does not pass DMARC", Reason.SENDER_UNPROVEN),
    later("550 5.2.121 Recipient's hourly message receive limit", Stage.CONTENT, Reason.RECIPIENT_BUSY),
    later("550 5.2.122 Recipient's hourly message receive limit for this sender", Stage.CONTENT, Reason.RECIPIENT_BUSY),
    # Yahoo
    passed_on("421 4.7.0 [TSS04] temporarily deferred due to unexpected volume or user complaints", wait_s=2 * HOUR),
    passed_on("421 4.7.0 [TSS05] temporarily deferred", wait_s=4 * HOUR),
    passed_on("421 4.7.0 [TS02] temporarily deferred"),
    passed_on("421 4.7.0 [TS03] temporarily deferred"),
    slower("421 4.7.0 [TSS04] temporarily deferred", Stage.MAIL, wait_s=2 * HOUR),
    unwanted("553 5.7.2 [TSS09] All messages will be permanently deferred; Retrying will NOT succeed",
             Reason.BLOCKED_POLICY),
    unwanted("553 5.7.2 [TSS11] All messages will be permanently deferred; Retrying will NOT succeed",
             Reason.BLOCKED_POLICY),
    stop("553 5.7.2 [TSS11] Retrying will NOT succeed", Stage.MAIL, Reason.ACCOUNT_BLOCKED),
    unwanted("553 5.7.1 [BL21] Connections will not be accepted from 1.2.3.4", Reason.BLOCKED_POLICY),
    later("421 Max message per connection reached, closing", Stage.MAIL, Reason.SERVER_CLOSING),
    unwanted("554 5.7.9 Message not accepted for policy reasons", Reason.BLOCKED_POLICY, scope=Scope.ACCOUNT),
    later("450 User is receiving mail too quickly", Stage.RCPT, Reason.RECIPIENT_BUSY),
    # Apple
    unwanted("554 5.7.1 [HME1] This message was rejected: it failed authentication", Reason.SENDER_UNPROVEN),
    unwanted("550 5.7.1 [CS01] Message rejected due to local policy.", Reason.BLOCKED_POLICY),
    # Anybody
    unwanted("550 5.7.1 Rejected by DMARC policy of x.org", Reason.SENDER_UNPROVEN, scope=Scope.ACCOUNT),
    unwanted("554 5.5.2 Syntax error", Reason.PROTOCOL, scope=Scope.ACCOUNT),
]  # fmt: skip


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: f"{case.text[:40]} at {case.stage}")
def test_a_provider_that_says_so_means(case: Case) -> None:
    got = case.outcome

    assert (got.kind, got.reason) == (case.kind, case.reason)
    assert (got.suppress, got.slow_down, got.retry_after_s, got.scope) == (
        case.suppress,
        case.slow_down,
        case.wait_s,
        case.scope,
    )


@pytest.mark.parametrize("stage", Stage)
def test_before_a_recipient_is_named_a_server_speaks_of_the_whole_account(stage: Stage) -> None:
    outcome = classify(Reply.of(421, "4.7.28 unusual rate of unsolicited mail"), stage=stage)

    is_named = stage in (Stage.RCPT, Stage.DATA, Stage.CONTENT)
    assert outcome.scope is (Scope.DOMAIN if is_named else Scope.ACCOUNT)


@pytest.mark.parametrize("case", [case for case in REPLIES if case.kind is TROUBLE], ids=lambda case: case.text[:40])
def test_only_a_used_up_quota_mends_itself(case: Case) -> None:
    is_quota = case.reason is Reason.QUOTA

    assert case.outcome.needs_user is not is_quota
    assert (case.outcome.resume_after_s is not None) is is_quota


def test_a_quota_that_does_not_say_when_it_frees_is_looked_at_every_hour() -> None:
    outcome = classify(Reply.of(550, "5.4.5 Limit"), stage=Stage.CONTENT)

    assert (outcome.retry_after_s, outcome.resume_after_s) == (None, HOUR)


def test_a_message_that_only_waits_needs_nobody_and_resumes_nothing() -> None:
    outcome = classify(Reply.of(450, "4.7.1 try again in 5 minutes"), stage=Stage.RCPT)

    assert (outcome.needs_user, outcome.resume_after_s) == (False, None)
