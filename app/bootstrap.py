"""The one place that builds the program's parts, wires them together, and shuts them down."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from app import log, paths, settings
from app.errors import Cancelled
from app.system_packages import APPLICATION, explain, missing

if TYPE_CHECKING:
    from app.models.workspace import Workspace
    from app.sending.supervisor import AgentNews
    from app.ui.application import App
    from app.ui.context import AppContext
    from app.ui.operations import Operations
    from app.ui.shell import MainWindow
    from app.ui.start.opened import Opened
    from app.ui.start.opening import Opener

T = TypeVar("T")

logger = logging.getLogger(__name__)

_TRACELESS = frozenset({"demo"})
"""Commands that promise to leave no file behind, not even a log."""


def main(argv: Sequence[str] | None = None) -> int:
    """Open the application, or run the command that the arguments name; the result is the process's exit code."""
    multiprocessing.freeze_support()
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments:
        command = arguments[0]
        log.set_up(paths.log_folder() if command.isalpha() and command not in _TRACELESS else None, command)
        from app.cli.main import main as command_line

        return command_line(arguments)
    return _open_window()


def _open_window() -> int:
    lacking = missing(APPLICATION)
    if lacking:
        print(explain(lacking), file=sys.stderr)
        return 1
    log.set_up(paths.log_folder(), "app")
    from app.ui.application import run

    return run(Session().run)


class Session:
    """One run of the window, from the first paint to the last commit."""

    def __init__(self) -> None:
        self._settings = settings.load(paths.settings_file())
        self._context: AppContext | None = None
        self._news: AgentNews | None = None

    async def run(self, app: App) -> None:
        """Show the window, open a workspace, stay until asked to quit, and clean up.

        When the user goes to another workspace, that is opened first, and then gets a window of its own: nothing of
        the former one can stay behind in it.
        """
        app.theme.set_mode(self._settings.theme)
        opened: Opened | None = None
        is_first = True
        while is_first or opened is not None:
            is_first = False
            window, operations = self._new_window()
            window.show()
            try:
                opened = await self._run_workspace(app, window, operations, opened)
            except Cancelled:
                opened = None
                logger.info("No workspace was opened.")
            finally:
                window.close()
                await operations.drain()
            window.deleteLater()
        logger.info("Closed.")

    def _new_window(self) -> tuple[MainWindow, Operations]:
        from PySide6.QtCore import QSettings

        from app.ui.operations import Operations
        from app.ui.pages import page_specs
        from app.ui.shell import MainWindow

        operations = Operations()
        geometry = QSettings(str(paths.settings_file().with_name("window.ini")), QSettings.Format.IniFormat)
        window = MainWindow(operations, page_specs(self._opened), settings=geometry)
        operations.setParent(window)
        window.sidebar.setEnabled(False)
        return window, operations

    def _opened(self) -> AppContext:
        if self._context is None:
            raise LookupError("no workspace is open")
        return self._context

    async def _run_workspace(
        self, app: App, window: MainWindow, operations: Operations, opened: Opened | None
    ) -> Opened | None:
        """Work in *opened*, or in what the user opens first; the result is the workspace to go on with, if any."""
        from app.ui.start.opening import Opener

        opener = Opener(window, operations, paths.data_folder())
        if opened is None:
            opened = await _unless(app.until_asked_to_quit(), opener.open(self._settings.workspace))
        with opened.hold:
            self._change_settings(replace(self._settings, workspace=str(opened.workspace.location)))
            return await self._work(app, window, opener, opened.workspace)

    async def _work(self, app: App, window: MainWindow, opener: Opener, workspace: Workspace) -> Opened | None:
        """Let the user work in *workspace*, with an agent beside it, until asked to quit or to go to another one."""
        from app.sending.supervisor import Supervisor
        from app.ui import things
        from app.ui.agent_notice import notice
        from app.ui.context import AppContext, SettingsStore
        from app.ui.pages.campaigns.running_job import RunningJobFeed
        from app.ui.start.server_address import place_words
        from app.ui.start.switch import WorkspaceSwitch
        from app.ui.watcher import Watcher

        operations = opener.operations
        self._news = None

        def hear(news: AgentNews) -> None:
            self._news = news
            operations.announce(things.AGENT)
            if (toast := notice(news)) is not None:
                operations.notified.emit(toast)

        async def name_workspace() -> None:
            organisation = await operations.read(workspace.organisation)
            window.sidebar.workspace.set_workspace(organisation.name, place_words(workspace.location))

        def on_changed(changed: frozenset[str]) -> None:
            if things.ORGANISATION in changed:
                operations.run(name_workspace())

        self._context = AppContext(
            workspace=workspace,
            operations=operations,
            actions=window.action_registry,
            settings=SettingsStore(lambda: self._settings, self._change_settings),
            show_page=window.show_page,
            agent_news=lambda: self._news,
        )
        supervisor = Supervisor(paths.program(), workspace.location, workspace.key, tell=hear)
        watcher = Watcher(workspace, operations)
        await name_workspace()
        operations.changed.connect(on_changed)
        window.sidebar.setEnabled(True)
        window.files_dropped.connect(lambda files: window.show_page("contacts", files=files))
        RunningJobFeed(self._context, window.sidebar.progress_card)
        window.show_page("home")
        switch = WorkspaceSwitch(window, opener)
        supervisor.start()
        watcher.start()
        try:
            return await _unless(app.until_asked_to_quit(), _result(switch.opened))
        except Cancelled:
            return None
        finally:
            window.hide()
            await watcher.stop()
            await supervisor.close()
            await operations.drain()

    def _change_settings(self, changed: settings.Settings) -> None:
        """Take over *changed*; a disk that refuses it costs the next start its memory, not this one its work."""
        self._settings = changed
        try:
            settings.save(changed, paths.settings_file())
        except OSError as error:
            logger.warning("The settings cannot be saved: %s", error)


async def _result(future: asyncio.Future[T]) -> T:
    return await future


async def _unless(interruption: Coroutine[object, object, None], work: Coroutine[object, object, T]) -> T:
    """The result of *work*.

    Raises:
        Cancelled: *interruption* was over first; then *work* was stopped.
    """
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(interruption)
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait({working})
        raise Cancelled
    return working.result()
