"""Who of several accounts sends how much, as a bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.pages.campaigns.words import percent
from app.ui.theme import tokens

_HEIGHT = 10
_SERIES = ("accent", "second_series", "info", "warning", "good", "bad")
_GAP = 2


def percents(weights: Sequence[int]) -> list[int]:
    """The shares of *weights* in whole percent; together they are 100 unless all are 0."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [100 * weight / total for weight in weights]
    whole = [int(share) for share in exact]
    by_rest = sorted(range(len(weights)), key=lambda index: whole[index] - exact[index])
    for index in by_rest[: 100 - sum(whole)]:
        whole[index] += 1
    return whole


def series_color(index: int) -> QColor:
    """The colour of the account in this place."""
    return QColor(getattr(tokens(), _SERIES[index % len(_SERIES)]))


class ShareBar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._weights: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Shares"))

    def set_weights(self, weights: Sequence[int]) -> None:
        self._weights = tuple(weights)
        self.setAccessibleDescription(", ".join(percent(share / 100) for share in percents(weights)))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(0, (self.height() - _HEIGHT) / 2, self.width(), _HEIGHT)
        outline = QPainterPath()
        outline.addRoundedRect(whole, _HEIGHT / 2, _HEIGHT / 2)
        painter.setClipPath(outline)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(whole, QColor(tokens().neutral_tint))
        total = sum(self._weights)
        left = whole.left()
        for index, weight in enumerate(self._weights):
            width = whole.width() * weight / total if total else 0
            part = QRectF(left, whole.top(), width, whole.height())
            if self.isRightToLeft():
                part.moveRight(whole.right() - left)
            painter.fillRect(part.adjusted(0, 0, -_GAP, 0), series_color(index))
            left += width


class Dot(QWidget):
    """The colour of an account in the bar."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(_HEIGHT, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(series_color(self._index))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))
