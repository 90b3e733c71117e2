"""Shows in a window what `Operations` reports: toasts, worded failures, and the progress of long work."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QProgressBar, QWidget

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.progress import Job, Progress
from app.ui.theme import Kind
from app.ui.widgets.labels import caption
from app.ui.widgets.sheet import Sheet, tell
from app.ui.widgets.toast import Toast, ToastStack

# Work shorter than this needs no sheet.
_SHEET_AFTER_MS = 400
_STEPS = 1000


class Feedback(QObject):
    def __init__(self, operations: Operations, window: QWidget, toasts: ToastStack) -> None:
        super().__init__(window)
        self._window = window
        self._toasts = toasts
        operations.notified.connect(self._on_notified)
        operations.failed.connect(self._on_failed)
        operations.started.connect(self._on_started)

    @Slot(object)
    def _on_notified(self, toast: Toast) -> None:
        self._toasts.show_toast(toast)

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        """A sentence that needs no answer is a toast; one with details to look at is a sheet."""
        if error.detail:
            tell(self._window, title=error.title, text=error.hint, detail=error.detail)
        else:
            self._toasts.show_toast(Toast(error.title, Kind.BAD, hint=error.hint))

    @Slot(object)
    def _on_started(self, job: Job) -> None:
        ProgressSheet(self._window, job)


class ProgressSheet(Sheet):
    """Opens itself when *job* takes longer than a moment, and closes itself when it ends."""

    def __init__(self, parent: QWidget, job: Job) -> None:
        super().__init__(parent, job.title)
        self.setObjectName("progress")
        self._job = job
        self._bar = QProgressBar(textVisible=False)
        self._bar.setRange(0, 0)
        self._bar.setAccessibleName(job.title)
        self._words = caption(" ")
        self.body.setSpacing(8)
        self.body.addWidget(self._bar)
        self.body.addWidget(self._words)
        self.add_cancel_button(self.tr("Cancel"), name="cancelJob")
        self._delay = QTimer(self, interval=_SHEET_AFTER_MS, singleShot=True)
        self._delay.timeout.connect(self.open)
        self._delay.start()
        job.progressed.connect(self._on_progress)
        job.finished.connect(self._on_finished)

    def reject(self) -> None:
        """Escape and the button ask the work to stop; the sheet closes when it has."""
        self._job.cancel()
        self.cancel_button.setEnabled(False)
        self._words.setText(self.tr("Stopping …"))

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        fraction = progress.fraction
        self._bar.setRange(0, 0 if fraction is None else _STEPS)
        self._bar.setValue(round((fraction or 0) * _STEPS))
        if progress.text and not self._job.token.cancelled:
            self._words.setText(progress.text)

    @Slot()
    def _on_finished(self) -> None:
        self._delay.stop()
        self.done(0)
        self.deleteLater()
