"""What is shown while something loads: grey bars in the shape of what will come, or a turning ring."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme import Space, tokens
from app.ui.widgets.labels import muted


class Spinner(QWidget):
    """Turns only while it is visible, so that an idle window costs nothing."""

    def __init__(self, size: int = 24, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(size, size)
        self._turn = QVariantAnimation(self, startValue=0.0, endValue=360.0, duration=900)
        self._turn.setLoopCount(-1)
        self._turn.valueChanged.connect(self.update)

    def showEvent(self, event: QShowEvent) -> None:
        self._turn.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._turn.stop()
        super().hideEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(QColor(tokens().line), 3))
        painter.drawEllipse(ring)
        painter.setPen(QPen(QColor(tokens().accent), 3, c=Qt.PenCapStyle.RoundCap))
        angle = float(self._turn.currentValue() or 0.0)
        painter.drawArc(ring, int((90 - angle) * 16), -90 * 16)


class Skeleton(QWidget):
    """Grey bars where rows will be."""

    def __init__(self, *, rows: int = 8, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.setAccessibleName(self.tr("Loading"))

    def sizeHint(self) -> QSize:
        return QSize(400, self._rows * 34)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for row in range(self._rows):
            color = QColor(tokens().neutral_tint)
            color.setAlphaF(1 - row / (self._rows + 1))
            painter.setBrush(color)
            length = (0.86, 0.72, 0.8, 0.64)[row % 4] * self.width()
            bar = QRectF(0, row * 34 + 10, length, 14)
            if self.isRightToLeft():
                bar.moveRight(self.width())
            painter.drawRoundedRect(bar, 7, 7)


class BusyOverlay(QWidget):
    """Covers *over* while it is being worked on; the content stays visible but cannot be used."""

    def __init__(self, over: QWidget, text: str = "") -> None:
        super().__init__(over)
        self._over = over
        self._words = muted(text)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addStretch(1)
        column.addWidget(Spinner(), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.S)
        column.addWidget(self._words)
        column.addStretch(1)
        over.installEventFilter(self)
        self.hide()

    def start(self, text: str = "") -> None:
        self._words.setText(text)
        self.setAccessibleName(text or self.tr("Working"))
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()

    def stop(self) -> None:
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        veil = QColor(tokens().surface)
        veil.setAlphaF(0.82)
        QPainter(self).fillRect(self.rect(), veil)
