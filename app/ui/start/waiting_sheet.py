"""Says what is being waited for, when it takes longer than a moment, and lets the user stop waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.errors import UserFacingError
from app.ui.theme import Space
from app.ui.widgets import Sheet, Spinner, muted

T = TypeVar("T")

_MOMENT_S = 0.4


class StoppedWaiting(UserFacingError):
    """The user did not want to wait any longer."""

    def __init__(self) -> None:
        super().__init__(
            QCoreApplication.translate("Start", "You stopped before there was an answer."),
            QCoreApplication.translate("Start", "Nothing was changed."),
        )


class Waiting(QWidget):
    """A turning ring and the words for it."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._words: QLabel = muted()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(Spinner(18))
        row.addWidget(self._words, 1)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        self._words.setText(text)
        self.setAccessibleName(text)


class WaitingSheet(Sheet):
    def __init__(self, parent: QWidget, text: str) -> None:
        super().__init__(parent, text)
        self.setObjectName("waiting")
        self.body.addWidget(Waiting(self.tr("This may take a few seconds.")))
        self.add_cancel_button(self.tr("Stop")).setFocus()


async def waited_for(work: Coroutine[Any, Any, T], window: QWidget, text: str) -> T:
    """The result of *work*; *text* is shown in *window* meanwhile, unless it is there at once.

    Raises:
        StoppedWaiting: the user did; *work* was cancelled.
    """
    working = asyncio.ensure_future(work)
    telling: asyncio.Future[bool] | None = None
    try:
        await asyncio.wait({working}, timeout=_MOMENT_S)
        if not working.done():
            telling = asyncio.ensure_future(WaitingSheet(window, text).result_of())
            await asyncio.wait({working, telling}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise StoppedWaiting
        return await working
    finally:
        working.cancel()
        if telling is not None:
            telling.cancel()
