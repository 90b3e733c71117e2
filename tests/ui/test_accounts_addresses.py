"""Several From addresses of an account, where their bounces go, and several signatures of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QDialog, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.workspace import Workspace
from app.sending.accounts import (
    IdentityDraft,
    IdentityInfo,
    add_account,
    add_identity,
    change_account,
    draft_of,
    signer,
)
from app.sending.dkim import Signers, generate_key
from app.sending.stored_secrets import read_keys
from tests.ui.accessible import nameless
from tests.ui.accounting import (
    click,
    draft,
    errors,
    everything_said,
    fill,
    line,
    only_account,
    only_this_computer,
    shown_card,
    stored,
)
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until

__all__ = ["only_this_computer"]


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    add_account(workspace, draft())
    async with app_window(workspace) as made:
        await made.go_to("accounts")
        yield made


def identities(app: AppWindow) -> list[IdentityInfo]:
    return sorted(only_account(app).identities, key=lambda one: one.id)


def row_button(app: AppWindow, identity: IdentityInfo, name: str) -> QAbstractButton:
    row = app.find(QWidget, f"identity-{identity.id}", within=shown_card(app))
    return app.find(QAbstractButton, name, within=row)


async def closed(app: AppWindow, sheet: QDialog) -> None:
    click(sheet, "confirm")
    await until(lambda: app.sheet("identitySheet") is None)
    await app.settled()


async def test_another_address_is_added_changed_and_removed_after_a_question(app: AppWindow) -> None:
    click(shown_card(app), "addIdentity")
    sheet = await app.opened("identitySheet")
    assert nameless(sheet) == []
    click(sheet, "confirm")
    assert set(errors(sheet)) == {"senderNameError", "senderAddressError"}
    fill(sheet, senderName="Ines", senderAddress="Ines@Blumen.example")
    click(sheet, "elsewhere")
    fill(sheet, replyTo="office@blumen.example", returnPath="bounces@blumen.example")
    await closed(app, sheet)
    second = identities(app)[1]
    assert (second.name, second.address) == ("Ines", "ines@blumen.example")
    assert (second.reply_to, second.return_path) == ("office@blumen.example", "bounces@blumen.example")
    said = everything_said(shown_card(app))
    assert "ines@blumen.example" in said
    assert "undeliverable mail to bounces@blumen.example" in said

    row_button(app, second, "editIdentity").click()
    sheet = await app.opened("identitySheet")
    assert line(sheet, "returnPath").isVisible()
    fill(sheet, senderName="Ines Berger")
    await closed(app, sheet)
    assert [one.name for one in identities(app)] == ["Blumen Berger", "Ines Berger"]

    row_button(app, second, "removeIdentity").click()
    question = await app.opened("ask")
    assert "DKIM keys" in everything_said(question)
    click(question, "confirm")
    await until(lambda: len(identities(app)) == 1)
    await app.settled()
    assert app.window.toasts.texts == ["ines@blumen.example was removed"]


async def test_the_only_address_cannot_be_removed(app: AppWindow) -> None:
    row = app.find(QWidget, f"identity-{identities(app)[0].id}", within=shown_card(app))
    assert row.findChild(QAbstractButton, "removeIdentity") is None


async def test_changing_the_account_leaves_the_other_addresses(app: AppWindow) -> None:
    add_identity(app.workspace, only_account(app).id, IdentityDraft("Ines", "ines@blumen.example"))
    click(shown_card(app), "editAccount")
    sheet = await app.opened("accountSheet")
    fill(sheet, senderName="Blumen")
    await stored(app, sheet)
    assert [(one.name, one.address) for one in identities(app)] == [
        ("Blumen", "news@blumen.example"),
        ("Ines", "ines@blumen.example"),
    ]


async def test_a_second_modern_signature_takes_one_click(app: AppWindow) -> None:
    identity_id = identities(app)[0].id
    row_button(app, identities(app)[0], "editIdentity").click()
    sheet = await app.opened("identitySheet")
    click(sheet, "createKey")
    await app.settled()
    second = app.find(QPushButton, "secondKey", within=sheet)
    assert second.isVisible()
    second.click()
    await app.settled()
    assert not second.isVisible()
    value = app.find(QPlainTextEdit, "dkimValue2", within=sheet)
    assert value.toPlainText().startswith("v=DKIM1; k=ed25519; p=")
    assert app.find(QPlainTextEdit, "dkimName2", within=sheet).toPlainText() == "mail2._domainkey.blumen.example"
    click(sheet, "dkimValue2Copy")
    assert QGuiApplication.clipboard().text() == value.toPlainText()
    await closed(app, sheet)
    keys = read_keys(app.workspace, identity_id)
    assert [(key.domain, key.selector) for key in keys] == [("blumen.example", "mail"), ("blumen.example", "mail2")]
    made = signer(app.workspace, identity_id)
    assert isinstance(made, Signers)
    signed = made.sign([("From", b"news@blumen.example")], b"Hello\r\n")
    assert b"a=rsa-sha256" in signed
    assert b"a=ed25519-sha256" in signed

    row_button(app, identities(app)[0], "editIdentity").click()
    sheet = await app.opened("identitySheet")
    assert "PRIVATE" not in everything_said(sheet)
    click(sheet, "removeKey2")
    await closed(app, sheet)
    assert [key.selector for key in read_keys(app.workspace, identity_id)] == ["mail"]


async def test_two_keys_cannot_share_a_selector(app: AppWindow) -> None:
    row_button(app, identities(app)[0], "editIdentity").click()
    sheet = await app.opened("identitySheet")
    click(sheet, "createKey")
    await app.settled()
    click(sheet, "secondKey")
    await app.settled()
    line(sheet, "dkimSelector2").setText("mail")
    click(sheet, "confirm")
    assert errors(sheet) == {"dkimSelector2Error": "Another key has it."}


async def test_the_first_key_is_replaced_by_a_new_one(app: AppWindow) -> None:
    identity_id = identities(app)[0].id
    with_key = generate_key()
    account = only_account(app)
    change_account(
        app.workspace,
        account.id,
        replace(
            draft_of(account), dkim_domain="blumen.example", dkim_selector="old", dkim_key_pem=with_key.pem.decode()
        ),
    )
    app.operations.announce("accounts")
    await app.settled()
    row_button(app, identities(app)[0], "editIdentity").click()
    sheet = await app.opened("identitySheet")
    click(sheet, "removeKey")
    click(sheet, "createKey")
    await app.settled()
    await closed(app, sheet)
    (key,) = read_keys(app.workspace, identity_id)
    assert key.selector == "mail"
    assert key.dns_value != with_key.dns_txt
