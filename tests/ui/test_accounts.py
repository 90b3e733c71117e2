"""The accounts page: a mailbox is connected, tried, corrected and removed, and no password is ever to be seen."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from app.models.base import utcnow
from app.models.states import TlsMode
from app.models.tables import Campaign, Dispatch, Identity
from app.models.workspace import Workspace
from app.sending.accounts import (
    add_account,
    add_practice_account,
    list_accounts,
    note_problem,
    signer,
    smtp_account,
)
from app.sending.throttle import Limits
from app.ui.pages.accounts.account_card import AccountCard
from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.widgets import Pill
from tests.sending.smtp_server import SILENCE, SmtpServer, Step
from tests.ui.accessible import nameless
from tests.ui.accounting import (
    PASSWORD,
    USER,
    choose_security,
    click,
    draft,
    errors,
    everything_said,
    fill,
    line,
    local,
    new_sheet,
    only_account,
    only_this_computer,
    result_of_test,
    shown_card,
    spin,
    trigger,
)
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until

__all__ = ["only_this_computer"]


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    add_practice_account(workspace)
    async with app_window(workspace) as made:
        yield made


async def test_the_page_begins_with_an_invitation_and_explains_the_practice_account(app: AppWindow) -> None:
    page = await app.go_to("accounts")
    assert app.find(QWidget, "firstAccount").isVisible()
    assert "Nothing reaches anybody" in everything_said(page)
    assert nameless(app.window) == []


async def test_a_mailbox_is_added_and_its_password_is_stored_sealed(app: AppWindow) -> None:
    sheet = await new_sheet(app)
    assert nameless(sheet) == []
    fill(sheet, senderName="Blumen Berger", senderAddress="News@Blumen.example")
    fill(sheet, host="smtp.blumen.example")
    assert line(sheet, "username").text() == "News@Blumen.example"
    choose_security(sheet, TlsMode.IMPLICIT)
    fill(sheet, password=PASSWORD)
    spin(sheet, "perDay").setValue(2000)
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    account = only_account(app)
    assert (account.host, account.port, account.tls) == ("smtp.blumen.example", 465, TlsMode.IMPLICIT)
    assert account.limits == Limits(per_day=2000)
    assert account.identities[0].address == "news@blumen.example"
    assert account.name == "news@blumen.example"
    assert smtp_account(app.workspace, account.id, practice_port=0).password == PASSWORD
    assert app.find(AccountCard, f"account-{account.id}").isVisible()
    assert app.window.findChild(QWidget, "firstAccount") is None or not app.find(QWidget, "firstAccount").isVisible()


async def test_what_is_missing_is_said_at_the_field_and_the_first_one_gets_the_cursor(app: AppWindow) -> None:
    sheet = await new_sheet(app)
    fill(sheet, senderAddress="not an address", username="x")
    click(sheet, "confirm")
    assert set(errors(sheet)) == {"senderNameError", "senderAddressError", "hostError", "passwordError"}
    assert line(sheet, "senderName").hasFocus()
    fill(sheet, senderName="B")
    assert "senderNameError" not in errors(sheet)
    assert list_accounts(app.workspace)[0].identities  # the practice account alone
    assert len(list_accounts(app.workspace)) == 1


async def test_the_port_follows_the_security_unless_it_was_chosen(app: AppWindow) -> None:
    sheet = await new_sheet(app)
    assert spin(sheet, "port").value() == 587
    choose_security(sheet, TlsMode.IMPLICIT)
    assert spin(sheet, "port").value() == 465
    choose_security(sheet, TlsMode.STARTTLS)
    assert spin(sheet, "port").value() == 587
    spin(sheet, "port").setValue(2525)
    choose_security(sheet, TlsMode.IMPLICIT)
    assert spin(sheet, "port").value() == 2525


async def test_plain_text_is_for_this_computer_only(app: AppWindow) -> None:
    sheet = await new_sheet(app)
    fill(sheet, host="smtp.blumen.example")
    choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
    click(sheet, "testConnection")
    assert "read along" in errors(sheet)["securityError"]
    fill(sheet, host="127.0.0.1")
    assert "securityError" not in errors(sheet)


async def test_what_a_provider_wants_is_said_before_it_refuses(app: AppWindow) -> None:
    sheet = await new_sheet(app)
    hint = app.find(QWidget, "passwordHint", within=sheet)
    assert not hint.isVisible()
    fill(sheet, senderAddress="ines@gmail.com")
    assert hint.isVisible()
    assert "This belongs to Gmail" in everything_said(hint)
    click(sheet, "useKnown")
    assert "app password" in everything_said(sheet)
    assert "500 messages in any 24 hours" in everything_said(sheet)
    assert spin(sheet, "perDay").value() == 500
    assert line(sheet, "host").text() == "smtp.gmail.com"
    assert line(sheet, "senderAddress").text() == "ines@gmail.com"


async def test_a_wrong_password_is_said_in_words_and_a_right_one_works(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        sheet = await new_sheet(app)
        fill(sheet, senderAddress=USER, host="127.0.0.1")
        choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
        spin(sheet, "port").setValue(server.port)
        fill(sheet, username=USER, password="wrong")
        click(sheet, "testConnection")
        assert f"127.0.0.1 refused the password for {USER}." in await result_of_test(app, sheet)
        fill(sheet, password=PASSWORD)
        assert not app.find(QWidget, "testResult", within=sheet).isVisible()
        click(sheet, "testConnection")
        assert "ready to send" in await result_of_test(app, sheet)
        assert server.passwords == ["wrong", PASSWORD]
        assert server.mails == []


async def test_a_new_account_is_tried_at_once(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        sheet = await new_sheet(app)
        fill(sheet, senderName="Blumen Berger", senderAddress=USER, host="127.0.0.1")
        choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
        spin(sheet, "port").setValue(server.port)
        fill(sheet, username=USER, password="wrong")
        click(sheet, "confirm")
        await until(lambda: app.sheet("accountSheet") is None)
        await app.settled()
        card = shown_card(app)
        assert f"127.0.0.1 refused the password for {USER}." in await result_of_test(app, card)
        assert [pill.accessibleName() for pill in card.findChildren(Pill)] == ["Cannot send"]
        app.find(QPushButton, "editAccount", within=card).click()
        sheet = await app.opened("accountSheet")
        fill(sheet, password=PASSWORD)
        click(sheet, "confirm")
        await until(lambda: app.sheet("accountSheet") is None)
        await app.settled()
        card = shown_card(app)
        assert "ready to send" in await result_of_test(app, card)
        assert [pill.accessibleName() for pill in card.findChildren(Pill)] == ["Ready"]
        assert server.mails == []


async def test_a_silent_server_blocks_nothing_and_the_test_can_be_stopped(app: AppWindow) -> None:
    async with SmtpServer(always={Step.GREETING: SILENCE}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        card = app.window.findChild(AccountCard)
        assert card is not None
        trigger(card, "testAccount")
        await until(lambda: server.sessions == 1)
        stop = app.find(QPushButton, "stopTest", within=card)
        assert stop.isVisible()
        began = asyncio.get_running_loop().time()
        app.window.show_page("accounts")
        stop.click()
        await app.settled()
        assert not stop.isVisible()
        assert asyncio.get_running_loop().time() - began < 1


async def test_closing_the_sheet_ends_its_test(app: AppWindow) -> None:
    async with SmtpServer(always={Step.GREETING: SILENCE}) as server:
        sheet = await new_sheet(app)
        fill(sheet, host="127.0.0.1")
        choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
        spin(sheet, "port").setValue(server.port)
        click(sheet, "testConnection")
        await until(lambda: server.sessions == 1)
        sheet.reject()
        await app.settled()
        assert app.operations.is_idle


async def test_a_problem_is_shown_and_goes_away_once_the_account_works_again(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        account_id = add_account(app.workspace, local(server.port))
        with app.workspace.write() as session:
            note_problem(session, account_id, "127.0.0.1 refused the password.")
        page = await app.go_to("accounts")
        assert "127.0.0.1 refused the password." in everything_said(page)
        assert app.find(QLabel, "pageSubtitle", within=page).text() == "1 account, 1 cannot send"
        app.find(QPushButton, "tryAccount").click()
        await until(lambda: not only_account(app).problem)
        await app.settled()
        assert app.find(QLabel, "pageSubtitle", within=page).text() == "1 account, ready to send"
        assert app.window.toasts.texts == ["“Shop” works again"]


async def test_editing_keeps_the_stored_password_unless_another_is_typed(app: AppWindow) -> None:
    account_id = add_account(app.workspace, draft())
    await app.go_to("accounts")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert line(sheet, "password").text() == ""
    assert "stored" in line(sheet, "password").placeholderText()
    fill(sheet, host="mail.blumen.example")
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    kept = smtp_account(app.workspace, account_id, practice_port=0)
    assert (kept.host, kept.password) == ("mail.blumen.example", PASSWORD)


async def test_a_test_in_the_sheet_uses_the_stored_password(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        app.find(QPushButton, "editAccount").click()
        sheet = await app.opened("accountSheet")
        click(sheet, "testConnection")
        assert "ready to send" in await result_of_test(app, sheet)
        assert server.passwords == [PASSWORD]


async def test_a_key_is_made_and_its_dns_entry_can_be_copied_also_later(app: AppWindow) -> None:
    account_id = add_account(app.workspace, draft())
    await app.go_to("accounts")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    click(sheet, "advanced")
    click(sheet, "createKey")
    await app.settled()
    value = app.find(QPlainTextEdit, "dkimValue", within=sheet)
    await until(value.isVisible)
    assert value.toPlainText().startswith("v=DKIM1; k=rsa; p=MII")
    assert app.find(QPlainTextEdit, "dkimName", within=sheet).toPlainText() == "mail._domainkey.blumen.example"
    click(sheet, "dkimValueCopy")
    assert QGuiApplication.clipboard().text() == value.toPlainText()
    shown = value.toPlainText()
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    assert signer(app.workspace, only_account(app).identities[0].id) is not None
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert app.find(QPlainTextEdit, "dkimValue", within=sheet).toPlainText() == shown
    fill(sheet, senderName="Blumen")
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    with app.workspace.read() as session:
        identity = session.get_one(Identity, only_account(app).identities[0].id)
        assert (identity.dkim_domain, identity.dkim_selector) == ("blumen.example", "mail")
    assert signer(app.workspace, only_account(app).identities[0].id) is not None
    assert account_id == only_account(app).id


async def test_a_key_is_imported_from_a_file_and_removed_again(app: AppWindow, tmp_path: Path) -> None:
    add_account(app.workspace, draft())
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "no key.pem").write_text("hello")
    await app.go_to("accounts")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert isinstance(sheet, AccountSheet)
    click(sheet, "advanced")
    sheet.form.signature.import_key(str(tmp_path / "no key.pem"))
    await app.settled()
    assert "This is not a DKIM key." in errors(sheet)["dkimError"]
    sheet.form.signature.import_key(str(tmp_path / "key.pem"))
    await app.settled()
    assert "dkimError" not in errors(sheet) or not app.find(QLabel, "dkimError", within=sheet).isVisible()
    assert app.find(QPlainTextEdit, "dkimValue", within=sheet).toPlainText().startswith("v=DKIM1; k=ed25519; p=")
    assert "PRIVATE" not in everything_said(sheet)
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    assert only_account(app).identities[0].is_signed
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    click(sheet, "removeKey")
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    assert not only_account(app).identities[0].is_signed


async def test_removing_asks_first(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    await app.go_to("accounts")
    remove = app.window.findChild(QAction, "removeAccount")
    assert remove is not None
    remove.trigger()
    sheet = await app.opened("ask")
    app.find(QPushButton, "cancel", within=sheet).click()
    await app.settled()
    assert only_account(app)
    remove.trigger()
    sheet = await app.opened("ask")
    app.find(QPushButton, "confirm", within=sheet).click()
    await until(lambda: len(list_accounts(app.workspace)) == 1)
    await app.settled()
    assert app.window.toasts.texts == ["“Shop” was removed"]


async def test_an_account_that_was_used_is_not_removed_and_it_is_said_why(app: AppWindow) -> None:
    account_id = add_account(app.workspace, draft())
    with app.workspace.write() as session:
        campaign = Campaign(name="Spring")
        session.add(campaign)
        session.flush()
        identity_id = session.scalars(select(Identity.id).where(Identity.account_id == account_id)).one()
        session.add(Dispatch(campaign_id=campaign.id, account_id=account_id, identity_id=identity_id, due_at=utcnow()))
    await app.go_to("accounts")
    remove = app.window.findChild(QAction, "removeAccount")
    assert remove is not None
    remove.trigger()
    sheet = await app.opened("ask")
    app.find(QPushButton, "confirm", within=sheet).click()
    await until(lambda: app.window.toasts.texts)
    assert app.window.toasts.texts == ["Campaigns were sent through this account, and their reports name it."]
    assert only_account(app)


async def test_no_password_is_ever_seen_or_logged(app: AppWindow, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with SmtpServer(users={USER: "another"}) as server:
        sheet = await new_sheet(app)
        fill(sheet, senderName="B", senderAddress=USER, host="127.0.0.1")
        choose_security(sheet, TlsMode.NONE_ON_LOOPBACK)
        spin(sheet, "port").setValue(server.port)
        fill(sheet, username=USER, password=PASSWORD)
        click(sheet, "testConnection")
        await result_of_test(app, sheet)
        seen = everything_said(sheet)
        click(sheet, "confirm")
        await until(lambda: app.sheet("accountSheet") is None)
        await app.settled()
        app.find(QPushButton, "editAccount").click()
        sheet = await app.opened("accountSheet")
        seen += everything_said(sheet) + everything_said(app.window)
        assert line(sheet, "password").text() == ""
        password = line(sheet, "password")
        fill(sheet, password=PASSWORD)
        password.selectAll()
        password.copy()
        assert PASSWORD not in QApplication.clipboard().text()
    assert PASSWORD not in seen
    assert PASSWORD not in caplog.text
    assert Qt.InputMethodHint.ImhHiddenText in password.inputMethodHints()
