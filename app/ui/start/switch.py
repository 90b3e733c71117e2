"""The way from one workspace to another: the menu under its name in the sidebar, and the same in the palette."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu

from app.ui.shell import MainWindow
from app.ui.start.opened import Opened
from app.ui.start.opening import Opener
from app.ui.start.workspace_dialog import choose_workspace
from app.ui.theme import icon


class WorkspaceSwitch(QObject):
    """The present workspace stays open until the other one is: whoever thinks better of it loses nothing.

    Attributes:
        opened: Becomes the other workspace, once the user has opened or made one.
    """

    def __init__(self, window: MainWindow, opener: Opener) -> None:
        super().__init__(window)
        self.opened: asyncio.Future[Opened] = asyncio.get_running_loop().create_future()
        self._window = window
        self._opener = opener
        window.sidebar.workspace.clicked.connect(self.show_menu)
        add, section = window.action_registry.add, self.tr("Workspace")
        add("open-workspace", self.tr("Open another workspace …"), self.choose, icon="folder-open", section=section)
        add("new-workspace", self.tr("Make a new workspace …"), self.make, icon="plus", section=section)
        add(
            "team-workspace",
            self.tr("Connect to a team’s workspace …"),
            self.connect_to,
            icon="server",
            section=section,
        )

    def show_menu(self) -> None:
        button = self._window.sidebar.workspace
        menu = QMenu(button)
        menu.setObjectName("workspaceMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for key in ("open-workspace", "new-workspace", "team-workspace"):
            menu.addAction(self._window.action_registry[key])
        menu.addSeparator()
        show_settings = partial(self._window.show_page, "settings")
        menu.addAction(icon("settings", "muted"), self.tr("Name, backups and recovery key"), show_settings)
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def choose(self) -> None:
        """Ask for the file of another workspace, and open it."""
        choose_workspace(self._window, lambda path: self._start(partial(self._opener.open_file, Path(path))))

    def make(self) -> None:
        """Make another workspace, and open it."""
        self._start(self._opener.make_another)

    def connect_to(self) -> None:
        """Ask for a server, and open the workspace that a team has there, or make it."""
        self._start(self._opener.connect)

    def _start(self, way: Callable[[], Awaitable[Opened]]) -> None:
        async def go() -> None:
            opened = await way()
            if self.opened.done():
                opened.hold.close()
            else:
                self.opened.set_result(opened)

        self._window.operations.run(go())
