"""The pictures of the application: every page of the real window, on the workspace of `tools.demo_workspace`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from PySide6.QtWidgets import QDialog, QPushButton

from app import paths
from app.models.workspace import Workspace
from app.settings import Settings
from app.ui import things
from app.ui.application import App
from app.ui.context import AppContext, SettingsStore
from app.ui.operations import Operations
from app.ui.pages import page_specs
from app.ui.pages.campaigns.running_job import RunningJobFeed
from app.ui.shell import MainWindow
from tools import accounts_shots
from tools.demo_workspace import find_campaign, practising
from tools.screenshots import Shot, Studio, settled

_PAINTED_S = 1.5
"""Pictures of mail are painted by another process; nothing says when it is done."""


@dataclass
class AppStudio:
    """Builds windows on one workspace."""

    workspace: Workspace
    shots: list[Shot] = field(init=False)

    def __post_init__(self) -> None:
        draft = find_campaign(self.workspace, "An evening in our garden")
        sent = find_campaign(self.workspace, "March newsletter")
        self.shots = [
            Shot("home", "home"),
            Shot("contacts", "contacts"),
            Shot("import-columns", "contacts", self._import_columns),
            Shot("templates", "templates", _painted),
            Shot("template", "templates", _showing("templates", template=draft.template_id)),
            Shot("campaigns", "campaigns"),
            Shot("composer", "campaigns", _showing("campaigns", campaign=draft.id)),
            Shot("report", "campaigns", _showing("campaigns", campaign=sent.id)),
            Shot("sending", "campaigns", self._sending),
            Shot("practice-inbox", "practice", _painted),
            Shot("accounts", "accounts"),
            Shot("accounts-providers", "accounts", accounts_shots.providers),
            Shot("accounts-sign-in", "accounts", accounts_shots.sign_in),
            Shot("accounts-limits", "accounts", accounts_shots.limits),
            Shot("accounts-signatures", "accounts", accounts_shots.signatures),
            Shot("settings", "settings"),
        ]

    async def build(self, app: App) -> Studio:
        operations = Operations(app)
        window = MainWindow(operations, page_specs(lambda: context))
        context = AppContext(
            workspace=self.workspace,
            operations=operations,
            actions=window.action_registry,
            settings=SettingsStore(Settings, lambda _changed: None),
            show_page=window.show_page,
        )
        window.sidebar.workspace.set_workspace("Blumen Berger", "on this computer")
        RunningJobFeed(context, window.sidebar.progress_card)
        return Studio(window, operations)

    async def _import_columns(self, window: MainWindow) -> None:
        window.show_page("contacts", files=[paths.resources() / "sample" / "contacts.xlsx"])
        while not _can_go_on(window):  # noqa: ASYNC110  the file is read in a thread
            await asyncio.sleep(0.05)
        await settled(window.operations)

    async def _sending(self, window: MainWindow) -> None:
        async with practising(self.workspace, "Mother’s Day") as campaign_id:
            await asyncio.sleep(6)
            window.operations.announce(things.SENDING)
            await _showing("campaigns", campaign=campaign_id)(window)


def _can_go_on(window: MainWindow) -> bool:
    buttons = [button for sheet in window.findChildren(QDialog) for button in sheet.findChildren(QPushButton)]
    return any(button.text() == "Next" and button.isVisible() and button.isEnabled() for button in buttons)


def _showing(page: str, **kwargs: object) -> Callable[[MainWindow], Awaitable[None]]:
    async def show(window: MainWindow) -> None:
        window.show_page(page, **kwargs)
        await _painted(window)

    return show


async def _painted(window: MainWindow) -> None:
    await settled(window.operations)
    await asyncio.sleep(_PAINTED_S)
    await settled(window.operations)
