"""How much, how fast and when an account sends: what is typed is what is stored, and said back in words."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QDate, QTime
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDateEdit,
    QDialog,
    QLabel,
    QProgressBar,
    QTimeEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.models.tables import AccountUsage
from app.models.workspace import OrganisationInfo, Workspace
from app.sending.accounts import add_account
from app.sending.limits import Limits
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow
from app.ui import things
from tests.ui.accessible import nameless
from tests.ui.accounting import (
    click,
    draft,
    errors,
    everything_said,
    new_sheet,
    only_account,
    only_this_computer,
    shown_card,
    spin,
    stored,
)
from tests.ui.app_window import AppWindow, app_window

__all__ = ["only_this_computer"]
RICH = replace(
    draft(),
    limits=Limits(per_second=2, per_minute=60, per_hour=500, per_day=500, per_30_days=9000),
    domain_limits={"gmail.com": Limits(per_second=1, per_hour=100), "t-online.de": Limits(per_minute=5)},
    warm_up=WarmUp(dt.date(2026, 1, 5), 20, 1.333, 4000),
    window=SendingWindow(frozenset({0, 2}), dt.time(7, 30), dt.time(19), "Europe/Paris", 250),
    connections=2,
    messages_per_connection=37,
    preset="own_server",
    keeps_return_path=True,
    return_path="bounces@blumen.example",
)


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    workspace.set_organisation(OrganisationInfo("Blumen Berger", "", "Europe/Berlin"))
    async with app_window(workspace) as made:
        yield made


async def editing(app: AppWindow) -> QDialog:
    await app.go_to("accounts")
    click(shown_card(app), "editAccount")
    sheet = await app.opened("accountSheet")
    click(sheet, "advanced")
    return sheet


def check(sheet: QWidget, name: str, on: bool = True) -> None:
    box = sheet.findChild(QCheckBox, name)
    assert box is not None
    box.setChecked(on)


def sentence(sheet: QWidget) -> str:
    banner = sheet.findChild(QWidget, "hoursSentence")
    assert banner is not None
    return " ".join(one.text() for one in banner.findChildren(QLabel) if one.text())


async def test_opening_and_saving_changes_nothing(app: AppWindow) -> None:
    add_account(app.workspace, RICH)
    before = only_account(app)
    sheet = await editing(app)
    assert nameless(sheet) == []
    after = await stored(app, sheet)
    assert after == before


async def test_all_five_limits_are_stored(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    for name, value in {"perSecond": 1, "perMinute": 30, "perHour": 200, "perDay": 900, "per30Days": 20_000}.items():
        spin(sheet, name).setValue(value)
    assert (await stored(app, sheet)).limits == Limits(1, 30, 200, 900, 20_000)


async def test_it_is_said_whether_a_limit_is_published(app: AppWindow) -> None:
    def note(sheet: QWidget) -> str:
        return everything_said(app.find(QWidget, "limitsNote", within=sheet))

    sheet = await new_sheet(app, "icloud")
    assert "iCloud Mail publishes these limits." in note(sheet)
    click(sheet, "backToGallery")
    click(sheet, "provider-yahoo")
    assert "does not publish its limits" in note(sheet)
    click(sheet, "backToGallery")
    click(sheet, "provider-smtp")
    assert "begin with 100 an hour" in note(sheet)


async def test_a_receiver_gets_limits_of_its_own(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    click(sheet, "domainFold")
    click(sheet, "addDomain")
    domain = sheet.findChild(QWidget, "domain1")
    assert domain is not None
    domain.setText("Someone@GMail.com")  # type: ignore[attr-defined]
    spin(sheet, "domain1Hour").setValue(100)
    click(sheet, "addDomain")
    assert (await stored(app, sheet)).domain_limits == {"gmail.com": Limits(per_hour=100)}
    sheet = await editing(app)
    click(sheet, "removeDomain1")
    assert (await stored(app, sheet)).domain_limits == {}


async def test_a_receiver_that_is_none_is_said(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    click(sheet, "domainFold")
    click(sheet, "addDomain")
    sheet.findChild(QWidget, "domain1").setText("gmail")  # type: ignore[attr-defined]
    click(sheet, "confirm")
    assert "domainLimitsError" in errors(sheet)


async def test_what_was_used_is_told_and_grows(app: AppWindow) -> None:
    account_id = add_account(app.workspace, replace(draft(), limits=Limits(per_day=500)))
    minute = int(time.time()) // 60
    with app.workspace.write() as session:
        session.add(AccountUsage(account_id=account_id, minute=minute - 60, count=212))
        session.add(AccountUsage(account_id=account_id, minute=minute - 1500, count=40))
    await app.go_to("accounts")
    assert app.find(QLabel, "usage", within=shown_card(app)).text() == "212 of 500 in the last 24 hours"
    assert app.find(QProgressBar, "usageBar", within=shown_card(app)).value() == 212
    card = shown_card(app)
    with app.workspace.write() as session:
        session.add(AccountUsage(account_id=account_id, minute=minute, count=300))
    app.operations.announce(things.SENDING)
    await app.settled()
    assert shown_card(app) is card  # a test that is under way there goes on
    assert app.find(QLabel, "usage", within=card).text() == "512 of 500 in the last 24 hours"
    assert app.find(QProgressBar, "usageBar", within=card).property("kind") == "warning"
    click(card, "editAccount")
    sheet = await app.opened("accountSheet")
    assert "512 of 500" in everything_said(sheet)


async def test_a_warm_up_is_shown_day_by_day_and_stored(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    chart = app.find(QWidget, "warmUpChart", within=sheet)
    assert not chart.isVisible()
    check(sheet, "warmUp")
    today = dt.datetime.now().astimezone().date()
    start = app.find(QDateEdit, "warmUpStart", within=sheet)
    assert start.date() == QDate(today.year, today.month, today.day)
    spin(sheet, "warmUpFirst").setValue(100)
    spin(sheet, "warmUpGrowth").setValue(100)
    spin(sheet, "warmUpGoal").setValue(1000)
    assert chart.isVisible()
    spoken = chart.accessibleDescription()
    assert spoken.count(":") == 14
    for number in (": 100,", ": 200,", ": 400,", ": 800,", ": no limit"):
        assert number in spoken
    assert "After 4 days it has reached 1,000 mails a day" in everything_said(sheet)
    account = await stored(app, sheet)
    assert account.warm_up == WarmUp(today, 100, 2.0, 1000)
    assert "100 today, then more each day" in everything_said(shown_card(app))
    sheet = await editing(app)
    check(sheet, "warmUp", on=False)
    assert (await stored(app, sheet)).warm_up is None


async def test_sending_hours_are_said_back_in_words_while_they_are_chosen(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    check(sheet, "hours")
    assert "Monday to Friday, 8:00 to 18:00, Berlin time" in sentence(sheet)
    check(sheet, "weekday5")
    app.find(QTimeEdit, "closes", within=sheet).setTime(QTime(20, 15))
    spin(sheet, "mostADay").setValue(400)
    assert "Monday to Saturday, 8:00 to 20:15, Berlin time, at most 400 a day" in sentence(sheet)
    account = await stored(app, sheet)
    assert account.window == SendingWindow(frozenset(range(6)), dt.time(8), dt.time(20, 15), "Europe/Berlin", 400)
    assert account.window.describe() in everything_said(shown_card(app))


async def test_the_last_day_stays_and_hours_without_a_zone_are_not_stored(app: AppWindow) -> None:
    add_account(app.workspace, draft())
    sheet = await editing(app)
    check(sheet, "hours")
    for number in range(4):
        check(sheet, f"weekday{number}", on=False)
    assert not app.find(QAbstractButton, "weekday4", within=sheet).isEnabled()
    assert "Mail leaves: Friday, 8:00 to 18:00" in sentence(sheet)
    app.find(QComboBox, "timeZone", within=sheet).setCurrentText("Mars/Olympus")
    click(sheet, "confirm")
    assert "no such zone" in errors(sheet)["timeZoneError"]
    assert only_account(app).window == SendingWindow.ALWAYS
