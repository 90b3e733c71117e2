"""The whole program, from its start to its end, with a walk from one workspace to another in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QPlainTextEdit, QPushButton
from sqlalchemy import func, select

from app import paths, settings
from app.bootstrap import Session
from app.models.housekeeping import AgentLease
from app.models.keys import WorkspaceKey
from app.models.vault import KeyringVault
from app.models.workspace import SUFFIX, Workspace, held_by_app, workspace_id
from app.sending.furnish import create_furnished
from app.sending.supervisor import Supervisor
from app.ui.application import App
from app.ui.shell import MainWindow
from tests.postgres import PASSWORD, location_of
from tests.ui.start_driver import Keyring, edit, paste
from tests.ui.waiting import until

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)


@pytest.fixture
def home(tmp_path: Path, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two workspaces, the first of which was open last, and no keyring."""
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    monkeypatch.setattr("app.models.vault.open_vault", lambda: None)
    for name in ("First", "Second"):
        create_furnished(tmp_path / f"{name}{SUFFIX}", key, organisation=name, time_zone="UTC").close()
    last = replace(settings.Settings(), workspace=str(tmp_path / f"First{SUFFIX}"))
    settings.save(last, paths.settings_file())
    return tmp_path


class _KnownSupervisor(Supervisor):
    """Its agent survives the window; it shall not survive the test."""

    def __init__(self, known: list[_KnownSupervisor], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known.append(self)

    async def agent_gone(self) -> None:
        if self._process is not None:
            await asyncio.wait_for(self._process.wait(), 30)


@asynccontextmanager
async def program(app: App) -> AsyncIterator[asyncio.Task[None]]:
    """The program at work. Not a fixture: between a fixture and its test no loop is running."""
    supervisors: list[_KnownSupervisor] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.sending.supervisor.Supervisor", partial(_KnownSupervisor, supervisors))
        task = asyncio.ensure_future(Session().run(app))
        try:
            yield task
        finally:
            if not task.done():
                app.asked_to_quit.emit()
            await asyncio.wait_for(task, 30)
            for supervisor in supervisors:
                await supervisor.agent_gone()


def shown_window() -> MainWindow:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow) and one.isVisible())


def is_at_work(name: str) -> bool:
    windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow) and one.isVisible()]
    return any(name in one.sidebar.workspace.accessibleName() and one.current_page is not None for one in windows)


async def sheet_called(name: str) -> QDialog:
    """Wait for the sheet."""

    def sheet() -> QDialog | None:
        sheets = [one for one in QApplication.topLevelWidgets() if one.objectName() == name]
        return next((one for one in sheets if isinstance(one, QDialog) and one.isVisible()), None)

    await until(sheet)
    shown = sheet()
    assert shown is not None
    return shown


def choose_in_menu(name: str) -> None:
    """Click on the name of the workspace, then on an entry of its menu."""
    window = shown_window()
    QTest.mouseClick(window.sidebar.workspace, Qt.MouseButton.LeftButton)
    menu = window.findChild(QMenu, "workspaceMenu")
    assert menu is not None
    next(action for action in menu.actions() if name in action.text()).trigger()
    menu.close()


