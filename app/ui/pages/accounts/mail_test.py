"""Sends a mail to the user's own address, and shows step by step what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.models.workspace import Workspace
from app.sending.accounts import AccountInfo, IdentityInfo
from app.sending.smtp import CheckResult
from app.ui.operations import Operations
from app.ui.pages.accounts.tries import checker, stored_settings
from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel, Spinner, caption, icon_button, label, link_button, muted, strong


@dataclass(frozen=True, slots=True)
class MailTested:
    """What a test mail showed.

    Attributes:
        at: When it was over.
        steps: What happened, in order; the last one may have failed.
    """

    at: datetime
    steps: tuple[CheckResult, ...]

    @property
    def works(self) -> bool:
        return all(step.works for step in self.steps)


class MailTest(QFrame):
    """Nothing to see until `start`.

    Signals:
        finished: The `MailTested`.
        dismissed: The user has read it.
    """

    finished = Signal(object)
    dismissed = Signal()

    def __init__(self, operations: Operations, workspace: Workspace) -> None:
        super().__init__()
        self.setObjectName("mailTest")
        self.setProperty("role", "sunken")
        self._operations = operations
        self._workspace = workspace
        self._task: asyncio.Task[None] | None = None
        self._steps: list[CheckResult] = []
        self._title = strong()
        self._when = caption(wrap=False)
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.S)
        self._running = QWidget()
        running = QHBoxLayout(self._running)
        running.setContentsMargins(0, 0, 0, 0)
        running.setSpacing(Space.S)
        self._words = muted(wrap=False)
        running.addWidget(Spinner(16))
        running.addWidget(self._words)
        running.addWidget(link_button(self.tr("Stop"), on_click=self.stop, name="stopMailTest"))
        running.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self._title)
        head.addWidget(self._when)
        head.addStretch(1)
        self._close = icon_button("x", self.tr("Close"), on_click=self._on_close, name="closeMailTest", small=True)
        head.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.S, Space.S, Space.M)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addLayout(self._list)
        column.addWidget(self._running)
        self.hide()

    def start(self, account: AccountInfo, identity: IdentityInfo) -> None:
        """Send a mail from *identity* to itself."""
        self.stop()
        self._begin(self.tr("Test mail to {0}").format(identity.address))
        self._close.hide()
        self._words.setText(self.tr("Connecting to {0} …").format(account.server))
        self._running.show()
        self._task = self._operations.run(self._send(account, identity), on_error=self._on_error)
        self._task.add_done_callback(self._on_over)

    def stop(self) -> None:
        """Give up waiting; a mail that has left already is not called back."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self.hide()

    def recall(self, tested: MailTested) -> None:
        """Show a result again."""
        self._begin(self.tr("Test mail"))
        self._running.hide()
        for step in tested.steps:
            self._add(step)
        self._say_when(tested.at)
        self._close.show()

    async def _send(self, account: AccountInfo, identity: IdentityInfo) -> None:
        settings = await self._operations.read(stored_settings(self._workspace, account.id))
        check = await self._operations.read(partial(checker, settings))
        checked = await check()
        self._add(checked.result)
        if checked.result.works:
            self._words.setText(self.tr("Sending a mail to {0} …").format(identity.address))
            send_test = await self._operations.read(_load_send_test)
            self._add(await send_test(self._workspace, identity.id))
        self._end()

    def _on_error(self, error: UserFacingError) -> None:
        self._add(CheckResult(works=False, title=error.title, hint=error.hint, detail=error.detail))
        self._end()

    def _end(self) -> None:
        self._running.hide()
        self._close.show()
        tested = MailTested(datetime.now().astimezone(), tuple(self._steps))
        self._say_when(tested.at)
        self.finished.emit(tested)

    def _begin(self, title: str) -> None:
        self._steps = []
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._title.setText(title)
        self._when.setText("")
        self.show()

    def _add(self, step: CheckResult) -> None:
        self._steps.append(step)
        self._list.addWidget(_Step(step))

    def _say_when(self, at: datetime) -> None:
        moment = QDateTime.fromSecsSinceEpoch(int(at.timestamp()))
        self._when.setText(QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat))

    def _on_close(self) -> None:
        self.hide()
        self.dismissed.emit()

    def _on_over(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._task = None


class _Step(QWidget):
    """A tick or a cross, what happened, what to do about it, and the server's own words."""

    def __init__(self, step: CheckResult) -> None:
        super().__init__()
        self.setObjectName("testStep")
        kind = Kind.GOOD if step.works else Kind.BAD
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(step.title, wrap=True))
        if step.hint:
            words.addWidget(caption(step.hint))
        if step.detail:
            words.addWidget(caption(self.tr("The server said: {0}").format(step.detail)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, Space.S, 0)
        row.setSpacing(Space.S)
        row.addWidget(IconLabel(kind.icon, kind=kind), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        outcome = self.tr("Worked") if step.works else self.tr("Failed")
        self.setAccessibleName(f"{outcome}: {step.title}")


def _load_send_test() -> Callable[..., Awaitable[CheckResult]]:
    """The machinery of mail takes long to import, and only a test needs it here."""
    from app.sending.test_mail import send_test

    return send_test
