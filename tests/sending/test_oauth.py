"""Signing in through the browser: proven by PKCE and state, told in plain words when refused, never leaking a token."""

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from app.errors import UserFacingError
from app.sending.oauth import (
    GOOGLE,
    MICROSOFT,
    Grant,
    OAuthClient,
    OAuthProvider,
    Proof,
    Tokens,
    authorization_url,
    exchange,
    refresh,
)
from app.sending.sign_in import sign_in
from app.sending.trouble import AccountTrouble
from tests.sending.oauth_server import SCOPE, Answer, Browser, OAuthServer, an_error

CLIENT = OAuthClient("client-1")
SECRET_CLIENT = OAuthClient("client-1", "secret-hunter2")
SECRET_TOKENS = Tokens("refresh-hunter2", "access-hunter2", 1)


@pytest.fixture
async def server() -> AsyncIterator[OAuthServer]:
    async with OAuthServer() as server:
        yield server


async def signed_in(server: OAuthServer, **options: object) -> Tokens:
    browser = Browser()
    try:
        return await sign_in(server.provider, server.client, open_browser=browser.open, **options)  # type: ignore[arg-type]
    finally:
        await browser.closed()


async def refused(server: OAuthServer) -> AccountTrouble:
    with pytest.raises(AccountTrouble) as caught:
        await signed_in(server)
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_user_signs_in_and_the_tokens_come_back(server: OAuthServer, host: str) -> None:
    browser = Browser()
    tokens = await sign_in(server.provider_at(host), CLIENT, login_hint="anna@test.example", open_browser=browser.open)
    await browser.closed()

    assert (tokens.refresh_token, tokens.access_token) == (server.refresh_token, server.valid[-1])
    assert tokens.is_fresh()
    asked = server.authorisations[0]
    assert (asked["scope"], asked["login_hint"]) == (SCOPE, "anna@test.example")
    assert urlsplit(asked["redirect_uri"]).hostname == host


async def test_each_sign_in_has_a_state_and_a_challenge_of_its_own(server: OAuthServer) -> None:
    await signed_in(server)
    await signed_in(server)

    first, second = server.authorisations
    assert first["state"] != second["state"]
    assert first["code_challenge"] != second["code_challenge"]
    assert len(first["state"]) >= 43


async def test_the_verifier_is_not_in_the_address_the_browser_opens(server: OAuthServer) -> None:
    browser = Browser()
    await sign_in(server.provider, CLIENT, open_browser=browser.open)
    await browser.closed()

    assert server.token_requests[0]["code_verifier"] not in browser.opened[0]


async def test_the_browser_shows_a_page_that_needs_nothing_from_elsewhere(server: OAuthServer) -> None:
    browser = Browser()
    await sign_in(server.provider, CLIENT, open_browser=browser.open)
    await browser.closed()

    page = browser.pages[0]
    assert "You can close this page" in page.text
    assert not any(word in page.text for word in ("<script", "http://", "https://", "src="))
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


async def test_a_secret_is_sent_where_the_client_has_one() -> None:
    async with OAuthServer(client=OAuthClient("client-1", "not-really-secret")) as server:
        await signed_in(server)

        assert server.token_requests[0]["client_secret"] == "not-really-secret"


async def test_a_forged_redirect_changes_nothing(server: OAuthServer) -> None:
    server.forges = True
    browser = Browser()

    with pytest.raises(UserFacingError, match="Nobody signed in"):
        await sign_in(server.provider, CLIENT, open_browser=browser.open, timeout_s=0.4)
    await browser.closed()

    assert browser.pages[0].status_code == 400
    assert server.token_requests == []


async def test_other_requests_to_the_listener_leave_it_waiting(server: OAuthServer) -> None:
    statuses: list[int] = []
    browser = Browser()

    async def pester(url: str) -> None:
        redirect = dict(parse_qsl(urlsplit(url).query))["redirect_uri"]
        async with httpx2.AsyncClient(trust_env=False) as client:
            statuses.append((await client.get(f"{redirect}/favicon.ico")).status_code)
            statuses.append((await client.get(f"{redirect}/?code=stolen")).status_code)
            statuses.append((await client.get(f"{redirect}/?code=x&state=%C3%BC")).status_code)
            statuses.append((await client.post(redirect, data={"code": "x"})).status_code)
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(redirect).port)
        writer.write(b"\x16\x03\x01 not HTTP\r\n\r\n")
        writer.close()
        browser.open(url)

    tasks: list[asyncio.Task[None]] = []
    tokens = await sign_in(
        server.provider, CLIENT, open_browser=lambda url: tasks.append(asyncio.create_task(pester(url)))
    )
    await asyncio.gather(*tasks)
    await browser.closed()

    assert statuses == [404, 400, 400, 405]
    assert tokens.access_token == server.valid[-1]


