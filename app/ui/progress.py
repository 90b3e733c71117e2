"""How long work tells how far it is, and how it learns that nobody waits any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.errors import Cancelled

_LEAST_SECONDS_BETWEEN = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """
    Attributes:
        total: 0 while it is unknown.
        text: What is being done now, for the user.
    """

    done: int
    total: int = 0
    text: str = ""

    @property
    def fraction(self) -> float | None:
        return min(1.0, self.done / self.total) if self.total else None


class CancelToken:
    """Set in the UI thread, read in a worker: `cancel.check()` inside the loop is all work has to do."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """
        :raises Cancelled: once `cancel` was called.
        """
        if self._event.is_set():
            raise Cancelled


Report = Callable[[Progress], None]


class Job(QObject):
    """One piece of long work, as the interface sees it.

    Signals:
        progressed: The latest `Progress`, in the UI thread, ten times a second at most.
        finished: The work is over, however it ended.
    """

    progressed = Signal(object)
    finished = Signal()

    def __init__(self, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.token = CancelToken()
        self._last_report = 0.0

    def report(self, progress: Progress) -> None:
        """May be called from any thread and as often as the work likes."""
        now = time.monotonic()
        is_last = bool(progress.total) and progress.done >= progress.total
        if is_last or now - self._last_report >= _LEAST_SECONDS_BETWEEN:
            self._last_report = now
            self.progressed.emit(progress)

    def cancel(self) -> None:
        self.token.cancel()
