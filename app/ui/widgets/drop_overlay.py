"""The veil over the window while files are dragged over it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme import Kind, Space, tokens
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import label, muted


class DropOverlay(QWidget):
    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        words = label(self.tr("Drop your spreadsheet here"), "title")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = muted(self.tr("Excel, OpenDocument or CSV. Nothing is changed before you have seen it."))
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setSpacing(Space.S)
        column.addStretch(1)
        column.addWidget(
            IconLabel("file-spreadsheet", kind=Kind.ACCENT, size=32, tile=72), 0, Qt.AlignmentFlag.AlignHCenter
        )
        column.addSpacing(Space.S)
        column.addWidget(words)
        column.addWidget(hint)
        column.addStretch(1)
        self.hide()

    def cover(self) -> None:
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(tokens().ground)
        veil.setAlphaF(0.95)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(QColor(tokens().accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(24, 24, -24, -24), 16, 16)
