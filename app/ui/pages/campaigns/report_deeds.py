"""What is done about messages that did not arrive, may not have, or were not opened: asked first, then done."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.models.states import DeliveryState
from app.sending.second_tries import (
    FailedGroup,
    resend_in_doubt,
    resend_to_non_openers,
    retry_failed,
    settle_in_doubt,
)
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.words import messages, reason_words
from app.ui.widgets import Toast, ask


class ReportDeeds(QObject):
    """
    Signals:
        drafted: The id of a new draft to those who did not open.
    """

    drafted = Signal(int)

    def __init__(self, context: AppContext, parent: QWidget, dispatch_id: Callable[[], int]) -> None:
        super().__init__(parent)
        self._context = context
        self._window = parent
        self._dispatch_id = dispatch_id

    def retry(self, group: FailedGroup) -> None:
        self._context.operations.run(self._retry(group))

    def resend_doubt(self, count: int) -> None:
        self._context.operations.run(self._resend_doubt(count))

    def settle_doubt(self, count: int) -> None:
        self._context.operations.run(self._settle_doubt(count))

    def write_to_non_openers(self) -> None:
        self._context.operations.run(
            partial(resend_to_non_openers, self._context.workspace, self._dispatch_id()),
            success=self._on_drafted,
            refreshes=[things.CAMPAIGNS],
        )

    def _on_drafted(self, campaign_id: int) -> str:
        self.drafted.emit(campaign_id)
        return self.tr("A draft to those who did not open it. Nothing is sent before you say so.")

    async def _retry(self, group: FailedGroup) -> None:
        sure = await ask(
            self._window,
            title=self.tr("Try {0} again?").format(messages(group.ready)),
            text=self.tr(
                "{0} They are queued again and leave within the limits of the account. Nobody who has it gets it twice."
            ).format(reason_words(DeliveryState.FAILED, group.reason)),
            confirm=self.tr("Try again"),
        )
        if sure:
            await self._do(
                partial(retry_failed, self._context.workspace, self._dispatch_id(), [group.reason]),
                self.tr("{0} will be tried again"),
            )

    async def _resend_doubt(self, count: int) -> None:
        sure = await ask(
            self._window,
            title=self.tr("Send {0} again?").format(messages(count)),
            text=self.tr("They may have arrived the first time. Whoever got it then will get it twice."),
            confirm=self.tr("Send again"),
            danger=True,
        )
        if sure:
            await self._do(
                partial(resend_in_doubt, self._context.workspace, self._dispatch_id()),
                self.tr("{0} will be sent again"),
            )

    async def _settle_doubt(self, count: int) -> None:
        sure = await ask(
            self._window,
            title=self.tr("Count {0} as sent?").format(messages(count)),
            text=self.tr("They are no longer in doubt and will not be sent again. This cannot be undone."),
            confirm=self.tr("They have arrived"),
        )
        if sure:
            await self._do(
                partial(settle_in_doubt, self._context.workspace, self._dispatch_id(), as_sent=True),
                self.tr("{0} count as sent now"),
            )

    async def _do(self, work: Callable[[], int], words: str) -> None:
        done = await self._context.operations.write(work)
        self._context.operations.announce(things.SENDING, things.CAMPAIGNS)
        self._context.operations.notified.emit(Toast(words.format(messages(done))))
