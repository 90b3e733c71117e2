"""Sending through Amazon SES's API: what arrives, what is signed, and what a fault on the way makes of a message."""

import asyncio
import datetime as dt
import logging
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app.errors import UserFacingError
from app.models.states import AccountKind
from app.sending.dkim import Signer, signed_headers
from app.sending.outcomes import OutcomeKind, Reason, explain
from app.sending.pipeline import Timeouts
from app.sending.ses import SesAccount, SesTransport
from app.sending.transport import Envelope
from app.sending.trouble import AccountTrouble
from tests.sending.conftest import context_of
from tests.sending.feeds import CONTENT, SENDER, Letter, ListFeed, RetryingFeed, letters_to, send_all
from tests.sending.ses_server import (
    DROP,
    DROP_UNREAD,
    HALF,
    PAUSE_UNREAD,
    SILENCE,
    Fault,
    SesServer,
    error,
    ok,
    page,
)
from tests.sending.test_dkim import BODY, HEADERS, message, verifies
from tests.sending.test_dkim import KEY as DKIM_KEY

SES_SIGNER = Signer(DKIM_KEY.pem, domain="example.org", selector="news", headers=signed_headers(AccountKind.SES))
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
QUICK = Timeouts(connect_s=0.3, content_s=0.3, slowest_bytes_per_s=1e9)
THREE = ("anna@example.net", "bert@example.net", "carl@example.net")
SENT, DEFERRED, REFUSED, IN_DOUBT, ACCOUNT = (
    OutcomeKind.SENT,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.IN_DOUBT,
    OutcomeKind.ACCOUNT_TROUBLE,
)


@pytest.fixture
def ses() -> Iterator[SesServer]:
    """SES with one access key, which takes everything until the test says otherwise."""
    with SesServer({KEY: SECRET}) as server:
        yield server


def account_at(server: SesServer, **changes: object) -> SesAccount:
    account = SesAccount("eu-central-1", KEY, SECRET, endpoint_url=server.url, timeouts=QUICK)
    return replace(account, **changes)  # type: ignore[arg-type]


@pytest.fixture
def transport(ses: SesServer) -> SesTransport:
    return SesTransport(account_at(ses))


async def trouble_of(account: SesAccount, context: ssl.SSLContext | None = None) -> AccountTrouble:
    with pytest.raises(AccountTrouble) as caught:
        await SesTransport(account, ssl_context=context).open()
    return caught.value


# What arrives


async def test_a_message_arrives_byte_by_byte_for_the_recipient_of_the_envelope(
    ses: SesServer, transport: SesTransport
) -> None:
    feed = ListFeed(letters_to(*THREE))

    await send_all(transport, feed)

    assert ses.recipients == list(THREE)
    assert [mail.content for mail in ses.mails] == [CONTENT] * 3
    assert [str(feed.last[recipient].reply) for recipient in THREE] == [
        f"250 Ok {mail.message_id}" for mail in ses.mails
    ]
    assert feed.claims == list(THREE)


async def test_bounces_are_asked_for_at_the_envelopes_sender_and_the_from_header_stays_untouched(
    ses: SesServer, transport: SesTransport
) -> None:
    connection = await transport.open()
    await connection.deliver(Envelope("bounce+7@example.org", "anna@example.net"), CONTENT)
    await connection.close()

    request = ses.mails[0].request
    assert request["FeedbackForwardingEmailAddress"] == "bounce+7@example.org"
    assert set(request) == {"Content", "Destination", "FeedbackForwardingEmailAddress"}


async def test_the_configuration_set_goes_along(ses: SesServer) -> None:
    await send_all(SesTransport(account_at(ses, configuration_set="news")), ListFeed(letters_to("anna@example.net")))

    assert ses.mails[0].request["ConfigurationSetName"] == "news"


async def test_a_dkim_signature_that_leaves_out_what_ses_replaces_survives(
    ses: SesServer, transport: SesTransport
) -> None:
    content = message(HEADERS, BODY, SES_SIGNER.sign(HEADERS, BODY))

    await send_all(transport, ListFeed(letters_to("juergen@example.net", content=content)))

    assert ses.mails[0].content == content
    # SES puts its own in their place (developer guide, "Manual DKIM signing").
    delivered = content.replace(b"<1@example.org>", b"<0107@eu-central-1.amazonses.com>").replace(
        b"12:00:00", b"12:00:05"
    )
    assert delivered != content
    assert verifies(delivered)
    assert b"list-unsubscribe-post" in delivered


