"""The tokens of an account: renewed once for all who wait, kept sealed, and ended without a loop."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from app.models.states import SignIn, TlsMode
from app.models.tables import Account, Secret
from app.models.workspace import Workspace
from app.sending.accounts import AccountDraft, add_account, change_account
from app.sending.oauth import Grant, OAuthClient, Tokens
from app.sending.oauth_grant import AccessToken
from app.sending.oauth_store import StoredTokens
from app.sending.smtp import SmtpAccount, SmtpTransport
from app.sending.stored_secrets import stored_grant
from app.sending.trouble import AccountTrouble
from tests.sending.oauth_server import OAuthServer, an_error
from tests.sending.smtp_server import SmtpServer

CLIENT = OAuthClient("client-1")
ENDED = 1


@pytest.fixture
async def server() -> AsyncIterator[OAuthServer]:
    async with OAuthServer(refresh_token="refresh-0") as server:
        yield server


def grant_of(server: OAuthServer, *, access_token: str = "access-0", expires_at: int = ENDED) -> Grant:
    return Grant(server.provider, CLIENT, Tokens(server.refresh_token, access_token, expires_at))


def draft_with(grant: Grant) -> AccountDraft:
    return AccountDraft(
        name="Shop",
        host="127.0.0.1",
        port=25,
        tls=TlsMode.NONE_ON_LOOPBACK,
        username="anna@test.example",
        sender_name="Anna",
        sender_address="anna@test.example",
        sign_in=SignIn.OAUTH2,
        grant=grant,
    )


def source_of(workspace: Workspace, server: OAuthServer, grant: Grant | None = None) -> StoredTokens:
    account_id = add_account(workspace, draft_with(grant or grant_of(server)))
    return StoredTokens(workspace, account_id, providers=(server.provider,))


def kept(workspace: Workspace, server: OAuthServer) -> Tokens:
    with workspace.read() as session:
        grant = stored_grant(
            session, session.scalars(select(Account.id)).one(), workspace, providers=(server.provider,)
        )
    assert grant is not None
    return grant.tokens


async def test_a_token_that_is_good_costs_no_request(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server, grant_of(server, expires_at=int(time.time()) + 120))

    assert await source() == AccessToken("access-0")
    assert server.token_requests == []


async def test_a_token_is_renewed_a_minute_early_and_the_new_ones_are_kept(
    workspace: Workspace, server: OAuthServer
) -> None:
    source = source_of(workspace, server, grant_of(server, expires_at=int(time.time()) + 30))

    token = await source()

    assert token.text == server.valid[-1]
    assert kept(workspace, server).refresh_token == server.refresh_token != "refresh-0"
    assert await source() == token
    assert len(server.token_requests) == 1


async def test_all_connections_wait_for_the_same_renewal(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server)
    server.delay_s = 0.05

    tokens = await asyncio.gather(*(source() for _ in range(10)))

    assert set(tokens) == {AccessToken(server.valid[-1])}
    assert len(server.token_requests) == 1


async def test_a_refused_token_is_renewed_although_it_looked_good(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server, grant_of(server, expires_at=int(time.time()) + 3_000))
    refused = AccessToken("access-0")

    tokens = await asyncio.gather(source(), *(source(refused=refused) for _ in range(4)))

    assert tokens[0] == refused
    assert set(tokens[1:]) == {AccessToken(server.valid[-1])}
    assert len(server.token_requests) == 1


async def test_a_renewal_nobody_waits_for_any_more_is_kept_all_the_same(
    workspace: Workspace, server: OAuthServer
) -> None:
    """The old refresh token ended with it: to lose the new one would be to lose the sign-in."""
    source = source_of(workspace, server)
    server.delay_s = 0.1
    impatient = asyncio.create_task(source())
    while not server.token_requests:  # noqa: ASYNC110  a list has no event
        await asyncio.sleep(0.005)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient

    assert (await source()).text == server.valid[-1]
    assert kept(workspace, server).refresh_token == server.refresh_token
    assert len(server.token_requests) == 1


async def test_what_another_process_renewed_is_used(workspace: Workspace, server: OAuthServer) -> None:
    """It was quicker, so ours is refused: then what it stored counts, and nobody is asked to sign in again."""
    source = source_of(workspace, server)
    server.delay_s = 0.1
    server.script.append(an_error("invalid_grant"))
    waiting = asyncio.create_task(source())
    while not server.token_requests:  # noqa: ASYNC110  a list has no event
        await asyncio.sleep(0.005)
    server.refresh_token = "refresh-theirs"
    theirs = grant_of(server, access_token="access-theirs", expires_at=int(time.time()) + 3_000)
    await asyncio.to_thread(change_account, workspace, 1, draft_with(theirs))

    assert await waiting == AccessToken("access-theirs")
    assert kept(workspace, server) == theirs.tokens


async def test_a_new_sign_in_is_not_overwritten_by_a_renewal_of_the_old_one(
    workspace: Workspace, server: OAuthServer
) -> None:
    source = source_of(workspace, server)
    server.delay_s = 0.1
    waiting = asyncio.create_task(source())
    while not server.token_requests:  # noqa: ASYNC110  a list has no event
        await asyncio.sleep(0.005)
    anew = Grant(server.provider, CLIENT, Tokens("refresh-anew", "access-anew", int(time.time()) + 3_000))
    await asyncio.to_thread(change_account, workspace, 1, draft_with(anew))
    await waiting

    assert kept(workspace, server) == anew.tokens
    assert await source() == AccessToken("access-anew")


async def test_an_ended_sign_in_is_asked_about_once(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server, Grant(server.provider, CLIENT, Tokens("revoked")))

    with pytest.raises(AccountTrouble) as caught:
        await source()

    assert caught.value.needs_user
    assert "Sign in again" in caught.value.hint
    assert len(server.token_requests) == 1


async def test_an_outage_of_the_provider_keeps_the_sign_in(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server)
    server.script.append(an_error("temporarily_unavailable"))
    with pytest.raises(AccountTrouble) as caught:
        await source()

    assert not caught.value.needs_user
    assert (await source()).text == server.valid[-1]


async def test_a_provider_of_a_newer_version_needs_a_new_sign_in(workspace: Workspace, server: OAuthServer) -> None:
    account_id = add_account(workspace, draft_with(grant_of(server)))

    with pytest.raises(AccountTrouble, match="Nobody is signed in"):
        await StoredTokens(workspace, account_id)()


async def test_tokens_lie_sealed(workspace: Workspace, server: OAuthServer) -> None:
    source = source_of(workspace, server)
    await source()

    with workspace.read() as session:
        sealed = session.scalars(select(Secret.sealed)).one()
    assert not any(word in sealed for word in (b"refresh-", b"access-", b"client-1"))


async def test_mail_goes_out_with_a_token_that_had_ended_on_both_sides(
    workspace: Workspace, server: OAuthServer
) -> None:
    """The server ends a token before its time; ten connections at once need one renewal and one more try each."""
    source = source_of(workspace, server, grant_of(server, expires_at=int(time.time()) + 3_000))
    async with SmtpServer(mechanisms=("XOAUTH2",), tokens={"access-1"}) as mail_server:
        account = SmtpAccount(
            "127.0.0.1",
            mail_server.port,
            TlsMode.NONE_ON_LOOPBACK,
            username="anna@test.example",
            token_source=source,
        )
        transport = SmtpTransport(account)
        connections = await asyncio.gather(*(transport.open() for _ in range(10)))
        await asyncio.gather(*(connection.close() for connection in connections))

        assert len(server.token_requests) == 1
        assert [token for _, token in mail_server.tried_tokens].count("access-1") == 10
