"""The dialogue of one connection, against a real server on loopback."""

import pytest

from app.sending.outcomes import OutcomeKind, Reason
from app.sending.smtp import SmtpTransport
from app.sending.transport import Envelope
from tests.sending.conftest import account_of
from tests.sending.feeds import CONTENT, SENDER, ListFeed, RetryingFeed, letters_to, send_all
from tests.sending.smtp_server import (
    DROP,
    GARBAGE,
    HALF_LINE,
    HALF_LINE_SILENCE,
    SILENCE,
    Fault,
    SmtpServer,
    Step,
    answer,
    answer_and_drop,
    late,
)

MANY = [f"person{number}@example.net" for number in range(50)]
THREE = ["anna@example.net", "bert@example.net", "cleo@example.net"]
BOTH_WAYS = pytest.mark.parametrize("pipelining", [True, False], ids=["pipelined", "step by step"])


@BOTH_WAYS
async def test_every_message_arrives_once_and_unchanged(smtp_server: SmtpServer, pipelining: bool) -> None:
    smtp_server.pipelining = pipelining
    feed = ListFeed(letters_to(*MANY))

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    assert smtp_server.recipients == MANY
    assert {mail.content for mail in smtp_server.mails} == {CONTENT}
    assert {mail.sender for mail in smtp_server.mails} == {SENDER}
    assert all(outcome.is_sent for outcome in feed.last.values())
    assert smtp_server.sessions == 1


@pytest.mark.parametrize(
    "content", [b".\r\n", b"..\r\n.\r\n", b"\r\n", b".start\r\n\r\n.\r\n.", b"x" * 3_000_000 + b"\r\n"]
)
async def test_dots_and_long_contents_survive(
    transport: SmtpTransport, smtp_server: SmtpServer, content: bytes
) -> None:
    content = content if content.endswith(b"\r\n") else content + b"\r\n"
    connection = await transport.open()

    outcome = await connection.deliver(Envelope(SENDER, "anna@example.net"), content)
    await connection.close()

    assert outcome.is_sent
    assert [mail.content for mail in smtp_server.mails] == [content]


async def test_the_next_envelope_travels_with_the_current_content(
    transport: SmtpTransport, smtp_server: SmtpServer
) -> None:
    await send_all(transport, ListFeed(letters_to(*THREE)))

    together = [read for read in smtp_server.reads if read.startswith(b"Subject:") and b"\r\n.\r\nMAIL FROM:" in read]
    assert len(together) == 2


async def test_without_pipelining_nothing_is_sent_ahead(smtp_server: SmtpServer) -> None:
    smtp_server.pipelining = False

    await send_all(SmtpTransport(account_of(smtp_server)), ListFeed(letters_to(*THREE)))

    assert all(read.count(b"\r\n") == 1 for read in smtp_server.reads if not read.startswith(b"Subject:"))
    assert smtp_server.recipients == THREE


SENT, DEFERRED, REFUSED, IN_DOUBT = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.IN_DOUBT,
)
NO_ANSWER = [
    (DROP, Reason.CONNECTION_LOST),
    (HALF_LINE, Reason.CONNECTION_LOST),
    (SILENCE, Reason.TIMEOUT),
    (HALF_LINE_SILENCE, Reason.TIMEOUT),
    (GARBAGE, Reason.PROTOCOL),
]
BEFORE_CONTENT = [
    (late(0.03), SENT, Reason.ACCEPTED),
    (answer("450 4.2.0 Not now"), DEFERRED, Reason.OTHER),
    (answer("452 4.3.1 Out of space"), DEFERRED, Reason.SERVER_BUSY),
    (answer_and_drop("421 4.7.0 Too much of that, slow down"), DEFERRED, Reason.RATE_LIMITED),
    (answer_and_drop("421 4.3.2 Shutting down"), DEFERRED, Reason.SERVER_CLOSING),
    *((fault, DEFERRED, reason) for fault, reason in NO_ANSWER),
]
AFTER_CONTENT = [
    (late(0.03), SENT, Reason.ACCEPTED),
    (answer("451 4.3.0 Try again"), DEFERRED, Reason.SERVER_BUSY),
    (answer("554 5.7.1 Looks like spam"), REFUSED, Reason.CONTENT_REFUSED),
    (answer_and_drop("421 4.3.2 Shutting down"), DEFERRED, Reason.SERVER_CLOSING),
    (answer("354 Go on"), IN_DOUBT, Reason.PROTOCOL),
    *((fault, IN_DOUBT, reason) for fault, reason in NO_ANSWER),
]
CASES = [
    *((step, *case) for step in (Step.MAIL, Step.RCPT, Step.DATA) for case in BEFORE_CONTENT),
    (
        Step.MAIL,
        answer("550 5.7.60 You cannot send as this sender"),
        OutcomeKind.ACCOUNT_TROUBLE,
        Reason.SENDER_REFUSED,
    ),
    (Step.MAIL, answer("354 What?"), DEFERRED, Reason.PROTOCOL),
    (Step.MAIL, answer("503 5.5.1 Nested MAIL command"), DEFERRED, Reason.PROTOCOL),
    (Step.RCPT, answer("550 5.1.1 No such user"), REFUSED, Reason.MAILBOX_UNKNOWN),
    (Step.RCPT, answer("354 What?"), DEFERRED, Reason.PROTOCOL),
    (Step.DATA, answer("554 5.7.1 Denied by policy"), REFUSED, Reason.BLOCKED_POLICY),
    (Step.DATA, answer("250 What?"), DEFERRED, Reason.PROTOCOL),
    *((Step.DOT, *case) for case in AFTER_CONTENT),
    *((Step.CONTENT, *case) for case in AFTER_CONTENT[1:]),
]


@BOTH_WAYS
@pytest.mark.parametrize("position", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize(("step", "fault", "kind", "reason"), CASES, ids=str)
async def test_a_fault_costs_at_most_the_message_it_hits(
    smtp_server: SmtpServer,
    step: Step,
    fault: Fault,
    kind: OutcomeKind,
    reason: Reason,
    position: int,
    pipelining: bool,
) -> None:
    smtp_server.pipelining = pipelining
    smtp_server.at(step, *[None] * position, fault)
    feed = RetryingFeed(letters_to(*THREE))

    await send_all(SmtpTransport(account_of(smtp_server)), feed)

    hit, others = THREE[position], [recipient for recipient in THREE if recipient != THREE[position]]
    first = feed.outcomes[hit][0]
    assert (first.kind, first.reason) == (kind, reason)
    assert [feed.outcomes[recipient][-1].kind for recipient in others] == [SENT, SENT]
    assert all(outcome.is_untried for recipient in others for outcome in feed.outcomes[recipient][:-1])
    assert sorted(smtp_server.recipients) == sorted(others if kind in (REFUSED, IN_DOUBT) else THREE)
