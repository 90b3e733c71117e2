"""Collects garbage in the UI thread only.

Python collects reference cycles in whichever thread happens to allocate. In a worker that would destroy widgets and
timers from the wrong thread, which Qt answers with a warning at best and a crash at worst.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, Qt, QTimer, Slot

_INTERVAL_MS = 5_000


class GarbageCollector(QObject):
    """Takes over from the automatic collector until `stop`."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_INTERVAL_MS, timerType=Qt.TimerType.VeryCoarseTimer)
        self._timer.timeout.connect(self._collect_what_is_due)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()
        gc.enable()

    @Slot()
    def _collect_what_is_due(self) -> None:
        """The oldest generation that is over its threshold, as the automatic collector would."""
        counts = zip(gc.get_count(), gc.get_threshold(), strict=True)
        due = [generation for generation, (count, most) in enumerate(counts) if count > most]
        if due:
            gc.collect(max(due))
