"""What is wrong with a cell, said beside the cell."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel
from app.ui.widgets.labels import label

_STAYS_MS = 8_000
_MOST_WIDTH = 340


class CellBubble(QFrame):
    """Points at nothing and takes no clicks; goes away by itself, or when the user goes on."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("cellBubble")
        self.setProperty("role", "floating")
        self._words = label(wrap=True)
        self._words.setObjectName("cellBubbleText")
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(IconLabel(Kind.BAD.icon, kind=Kind.BAD))
        row.addWidget(self._words, 1)
        self._time = QTimer(self, interval=_STAYS_MS, singleShot=True)
        self._time.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        return self._words.text()

    def show_at(self, cell: QRect, text: str) -> None:
        """Say *text* below *cell* (in the coordinates of the widget it lies over), or above it at the lower edge."""
        self._words.setText(text)
        natural = self._words.fontMetrics().horizontalAdvance(text) + 2
        self._words.setFixedWidth(min(natural, _MOST_WIDTH))
        self.adjustSize()
        area = self._over.rect()
        below = cell.bottom() + Space.XS
        y = below if below + self.height() <= area.bottom() else cell.top() - Space.XS - self.height()
        x = max(Space.XS, min(cell.left(), area.right() - self.width() - Space.XS))
        self.move(QPoint(x, y))
        self.raise_()
        self.show()
        self._time.start()
        event = QAccessibleAnnouncementEvent(self, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
