"""The gallery of providers: an address finds the right one, the keyboard reaches all, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.models.states import AccountKind, TlsMode
from app.models.workspace import Workspace
from app.sending.accounts import add_account, smtp_account
from app.sending.limits import Limits
from app.sending.presets import presets
from app.sending.ses_password import smtp_password
from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.pages.accounts.provider_tile import ProviderTile
from app.ui.shell import MINIMUM_SIZE
from tests.ui.accessible import nameless
from tests.ui.accounting import (
    PASSWORD,
    click,
    draft,
    errors,
    everything_said,
    fill,
    line,
    new_sheet,
    only_account,
    only_this_computer,
    spin,
    stored,
)
from tests.ui.app_window import AppWindow, app_window
from tests.ui.browsing import OpenedPages, opened_pages

__all__ = ["only_this_computer", "opened_pages"]


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


async def gallery(app: AppWindow) -> AccountSheet:
    await app.go_to("accounts")
    app.find(QPushButton, "addAccount").click()
    sheet = await app.opened("accountSheet")
    assert isinstance(sheet, AccountSheet)
    return sheet


def shown(sheet: AccountSheet) -> list[str]:
    return [tile.preset.key for tile in sheet.findChildren(ProviderTile) if tile.isVisible()]


async def test_it_shows_every_provider_with_its_limit_and_its_warning_to_eyes_and_ears(app: AppWindow) -> None:
    sheet = await gallery(app)
    assert sorted(shown(sheet)) == sorted(each.key for each in presets())
    said = everything_said(sheet)
    for words in ("Your mailbox", "A mailing service", "Your own server", "Up to 500 a day", "About 300 a day"):
        assert words in said
    zoho = app.find(ProviderTile, "provider-zoho", within=sheet)
    assert "forbid newsletters" in zoho.accessibleDescription()
    assert nameless(sheet) == []
    assert not app.find(QPushButton, "confirm", within=sheet).isVisible()


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("ines@gmail.com", "gmail"),
        ("ines@hotmail.de", "outlook"),
        ("ines@web.de", "gmx"),
        ("ines@yahoo.co.uk", "yahoo"),
        ("news@blumen-berger.example", "smtp"),
    ],
)
async def test_an_address_and_return_lead_to_the_form_of_its_provider(
    app: AppWindow, address: str, provider: str
) -> None:
    sheet = await gallery(app)
    QTest.keyClicks(sheet.gallery.address, address)
    assert [tile.preset.key for tile in sheet.gallery.tiles if tile.is_proposed] == [provider]
    QTest.keyClick(sheet.gallery.address, Qt.Key.Key_Return)
    assert sheet.form.isVisible()
    assert sheet.form.preset.key == provider
    assert line(sheet, "senderAddress").text() == address
    assert line(sheet, "username").text() == address


async def test_half_an_address_proposes_nothing_and_return_stays(app: AppWindow) -> None:
    sheet = await gallery(app)
    QTest.keyClicks(sheet.gallery.address, "ines@")
    QTest.keyClick(sheet.gallery.address, Qt.Key.Key_Return)
    assert sheet.isVisible()
    assert sheet.gallery.isVisible()


async def test_the_name_of_a_service_finds_it(app: AppWindow) -> None:
    sheet = await gallery(app)
    QTest.keyClicks(sheet.gallery.address, "amazon")
    assert shown(sheet) == ["ses_api", "ses_smtp"]
    sheet.gallery.address.setText("no such house")
    assert shown(sheet) == ["smtp"]
    assert app.find(QLabel, "noProvider", within=sheet).isVisible()
    sheet.gallery.address.setText("brevo")
    QTest.keyClick(sheet.gallery.address, Qt.Key.Key_Return)
    assert sheet.form.preset.key == "brevo"
    assert line(sheet, "senderAddress").text() == ""


async def test_arrows_walk_over_the_tiles_and_return_chooses(app: AppWindow) -> None:
    sheet = await gallery(app)
    QTest.keyClick(sheet.gallery.address, Qt.Key.Key_Down)

    def here() -> str:
        focus = QApplication.focusWidget()
        return focus.objectName() if focus is not None else ""

    def press(key: Qt.Key) -> str:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        return here()

    assert here() == "provider-gmail"
    assert press(Qt.Key.Key_Right) == "provider-google_workspace"
    assert press(Qt.Key.Key_Down) == "provider-outlook"
    assert press(Qt.Key.Key_Left) == "provider-microsoft_365"
    assert press(Qt.Key.Key_Up) == "provider-gmail"
    assert press(Qt.Key.Key_Up) == "galleryAddress"
    QTest.keyClick(sheet.gallery.address, Qt.Key.Key_Down)
    for _ in range(20):
        press(Qt.Key.Key_Down)
    assert here() in ("provider-own_server", "provider-smtp")
    press(Qt.Key.Key_Return)
    assert sheet.form.isVisible()


async def test_tab_visits_the_tiles_once(app: AppWindow) -> None:
    sheet = await gallery(app)
    stops = [tile for tile in sheet.gallery.tiles if tile.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert [tile.preset.key for tile in stops] == ["gmail"]


async def test_the_way_back_keeps_what_was_typed_and_forgets_what_was_known(app: AppWindow) -> None:
    sheet = await new_sheet(app, "gmail")
    fill(sheet, senderName="Blumen", senderAddress="ines@gmail.com")
    click(sheet, "segment-password")
    fill(sheet, password=PASSWORD)
    assert spin(sheet, "perDay").value() == 500
    click(sheet, "backToGallery")
    click(sheet, "provider-brevo")
    assert line(sheet, "senderName").text() == "Blumen"
    assert line(sheet, "senderAddress").text() == "ines@gmail.com"
    assert line(sheet, "password").text() == PASSWORD
    assert line(sheet, "host").text() == "smtp-relay.brevo.com"
    assert line(sheet, "username").text() == ""  # the address was only proposed, and is no login there
    assert spin(sheet, "perDay").value() == 0
    click(sheet, "backToGallery")
    click(sheet, "provider-sendgrid")
    assert line(sheet, "username").text() == "apikey"
    click(sheet, "backToGallery")
    click(sheet, "provider-brevo")
    assert line(sheet, "username").text() == ""


async def test_a_known_provider_hides_its_server_and_says_its_own_words(
    app: AppWindow, opened_pages: OpenedPages
) -> None:
    sheet = await new_sheet(app, "brevo")
    assert not line(sheet, "host").isVisible()
    said = everything_said(sheet)
    for words in ("SMTP login", "SMTP key", "xsmtpsib-", "Authenticate your domain at Brevo first"):
        assert words in said
    click(sheet, "whereSecret")
    assert opened_pages.urls == ["https://app.brevo.com/settings/keys/smtp"]
    click(sheet, "serverDetails")
    assert line(sheet, "host").isVisible()


async def test_a_server_nobody_knows_is_asked_for(app: AppWindow) -> None:
    sheet = await new_sheet(app, "smtp")
    assert line(sheet, "host").isVisible()
    assert not app.find(QPushButton, "whereSecret", within=sheet).isVisible()


async def test_what_is_wrong_in_a_fold_opens_it(app: AppWindow) -> None:
    sheet = await new_sheet(app, "brevo")
    fill(sheet, senderName="B", senderAddress="a@b.example", username="x", password="y")
    line(sheet, "replyTo").setText("nobody")
    line(sheet, "host").clear()
    click(sheet, "confirm")
    assert set(errors(sheet)) == {"replyToError", "hostError"}
    assert line(sheet, "replyTo").isVisible()
    assert line(sheet, "host").isVisible()


async def test_a_country_chooses_the_server(app: AppWindow) -> None:
    sheet = await new_sheet(app, "zoho")
    assert "forbid newsletters" in everything_said(app.find(QWidget, "providerWarning", within=sheet))
    place = app.find(QComboBox, "place", within=sheet)
    place.setCurrentText("Europe (zoho.eu)")
    fill(sheet, senderName="B", senderAddress="a@zoho.eu", username="a@zoho.eu", password=PASSWORD)
    account = await stored(app, sheet)
    assert (account.host, account.preset) == ("smtp.zoho.eu", "zoho")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert app.find(QComboBox, "place", within=sheet).currentText() == "Europe (zoho.eu)"
    again = await stored(app, sheet)
    assert again == account


async def test_what_a_preset_knows_is_stored(app: AppWindow) -> None:
    sheet = await new_sheet(app, "fastmail")
    fill(sheet, senderName="B", senderAddress="a@fastmail.com", username="a@fastmail.com", password=PASSWORD)
    account = await stored(app, sheet)
    assert account.preset == "fastmail"
    assert (account.host, account.port, account.tls) == ("smtp.fastmail.com", 465, TlsMode.IMPLICIT)
    assert account.limits == Limits(per_minute=100, per_hour=2000, per_day=4000)
    assert account.kind is AccountKind.SMTP
    assert not account.keeps_return_path


async def test_a_password_for_amazons_smtp_is_made_of_the_aws_key(app: AppWindow) -> None:
    sheet = await new_sheet(app, "ses_smtp")
    app.find(QComboBox, "place", within=sheet).setCurrentText("eu-west-1")
    click(sheet, "segment-aws")
    fill(sheet, senderName="B", senderAddress="a@b.example", username="AKIAIOSFODNN7EXAMPLE", password="secret/key")
    account = await stored(app, sheet)
    assert account.host == "email-smtp.eu-west-1.amazonaws.com"
    assert account.region == "eu-west-1"
    made = smtp_account(app.workspace, account.id, practice_port=0)
    assert made.password == smtp_password("secret/key", "eu-west-1")


async def test_the_form_of_every_provider_can_be_used_by_ear_and_by_keyboard(app: AppWindow) -> None:
    sheet = await gallery(app)
    for each in presets():
        click(sheet, f"provider-{each.key}")
        assert sheet.form.preset is each
        assert nameless(sheet) == [], each.key
        assert each.secret in everything_said(sheet)
        click(sheet, "backToGallery")


async def test_an_account_from_before_there_were_presets_stays_as_it_is(app: AppWindow) -> None:
    add_account(app.workspace, replace(draft(), host="smtp.gmail.com"))
    before = only_account(app)
    assert before.preset == ""
    await app.go_to("accounts")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert app.find(QLabel, "providerName", within=sheet).text() == "Gmail"
    assert await stored(app, sheet) == before


async def test_an_account_of_amazon_without_a_preset_shows_amazons_form(app: AppWindow) -> None:
    stranger = replace(
        draft(), kind=AccountKind.SES, host="", port=0, region="eu-west-9", username="AKIAIOSFODNN7EXAMPLE"
    )
    add_account(app.workspace, stranger)
    before = only_account(app)
    await app.go_to("accounts")
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert app.find(QComboBox, "place", within=sheet).currentText() == "eu-west-9"
    assert (await stored(app, sheet)).region == before.region


async def test_the_page_needs_no_sideways_scrolling_in_a_small_window(app: AppWindow) -> None:
    long = replace(draft(), name="A rather long name of an account that goes on and on", preset="own_server")
    add_account(app.workspace, replace(long, sender_address=f"{'a' * 60}@{'b' * 60}.example"))
    app.window.resize(MINIMUM_SIZE)
    page = await app.go_to("accounts")
    for area in page.findChildren(QScrollArea):
        assert area.horizontalScrollBar().maximum() == 0


async def test_the_sheet_fits_a_small_screen(app: AppWindow) -> None:
    app.window.resize(1024, 700)
    for provider in ("gmail", "ses_api", "smtp"):
        sheet = await new_sheet(app, provider)
        assert sheet.height() <= 700
        assert app.find(QPushButton, "confirm", within=sheet).isVisible()
        sheet.reject()
        await app.settled()
