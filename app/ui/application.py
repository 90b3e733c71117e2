"""Starting and stopping: one Qt loop that is also the asyncio loop, run once per process.

QtWebEngine does not survive a second `exec()`, so `asyncio.run` (which runs the loop again to clean up) is out:
`run` starts the loop once and stops it when `main` is over.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import qasync
from PySide6.QtCore import QEvent, QLocale, Signal
from PySide6.QtWidgets import QApplication

from app.ui.crash import CrashReporter
from app.ui.garbage import GarbageCollector
from app.ui.theme import Theme


class App(QApplication):
    """
    Signals:
        asked_to_quit: The user or the system wants the program to end: Cmd-Q, `quit()`, the end of the session,
            Ctrl-C, SIGTERM, the last window closed. `main` answers by returning when it is ready.
    """

    asked_to_quit = Signal()

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__(list(argv))
        self.setApplicationName("Mass Mail Dispatcher")
        self.setOrganizationName("Mass Mail Dispatcher")
        self.setDesktopFileName("mass-mail-dispatcher")
        self.setQuitOnLastWindowClosed(False)
        self.lastWindowClosed.connect(self.asked_to_quit)
        if QLocale().language() == QLocale.Language.C:
            # The nameless locale of a bare system would write 60000 for 60,000.
            QLocale.setDefault(QLocale(QLocale.Language.English))
        self.theme = Theme(self)
        self.crash_reporter = CrashReporter(self)

    def event(self, event: QEvent) -> bool:
        # Not let through: Qt would end the loop while main() still waits, and main() would never clean up.
        if event.type() == QEvent.Type.Quit:
            event.ignore()
            self.asked_to_quit.emit()
            return True
        return super().event(event)

    async def until_asked_to_quit(self) -> None:
        asked = asyncio.Event()
        self.asked_to_quit.connect(asked.set)
        await asked.wait()


Main = Callable[[App], Coroutine[Any, Any, None]]


def run(main: Main, argv: Sequence[str] = ()) -> int:
    """Run *main* on the Qt loop until it returns, and return the process's exit code.

    *main* opens its window, awaits `app.until_asked_to_quit()`, then cancels and awaits its own tasks.
    """
    app = App(argv or sys.argv)
    loop = qasync.QEventLoop(app)
    asyncio.set_event_loop(loop)
    app.crash_reporter.install(loop)
    garbage = GarbageCollector(app)
    code = 0
    with loop:
        task = loop.create_task(main(app))
        task.add_done_callback(lambda _: loop.stop())
        for number in (signal.SIGINT, signal.SIGTERM):
            _on_signal(loop, number, app.asked_to_quit.emit)
        loop.run_forever()
        app.crash_reporter.uninstall()
        garbage.stop()
        if not task.done():
            raise RuntimeError("the event loop ended before main() did")
        if error := task.exception():
            sys.__excepthook__(type(error), error, error.__traceback__)
            code = 1
    asyncio.set_event_loop(None)
    return code


def _on_signal(loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], object]) -> None:
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:  # Windows
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))
