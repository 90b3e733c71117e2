"""A mail to oneself: it arrives as all mail does, and each way it can fail is told in plain words."""

import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
import trustme

from app.errors import UserFacingError
from app.models.states import AccountKind, SignIn, TlsMode
from app.models.workspace import Workspace
from app.sending.accounts import account_info, add_practice_account, change_account, draft_of, list_identities
from app.sending.dkim import generate_key
from app.sending.oauth import GOOGLE, Grant, OAuthClient, Tokens
from app.sending.presets import preset
from app.sending.ses import SesAccount, SesTransport
from app.sending.smtp import CheckResult, SmtpTransport
from app.sending.test_mail import TestMail, send_test
from app.sending.transports import settings_of, transport_for
from tests.engine.builders import an_account
from tests.sending.conftest import expired, from_nobody_known
from tests.sending.ses_server import SesServer, error
from tests.sending.smtp_server import DROP, SmtpServer, Step, answer, answer_and_drop

ADDRESS = "shop@berger.example"
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    async with SmtpServer(users={ADDRESS: "right"}) as server:
        yield server


def stored(workspace: Workspace, server: SmtpServer, *, password: str = "right", **changes: object) -> int:
    """An account on *server*; the id of its From address."""
    identity_id = an_account(workspace, server.port, username=ADDRESS, password=password)
    if changes:
        account = account_of(workspace, identity_id)
        change_account(workspace, account, replace(draft_of(account_info(workspace, account)), **changes))  # type: ignore[arg-type]
    return identity_id


def account_of(workspace: Workspace, identity_id: int) -> int:
    return next(each.account_id for each in list_identities(workspace) if each.id == identity_id)


async def test_it_arrives_signed_and_says_which_account_it_came_through(
    workspace: Workspace, server: SmtpServer
) -> None:
    pem = generate_key().pem.decode()
    identity_id = stored(
        workspace,
        server,
        name="Shop {{ 7 * 7 }}",
        reply_to="answers@berger.example",
        return_path="bounces@berger.example",
        dkim_domain="berger.example",
        dkim_selector="mmd",
        dkim_key_pem=pem,
    )

    result = await send_test(workspace, identity_id)

    assert result.works
    assert result.title == f"A test mail is on its way to {ADDRESS}."
    assert "spam folder" in result.hint
    assert result.detail == "250 2.0.0 Queued"
    (mail,) = server.mails
    assert (mail.sender, mail.recipient) == ("bounces@berger.example", ADDRESS)
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert (str(message["From"]), message["Reply-To"]) == (f"Blumen Berger <{ADDRESS}>", "answers@berger.example")
    assert "d=berger.example; s=mmd" in message["DKIM-Signature"]
    assert "“Shop {{ 7 * 7 }}”" in message.get_content()


async def test_it_goes_where_the_user_wants_it(workspace: Workspace, server: SmtpServer) -> None:
    result = await send_test(workspace, stored(workspace, server), to="anna@example.net")

    assert server.recipients == ["anna@example.net"]
    assert "anna@example.net" in result.title


@pytest.mark.parametrize("to", ["no address", "a@b\r\nBcc: c@d", "<anna@example.net>"])
async def test_what_is_no_address_is_said(workspace: Workspace, server: SmtpServer, to: str) -> None:
    result = await send_test(workspace, stored(workspace, server), to=to)

    assert not result.works
    assert server.mails == []


async def test_a_wrong_password_is_said_and_what_to_type_instead(workspace: Workspace, server: SmtpServer) -> None:
    result = await send_test(workspace, stored(workspace, server, password="wrong", preset="brevo"))

    assert "refused the password" in result.title
    assert result.hint == preset("brevo").secret_hint
    assert result.detail == "535 5.7.8 Username and password not accepted"


REFUSALS = [
    (Step.AUTH, answer("534 5.7.9 Application-specific password required"), "refused the password", "app password"),
    (Step.AUTH, answer("454 4.7.0 Temporary failure"), "too busy", "tried again"),
    (
        Step.MAIL,
        answer("553 5.7.1 Sender address rejected: not owned by user"),
        f"does not let this account send from {ADDRESS}",
        "verified by your provider",
    ),
    (Step.MAIL, answer("550 5.4.5 Daily sending quota exceeded"), "sent as much as it may", "Wait until tomorrow"),
    (Step.MAIL, answer("530 5.7.0 Authentication required"), "user name or the password", "before it takes mail"),
    (Step.RCPT, answer("550 5.1.1 No such user"), "does not exist", "spelt"),
    (Step.DOT, answer("550 5.7.26 Unauthenticated mail is refused by policy"), "comes from your domain", "SPF"),
    (Step.DOT, answer("550 5.7.1 Refused by policy"), "does not want", "SPF"),
    (Step.DOT, answer("554 5.7.1 Message looks like spam"), "", "SPF"),
    (Step.DOT, answer("451 4.3.0 Try later"), "too busy", "few minutes"),
    (Step.DOT, DROP, "may or may not have arrived", f"inbox of {ADDRESS}"),
    (Step.GREETING, answer_and_drop("554 5.7.1 Go away"), "blocked this account", "Accounts"),
]