async def test_a_domain_beyond_ascii_is_written_in_letters_of_the_dns(ses: SesServer, transport: SesTransport) -> None:
    await send_all(transport, ListFeed(letters_to("anna@müller.example")))

    assert ses.recipients == ["anna@xn--mller-kva.example"]


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        (Letter(Envelope(SENDER, "jürgen@example.net")), Reason.ADDRESS_UNSUPPORTED),
        (Letter(Envelope(SENDER, "anna@example.net"), b"x" * 30_000_001), Reason.TOO_BIG),
    ],
    ids=["letters", "size"],
)
async def test_what_ses_cannot_take_is_refused_without_asking_it(
    ses: SesServer, transport: SesTransport, letter: Letter, reason: Reason
) -> None:
    feed = ListFeed([letter, *letters_to("bert@example.net")])

    await send_all(transport, feed)

    outcome = feed.last[letter.envelope.recipient]
    assert (outcome.kind, outcome.reason) == (REFUSED, reason)
    assert ses.recipients == feed.claims == ["bert@example.net"]


async def test_one_connection_carries_many_messages(ses: SesServer, transport: SesTransport) -> None:
    await send_all(transport, ListFeed(letters_to(*THREE)))

    assert ses.connections == 1


async def test_a_connection_ends_after_its_number_of_messages(ses: SesServer) -> None:
    await send_all(SesTransport(account_at(ses, messages_per_connection=2)), ListFeed(letters_to(*THREE)))

    assert ses.connections == 2
    assert ses.recipients == list(THREE)


# Who is who


async def test_every_request_is_signed_for_the_region(ses: SesServer, transport: SesTransport) -> None:
    await send_all(transport, ListFeed(letters_to("anna@example.net")))

    assert len(ses.authorizations) == 2
    assert all(f"Credential={KEY}/" in one and "/eu-central-1/ses/" in one for one in ses.authorizations)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secret_key": "wrong"}, "secret key does not belong"),
        ({"access_key": "AKIAIOSFODNN7UNKNOWN"}, "does not know this access key"),
    ],
)
async def test_wrong_keys_are_found_before_a_message_is_claimed(
    ses: SesServer, changes: dict[str, object], words: str
) -> None:
    trouble = await trouble_of(account_at(ses, **changes))

    assert words in trouble.title
    assert trouble.needs_user
    assert trouble.outcome.reason is Reason.AUTHENTICATION
    assert len(ses.asked) == 1


@pytest.mark.parametrize("off", [dt.timedelta(hours=1), dt.timedelta(hours=-1)], ids=["slow", "fast"])
async def test_a_wrong_clock_is_named_as_the_cause(ses: SesServer, off: dt.timedelta) -> None:
    ses.clock_off = off

    trouble = await trouble_of(account_at(ses))

    assert "clock is wrong" in trouble.title
    assert "date and time" in trouble.hint


