"""The real main window on a real workspace, for tests of pages: real clicks, real keys, a real encrypted file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from PySide6.QtWidgets import QDialog, QWidget

from app.models.workspace import Workspace
from app.sending.supervisor import AgentNews
from app.settings import Settings
from app.ui.context import AppContext, SettingsStore
from app.ui.operations import Operations
from app.ui.page import Page
from app.ui.pages import page_specs
from app.ui.shell import MainWindow
from tests.ui.waiting import until

# The first mail that is drawn starts a browser, and the machine may be busy.
_PATIENCE_S = 30
Found = TypeVar("Found", bound=QWidget)


@dataclass
class AppWindow:
    """
    Attributes:
        settings: What this computer remembers.
        news: What the supervisor said last.
    """

    window: MainWindow
    operations: Operations
    workspace: Workspace
    context: AppContext = field(init=False)
    settings: Settings = field(default_factory=Settings)
    news: AgentNews | None = None

    async def go_to(self, key: str, **kwargs: object) -> Page:
        """Show the page *key* and wait until it has loaded."""
        page = self.window.show_page(key, **kwargs)
        await self.settled()
        return page

    async def settled(self) -> None:
        """Wait until nothing is at work and the layout had its turn."""
        async with asyncio.timeout(_PATIENCE_S):
            for _ in range(3):
                while not self.operations.is_idle:  # noqa: ASYNC110 - work may start more work
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.02)

    def find(self, kind: type[Found], name: str, *, within: QWidget | None = None) -> Found:
        """The widget called *name*."""
        found = (within or self.window).findChild(kind, name)
        assert found is not None, f"there is no {kind.__name__} {name!r}"
        return found

    def sheet(self, name: str) -> QDialog | None:
        """The open sheet called *name*, if there is one."""
        sheets = self.window.findChildren(QDialog, name)
        return next((sheet for sheet in sheets if sheet.isVisible()), None)

    async def opened(self, name: str) -> QDialog:
        """Wait for the sheet called *name*, ready to be typed into."""
        await until(lambda: self.sheet(name) is not None)
        sheet = self.sheet(name)
        assert sheet is not None
        sheet.activateWindow()
        await until(sheet.isActiveWindow)
        return sheet


@asynccontextmanager
async def app_window(workspace: Workspace) -> AsyncIterator[AppWindow]:
    """The window, shown; what runs is stopped at the end."""
    operations = Operations()
    made: list[AppWindow] = []
    window = MainWindow(operations, page_specs(lambda: made[0].context))
    app = AppWindow(window, operations, workspace)
    made.append(app)

    def remember(settings: Settings) -> None:
        app.settings = settings

    app.context = AppContext(
        workspace=workspace,
        operations=operations,
        actions=window.action_registry,
        settings=SettingsStore(lambda: app.settings, remember),
        show_page=window.show_page,
        agent_news=lambda: app.news,
    )
    window.resize(1280, 800)
    window.show()
    try:
        yield app
    finally:
        window.close()
        await operations.drain()
        window.deleteLater()
