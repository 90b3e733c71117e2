"""Signing in through the browser: the real loopback, an OAuth server on this computer, a browser that follows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.states import SignIn, TlsMode
from app.models.workspace import Workspace
from app.sending.accounts import note_problem
from app.sending.oauth_providers import OAuthProvider, oauth_provider
from app.sending.oauth_store import StoredTokens
from app.sending.stored_secrets import read_secrets, stored_grant
from app.ui.pages.accounts import browser_sign_in
from tests.sending.oauth_server import Browser, OAuthServer
from tests.sending.smtp_server import SmtpServer
from tests.ui.accounting import (
    choose_security,
    click,
    everything_said,
    fill,
    line,
    new_sheet,
    only_account,
    only_this_computer,
    result_of_test,
    shown_card,
    spin,
    stored,
)
from tests.ui.app_window import AppWindow, app_window
from tests.ui.browsing import OpenedPages, opened_pages
from tests.ui.waiting import until

__all__ = ["only_this_computer", "opened_pages"]
ADDRESS = "ines@gmail.com"


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


@pytest.fixture
async def google(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OAuthServer]:
    """Stands where Google stands."""
    async with OAuthServer() as server:

        def provider(key: str) -> OAuthProvider:
            real = oauth_provider(key)
            here = server.provider
            return replace(
                real,
                authorize_url=here.authorize_url,
                token_url=here.token_url,
                scopes=here.scopes,
                needed_scope=here.needed_scope,
            )

        monkeypatch.setattr(browser_sign_in, "oauth_provider", provider)
        # Where stored tokens are renewed.
        monkeypatch.setitem(StoredTokens.__init__.__kwdefaults__, "providers", (provider("google"),))
        yield server


@pytest.fixture
def browser(opened_pages: OpenedPages) -> Browser:
    made = Browser()
    opened_pages.visit = made.open
    return made


async def gmail_sheet(app: AppWindow, server: SmtpServer | None = None) -> QDialog:
    """Gmail's form, filled in, to be signed in to in the browser; its server is *server*."""
    sheet = await new_sheet(app, "gmail")
    click(sheet, "segment-oauth2")
    fill(sheet, senderName="Ines", senderAddress=ADDRESS, username=ADDRESS)
    if server is not None:
        click(sheet, "serverDetails")
        fill(sheet, host="127.0.0.1")
        choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
        spin(sheet, "port").setValue(server.port)
    return sheet


def said(widget: QWidget, name: str) -> str:
    """What the banner called *name* says; empty while it is hidden."""
    found = widget.findChild(QWidget, name)
    assert found is not None
    return " ".join(one.text() for one in found.findChildren(QLabel) if one.text()) if found.isVisible() else ""


async def test_the_browser_signs_in_and_the_account_sends_with_its_token(
    app: AppWindow, google: OAuthServer, browser: Browser
) -> None:
    async with SmtpServer(tokens={"access-2"}, mechanisms=("XOAUTH2",)) as server:
        sheet = await gmail_sheet(app, server)
        fill(sheet, clientId="client-1")
        click(sheet, "signIn")
        await until(lambda: said(sheet, "signedIn"))
        assert said(sheet, "signedIn") == f"Signed in as {ADDRESS}."
        assert google.authorisations[0]["login_hint"] == ADDRESS
        click(sheet, "testConnection")
        assert "ready to send" in await result_of_test(app, sheet)
        account = await stored(app, sheet)
        assert "ready to send" in await result_of_test(app, shown_card(app))
        assert server.tried_tokens == [(ADDRESS, "access-2"), (ADDRESS, "access-2")]
        assert account.sign_in is SignIn.OAUTH2
        assert read_secrets(app.workspace, account.id).client_id == "client-1"
        seen = everything_said(app.window)
        assert "access-2" not in seen
        assert "refresh-2" not in seen
    await browser.closed()


async def test_without_a_client_id_the_page_to_get_one_is_shown_first(
    app: AppWindow, google: OAuthServer, opened_pages: OpenedPages
) -> None:
    sheet = await gmail_sheet(app)
    assert line(sheet, "clientId").isVisible()
    click(sheet, "signIn")
    assert opened_pages.urls == []
    assert line(sheet, "clientId").hasFocus()
    assert "Desktop app" in everything_said(sheet)
    click(sheet, "register")
    assert opened_pages.urls == ["https://console.cloud.google.com/apis/credentials"]


async def test_waiting_can_be_given_up_and_nothing_keeps_listening(
    app: AppWindow, google: OAuthServer, opened_pages: OpenedPages
) -> None:
    sheet = await gmail_sheet(app)
    fill(sheet, clientId="client-1")
    click(sheet, "signIn")
    waiting = app.find(QLabel, "waitingForBrowser", within=sheet)
    await until(lambda: opened_pages.urls)
    assert waiting.isVisible()
    click(sheet, "cancelSignIn")
    await app.settled()
    assert not waiting.isVisible()
    assert app.find(QPushButton, "signIn", within=sheet).isVisible()
    assert app.operations.is_idle


async def test_closing_the_sheet_gives_up_waiting(
    app: AppWindow, google: OAuthServer, opened_pages: OpenedPages
) -> None:
    sheet = await gmail_sheet(app)
    fill(sheet, clientId="client-1")
    click(sheet, "signIn")
    await until(lambda: opened_pages.urls)
    click(sheet, "cancel")
    await app.settled()
    assert app.operations.is_idle