async def test_what_this_computer_keeps_for_other_programs_is_not_used(
    ses: SesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAOTHEROTHEROTHERX",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_SESSION_TOKEN": "other",
        "AWS_PROFILE": "no-such-profile",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_SESV2": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "9",
        "AWS_CA_BUNDLE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)

    await send_all(SesTransport(account_at(ses)), ListFeed(letters_to("anna@example.net")))

    assert ses.recipients == ["anna@example.net"]


async def test_the_secret_is_in_no_log_no_text_and_no_frame_of_the_error(
    ses: SesServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = account_at(ses, secret_key="hunter2-secret")

    trouble = await trouble_of(account)

    frames = traceback.TracebackException.from_exception(trouble, capture_locals=True)
    assert "hunter2-secret" not in "".join(frames.format())
    assert trouble.__context__ is None
    assert "hunter2-secret" not in caplog.text
    assert "hunter2-secret" not in f"{account!r} {trouble!r} {trouble.detail}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"region": "Frankfurt"}, "no region"),
        ({"region": "eu-central-1.evil.example"}, "no region"),
        ({"access_key": "AKIA\r\nX: y"}, "not an access key"),
        ({"secret_key": " copied with a blank"}, "not a secret key"),
        ({"secret_key": ""}, "not a secret key"),
        ({"configuration_set": "my news"}, "cannot be called"),
        ({"endpoint_url": "http://email.example.org"}, "unprotected"),
        ({"endpoint_url": "ftp://localhost"}, "unprotected"),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(changes: dict[str, str], words: str) -> None:
    values = {"region": "eu-central-1", "access_key": KEY, "secret_key": SECRET, **changes}

    with pytest.raises(UserFacingError, match=words) as caught:
        SesAccount(**values)  # type: ignore[arg-type]

    assert "copied with" not in str(caught.value)


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-2", "us-gov-west-1", "eusc-de-east-1", "mx-central-1"])
def test_a_region_of_amazon_is_taken(region: str) -> None:
    assert SesAccount(region, KEY, SECRET).region == region


# The secure connection


async def test_mail_goes_out_over_verified_tls(server_context: ssl.SSLContext, trusting: ssl.SSLContext) -> None:
    with SesServer({KEY: SECRET}, tls=server_context) as ses:
        await send_all(SesTransport(account_at(ses), ssl_context=trusting), ListFeed(letters_to("anna@example.net")))

        assert ses.recipients == ["anna@example.net"]


async def test_the_systems_trust_store_does_not_trust_the_test_authority(server_context: ssl.SSLContext) -> None:
    with SesServer({KEY: SECRET}, tls=server_context) as ses:
        trouble = await trouble_of(account_at(ses))

        assert trouble.outcome.reason is Reason.TLS
        assert trouble.needs_user
        assert ses.asked == []


async def test_a_certificate_for_another_name_is_not_accepted(authority: object, trusting: ssl.SSLContext) -> None:
    certificate = authority.issue_cert("mail.example.com")  # type: ignore[attr-defined]
    with SesServer({KEY: SECRET}, tls=context_of(certificate)) as ses:
        trouble = await trouble_of(account_at(ses), trusting)

        assert "for another name" in trouble.title


def test_there_is_no_way_to_skip_verification() -> None:
    trusting_anybody = ssl.create_default_context()
    trusting_anybody.check_hostname = False
    trusting_anybody.verify_mode = ssl.CERT_NONE

    with pytest.raises(ValueError, match="always verified"):
        SesTransport(SesAccount("eu-central-1", KEY, SECRET), ssl_context=trusting_anybody)


# What goes wrong before a message is claimed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (DROP, Reason.CONNECTION_LOST),
        (HALF, Reason.CONNECTION_LOST),
        (SILENCE, Reason.TIMEOUT),
        (ok(b"<html>Please sign in to the hotel's network</html>"), Reason.PROTOCOL),
        (page(502), Reason.SERVER_BUSY),
        (error("ServiceUnavailable", "Busy", 503), Reason.SERVER_BUSY),
    ],
    ids=str,
)
async def test_trouble_that_time_may_heal_is_told_apart(
    ses: SesServer, transport: SesTransport, fault: Fault, reason: Reason
) -> None:
    ses.at("GetAccount", fault)

    with pytest.raises(AccountTrouble) as caught:
        await transport.open()
    again = await transport.open()
    await again.close()

    assert not caught.value.needs_user
    assert caught.value.outcome.reason is reason


async def test_nobody_listening_is_trouble_that_time_may_heal(ses: SesServer) -> None:
    account = account_at(ses, endpoint_url="http://127.0.0.1:9")

    trouble = await trouble_of(account)

    assert trouble.title == "Amazon SES cannot be reached."
    assert trouble.outcome.reason is Reason.UNREACHABLE
    assert not trouble.needs_user


async def test_a_region_without_ses_is_named() -> None:
    account = SesAccount("xx-nowhere-9", KEY, SECRET, endpoint_url="https://ses.invalid", timeouts=QUICK)

    trouble = await trouble_of(account)

    assert trouble.title == "Amazon SES is not found in the region xx-nowhere-9."


@pytest.mark.parametrize(
    "fault",
    [
        error("AccessDeniedException", "User is not authorized to perform: ses:GetAccount", 403),
        error("TooManyRequestsException", "Rate exceeded", 429),
    ],
    ids=str,
)
async def test_a_key_that_may_send_but_not_ask_sends(ses: SesServer, transport: SesTransport, fault: Fault) -> None:
    ses.at("GetAccount", fault)

    await send_all(transport, ListFeed(letters_to("anna@example.net")))

    assert ses.recipients == ["anna@example.net"]


async def test_the_account_is_asked_about_once_for_many_connections(ses: SesServer, transport: SesTransport) -> None:
    connections = await asyncio.gather(*(transport.open() for _ in range(5)))
    for connection in connections:
        await connection.close()

    assert ses.asked == ["/v2/email/account"]


# What goes wrong with a message

