"""Where we are in a wizard: 1 – 2 – 3."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from app.ui.theme import Type, paint_icon, tokens

_DISC = 24
_GAP = 8
_LINE = 32


class StepBar(QWidget):
    def __init__(self, steps: Sequence[str], *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = list(steps)
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_current(0)

    def set_current(self, index: int) -> None:
        """Steps before *index* are shown as done."""
        self._current = index
        words = self.tr("Step {0} of {1}: {2}").format(index + 1, len(self._steps), self._steps[index])
        self.setAccessibleName(words)
        self.update()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self._font(strong=True))
        texts = sum(metrics.horizontalAdvance(step) for step in self._steps)
        count = len(self._steps)
        return QSize(texts + count * (_DISC + _GAP) + (count - 1) * (_LINE + 2 * _GAP) + 4, 32)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 0
        for index, step in enumerate(self._steps):
            if index:
                self._line(painter, x + _GAP, done=index <= self._current)
                x += _LINE + 2 * _GAP
            x = self._step(painter, x, index, step)

    def _step(self, painter: QPainter, x: int, index: int, text: str) -> int:
        current = tokens()
        done, here = index < self._current, index == self._current
        fill = current.accent if here else current.accent_tint if done else current.neutral_tint
        ink = current.on_accent if here else current.on_accent_tint if done else current.muted
        disc = self._mirrored(QRect(x, (self.height() - _DISC) // 2, _DISC, _DISC))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawEllipse(QRectF(disc))
        painter.setPen(QColor(ink))
        painter.setFont(self._font(strong=True, size=Type.CAPTION))
        if done:
            paint_icon(painter, "check", disc.adjusted(5, 5, -5, -5), ink)
        else:
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(index + 1))
        x += _DISC + _GAP
        font = self._font(strong=here)
        width = QFontMetrics(self._font(strong=True)).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(QColor(current.text if here else current.muted))
        align = QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
        painter.drawText(
            self._mirrored(QRect(x, 0, width + 2, self.height())), align | Qt.AlignmentFlag.AlignVCenter, text
        )
        return x + width

    def _line(self, painter: QPainter, x: int, *, done: bool) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().accent if done else tokens().line))
        painter.drawRect(self._mirrored(QRect(x, self.height() // 2 - 1, _LINE, 2)))

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def _font(self, *, strong: bool, size: int = Type.BODY) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font
