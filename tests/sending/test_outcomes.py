"""What the servers of the world say, and what it means for the message, the contact and the account."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sending.outcomes import (
    FEWEST_TRIES,
    Outcome,
    OutcomeKind,
    Reason,
    Stage,
    classify,
    explain,
    interrupted,
    next_try,
    retry_delay,
)
from app.sending.reasons import MEANINGS
from app.sending.reply import Reply

SENT, DEFERRED, REFUSED, TROUBLE, IN_DOUBT = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.ACCOUNT_TROUBLE,
    OutcomeKind.IN_DOUBT,
)


def said(text: str, stage: Stage) -> Outcome:
    return classify(Reply.of(int(text[:3]), text[4:]), stage=stage)


CASES = [
    # Nobody there
    ("550 5.1.1 The email account that you tried to reach does not exist", Stage.RCPT, REFUSED, Reason.MAILBOX_UNKNOWN),
    (
        "550 5.1.1 <x@example.net>: Recipient address rejected: User unknown",
        Stage.RCPT,
        REFUSED,
        Reason.MAILBOX_UNKNOWN,
    ),
    ("550 No such user here", Stage.RCPT, REFUSED, Reason.MAILBOX_UNKNOWN),
    ("550 5.4.1 Recipient address rejected: Access denied", Stage.RCPT, REFUSED, Reason.MAILBOX_UNKNOWN),
    ("554 delivery error: This user doesn't exist", Stage.CONTENT, REFUSED, Reason.MAILBOX_UNKNOWN),
    ("550 5.2.1 The account is disabled", Stage.RCPT, REFUSED, Reason.MAILBOX_UNKNOWN),
    ("450 4.1.1 Recipient unverified", Stage.RCPT, DEFERRED, Reason.MAILBOX_UNKNOWN),
    ("550 5.1.2 Domain not found", Stage.RCPT, REFUSED, Reason.DOMAIN_UNKNOWN),
    ("556 5.1.10 Domain does not accept mail (nullMX)", Stage.RCPT, REFUSED, Reason.DOMAIN_UNKNOWN),
    # Somebody there, but not now
    ("452 4.2.2 Mailbox full", Stage.RCPT, DEFERRED, Reason.MAILBOX_FULL),
    ("552 5.2.2 The email account is over quota", Stage.RCPT, REFUSED, Reason.MAILBOX_FULL),
    (
        "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
        Stage.RCPT,
        DEFERRED,
        Reason.RECIPIENT_BUSY,
    ),
    ("450 4.2.0 Greylisted, try again in 300 seconds", Stage.RCPT, DEFERRED, Reason.GREYLISTED),
    ("451 4.7.1 Please try again later", Stage.RCPT, DEFERRED, Reason.GREYLISTED),
    # Our pace
    (
        "421 4.7.28 Our system has detected an unusual rate of unsolicited mail",
        Stage.CONTENT,
        DEFERRED,
        Reason.RATE_LIMITED,
    ),
    (
        "421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred due to unexpected volume",
        Stage.MAIL,
        DEFERRED,
        Reason.RATE_LIMITED,
    ),
    (
        "451 4.7.652 The mail server has exceeded the maximum number of connections",
        Stage.MAIL,
        DEFERRED,
        Reason.TOO_MANY_CONNECTIONS,
    ),
    ("454 Throttling failure: Maximum sending rate exceeded.", Stage.CONTENT, DEFERRED, Reason.RATE_LIMITED),
    ("432 4.3.2 Concurrent connections limit exceeded", Stage.GREETING, DEFERRED, Reason.TOO_MANY_CONNECTIONS),
    ("452 4.3.1 Insufficient system storage", Stage.MAIL, DEFERRED, Reason.SERVER_BUSY),
    ("451 4.3.0 Temporary server error", Stage.CONTENT, DEFERRED, Reason.SERVER_BUSY),
    ("421 4.4.2 Connection timed out", Stage.MAIL, DEFERRED, Reason.SERVER_CLOSING),
    ("421 Max message per connection reached, closing", Stage.MAIL, DEFERRED, Reason.SERVER_CLOSING),
    # Our account
    ("535 5.7.8 Username and Password not accepted", Stage.AUTH, TROUBLE, Reason.AUTHENTICATION),
    ("454 4.7.0 Temporary authentication failure", Stage.AUTH, DEFERRED, Reason.SERVER_BUSY),
    ("530 5.7.0 Must issue a STARTTLS command first", Stage.MAIL, TROUBLE, Reason.TLS),
    ("530 5.7.0 Authentication Required", Stage.MAIL, TROUBLE, Reason.AUTHENTICATION),
    ("554 5.7.1 <x@example.net>: Relay access denied", Stage.RCPT, TROUBLE, Reason.AUTHENTICATION),
    ("550 5.4.5 Daily user sending quota exceeded", Stage.CONTENT, TROUBLE, Reason.QUOTA),
    ("550 5.7.1 Daily SMTP relay limit exceeded for customer", Stage.RCPT, TROUBLE, Reason.QUOTA),
    ("454 Throttling failure: Daily message quota exceeded.", Stage.CONTENT, TROUBLE, Reason.QUOTA),
    (
        "550 5.1.90 Your message can't be sent because you've reached your daily limit",
        Stage.CONTENT,
        TROUBLE,
        Reason.QUOTA,
    ),
    ("550 5.1.8 Access denied, bad outbound sender", Stage.CONTENT, TROUBLE, Reason.ACCOUNT_BLOCKED),
    ("554 5.7.1 Service refused", Stage.GREETING, TROUBLE, Reason.ACCOUNT_BLOCKED),
    (
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        Stage.CONTENT,
        TROUBLE,
        Reason.SENDER_REFUSED,
    ),
    (
        "553 5.7.1 <news@example.org>: Sender address rejected: not owned by user",
        Stage.RCPT,
        TROUBLE,
        Reason.SENDER_REFUSED,
    ),
    ("501 5.1.7 Bad sender address syntax", Stage.MAIL, TROUBLE, Reason.SENDER_REFUSED),
    ("554 Message rejected: Email address is not verified.", Stage.CONTENT, TROUBLE, Reason.SENDER_REFUSED),
    # What we say, or what they think of us
    ("552 5.3.4 Message size exceeds fixed limit", Stage.MAIL, REFUSED, Reason.TOO_BIG),
    ("552 Too much mail data", Stage.CONTENT, REFUSED, Reason.TOO_BIG),
    ("554 5.7.1 Message identified as spam", Stage.CONTENT, REFUSED, Reason.CONTENT_REFUSED),
    ("550 5.7.1 likely unsolicited mail", Stage.CONTENT, REFUSED, Reason.CONTENT_REFUSED),
    (
        "550 5.7.515 Access denied, sending domain does not meet the required authentication level",
        Stage.CONTENT,
        REFUSED,
        Reason.SENDER_UNPROVEN,
    ),
    (
        "550 5.7.1 Unfortunately, messages from [1.2.3.4] weren't sent, their network is on our block list (S3140)",
        Stage.CONTENT,
        REFUSED,
        Reason.BLOCKED_POLICY,
    ),
    (
        "553 5.7.2 [TSS09] All messages from 1.2.3.4 will be permanently deferred; Retrying will NOT succeed",
        Stage.CONTENT,
        REFUSED,
        Reason.BLOCKED_POLICY,
    ),
    ("500 5.5.2 Syntax error", Stage.DATA, REFUSED, Reason.PROTOCOL),
    ("550 No", Stage.RCPT, REFUSED, Reason.OTHER),
    ("450 Not now", Stage.DATA, DEFERRED, Reason.OTHER),
    # Alike in words, not in meaning
    ("552 Message size limit exceeded", Stage.CONTENT, REFUSED, Reason.TOO_BIG),
    ("552 5.2.2 User quota exceeded", Stage.RCPT, REFUSED, Reason.MAILBOX_FULL),
    ("550 5.2.2 Submission quota exceeded", Stage.CONTENT, TROUBLE, Reason.QUOTA),
    ("550 5.7.1 <laptop>: Helo command rejected: Host not found", Stage.RCPT, REFUSED, Reason.BLOCKED_POLICY),
    ("550 Client host not found", Stage.RCPT, REFUSED, Reason.OTHER),
    ("550 Sender address not found", Stage.RCPT, REFUSED, Reason.OTHER),
    ("550 Your account is disabled", Stage.CONTENT, TROUBLE, Reason.ACCOUNT_BLOCKED),
    ("550 5.7.1 Recipient not found in the list of permitted users", Stage.RCPT, REFUSED, Reason.BLOCKED_POLICY),
    ("554 5.7.1 Client host blocked using zen.spamhaus.org", Stage.MAIL, TROUBLE, Reason.ACCOUNT_BLOCKED),
    # Accepted, or nobody knows
    ("250 2.0.0 Ok", Stage.CONTENT, SENT, Reason.ACCEPTED),
    ("354 Go on", Stage.CONTENT, IN_DOUBT, Reason.PROTOCOL),
    ("250 Ok", Stage.DATA, DEFERRED, Reason.PROTOCOL),
]


@pytest.mark.parametrize(("text", "stage", "kind", "reason"), CASES, ids=lambda value: str(value)[:40])
def test_a_reply_means(text: str, stage: Stage, kind: OutcomeKind, reason: Reason) -> None:
    outcome = said(text, stage)

    assert (outcome.kind, outcome.reason) == (kind, reason)
    assert outcome.reply is not None
    assert str(outcome.reply) == text


def test_only_proof_that_nobody_is_there_suppresses_an_address() -> None:
    suppressing = [text for text, stage, _, _ in CASES if said(text, stage).suppress]

    assert suppressing == [
        text
        for text, _, kind, reason in CASES
        if kind is REFUSED and reason in (Reason.MAILBOX_UNKNOWN, Reason.DOMAIN_UNKNOWN)
    ]


@given(
    st.integers(400, 599),
    st.from_regex(r"([45]\.\d{1,3}\.\d{1,3} )?[a-zA-Z .]{0,60}", fullmatch=True),
    st.sampled_from(Stage),
)
def test_any_reply_has_a_consistent_meaning(code: int, text: str, stage: Stage) -> None:
    outcome = classify(Reply.of(code, text), stage=stage)

    assert outcome.kind is not SENT
    assert outcome.kind is not IN_DOUBT
    assert not (outcome.suppress and outcome.kind is not REFUSED)
    assert not (outcome.suppress and stage in (Stage.MAIL, Stage.AUTH, Stage.GREETING))
    assert not (outcome.slow_down and outcome.kind is not DEFERRED)
    assert code >= 500 or outcome.kind is not REFUSED


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("450 4.2.0 Greylisted, try again in 300 seconds", 300),
        ("451 4.7.1 Greylisting in action, please come back in 00:04:59", 299),
        ("450 4.7.1 Try again after 5 minutes", 300),
        ("451 Greylisted for 1 hour", 3600),
        ("451 retry in 60s", 60),
        ("450 4.7.1 Please wait at least 300 seconds", 300),
        ("451 4.7.1 Try again in 00:00:00", None),
        ("451 4.7.1 Try again in 99999 hours", 86_400),
        ("450 4.7.1 No mail for 3 hosts, none in 5 sessions", None),
        ("421 4.7.0 [TSS04] temporarily deferred", 7200),
        ("421 4.7.0 [TSS05] temporarily deferred", 14400),
        ("550 5.1.1 try again in 5 minutes", None),
        ("450 4.2.0 Not now", None),
    ],
)
def test_the_wait_a_server_asks_for_is_heard(text: str, wait_s: float | None) -> None:
    assert said(text, Stage.RCPT).retry_after_s == wait_s


@pytest.mark.parametrize(
    "text", ["421 4.7.28 unusual rate", "454 Throttling failure", "451 4.3.2 Busy", "452 4.3.1 Full"]
)
def test_a_server_under_pressure_slows_us_down(text: str) -> None:
    assert said(text, Stage.CONTENT).slow_down


@pytest.mark.parametrize(
    "text",
    ["450 4.2.1 receiving mail too quickly", "450 4.2.0 greylisted", "452 4.2.2 mailbox full", "421 4.4.2 timeout"],
)
def test_one_recipients_trouble_does_not_slow_the_others(text: str) -> None:
    assert not said(text, Stage.RCPT).slow_down


def test_without_an_answer_only_content_that_left_is_in_doubt() -> None:
    after = interrupted(Reason.CONNECTION_LOST, content_left=True)
    before = interrupted(Reason.CONNECTION_LOST, content_left=False)

    assert (after.kind, after.is_final) == (IN_DOUBT, True)
    assert (before.kind, before.is_final) == (DEFERRED, False)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_one_plain_sentence(reason: Reason) -> None:
    sentence = explain(interrupted(reason, content_left=False), server="mail.example.org")

    assert "mail.example.org" in sentence
    assert sentence.endswith(".")
    assert not any(word in sentence.lower() for word in ("smtp", "550", "dns", "tls", "mx", "rcpt", "4xx"))


def test_a_florist_understands_a_refusal() -> None:
    outcome = said("550 5.1.1 User unknown", Stage.RCPT)

    assert explain(outcome, server="mail.example.org") == "mail.example.org says this mailbox does not exist."


def test_a_message_in_doubt_says_so() -> None:
    outcome = interrupted(Reason.TIMEOUT, content_left=True)

    assert explain(outcome) == "The mail server did not answer in time. The message may or may not have arrived."


@given(st.integers(1, 50), st.sampled_from(Reason), st.integers(0, 2**32), st.none() | st.floats(0, 20_000))
def test_a_retry_comes_neither_too_early_nor_much_too_late(
    attempt: int, reason: Reason, seed: int, retry_after_s: float | None
) -> None:
    outcome = Outcome(DEFERRED, reason, retry_after_s=retry_after_s)
    delays_s = MEANINGS[reason].delays_s
    planned_s = max(delays_s[min(attempt, len(delays_s)) - 1], retry_after_s or 0)

    delay_s = retry_delay(attempt, outcome, rng=random.Random(seed))

    assert planned_s <= delay_s <= planned_s * 1.25


def test_waits_grow_and_then_stay() -> None:
    class Even(random.Random):
        def random(self) -> float:
            return 0.0

    waits = [retry_delay(attempt, Outcome(DEFERRED, Reason.OTHER), rng=Even()) for attempt in range(1, 8)]
    greylisted = retry_delay(1, Outcome(DEFERRED, Reason.GREYLISTED), rng=Even())

    assert waits == [60, 300, 900, 3600, 7200, 14400, 14400]
    assert greylisted == 300


START = datetime(2026, 11, 1, 12, tzinfo=UTC)


def after(outcome: Outcome, *, attempt: int, age: timedelta, give_up_after: timedelta) -> timedelta | None:
    """How long until the next try of a message of this *age*."""
    now = START + age
    at = next_try(attempt, outcome, first_tried_at=START, now=now, give_up_after=give_up_after, rng=random.Random(7))
    return at - now if at else None


def test_a_server_that_drops_every_connection_uses_up_no_tries() -> None:
    dropped = interrupted(Reason.CONNECTION_LOST, content_left=False)

    assert after(dropped, attempt=500, age=timedelta(hours=10), give_up_after=timedelta(days=2)) is not None


def test_a_message_is_given_up_once_the_next_try_would_come_too_late() -> None:
    full = Outcome(DEFERRED, Reason.MAILBOX_FULL)
    two_days = timedelta(days=2)

    assert after(full, attempt=3, age=timedelta(hours=12), give_up_after=two_days) is not None
    assert after(full, attempt=4, age=timedelta(hours=36), give_up_after=two_days) is None


@given(
    st.integers(1, 500),
    st.sampled_from(Reason),
    st.floats(0, 200_000),
    st.floats(0, 200_000),
    st.none() | st.floats(0, 90_000),
)
def test_a_message_gets_three_tries_and_none_after_its_age(
    attempt: int, reason: Reason, age_s: float, give_up_s: float, asked_s: float | None
) -> None:
    outcome = Outcome(DEFERRED, reason, retry_after_s=asked_s)
    age, limit = timedelta(seconds=age_s), timedelta(seconds=give_up_s)

    wait = after(outcome, attempt=attempt, age=age, give_up_after=limit)

    if attempt < FEWEST_TRIES:
        assert wait is not None
    elif wait is not None:
        assert age + wait <= limit
    assert wait is None or wait >= timedelta(seconds=asked_s or 0)


def test_a_message_whose_account_is_in_trouble_waits_without_end_and_without_a_delay() -> None:
    trouble = Outcome(TROUBLE, Reason.AUTHENTICATION)
    untried = Outcome(DEFERRED, Reason.SERVER_CLOSING, is_untried=True)

    for outcome in (trouble, untried):
        assert after(outcome, attempt=9, age=timedelta(days=9), give_up_after=timedelta(days=1)) == timedelta(0)


@pytest.mark.parametrize("kind", [SENT, REFUSED, IN_DOUBT])
def test_a_message_that_is_settled_has_no_next_try(kind: OutcomeKind) -> None:
    with pytest.raises(ValueError, match="final"):
        after(Outcome(kind, Reason.OTHER), attempt=1, age=timedelta(0), give_up_after=timedelta(days=1))