async def test_giving_up_stops_listening(server: OAuthServer) -> None:
    opened: list[str] = []
    task = asyncio.create_task(sign_in(server.provider, CLIENT, open_browser=opened.append))
    while not opened:  # noqa: ASYNC110  a list has no event
        await asyncio.sleep(0.01)
    port = urlsplit(dict(parse_qsl(urlsplit(opened[0]).query))["redirect_uri"]).port
    silent = await asyncio.open_connection("127.0.0.1", port)  # as browsers do, to be quick later

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    silent[1].close()
    with pytest.raises(OSError, match="onnect"):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(
    ("answer", "title", "hint"),
    [
        ({"error": "access_denied"}, "You did not allow", "choose “Allow”"),
        (
            {"error": "access_denied", "error_description": "AADSTS65001: The user or administrator has not consented"},
            "wants your administrator",
            "approve it",
        ),
        (
            {"error": "consent_required", "error_description": "AADSTS90094: admin permission is required"},
            "wants your administrator",
            "approve it",
        ),
        (
            {"error": "access_denied", "error_description": "AADSTS53003: Conditional Access policies"},
            "rules of your organisation",
            "administrator",
        ),
        ({"error": "unauthorized_client"}, "does not know the client ID", "Compare both"),
        ({"error": "something_new"}, "refused the sign-in", "Sign in again"),
    ],
)
async def test_a_refusal_is_explained(server: OAuthServer, answer: dict[str, str], title: str, hint: str) -> None:
    server.refuses = answer

    trouble = await refused(server)

    assert title in trouble.title
    assert hint in trouble.hint
    assert trouble.needs_user
    assert answer["error"] in trouble.detail
    assert server.token_requests == []


async def test_a_wrong_secret_is_explained(server: OAuthServer) -> None:
    with pytest.raises(AccountTrouble, match="does not know the client ID"):
        await exchange(
            server.provider, OAuthClient("client-1", "wrong"), Proof("http://127.0.0.1:1", "v" * 64, "code-1")
        )


async def test_a_permission_without_mail_is_not_enough(server: OAuthServer) -> None:
    server.gives = {"scope": "openid email"}

    assert "leave the box about mail ticked" in (await refused(server)).hint


@pytest.mark.parametrize("missing", ["refresh_token", "access_token"])
async def test_an_answer_without_a_lasting_token_is_not_enough(server: OAuthServer, missing: str) -> None:
    server.gives = {missing: None}

    assert "no lasting permission" in (await refused(server)).title


async def test_without_a_client_no_browser_opens() -> None:
    with pytest.raises(UserFacingError, match="client ID of Google is missing"):
        await sign_in(GOOGLE, OAuthClient(" "), open_browser=pytest.fail)


async def test_a_code_without_its_verifier_is_worthless(server: OAuthServer) -> None:
    """What another program on this computer could steal from the redirect does not help it (RFC 7636)."""
    proof = Proof("http://127.0.0.1:9", "v" * 64)
    async with httpx2.AsyncClient(trust_env=False) as client:
        page = await client.get(authorization_url(server.provider, CLIENT, proof, state="s"))
    code = dict(parse_qsl(urlsplit(page.headers["Location"]).query))["code"]

    with pytest.raises(AccountTrouble, match="has ended the sign-in"):
        await exchange(server.provider, CLIENT, Proof(proof.redirect_uri, "w" * 64, code))


async def test_a_refresh_takes_the_new_refresh_token(server: OAuthServer) -> None:
    tokens = await signed_in(server)

    renewed = await refresh(server.provider, CLIENT, tokens)

    assert renewed.refresh_token == server.refresh_token != tokens.refresh_token
    assert renewed.access_token == server.valid[-1]


async def test_a_refresh_keeps_the_old_refresh_token_where_no_new_one_comes(server: OAuthServer) -> None:
    tokens = await signed_in(server)
    server.rotates = False

    assert (await refresh(server.provider, CLIENT, tokens)).refresh_token == tokens.refresh_token