@pytest.mark.parametrize(("step", "fault", "title", "hint"), REFUSALS, ids=str)
async def test_each_refusal_says_what_happened_and_what_to_do(
    workspace: Workspace, server: SmtpServer, step: Step, fault: object, title: str, hint: str
) -> None:
    server.at(step, fault)  # type: ignore[arg-type]

    result = await send_test(workspace, stored(workspace, server))

    assert not result.works
    assert title in result.title
    assert hint in result.hint
    assert server.mails == []


async def test_a_port_that_is_closed_is_said(workspace: Workspace, unused_tcp_port: int) -> None:
    result = await send_test(workspace, an_account(workspace, unused_tcp_port))

    assert (result.works, result.title) == (False, f"127.0.0.1 takes no connections on port {unused_tcp_port}.")


async def test_a_name_that_does_not_exist_is_said(workspace: Workspace) -> None:
    identity_id = an_account(workspace, 587, host="no-such-host.invalid", tls=TlsMode.STARTTLS)

    assert "There is no server called" in (await send_test(workspace, identity_id)).title


@pytest.mark.parametrize(("certificate", "words"), [(expired, "has expired"), (from_nobody_known, "not be verified")])
async def test_a_bad_certificate_is_said(
    workspace: Workspace, certificate: Callable[[trustme.CA], ssl.SSLContext], words: str
) -> None:
    authority = trustme.CA()
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with SmtpServer(starttls=certificate(authority)) as server:
        identity_id = an_account(workspace, server.port, host="localhost", tls=TlsMode.STARTTLS)
        result = await send_test(workspace, identity_id, ssl_context=trusting)

    assert words in result.title


async def test_it_goes_out_with_a_sign_in_through_the_browser(workspace: Workspace) -> None:
    async with SmtpServer(tokens={"good"}, mechanisms=("XOAUTH2",)) as server:
        grant = Grant(GOOGLE, OAuthClient("client-1"), Tokens("r", "good", 1 << 40))
        identity_id = stored(workspace, server, sign_in=SignIn.OAUTH2, grant=grant)
        assert (await send_test(workspace, identity_id)).works


async def test_the_practice_account_is_not_tested(workspace: Workspace) -> None:
    add_practice_account(workspace)
    with pytest.raises(UserFacingError, match="needs no test"):
        await send_test(workspace, list_identities(workspace)[0].id)


@pytest.fixture
def ses() -> Iterator[SesServer]:
    with SesServer({KEY: SECRET}) as server:
        yield server


async def through_ses(workspace: Workspace, ses: SesServer, secret: str = SECRET) -> CheckResult:
    identity_id = an_account(workspace, 1)
    account_id = account_of(workspace, identity_id)
    draft = replace(
        draft_of(account_info(workspace, account_id)),
        kind=AccountKind.SES,
        preset="ses_api",
        region="eu-central-1",
        username=KEY,
        password=secret,
        configuration_set="news",
    )
    change_account(workspace, account_id, draft)
    settings = settings_of(workspace, account_id)
    assert isinstance(settings, SesAccount)
    account = account_info(workspace, account_id)
    mail = TestMail(account, account.identities[0], None, "Blumen Berger", preset("ses_api"))
    return await mail.send(SesTransport(replace(settings, endpoint_url=ses.url)))


async def test_it_arrives_through_amazons_api(workspace: Workspace, ses: SesServer) -> None:
    result = await through_ses(workspace, ses)

    assert result.works
    assert ses.recipients == [ADDRESS]


async def test_what_amazon_refuses_is_said(workspace: Workspace, ses: SesServer) -> None:
    ses.at("SendEmail", error("MessageRejected", "Email address is not verified: shop@berger.example", 400))

    result = await through_ses(workspace, ses)

    assert not result.works
    assert "not verified" in result.detail


async def test_a_wrong_secret_key_is_said(workspace: Workspace, ses: SesServer) -> None:
    result = await through_ses(workspace, ses, secret="wrong")

    assert not result.works
    assert result.hint


def test_each_kind_of_account_has_its_transport(workspace: Workspace) -> None:
    smtp = account_of(workspace, an_account(workspace, 25))
    draft = draft_of(account_info(workspace, smtp))
    assert isinstance(transport_for(workspace, smtp), SmtpTransport)

    ses_draft = replace(draft, kind=AccountKind.SES, region="eu-west-1", username=KEY, password=SECRET)
    change_account(workspace, smtp, ses_draft)
    assert isinstance(transport_for(workspace, smtp), SesTransport)


def test_settings_are_equal_until_something_changes(workspace: Workspace) -> None:
    account_id = account_of(workspace, an_account(workspace, 25, username="a", password="b"))
    before = settings_of(workspace, account_id)
    assert settings_of(workspace, account_id) == before

    change_account(workspace, account_id, replace(draft_of(account_info(workspace, account_id)), password="c"))
    assert settings_of(workspace, account_id) != before
