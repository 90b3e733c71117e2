"""Icons: Lucide's outlines, drawn in the colours of the theme, sharp at every scale.

`icon("users")` may be made once and kept: it asks for its colour each time it is painted, so it follows the theme,
and the state of the button it sits on.
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from app.ui.theme.active import tokens
from app.ui.theme.resources import ICONS


def icon(name: str, color: str = "text", *, on: str = "", active: str = "") -> QIcon:
    """The icon *name* (a file in resources/icons).

    *color* is a token's name; *on* the token while the button is checked, *active* while the pointer is over it.
    """
    return QIcon(_TokenIconEngine(name, color, on or color, active or color))


def paint_icon(painter: QPainter, name: str, rect: QRect, color: str) -> None:
    """Draw the icon *name* into *rect* in *color* (#RRGGBB)."""
    renderer = QSvgRenderer(QByteArray(svg(name, color)))
    side = min(rect.width(), rect.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(QRectF(rect).center())
    renderer.render(painter, square)


def svg(name: str, color: str) -> bytes:
    """The icon's SVG text in *color*."""
    return _source(name).replace("currentColor", color).encode()


@cache
def _source(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8")


class _TokenIconEngine(QIconEngine):
    def __init__(self, name: str, color: str, on: str, active: str) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._on = on
        self._active = active

    def clone(self) -> QIconEngine:
        return _TokenIconEngine(self._name, self._color, self._on, self._active)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        paint_icon(painter, self._name, rect, self._color_for(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        color = self._color_for(mode, state)
        key = f"icon/{self._name}/{color}/{size.width()}x{size.height()}@{scale}"
        pixmap = QPixmap(size * scale)
        if QPixmapCache.find(key, pixmap):
            return pixmap
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        paint_icon(painter, self._name, QRect(QPoint(0, 0), size), color)
        painter.end()
        QPixmapCache.insert(key, pixmap)
        return pixmap

    def _color_for(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        current = tokens()
        if mode == QIcon.Mode.Disabled:
            return current.faint
        if state == QIcon.State.On:
            return str(getattr(current, self._on))
        if mode == QIcon.Mode.Active:
            return str(getattr(current, self._active))
        return str(getattr(current, self._color))
