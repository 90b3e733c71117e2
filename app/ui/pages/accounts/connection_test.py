"""Tries an account without sending anything: runs beside everything else, can be stopped, and says how it went."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.sending.smtp import CheckResult, SmtpAccount
from app.ui.operations import Operations
from app.ui.pages.accounts.tries import Checked, checker
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Spinner, link_button, muted

if TYPE_CHECKING:
    from app.sending.ses import SesAccount


class ConnectionTest(QWidget):
    """Nothing to see until `start`.

    Signals:
        finished: What was `Checked`.
    """

    finished = Signal(object)

    def __init__(self, operations: Operations) -> None:
        super().__init__()
        self._operations = operations
        self._task: asyncio.Task[None] | None = None
        self._words = muted(wrap=False)
        self._running = QWidget()
        row = QHBoxLayout(self._running)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(Spinner(16))
        row.addWidget(self._words)
        row.addWidget(link_button(self.tr("Stop"), on_click=self.stop, name="stopTest"))
        row.addStretch(1)
        self._result = Banner()
        self._result.setObjectName("testResult")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._running)
        column.addWidget(self._result)
        self.clear()

    @property
    def is_running(self) -> bool:
        return self._task is not None

    def start(self, server: str, settings: Callable[[], SmtpAccount | SesAccount]) -> None:
        """Try what *settings* gives, which is called in a worker thread, because it reads the stored password."""
        self.stop()
        self._words.setText(self.tr("Connecting to {0} …").format(server))
        self._result.hide()
        self._running.show()
        self.show()
        self._task = self._operations.run(self._check(settings), on_error=self._show_error)
        self._task.add_done_callback(self._on_over)

    def stop(self) -> None:
        """Give up waiting."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.clear()

    def clear(self) -> None:
        """Forget the last result: what it was about has changed."""
        self._running.hide()
        self._result.hide()
        self.hide()

    def recall(self, result: CheckResult) -> None:
        """Show a result again."""
        self._show(result)
        self.show()

    async def _check(self, settings: Callable[[], SmtpAccount | SesAccount]) -> None:
        read = await self._operations.read(settings)
        check = await self._operations.read(partial(checker, read))
        self._end(await check())

    def _show_error(self, error: UserFacingError) -> None:
        self._end(Checked(CheckResult(works=False, title=error.title, hint=error.hint, detail=error.detail)))

    def _end(self, checked: Checked) -> None:
        self._show(checked.result)
        self.finished.emit(checked)

    def _show(self, result: CheckResult) -> None:
        self._running.hide()
        kind = Kind.GOOD if result.works else Kind.BAD
        hint = result.hint or (self.tr("Nothing was sent.") if result.works else "")
        self._result.set_message(result.title, hint, kind)
        self._result.setToolTip(result.detail)
        self._result.show()

    def _on_over(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._task = None
