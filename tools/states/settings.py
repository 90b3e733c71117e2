"""The settings page further down, and its sheets."""

from __future__ import annotations

from app.ui.pages.settings import SettingsPage
from app.ui.pages.settings.licences_sheet import LicencesSheet
from app.ui.pages.settings.token_sheet import TokenSheet
from app.ui.shell import MainWindow
from tools.screenshots import Shot
from tools.states.acts import click, rest, scroll_down, scroll_to


def _page(window: MainWindow) -> SettingsPage:
    page = window.page("settings")
    if not isinstance(page, SettingsPage):
        raise TypeError(page)
    return page


async def _middle(window: MainWindow) -> None:
    page = _page(window)
    await scroll_to(window, page, page.backups, page.agent)


async def _foot(window: MainWindow) -> None:
    await scroll_down(window, _page(window))


async def _token(window: MainWindow) -> None:
    page = _page(window)
    await scroll_to(window, page, page.api)
    click(page.api, "apiSwitch")
    await rest(window, 0.5)


async def _api(window: MainWindow) -> None:
    await _token(window)
    for sheet in window.findChildren(TokenSheet):
        sheet.accept()
    await scroll_to(window, _page(window), _page(window).api)


async def _checked(window: MainWindow) -> None:
    page = _page(window)
    click(page.backups, "backUp")
    await rest(window, 0.5)
    click(page.backups, "checkWorkspace")
    await rest(window, 0.5)
    await scroll_to(window, page, page.backups)


async def _key(window: MainWindow) -> None:
    click(_page(window).key, "showKey")
    await rest(window)


async def _licences(window: MainWindow) -> None:
    LicencesSheet(window).open()
    await rest(window)


SHOTS = [
    Shot("settings-middle", "settings", _middle),
    Shot("settings-foot", "settings", _foot),
    Shot("settings-checked", "settings", _checked),
    Shot("settings-key", "settings", _key),
    Shot("settings-token", "settings", _token),
    Shot("settings-api", "settings", _api),
    Shot("settings-licences", "settings", _licences),
]
