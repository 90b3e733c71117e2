"""One provider to choose: what stands for it, its name, how much it lets one send."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle

from app.sending.presets import Preset
from app.ui.pages.accounts.monogram import SIDE, paint_monogram
from app.ui.pages.accounts.words import short_limits
from app.ui.theme import Radius, Size, Space, Type, has_visible_focus, paint_icon, tokens

HEIGHT = 60
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class ProviderTile(QAbstractButton):
    """A click, Return or the space bar chooses it; the arrow keys go to its neighbours.

    Signals:
        step_wanted: Columns and rows to go, from an arrow key.
    """

    step_wanted = Signal(int, int)

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self.preset = preset
        self.setObjectName(f"provider-{preset.key}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._limits = short_limits(preset)
        self._is_proposed = False
        remarks = [preset.limits_note, preset.warning]
        self.setToolTip(" ".join(filter(None, remarks)))
        self._name()

    @property
    def is_proposed(self) -> bool:
        return self._is_proposed

    def set_proposed(self, proposed: bool) -> None:
        """Mark it as the one that fits what was typed."""
        self._is_proposed = proposed
        self._name()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is not None:
            across = -step[0] if self.isRightToLeft() else step[0]
            self.step_wanted.emit(across, step[1])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_surface(painter)
        square = QRect(Space.M, (HEIGHT - SIDE) // 2, SIDE, SIDE)
        paint_monogram(painter, self._mirrored(square), self.preset)
        left = square.right() + 1 + Space.M
        right = self.width() - Space.M
        if self.preset.warning:
            mark = QRect(right - Size.ICON, (HEIGHT - Size.ICON) // 2, Size.ICON, Size.ICON)
            paint_icon(painter, "triangle-alert", self._mirrored(mark), tokens().warning)
            right = mark.left() - Space.S
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        small = QFont(self.font())
        small.setPixelSize(Type.CAPTION)
        self._line(painter, QRect(left, 10, right - left, 20), self.preset.name, strong, tokens().text)
        self._line(painter, QRect(left, 31, right - left, 18), self._limits, small, tokens().muted)

    def _paint_surface(self, painter: QPainter) -> None:
        current = tokens()
        is_ringed = has_visible_focus(self) or self._is_proposed
        width = 2 if is_ringed else 1
        edge = current.focus if is_ringed else current.strong_line if self.underMouse() else current.line
        painter.setPen(QPen(QColor(edge), width))
        painter.setBrush(QColor(current.hover if self.underMouse() or self.isDown() else current.surface))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), Radius.CARD, Radius.CARD)

    def _line(self, painter: QPainter, rect: QRect, text: str, font: QFont, color: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(color))
        elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        side = QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
        painter.drawText(
            self._mirrored(rect), int((side | Qt.AlignmentFlag.AlignVCenter).value), f"\u2068{elided}\u2069"
        )

    def _mirrored(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def _name(self) -> None:
        """What screen readers say."""
        name = self.tr("{0}, proposed").format(self.preset.name) if self._is_proposed else self.preset.name
        self.setAccessibleName(name)
        self.setAccessibleDescription(". ".join(filter(None, (self._limits, self.preset.warning))))
