"""Step 4 while it runs: how far it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.ui.pages.contacts.wording import number
from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel, heading, muted

_STEPS = 1000
_WIDTH = 420


class RunStep(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = heading()
        self._words = muted()
        for words in (self._title, self._words):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setFixedWidth(_WIDTH)
        self._bar.setAccessibleName(self.tr("Progress of the import"))
        column = QVBoxLayout(self)
        column.setSpacing(Space.S)
        column.addStretch(2)
        column.addWidget(IconLabel("upload", kind=Kind.ACCENT, size=24, tile=56), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.S)
        column.addWidget(self._title)
        column.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._words)
        column.addStretch(3)
        self.start("")

    def start(self, name: str) -> None:
        self._title.setText(self.tr("Reading “{0}”").format(name))
        self._words.setText(self.tr("Starting …"))
        self._bar.setRange(0, 0)

    def show_progress(self, done: int, total: int | None) -> None:
        if total is not None and done >= total:
            self._bar.setRange(0, 0)
            self._words.setText(self.tr("Looking who is there already …"))
            return
        self._bar.setRange(0, 0 if total is None else _STEPS)
        if total is None:
            self._words.setText(self.tr("{0} rows read").format(number(done)))
        else:
            self._bar.setValue(round(done / total * _STEPS))
            self._words.setText(self.tr("{0} of {1} rows read").format(number(done), number(total)))

    def show_storing(self, name: str) -> None:
        self._title.setText(self.tr("Importing “{0}”").format(name))
        self._bar.setRange(0, 0)
        self._words.setText(self.tr("Storing the contacts …"))

    def show_stopping(self) -> None:
        self._bar.setRange(0, 0)
        self._words.setText(self.tr("Stopping; your contacts stay as they were …"))
