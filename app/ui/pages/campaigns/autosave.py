"""Saves what is typed, a moment after the typing pauses, and never later than the page is left."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.errors import UserFacingError
from app.ui.operations import Operations

_PAUSE_MS = 400

Save = Callable[[dict[str, object]], None]


class Autosave(QObject):
    """Collects changes and hands them to *save* in the writer thread.

    Signals:
        saved: Everything handed over so far is in the workspace.
        failed: The `UserFacingError` why it is not.
    """

    saved = Signal()
    failed = Signal(object)

    def __init__(self, operations: Operations, parent: QObject) -> None:
        super().__init__(parent)
        self._operations = operations
        self._save: Save | None = None
        self._pending: dict[str, object] = {}
        self._lock = threading.Lock()
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._write_later)

    def begin(self, save: Save) -> None:
        """From now on save with *save*; what waits for the one before is written first."""
        self.flush()
        self._save = save

    def touch(self, **changes: object) -> None:
        """Remember *changes*; later ones of the same name replace them."""
        with self._lock:
            self._pending.update(changes)
        self._pause.start()

    def flush(self) -> None:
        """Write what waits, here and now: when the program ends, the loop may not come round again."""
        self._pause.stop()
        self._write()

    async def settle(self) -> None:
        """Write what waits, and come back when it is done."""
        self._pause.stop()
        await self._operations.write(self._write)

    @Slot()
    def _write_later(self) -> None:
        self._operations.run(self._write, success=self._on_written, on_error=self._on_error)

    def _write(self) -> None:
        """In any thread. Takes what waits at this moment, so that an older write never follows a newer one."""
        with self._lock:
            changes, self._pending = self._pending, {}
            if changes and self._save is not None:
                self._save(changes)

    def _on_written(self, _nothing: None) -> None:
        self.saved.emit()

    def _on_error(self, error: UserFacingError) -> None:
        self.failed.emit(error)
