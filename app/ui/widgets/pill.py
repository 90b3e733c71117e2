"""A status as icon, word and tint: never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.theme import Kind, Type, paint_icon, tokens

HEIGHT = 24
_ICON = 14
_PAD = 9
_GAP = 5


@dataclass(frozen=True, slots=True)
class PillLook:
    """What a pill shows; models hand it to the table's delegate.

    Attributes:
        icon: An icon's name; empty for the one that belongs to *kind*, "-" for none.
    """

    text: str
    kind: Kind = Kind.NEUTRAL
    icon: str = ""

    @property
    def icon_name(self) -> str:
        return "" if self.icon == "-" else self.icon or self.kind.icon


def pill_font(base: QFont) -> QFont:
    font = QFont(base)
    font.setPixelSize(Type.CAPTION)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def pill_width(look: PillLook, base: QFont) -> int:
    icon = _ICON + _GAP if look.icon_name else 0
    return _PAD * 2 + icon + QFontMetrics(pill_font(base)).horizontalAdvance(look.text)


def paint_pill(painter: QPainter, rect: QRect, look: PillLook, direction: Qt.LayoutDirection) -> None:
    """Draw *look* into *rect* (already mirrored by the caller), eliding the word if it is too narrow."""
    color, tint = look.kind.colors(tokens())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tint))
    painter.drawRoundedRect(QRectF(rect), HEIGHT / 2, HEIGHT / 2)
    inner = rect.adjusted(_PAD, 0, -_PAD, 0)
    rtl = direction == Qt.LayoutDirection.RightToLeft
    if look.icon_name:
        square = QRect(0, 0, _ICON, _ICON)
        square.moveCenter(rect.center())
        square.moveLeft(inner.right() - _ICON + 1 if rtl else inner.left())
        paint_icon(painter, look.icon_name, square, color)
        inner.adjust(0 if rtl else _ICON + _GAP, 0, -_ICON - _GAP if rtl else 0, 0)
    font = pill_font(painter.font())
    painter.setFont(font)
    painter.setPen(QColor(color))
    # Isolated, so that "9 bounced" does not turn into "bounced 9" in a right-to-left window.
    text = QFontMetrics(font).elidedText(look.text, Qt.TextElideMode.ElideRight, inner.width() + 1)
    side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
    flags = Qt.AlignmentFlag.AlignVCenter | side | Qt.AlignmentFlag.AlignAbsolute
    painter.drawText(inner.adjusted(0, 0, 1, 0), int(flags.value), f"\u2068{text}\u2069")
    painter.restore()


class Pill(QWidget):
    def __init__(
        self, text: str = "", kind: Kind = Kind.NEUTRAL, icon: str = "", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._look = PillLook(text, kind, icon)
        self.set(self._look)

    def set(self, look: PillLook) -> None:
        self._look = look
        self.setAccessibleName(look.text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(pill_width(self._look, self.font()), HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self.font())
        paint_pill(painter, self.rect(), self._look, self.layoutDirection())
