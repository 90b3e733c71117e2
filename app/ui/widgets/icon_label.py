"""An icon that stands alone, optionally on a tinted square or disc."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Kind, Size, paint_icon, tokens


class IconLabel(QWidget):
    """A decoration: the words next to it say the same, so screen readers skip it."""

    def __init__(
        self,
        name: str,
        *,
        kind: Kind | None = None,
        size: int = Size.ICON,
        tile: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        """*tile*: the side of a tinted square behind the icon; 0 for none."""
        super().__init__(parent)
        self._name = name
        self._kind = kind
        self._size = size
        self._tile = tile
        self.setFixedSize(self.sizeHint())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_icon(self, name: str, kind: Kind | None = None) -> None:
        self._name = name
        self._kind = kind
        self.update()

    def sizeHint(self) -> QSize:
        side = max(self._size, self._tile)
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color, tint = self._kind.colors(tokens()) if self._kind else (tokens().muted, tokens().neutral_tint)
        if self._tile:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tint))
            painter.drawRoundedRect(QRectF(self.rect()), self._tile / 4, self._tile / 4)
        square = self.rect()
        square.setSize(QSize(self._size, self._size))
        square.moveCenter(self.rect().center())
        paint_icon(painter, self._name, square, color)