NO_ANSWER = [
    (DROP, Reason.CONNECTION_LOST),
    (DROP_UNREAD, Reason.CONNECTION_LOST),
    (HALF, Reason.CONNECTION_LOST),
    (SILENCE, Reason.TIMEOUT),
    (ok(b"<html>"), Reason.PROTOCOL),
    (ok(b"{}"), Reason.PROTOCOL),
    (page(502), Reason.SERVER_BUSY),
    (error("InternalFailure", "Unknown", 500), Reason.SERVER_BUSY),
]
ANSWERED = [
    (error("TooManyRequestsException", "Maximum sending rate exceeded.", 429), DEFERRED, Reason.RATE_LIMITED),
    (error("ServiceUnavailable", "Busy", 503), DEFERRED, Reason.SERVER_BUSY),
    (error("MessageRejected", "Transaction failed: illegal attachment", 400), REFUSED, Reason.CONTENT_REFUSED),
    (error("AccountSuspendedException", "", 400), ACCOUNT, Reason.ACCOUNT_BLOCKED),
    (error("TooManyRequestsException", "Daily message quota exceeded.", 429), ACCOUNT, Reason.QUOTA),
    (page(302, b""), DEFERRED, Reason.OTHER),
]


@pytest.mark.parametrize("position", [0, 1, 2], ids=["first", "second", "last"])
@pytest.mark.parametrize(
    ("fault", "kind", "reason"), [*((fault, IN_DOUBT, why) for fault, why in NO_ANSWER), *ANSWERED], ids=str
)
async def test_a_fault_costs_at_most_the_message_it_hits(
    ses: SesServer, transport: SesTransport, fault: Fault, kind: OutcomeKind, reason: Reason, position: int
) -> None:
    ses.at("SendEmail", *[None] * position, fault)
    feed = RetryingFeed(letters_to(*THREE))

    await send_all(transport, feed)

    hit, others = THREE[position], [recipient for recipient in THREE if recipient != THREE[position]]
    first = feed.outcomes[hit][0]
    assert (first.kind, first.reason) == (kind, reason)
    assert not first.is_untried
    assert [feed.outcomes[recipient][-1].kind for recipient in others] == [SENT, SENT]
    assert all(outcome.is_untried for recipient in others for outcome in feed.outcomes[recipient][:-1])
    assert sorted(ses.recipients) == sorted(others if kind in (REFUSED, IN_DOUBT) else THREE)


@pytest.mark.parametrize(
    "fault",
    [DROP, SILENCE, page(504), error("InternalFailure", "", 500), error("ServiceUnavailable", "", 503)],
    ids=str,
)
async def test_nothing_is_ever_sent_again_by_the_library(ses: SesServer, transport: SesTransport, fault: Fault) -> None:
    ses.at("SendEmail", fault)
    connection = await transport.open()

    outcome = await connection.deliver(Envelope(SENDER, "anna@example.net"), CONTENT)
    await connection.close()

    assert not outcome.is_sent
    assert ses.asked == ["/v2/email/account", "/v2/email/outbound-emails"]


async def test_after_trouble_the_account_is_asked_about_again(ses: SesServer, transport: SesTransport) -> None:
    ses.at("SendEmail", error("SendingPausedException", "", 400))
    connection = await transport.open()
    outcome = await connection.deliver(Envelope(SENDER, "anna@example.net"), CONTENT)
    await connection.close()
    ses.account["EnforcementStatus"] = "SHUTDOWN"

    with pytest.raises(AccountTrouble, match="stopped this SES account"):
        await transport.open()

    assert explain(outcome).startswith("Sending is paused in this SES account")


async def test_a_network_that_is_gone_leaves_messages_untried(ses: SesServer) -> None:
    transport = SesTransport(account_at(ses, messages_per_connection=1))
    await (await transport.open()).close()
    connection = await transport.open()  # it knows that the account is fine, and has not connected yet
    ses.__exit__(None, None, None)
    feed = ListFeed(letters_to("anna@example.net"))

    await connection.run(feed)

    outcome = feed.last["anna@example.net"]
    assert (outcome.kind, outcome.reason, outcome.is_untried) == (DEFERRED, Reason.UNREACHABLE, True)
    assert not connection.is_usable
    with pytest.raises(AccountTrouble):
        await transport.open()
    ses.__enter__()


async def test_a_connection_closed_while_idle_costs_no_message(ses: SesServer, transport: SesTransport) -> None:
    class SlowFeed(ListFeed):
        async def take(self) -> Letter | None:
            await asyncio.sleep(0.1)
            return super().try_take()

        def try_take(self) -> None:
            return None

    ses.hangs_up_when_idle = True
    feed = SlowFeed(letters_to(*THREE))
    connection = await transport.open()

    await connection.run(feed)
    await connection.close()

    assert [outcome.kind for outcome in feed.last.values()] == [SENT] * 3
    assert ses.recipients == list(THREE)
    assert ses.connections == 4  # one asked about the account


