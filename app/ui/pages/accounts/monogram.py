"""Letters or an icon on a tinted square: what stands for a provider."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.sending.presets import Preset, PresetGroup
from app.ui.pages.accounts.words import initials
from app.ui.theme import Kind, Size, Type, paint_icon, tokens

SIDE = 36
_ANY_OTHER = "smtp"


def paint_monogram(painter: QPainter, square: QRect, preset: Preset) -> None:
    """Draw what stands for the provider into *square*."""
    kind = Kind.ACCENT if preset.group is PresetGroup.MAILBOX else Kind.NEUTRAL
    if preset.group is PresetGroup.SERVICE:
        kind = Kind.INFO
    color, tint = kind.colors(tokens())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tint))
    painter.drawRoundedRect(QRectF(square), square.width() / 4, square.width() / 4)
    if preset.group is PresetGroup.SERVER:
        inner = QRect(0, 0, Size.ICON_LARGE, Size.ICON_LARGE)
        inner.moveCenter(square.center())
        paint_icon(painter, "at-sign" if preset.key == _ANY_OTHER else "server", inner, color)
        return
    font = QFont(painter.font())
    font.setPixelSize(Type.BODY)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(color))
    painter.drawText(square, Qt.AlignmentFlag.AlignCenter, initials(preset.name))


class Monogram(QWidget):
    """A decoration: the words next to it say the same, so screen readers skip it."""

    def __init__(self, preset: Preset, side: int = SIDE) -> None:
        super().__init__()
        self._preset = preset
        self._side = side
        self.setFixedSize(side, side)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_preset(self, preset: Preset) -> None:
        self._preset = preset
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_monogram(painter, self.rect(), self._preset)
