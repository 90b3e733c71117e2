"""Qt and asyncio in one test process.

Async tests run on qasync inside an inner Qt loop: QtWebEngine survives one `QApplication.exec()` per process, an inner
loop may run many times. Inside a coroutine never use `qtbot.waitSignal` (a nested loop kills other tasks); await
`signal_of(...)` or `until(...)` from `waiting.py`.
"""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QAbstractEventDispatcher, QEventLoop
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.settings import ThemeChoice
from app.ui.application import App
from app.ui.operations import Operations
from tests.ui.app_window import AppWindow, app_window
from tests.ui.campaigning import a_furnished_workspace


class InnerLoop(QEventLoop):
    """Stands in for QApplication where qasync wants something with exec() and exit()."""

    def eventDispatcher(self) -> QAbstractEventDispatcher:
        return QAbstractEventDispatcher.instance()


_kept: list[QApplication] = []


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    def qt() -> asyncio.AbstractEventLoop:
        _kept.append(QApplication.instance() or App([]))
        return qasync.QEventLoop(InnerLoop())

    return {"qasync": qt}


@pytest.fixture(scope="session")
def qapp_cls() -> type[App]:
    return App


@pytest.fixture(autouse=True)
def light_theme(qapp: App) -> Iterator[None]:
    """Each test starts light, whatever the one before left."""
    qapp.theme.set_mode(ThemeChoice.LIGHT)
    yield
    qapp.theme.set_mode(ThemeChoice.LIGHT)


@pytest.fixture(autouse=True)
def garbage_stays_in_this_thread() -> Iterator[None]:
    """As in the application: a worker that happens to collect must not destroy widgets."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
async def operations(qtbot: QtBot) -> AsyncIterator[Operations]:
    made = Operations()
    yield made
    await made.drain()


@pytest.fixture
def shop(tmp_path: Path, key: WorkspaceKey) -> Iterator[Workspace]:
    """A new workspace as its user finds it: with templates and a practice account."""
    made = a_furnished_workspace(tmp_path, key)
    yield made
    made.close()


@pytest.fixture
async def app(shop: Workspace) -> AsyncIterator[AppWindow]:
    """The window on the shop."""
    async with app_window(shop) as made:
        yield made
        await made.settled()