# Claiming, and letting go


class WithholdingFeed(ListFeed):
    """Refuses the claims of *withheld*."""

    withheld: frozenset[str] = frozenset()

    def claim(self, job: Letter) -> "asyncio.Future[bool]":
        claim = super().claim(job)
        if job.envelope.recipient in self.withheld:
            claim = asyncio.get_running_loop().create_future()
            claim.set_result(False)
        return claim


async def test_a_message_whose_claim_is_refused_is_dropped_and_not_settled(
    ses: SesServer, transport: SesTransport
) -> None:
    feed = WithholdingFeed(letters_to(*THREE))
    feed.withheld = frozenset(THREE[:2])

    await send_all(transport, feed)

    assert ses.recipients == [THREE[2]]
    assert list(feed.outcomes) == [THREE[2]]


async def running(connection: object, feed: ListFeed, ses: SesServer) -> "asyncio.Task[None]":
    """The connection at work, with its first request on the way."""
    ses.has_request.clear()
    task = asyncio.create_task(connection.run(feed))  # type: ignore[attr-defined]
    await asyncio.to_thread(ses.has_request.wait, 5)
    return task


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_is_under_way_and_one_is_claimed_meanwhile(ses: SesServer) -> None:
    transport = SesTransport(account_at(ses, timeouts=replace(QUICK, content_s=10)))
    connection = await transport.open()
    ses.at("SendEmail", SILENCE)
    feed = ListFeed(letters_to(*THREE))

    task = await running(connection, feed, ses)

    assert feed.claims == list(THREE[:2])
    await cancelled(task)


async def test_a_request_under_way_is_in_doubt_when_cancelled_and_the_next_is_untried(ses: SesServer) -> None:
    transport = SesTransport(account_at(ses, timeouts=replace(QUICK, content_s=10)))
    connection = await transport.open()
    ses.at("SendEmail", SILENCE)
    feed = ListFeed(letters_to(*THREE))

    await cancelled(await running(connection, feed, ses))
    await connection.close()

    under_way, ahead = feed.last[THREE[0]], feed.last[THREE[1]]
    assert (under_way.kind, under_way.reason) == (IN_DOUBT, Reason.INTERRUPTED)
    assert (ahead.kind, ahead.is_untried) == (DEFERRED, True)
    assert THREE[2] not in feed.outcomes
    assert not connection.is_usable


async def test_what_has_not_left_when_cancelled_never_leaves(ses: SesServer) -> None:
    transport = SesTransport(account_at(ses, timeouts=replace(QUICK, connect_s=10, content_s=10)))
    connection = await transport.open()
    ses.at("SendEmail", None, PAUSE_UNREAD)  # the server's window fills, and the rest waits on our side
    big = CONTENT + b"A long line, to fill all buffers.\r\n" * 700_000
    feed = ListFeed(letters_to(*THREE[:2], content=big))
    threads = threading.active_count()

    task = asyncio.create_task(connection.run(feed))
    await until(lambda: len(ses.asked) == 3)
    await cancelled(task)
    ses.released.set()

    outcome = feed.last[THREE[1]]
    assert (outcome.kind, outcome.reason, outcome.is_untried) == (DEFERRED, Reason.INTERRUPTED, True)
    await until(lambda: threading.active_count() <= threads)
    assert ses.recipients == [THREE[0]]


async def test_a_feed_that_fails_gets_what_it_gave_back(ses: SesServer, transport: SesTransport) -> None:
    class FailingFeed(ListFeed):
        async def take(self) -> Letter | None:
            raise RuntimeError("the disk is full")

    connection = await transport.open()
    feed = FailingFeed(letters_to(*THREE))

    with pytest.raises(RuntimeError, match="disk is full"):
        await connection.run(feed)

    assert feed.outcomes == {}
    assert ses.recipients == []


async def test_a_claim_that_fails_lets_nothing_leave(ses: SesServer, transport: SesTransport) -> None:
    class FailingFeed(ListFeed):
        def claim(self, job: Letter) -> "asyncio.Future[bool]":
            claim = asyncio.get_running_loop().create_future()
            claim.set_exception(RuntimeError("the disk is full"))
            return claim

    connection = await transport.open()
    feed = FailingFeed(letters_to(*THREE))

    with pytest.raises(RuntimeError, match="disk is full"):
        await connection.run(feed)

    assert ses.recipients == []
    assert feed.last[THREE[0]].is_untried
