"""The days of a warm-up plan as bars, each with its number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from PySide6.QtCore import QDate, QLocale, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from app.ui.pages.accounts.words import number
from app.ui.theme import Space, Type, tokens

_HEIGHT = 132
_WORDS = 18
_LEAST_BAR = 2
_RADIUS = 3


class RampChart(QWidget):
    """Tells a screen reader the same numbers in words."""

    def __init__(self) -> None:
        super().__init__()
        self._days: list[tuple[dt.date, int | None]] = []
        self._goal = 1
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The next 14 days"))

    def set_days(self, days: Sequence[tuple[dt.date, int | None]], goal: int) -> None:
        """*days*: the most mails of each day; None once the *goal* is reached."""
        self._days, self._goal = list(days), goal
        spoken = [f"{_date(date)}: {number(cap) if cap is not None else self.tr('no limit')}" for date, cap in days]
        self.setAccessibleDescription(", ".join(spoken))
        self.setToolTip("\n".join(spoken))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, _HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._days:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(Type.CAPTION - 1)
        painter.setFont(font)
        width = self.width() / len(self._days)
        highest = max(cap if cap is not None else self._goal for _, cap in self._days)
        for place, (date, cap) in enumerate(self._days):
            slot = QRect(round(place * width), 0, round(width), self.height())
            self._paint_day(painter, self._mirrored(slot), date, cap, highest, is_labelled=place % 2 == 0)

    def _paint_day(
        self, painter: QPainter, slot: QRect, date: dt.date, cap: int | None, highest: int, *, is_labelled: bool
    ) -> None:
        current = tokens()
        room = slot.height() - 2 * _WORDS
        height = max(_LEAST_BAR, round(room * (cap if cap is not None else self._goal) / highest))
        bar = QRectF(slot.left() + Space.XS, _WORDS + room - height, slot.width() - 2 * Space.XS, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current.accent if cap is not None else current.accent_tint))
        painter.drawRoundedRect(bar, _RADIUS, _RADIUS)
        words = _short(cap) if cap is not None else "∞"
        above = QRect(slot.left() - Space.XS, int(bar.top()) - _WORDS, slot.width() + 2 * Space.XS, _WORDS)
        painter.setPen(QColor(current.text))
        painter.drawText(above, Qt.AlignmentFlag.AlignCenter, words)
        if is_labelled:
            below = QRect(slot.left() - slot.width() // 2, slot.bottom() - _WORDS + 2, 2 * slot.width(), _WORDS)
            painter.setPen(QColor(current.faint))
            text = QFontMetrics(painter.font()).elidedText(_date(date), Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)


def _date(date: dt.date) -> str:
    return QLocale().toString(QDate(date.year, date.month, date.day), "d MMM")


def _short(count: int) -> str:
    """A number that fits above a narrow bar."""
    if count < 10_000:
        return number(count)
    return f"{QLocale().toString(count / 1000, 'f', 0)}k"
