"""The running job, always in sight at the foot of the sidebar."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QMouseEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Kind, Space, icon, set_property
from app.ui.widgets.buttons import icon_button
from app.ui.widgets.labels import caption, label

_STEPS = 1000


@dataclass(frozen=True, slots=True)
class RunningJob:
    """What the card shows.

    Attributes:
        state: "Sending now", "Paused".
        name: What is being sent.
        fraction: 0 to 1; None while it is unknown.
        detail: "3,102 of 5,000 · done at 14:20".
        more: How many further jobs run beside this one.
    """

    state: str
    name: str
    fraction: float | None
    detail: str
    paused: bool = False
    kind: Kind = Kind.ACCENT
    more: int = 0


class ProgressCard(QFrame):
    """
    Signals:
        pause_toggled: The user pressed pause (True) or resume (False).
        opened: The user clicked the card to see the job.
    """

    pause_toggled = Signal(bool)
    opened = Signal()

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("progressCard")
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._job: RunningJob | None = None
        self._state = label(role="strong")
        self._name = caption()
        self._detail = caption()
        for part in (self._state, self._name, self._detail):
            # The sidebar's width rules, long names wrap instead of being cut.
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setRange(0, _STEPS)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._pause = icon_button("pause", self.tr("Pause"), on_click=self._on_pause, name="pauseJob", small=True)
        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        head.addWidget(self._state, 1)
        head.addWidget(self._pause)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self._name)
        column.addSpacing(2)
        column.addWidget(self._bar)
        column.addSpacing(2)
        column.addWidget(self._detail)
        self.hide()

    def set_job(self, job: RunningJob | None) -> None:
        """Show *job*; None hides the card."""
        self._job = job
        self.setVisible(job is not None)
        if job is None:
            return
        self._state.setText(job.state)
        self._name.setText(self.tr("{0} and {1} more").format(job.name, job.more) if job.more else job.name)
        self._detail.setText(job.detail)
        self._bar.setRange(0, 0 if job.fraction is None else _STEPS)
        self._bar.setValue(round((job.fraction or 0) * _STEPS))
        self._bar.setAccessibleName(f"{job.state}: {job.name}")
        set_property(self._bar, "kind", job.kind.value)
        words = self.tr("Resume") if job.paused else self.tr("Pause")
        self._pause.setIcon(icon("play" if job.paused else "pause", "muted", active="text"))
        self._pause.setAccessibleName(words)
        self._pause.setToolTip(words)
        self.setAccessibleName(f"{job.state}: {job.name}, {job.detail}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.opened.emit()

    def _on_pause(self) -> None:
        if self._job is not None:
            self.pause_toggled.emit(not self._job.paused)
