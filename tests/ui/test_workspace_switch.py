"""The whole program, from its start to its end, with a walk from one workspace to another in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMenu, QPlainTextEdit, QPushButton

from app import paths, settings
from app.bootstrap import Session
from app.models.keys import WorkspaceKey
from app.models.workspace import SUFFIX, held_by_app
from app.sending.furnish import create_furnished
from app.ui.application import App
from app.ui.shell import MainWindow
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


@asynccontextmanager
async def program(app: App) -> AsyncIterator[asyncio.Task[None]]:
    """The program at work. Not a fixture: between a fixture and its test no loop is running."""
    task = asyncio.ensure_future(Session().run(app))
    try:
        yield task
    finally:
        if not task.done():
            app.asked_to_quit.emit()
        await asyncio.wait_for(task, 30)


def shown_window() -> MainWindow:
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow) and one.isVisible())


def is_at_work(name: str) -> bool:
    windows = [one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow) and one.isVisible()]
    return any(name in one.sidebar.workspace.accessibleName() and one.current_page is not None for one in windows)


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