async def test_a_sign_in_that_was_ended_needs_the_user(server: OAuthServer) -> None:
    with pytest.raises(AccountTrouble) as caught:
        await refresh(server.provider, CLIENT, SECRET_TOKENS)

    assert caught.value.needs_user
    assert "Sign in again" in caught.value.hint
    assert len(server.token_requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        an_error("temporarily_unavailable", status="503 Service Unavailable"),
        an_error("server_error"),
        Answer("500 Internal Server Error", "<html>oops"),
        Answer("429 Too Many Requests", "slow down"),
        Answer("200 OK", "<html>a hotel's sign-in page"),
        Answer("200 OK", "[]"),
        Answer("302 Found", ""),
    ],
    ids=lambda answer: answer.status + answer.body[:9],
)
async def test_what_may_pass_needs_no_user(server: OAuthServer, answer: Answer) -> None:
    server.script.append(answer)

    with pytest.raises(AccountTrouble) as caught:
        await refresh(server.provider, CLIENT, SECRET_TOKENS)

    assert not caught.value.needs_user


async def test_a_provider_out_of_reach_needs_no_user(unused_tcp_port: int) -> None:
    base = f"http://127.0.0.1:{unused_tcp_port}"
    gone = OAuthProvider("test", "Testmail", f"{base}/a", f"{base}/t", (SCOPE,), SCOPE)

    with pytest.raises(AccountTrouble, match="does not answer") as caught:
        await refresh(gone, CLIENT, SECRET_TOKENS)

    assert not caught.value.needs_user


async def test_the_token_endpoint_must_prove_who_it_is(server_context: ssl.SSLContext) -> None:
    async with OAuthServer(tls=server_context, refresh_token="refresh-hunter2") as server:
        with pytest.raises(AccountTrouble):
            await refresh(server.provider, CLIENT, SECRET_TOKENS)

        assert server.token_requests == []


async def test_a_trusted_token_endpoint_is_asked_over_tls(
    server_context: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with OAuthServer(tls=server_context, refresh_token="refresh-hunter2") as server:
        tokens = await refresh(server.provider, CLIENT, SECRET_TOKENS, ssl_context=trusting)

        assert tokens.access_token == server.valid[-1]


def test_endpoints_are_never_in_plain_text_over_a_network() -> None:
    with pytest.raises(ValueError, match="not secure"):
        OAuthProvider("x", "X", "https://x.example/a", "http://x.example/t", (SCOPE,), SCOPE)


@pytest.mark.parametrize("answer", [an_error("invalid_grant"), Answer("500 Oops", ""), Answer("200 OK", "{}")])
async def test_a_token_is_in_no_log_no_text_and_no_frame_of_an_error(
    server: OAuthServer, caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script.append(answer)

    with pytest.raises(AccountTrouble) as caught:
        await refresh(server.provider, SECRET_CLIENT, SECRET_TOKENS)

    trouble = caught.value
    frames = "".join(traceback.TracebackException.from_exception(trouble, capture_locals=True).format())
    assert "hunter2" not in frames + caplog.text + f"{trouble!r} {trouble.detail} {SECRET_TOKENS!r}"
    assert trouble.__context__ is None


async def test_a_sign_in_leaves_no_token_and_no_verifier_in_the_log(
    server: OAuthServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = await signed_in(server)

    secrets = (tokens.refresh_token, tokens.access_token, server.token_requests[0]["code_verifier"])
    assert not any(secret in caplog.text for secret in secrets)


def test_a_grant_comes_back_from_its_stored_form_and_tells_nothing() -> None:
    grant = Grant(GOOGLE, OAuthClient("id", "secret-hunter2"), SECRET_TOKENS)

    assert Grant.from_json(grant.to_json()) == grant
    assert "hunter2" not in repr(grant)


@pytest.mark.parametrize("stored", ["", "a password", "{}", '{"provider": "test"}', "[]", "null"])
def test_what_is_no_grant_is_refused(stored: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json's own, or ours
        Grant.from_json(stored)


def test_tokens_are_renewed_a_minute_early() -> None:
    tokens = Tokens("r", "a", 1_000)

    assert tokens.is_fresh(now=939)
    assert not tokens.is_fresh(now=940)


def test_google_is_asked_for_a_token_that_lasts() -> None:
    url = authorization_url(GOOGLE, CLIENT, Proof("http://127.0.0.1:9", "v" * 64), state="s")
    asked = dict(parse_qsl(urlsplit(url).query))

    assert (asked["access_type"], asked["prompt"], asked["scope"]) == (
        "offline",
        "consent",
        "https://mail.google.com/",
    )


def test_microsoft_is_asked_for_sending_reading_and_a_token_that_lasts() -> None:
    url = authorization_url(MICROSOFT, CLIENT, Proof("http://localhost:9", "v" * 64), state="s")
    asked = dict(parse_qsl(urlsplit(url).query))

    assert asked["scope"].split() == [
        "https://outlook.office.com/SMTP.Send",
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "offline_access",
    ]
