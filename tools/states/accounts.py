"""The accounts page: every form, what a test finds, and what is asked before something goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from app.models.states import SignIn
from app.sending.smtp import CheckResult
from app.ui.pages.accounts.account_card import AccountCard
from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.pages.accounts.mail_test import MailTested
from app.ui.pages.accounts.tries import Checked
from app.ui.shell import MainWindow
from tools.screenshots import Shot
from tools.states.acts import asked, click, find, rest, scroll_down, scroll_to, type_into

Prepare = Callable[[MainWindow], Awaitable[None]]

_WORKS = CheckResult(works=True, title="mail.example.com let this program in.", hint="", detail="")
_REFUSED = CheckResult(
    works=False,
    title="mail.example.com did not accept your password.",
    hint="Check the user name and the password. Some providers want a password made for programs.",
    detail="535 5.7.8 Error: authentication failed",
)
_SENT = CheckResult(works=True, title="It took the mail for shop@example.com.", hint="Look into your inbox.")


async def _sheet(window: MainWindow, provider: str = "") -> AccountSheet:
    window.show_page("accounts", new=True)
    await rest(window)
    sheet = find(window, AccountSheet)
    if provider:
        click(sheet, f"provider-{provider}")
        await rest(window)
    return sheet


def _form(provider: str, *, advanced: bool = False, foot: bool = False) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        sheet = await _sheet(window, provider)
        if advanced:
            click(sheet, "advanced")
        if foot:
            await scroll_down(window, sheet.form)

    return prepare


def _gallery(text: str) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        sheet = await _sheet(window)
        sheet.gallery.address.setText(text)
        await rest(window)

    return prepare


async def _gallery_foot(window: MainWindow) -> None:
    sheet = await _sheet(window)
    await scroll_down(window, sheet.gallery)


async def _wrong(window: MainWindow) -> None:
    sheet = await _sheet(window, "smtp")
    type_into(sheet, "senderAddress", "nobody")
    click(sheet, "confirm")
    await rest(window)


async def _browser_of_gmail(window: MainWindow) -> None:
    sheet = await _sheet(window, "gmail")
    type_into(sheet, "senderAddress", "ines@gmail.com")
    sheet.form.server.choose_way(SignIn.OAUTH2)
    await scroll_to(window, sheet, sheet.form.server)


async def _server_details(window: MainWindow) -> None:
    sheet = await _sheet(window, "brevo")
    click(sheet, "serverDetails")
    click(sheet, "elsewhere")
    await rest(window)


async def _receivers(window: MainWindow) -> None:
    sheet = await _sheet(window, "own_server")
    click(sheet, "domainFold")
    sheet.form.limits.domains.add("gmail.com").spins[1].setValue(200)
    sheet.form.limits.domains.add("web.de")
    await scroll_to(window, sheet, sheet.form.limits)


async def _hours(window: MainWindow) -> None:
    sheet = await _sheet(window, "own_server")
    click(sheet, "advanced")
    sheet.form.hours.on.setChecked(True)
    await scroll_to(window, sheet, sheet.form.hours)


async def _warm_up(window: MainWindow) -> None:
    sheet = await _sheet(window, "own_server")
    click(sheet, "advanced")
    sheet.form.warm_up.on.setChecked(True)
    await scroll_to(window, sheet, sheet.form.warm_up)


async def _change(window: MainWindow) -> None:
    click(_card(window), "editAccount")
    await rest(window)


async def _address(window: MainWindow) -> None:
    click(_card(window), "addIdentity")
    await rest(window)


async def _remove(window: MainWindow) -> None:
    _card(window).remove_wanted.emit()
    await asked()


async def _good(window: MainWindow) -> None:
    _card(window).recall(MailTested(datetime.now(UTC), (_WORKS, _SENT)))
    await rest(window)


async def _bad(window: MainWindow) -> None:
    _card(window).recall(MailTested(datetime.now(UTC), (_REFUSED,)))
    await rest(window)


async def _connection(window: MainWindow) -> None:
    first, second = _cards(window)[:2]
    first.recall(Checked(_WORKS))
    second.recall(Checked(_REFUSED))
    await rest(window)


def _cards(window: MainWindow) -> list[AccountCard]:
    return [card for card in window.findChildren(AccountCard) if card.isVisible()]


def _card(window: MainWindow) -> AccountCard:
    return next(card for card in _cards(window) if card.account.preset == "own_server")


SHOTS = [
    Shot("accounts-gallery", "accounts", _gallery("")),
    Shot("accounts-gallery-foot", "accounts", _gallery_foot),
    Shot("accounts-gallery-none", "accounts", _gallery("zzz")),
    Shot("accounts-gallery-other", "accounts", _gallery("news@blumen-berger.de")),
    Shot("accounts-form-gmail", "accounts", _form("gmail")),
    Shot("accounts-form-gmail-browser", "accounts", _browser_of_gmail),
    Shot("accounts-form-microsoft", "accounts", _form("microsoft_365")),
    Shot("accounts-form-ses-api", "accounts", _form("ses_api")),
    Shot("accounts-form-ses-smtp", "accounts", _form("ses_smtp")),
    Shot("accounts-form-own", "accounts", _form("own_server")),
    Shot("accounts-form-smtp", "accounts", _form("smtp")),
    Shot("accounts-form-ionos", "accounts", _form("ionos")),
    Shot("accounts-form-details", "accounts", _server_details),
    Shot("accounts-form-wrong", "accounts", _wrong),
    Shot("accounts-form-receivers", "accounts", _receivers),
    Shot("accounts-form-warm-up", "accounts", _warm_up),
    Shot("accounts-form-hours", "accounts", _hours),
    Shot("accounts-form-advanced", "accounts", _form("own_server", advanced=True, foot=True)),
    Shot("accounts-change", "accounts", _change),
    Shot("accounts-address", "accounts", _address),
    Shot("accounts-remove", "accounts", _remove),
    Shot("accounts-test-good", "accounts", _good),
    Shot("accounts-test-bad", "accounts", _bad),
    Shot("accounts-test-connection", "accounts", _connection),
]