async def test_a_no_in_the_browser_is_said_in_words(app: AppWindow, google: OAuthServer, browser: Browser) -> None:
    google.refuses = {"error": "access_denied"}
    sheet = await gmail_sheet(app)
    fill(sheet, clientId="client-1")
    click(sheet, "signIn")
    await until(lambda: said(sheet, "signInTrouble"))
    assert "You did not allow this program to send through Google." in said(sheet, "signInTrouble")
    google.refuses = {}
    click(sheet, "signIn")
    await until(lambda: said(sheet, "signedIn"))
    assert not said(sheet, "signInTrouble")
    await browser.closed()


async def test_nothing_is_stored_before_somebody_signed_in(app: AppWindow, google: OAuthServer) -> None:
    sheet = await gmail_sheet(app)
    click(sheet, "confirm")
    assert "Sign in first" in said(sheet, "signInTrouble")
    assert app.find(QPushButton, "signIn", within=sheet).hasFocus()
    assert sheet.isVisible()


async def test_another_address_needs_another_sign_in(app: AppWindow, google: OAuthServer, browser: Browser) -> None:
    sheet = await gmail_sheet(app)
    fill(sheet, clientId="client-1")
    click(sheet, "signIn")
    await until(lambda: said(sheet, "signedIn"))
    fill(sheet, username="other@gmail.com")
    click(sheet, "confirm")
    assert f"You signed in as {ADDRESS}" in said(sheet, "signInTrouble")
    await browser.closed()


async def test_an_app_password_is_asked_for_while_google_does_not_know_this_program(app: AppWindow) -> None:
    sheet = await new_sheet(app, "gmail")
    assert line(sheet, "password").isVisible()
    assert not line(sheet, "clientId").isVisible()


async def test_an_app_password_is_the_other_way(app: AppWindow) -> None:
    async with SmtpServer(users={ADDRESS: "app password"}) as server:
        sheet = await gmail_sheet(app, server)
        assert not line(sheet, "password").isVisible()
        click(sheet, "segment-password")
        assert line(sheet, "password").isVisible()
        fill(sheet, password="app password")
        account = await stored(app, sheet)
        assert account.sign_in is SignIn.PASSWORD
        assert "ready to send" in await result_of_test(app, shown_card(app))


async def test_a_refused_account_signs_in_again_with_the_client_it_knows(
    app: AppWindow, google: OAuthServer, browser: Browser
) -> None:
    async with SmtpServer(tokens={"access-2", "access-4"}, mechanisms=("XOAUTH2",)) as server:
        sheet = await gmail_sheet(app, server)
        fill(sheet, clientId="client-1")
        click(sheet, "signIn")
        await until(lambda: said(sheet, "signedIn"))
        account = await stored(app, sheet)
        with app.workspace.write() as session:
            note_problem(session, account.id, "Google has ended the sign-in of this account.")
        app.operations.announce("accounts")
        await app.settled()
        click(shown_card(app), "signInAgain")
        await until(lambda: app.sheet("signInSheet") is None and len(google.authorisations) == 2)
        await until(lambda: not only_account(app).problem)
        await app.settled()
        assert "ready to send" in await result_of_test(app, shown_card(app))
        assert server.tried_tokens[-1] == (ADDRESS, "access-4")
        with app.workspace.read() as session:
            grant = stored_grant(session, account.id, app.workspace)
        assert grant is not None
        assert grant.client.client_id == "client-1"
        assert grant.tokens.access_token == "access-4"
    await browser.closed()


async def test_a_token_that_a_test_finds_refused_offers_to_sign_in_again(
    app: AppWindow, google: OAuthServer, browser: Browser
) -> None:
    async with SmtpServer(tokens={"another"}, mechanisms=("XOAUTH2",)) as server:
        sheet = await gmail_sheet(app, server)
        fill(sheet, clientId="client-1")
        click(sheet, "signIn")
        await until(lambda: said(sheet, "signedIn"))
        await stored(app, sheet)
        assert "refused the sign-in" in await result_of_test(app, shown_card(app))
        server.tokens.add("access-5")
        click(shown_card(app), "signInNow")
        await until(lambda: app.sheet("signInSheet") is None and len(google.authorisations) == 2)
        await app.settled()
        await until(lambda: server.tried_tokens[-1] == (ADDRESS, "access-5"))
        await app.settled()
        assert "ready to send" in await result_of_test(app, shown_card(app))
        assert not app.find(QPushButton, "signInNow", within=shown_card(app)).isVisible()
    await browser.closed()


async def test_a_second_account_uses_the_client_of_the_first(
    app: AppWindow, google: OAuthServer, browser: Browser
) -> None:
    sheet = await gmail_sheet(app)
    fill(sheet, clientId="client-1")
    click(sheet, "signIn")
    await until(lambda: said(sheet, "signedIn"))
    await stored(app, sheet)
    sheet = await gmail_sheet(app)
    assert not line(sheet, "clientId").isVisible()
    click(sheet, "signIn")
    await until(lambda: said(sheet, "signedIn"))
    assert [asked["client_id"] for asked in google.authorisations] == ["client-1", "client-1"]
    await browser.closed()