def command_lines() -> list[str]:
    """Of every process, where the system shows them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            lines.append(file.read_bytes().decode(errors="replace"))
    return lines


def has_an_agent(workspace: Workspace) -> bool:
    with workspace.read() as session:
        return session.scalar(select(func.count()).select_from(AgentLease)) == 1


async def enter_key(key: WorkspaceKey) -> None:
    """Type the key and press Return."""

    def sheet() -> QDialog | None:
        sheets = [one for one in QApplication.topLevelWidgets() if one.objectName() == "enterKey"]
        return next((one for one in sheets if isinstance(one, QDialog) and one.isVisible()), None)

    await until(sheet)
    shown = sheet()
    field = shown.findChild(QPlainTextEdit, "key") if shown else None
    assert field is not None
    QTest.keyClicks(field, key.recovery_text())
    QTest.keyClick(field, Qt.Key.Key_Return)


def ask_for_another() -> QFileDialog:
    """Click on the name of the workspace and choose to open another one."""
    window = shown_window()
    QTest.mouseClick(window.sidebar.workspace, Qt.MouseButton.LeftButton)
    menu = window.findChild(QMenu, "workspaceMenu")
    assert menu is not None
    menu.actions()[0].trigger()
    menu.close()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    return dialog


async def test_another_workspace_is_opened_from_the_sidebar(home: Path, qapp: App, key: WorkspaceKey) -> None:
    async with program(qapp) as task:
        await enter_key(key)
        await until(lambda: is_at_work("First"))
        former = shown_window()
        dialog = ask_for_another()
        dialog.fileSelected.emit(str(home / f"Second{SUFFIX}"))
        dialog.close()
        assert is_at_work("First")  # as long as the other one is not open
        await enter_key(key)
        await until(lambda: is_at_work("Second"))
        assert not task.done()
        assert shown_window() is not former
        assert settings.load(paths.settings_file()).workspace.endswith(f"Second{SUFFIX}")
        with held_by_app(home / f"First{SUFFIX}"):  # others may have it now
            pass


async def test_who_does_not_know_the_key_stays(home: Path, qapp: App, key: WorkspaceKey) -> None:
    async with program(qapp) as task:
        await enter_key(key)
        await until(lambda: is_at_work("First"))
        window = shown_window()
        dialog = ask_for_another()
        dialog.fileSelected.emit(str(home / f"Second{SUFFIX}"))
        dialog.close()
        await until(lambda: window.findChild(QDialog, "enterKey") is not None)
        sheet = window.findChild(QDialog, "enterKey")
        cancel = sheet.findChild(QPushButton, "cancel") if sheet else None
        assert cancel is not None
        cancel.click()
        await until(lambda: any("is locked" in text for text in window.toasts.texts))
        assert is_at_work("First")
        with held_by_app(home / f"Second{SUFFIX}"):
            pass
        assert not task.done()


async def test_from_a_file_to_a_team_and_back(home: Path, qapp: App, key: WorkspaceKey, server_url: str) -> None:
    async with program(qapp):
        await enter_key(key)
        await until(lambda: is_at_work("First"))
        choose_in_menu("Connect to a team")
        sheet = await sheet_called("teamWorkspace")
        server = edit(sheet, "server")
        paste(server, server_url)
        QTest.keyClick(server, Qt.Key.Key_Return)
        await enter_key(key)
        await until(lambda: is_at_work("Blumen Berger"))
        assert "on 127.0.0.1" in shown_window().sidebar.workspace.accessibleName()
        stored = paths.settings_file().read_text(encoding="utf-8")
        assert location_of(server_url).url in stored
        assert PASSWORD not in stored
        assert not any(PASSWORD in line for line in command_lines())
        with held_by_app(home / f"First{SUFFIX}"):
            pass
        dialog = ask_for_another()
        dialog.fileSelected.emit(str(home / f"Second{SUFFIX}"))
        dialog.close()
        await enter_key(key)
        await until(lambda: is_at_work("Second"))
        assert "on this computer" in shown_window().sidebar.workspace.accessibleName()


async def test_a_teams_workspace_opens_by_itself_shows_every_page_and_has_an_agent(
    tmp_path: Path, qapp: App, key: WorkspaceKey, own_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = location_of(own_url)
    vault = KeyringVault(Keyring())
    vault.store(workspace_id(location), key)
    vault.store_password(location.url, PASSWORD)
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    for user in ("app.models.vault.open_vault", "app.ui.pages.settings.key_card.open_vault"):
        monkeypatch.setattr(user, lambda: vault)
    settings.save(replace(settings.Settings(), workspace=location.url), paths.settings_file())
    with closing(Workspace.open(own_url, key)) as colleague:
        async with program(qapp):
            await until(lambda: is_at_work("Blumen Berger"))
            window = shown_window()
            async with asyncio.timeout(30):
                while not has_an_agent(colleague):  # noqa: ASYNC110 - another process is starting
                    await asyncio.sleep(0.1)
            for name in ("home", "contacts", "campaigns", "accounts", "settings"):
                page = window.show_page(name)
                async with asyncio.timeout(20):
                    while not page._loaded:  # noqa: ASYNC110 - the page does not tell
                        await asyncio.sleep(0.02)
                assert window.toasts.texts == []
