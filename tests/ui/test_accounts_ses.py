"""Amazon SES by its API: stored, asked at once what it may send, and used by what it said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.states import AccountKind
from app.models.workspace import Workspace
from app.sending.accounts import secret_of
from app.sending.limits import Limits
from app.sending.ses_client import SesAccount
from app.ui.widgets import Pill
from tests.sending.ses_server import HEALTHY, SesServer
from tests.ui.accounting import (
    click,
    errors,
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
from tests.ui.waiting import until

__all__ = ["only_this_computer"]
KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[SesServer]:
    """Stands where Amazon stands: the usual endpoint of an account is this server."""
    with SesServer({KEY: SECRET}) as server:
        make = SesAccount.__init__
        names = make.__code__.co_varnames[: make.__code__.co_argcount]
        defaults = list(make.__defaults__ or ())
        defaults[names.index("endpoint_url") - len(names)] = server.url
        monkeypatch.setattr(make, "__defaults__", tuple(defaults))
        yield server


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


async def ses_sheet(app: AppWindow, secret: str = SECRET) -> QDialog:
    sheet = await new_sheet(app, "ses_api")
    fill(sheet, senderName="Blumen", senderAddress="news@blumen.example", username=KEY, password=secret)
    return sheet


async def test_its_form_asks_for_a_region_and_the_keys_and_for_no_server(app: AppWindow) -> None:
    sheet = await new_sheet(app, "ses_api")
    said = everything_said(sheet)
    for words in ("Region", "Access key ID", "Secret access key", "sandbox"):
        assert words in said
    assert not line(sheet, "host").isVisible()
    assert app.find(QComboBox, "place", within=sheet).isEditable()
    fill(sheet, senderName="B", senderAddress="a@b.example")
    app.find(QComboBox, "place", within=sheet).setCurrentText("")
    click(sheet, "confirm")
    assert set(errors(sheet)) == {"placeError", "usernameError"}


async def test_its_quota_is_read_at_once_and_taken_over_as_limits(app: AppWindow, ses: SesServer) -> None:
    sheet = await ses_sheet(app)
    fill(sheet, configurationSet="news")
    account = await stored(app, sheet)
    assert account.kind is AccountKind.SES
    assert (account.region, account.username, account.configuration_set) == ("eu-central-1", KEY, "news")
    assert secret_of(app.workspace, account.id) == SECRET
    await until(lambda: only_account(app).limits != Limits())
    await app.settled()
    assert only_account(app).limits == Limits(per_second=14, per_day=50_000)
    said = await result_of_test(app, shown_card(app))
    assert "14 a second, 50,000 a day" in said
    assert "127 went out in the last 24 hours" in said
    assert app.window.toasts.texts == ["Amazon’s limits were taken over"]
    assert "0 of 50,000" in everything_said(shown_card(app)) or "of 50,000" in everything_said(shown_card(app))
    assert ses.mails == []


async def test_limits_of_ones_own_are_left_alone(app: AppWindow, ses: SesServer) -> None:
    sheet = await ses_sheet(app)
    spin(sheet, "perHour").setValue(300)
    await stored(app, sheet)
    await result_of_test(app, shown_card(app))
    await app.settled()
    assert only_account(app).limits == Limits(per_hour=300)
    click(shown_card(app), "takeLimits")
    await until(lambda: only_account(app).limits == Limits(per_second=14, per_day=50_000))
    await app.settled()
    assert not app.find(QPushButton, "takeLimits", within=shown_card(app)).isVisible()


async def test_the_sandbox_is_told(app: AppWindow, ses: SesServer) -> None:
    ses.account = HEALTHY | {"ProductionAccessEnabled": False}
    await stored(app, await ses_sheet(app))
    await app.settled()
    assert "still in the sandbox" in await result_of_test(app, shown_card(app))


async def test_a_wrong_key_is_said_before_anything_is_stored(app: AppWindow, ses: SesServer) -> None:
    sheet = await ses_sheet(app, secret="another")
    click(sheet, "testConnection")
    said = await result_of_test(app, sheet)
    assert "Amazon" in said
    assert "another" not in said
    fill(sheet, password=SECRET)
    click(sheet, "testConnection")
    assert "ready to send" in await result_of_test(app, sheet)


async def test_an_account_that_amazon_stopped_cannot_send(app: AppWindow, ses: SesServer) -> None:
    ses.account = HEALTHY | {"EnforcementStatus": "SHUTDOWN"}
    await stored(app, await ses_sheet(app))
    card = shown_card(app)
    assert "Amazon has stopped this SES account" in await result_of_test(app, card)
    await app.settled()
    assert [pill.accessibleName() for pill in shown_card(app).findChildren(Pill)] == ["Cannot send"]


async def test_a_test_mail_takes_the_way_of_all_mail(app: AppWindow, ses: SesServer) -> None:
    await stored(app, await ses_sheet(app))
    await until(lambda: only_account(app).limits != Limits())
    await app.settled()
    click(shown_card(app), "sendTest")
    await until(lambda: ses.mails)
    await app.settled()
    assert ses.recipients == ["news@blumen.example"]
    steps = [one for one in shown_card(app).findChildren(QWidget, "testStep") if one.isVisible()]
    assert [step.accessibleName().partition(":")[0] for step in steps] == ["Worked", "Worked"]


async def test_changing_it_keeps_its_secret_and_what_has_no_field(app: AppWindow, ses: SesServer) -> None:
    before = await stored(app, await ses_sheet(app))
    await until(lambda: only_account(app).limits != Limits())
    await app.settled()
    app.find(QPushButton, "editAccount").click()
    sheet = await app.opened("accountSheet")
    assert app.find(QLabel, "providerName", within=sheet).text() == "Amazon SES"
    after = await stored(app, sheet)
    assert secret_of(app.workspace, after.id) == SECRET
    assert (after.region, after.port, after.kind) == (before.region, before.port, before.kind)
