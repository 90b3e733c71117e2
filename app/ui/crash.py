"""Where bugs end: in the log, and once per distinct traceback in a dialog that can be copied."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from app import __version__
from app.ui.theme import Kind
from app.ui.widgets.sheet import Sheet

log = logging.getLogger(__name__)


class CrashReporter(QObject):
    """Takes every exception nobody caught: in slots, in threads, in tasks."""

    # Worker threads may not touch widgets; a signal brings their exceptions over.
    _caught = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seen: set[str] = set()
        self._dialog: CrashDialog | None = None
        self._caught.connect(self._show)

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        loop.set_exception_handler(self._on_loop_exception)

    def uninstall(self) -> None:
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__

    def report(self, error: BaseException) -> None:
        log.critical("unexpected exception", exc_info=error)
        self._caught.emit("".join(traceback.format_exception(error)))

    def _on_exception(self, _kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            sys.__excepthook__(type(error), error, error.__traceback__)
        else:
            self.report(error)

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self.report(args.exc_value)

    def _on_loop_exception(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(error)
        else:
            log.error("event loop: %s", context.get("message"))

    @Slot(str)
    def _show(self, text: str) -> None:
        if text in self._seen:
            return
        self._seen.add(text)
        # Kept, because without a window to belong to nothing else would hold it.
        self._dialog = CrashDialog(QApplication.activeWindow(), text)
        self._dialog.open()


class CrashDialog(Sheet):
    def __init__(self, parent: QWidget | None, text: str) -> None:
        super().__init__(parent, kind=Kind.BAD)
        self.setObjectName("crash")
        self.set_words(
            self.tr("Something went wrong in the program"),
            self.tr(
                "Nothing you did caused it, and your contacts are safe. You can go on working; "
                "if it happens again, send us this report."
            ),
        )
        self._report = f"Mass Mail Dispatcher {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n\n{text}"
        words = QPlainTextEdit(self._report)
        words.setReadOnly(True)
        words.setObjectName("crashText")
        words.setAccessibleName(self.tr("Report"))
        words.setMinimumSize(560, 200)
        self.body.addWidget(words)
        self.add_buttons(self.tr("Go on"), cancel="")
        copy = self.add_quiet_button(self.tr("Copy the report"), name="copyReport")
        copy.clicked.connect(self._on_copy)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
