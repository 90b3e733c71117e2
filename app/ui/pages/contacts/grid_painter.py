"""Paints the rows of the grid.

By hand, because a delegate is asked a dozen things for every cell: a full repaint of 13 columns and 25 rows takes a
fifth of the time (10 against 51 ms, side by side on a busy machine).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QIcon, QPainter, QPen, QPixmap

from app.ui.pages.contacts import wording
from app.ui.pages.contacts.columns import GridColumn
from app.ui.pages.contacts.grid_model import Line
from app.ui.theme import Kind, Radius, Space, icon, tokens

_ICON = 15
_GAP = 6
_MOST_TEXTS = 20_000
_BAR_HEIGHT = 10
_BAR_SHARES = (0.62, 0.46, 0.54, 0.38)


@dataclass(frozen=True, slots=True)
class Strip:
    """A column as it lies in the viewport: its index in the model, where it begins, and how wide it is."""

    section: int
    column: GridColumn
    x: int
    width: int


class GridPainter:
    """Knows nothing but how a row looks; which rows and columns are in sight is told."""

    def __init__(self, font: QFont, *, height: int, device_ratio: float = 1.0) -> None:
        self._metrics = QFontMetrics(font)
        self._height = height
        self._device_ratio = device_ratio
        self._baseline = (height - 1 - self._metrics.height()) // 2 + self._metrics.ascent()
        self._elided: dict[tuple[str, int], tuple[str, int]] = {}
        self._icons: dict[tuple[str, str], QPixmap] = {}

    def paint_row(
        self, painter: QPainter, line: Line | None, strips: Sequence[Strip], y: int, *, selected: bool, rtl: bool
    ) -> None:
        current = tokens()
        if not strips:
            return
        left = min(strip.x for strip in strips)
        width = max(strip.x + strip.width for strip in strips) - left
        painter.fillRect(left, y, width, self._height, QColor(current.selection if selected else current.surface))
        painter.fillRect(left, y + self._height - 1, width, 1, QColor(current.line))
        if line is None:
            self._paint_bars(painter, strips, y, rtl=rtl)
            return
        painter.setPen(QColor(current.text))
        for strip in strips:
            if strip.column.field is None:
                self._paint_status(painter, line, strip, y, rtl=rtl)
                painter.setPen(QColor(current.text))
            elif text := line.texts[strip.section]:
                self._paint_text(painter, text, strip, y, trailing=strip.column.is_number, rtl=rtl)

    def paint_current(self, painter: QPainter, cell: QRect) -> None:
        """The frame around the cell that typing would change."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens().focus), 2))
        painter.drawRoundedRect(QRectF(cell).adjusted(2, 1, -2, -2), Radius.ITEM, Radius.ITEM)
        painter.restore()

    def _paint_text(self, painter: QPainter, text: str, strip: Strip, y: int, *, trailing: bool, rtl: bool) -> None:
        room = strip.width - 2 * Space.M
        if room <= 0:
            return
        text, width = self._fitted(text, room)
        x = strip.x + Space.M if trailing == rtl else strip.x + strip.width - Space.M - width
        painter.drawText(x, y + self._baseline, text)

    def _paint_status(self, painter: QPainter, line: Line, strip: Strip, y: int, *, rtl: bool) -> None:
        look = wording.status_look(line.row.status)
        color = _COLORS[look.kind]
        # Being mailable is the usual case: its words stay calm.
        painter.setPen(QColor(tokens().muted if look.kind is Kind.GOOD else getattr(tokens(), color)))
        mark = self._icon(look.icon_name, color)
        edge = strip.x + strip.width - Space.M - _ICON if rtl else strip.x + Space.M
        painter.drawPixmap(edge, y + (self._height - 1 - _ICON) // 2, mark)
        room = strip.width - 2 * Space.M - _ICON - _GAP
        if room > 0:
            text, width = self._fitted(look.text, room)
            x = edge - _GAP - width if rtl else edge + _ICON + _GAP
            painter.drawText(x, y + self._baseline, text)

    def _paint_bars(self, painter: QPainter, strips: Sequence[Strip], y: int, *, rtl: bool) -> None:
        """Where words will be."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().neutral_tint))
        for strip in strips:
            share = _BAR_SHARES[(strip.section + y // self._height) % len(_BAR_SHARES)]
            width = int((strip.width - 2 * Space.M) * share)
            x = strip.x + strip.width - Space.M - width if rtl else strip.x + Space.M
            bar = QRectF(x, y + (self._height - _BAR_HEIGHT) / 2, width, _BAR_HEIGHT)
            painter.drawRoundedRect(bar, _BAR_HEIGHT / 2, _BAR_HEIGHT / 2)
        painter.restore()

    def _fitted(self, text: str, room: int) -> tuple[str, int]:
        """*text*, shortened to *room* pixels, and how many it takes. Remembered: measuring costs more than drawing."""
        key = (text, room)
        fitted = self._elided.get(key)
        if fitted is None:
            if len(self._elided) > _MOST_TEXTS:
                self._elided.clear()
            short = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            fitted = self._elided[key] = (short, self._metrics.horizontalAdvance(short))
        return fitted

    def _icon(self, name: str, color: str) -> QPixmap:
        key = (name, getattr(tokens(), color))
        if key not in self._icons:
            size = QSize(_ICON, _ICON)
            self._icons[key] = icon(name, color).pixmap(size, self._device_ratio, QIcon.Mode.Normal, QIcon.State.Off)
        return self._icons[key]


# The token of each meaning's colour.
_COLORS = {
    Kind.NEUTRAL: "muted",
    Kind.INFO: "info",
    Kind.GOOD: "good",
    Kind.WARNING: "warning",
    Kind.BAD: "bad",
    Kind.ACCENT: "on_accent_tint",
}
