"""The sidebar: which workspace this is, where one can go, what runs, and the settings."""

from __future__ import annotations

from zlib import crc32

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QStyle, QVBoxLayout, QWidget

from app.ui.theme import Radius, Size, Space, Tokens, Type, has_visible_focus, paint_icon, tokens
from app.ui.widgets.progress_card import ProgressCard


class Sidebar(QWidget):
    """
    Signals:
        chosen: The key of the page the user went to.

    Attributes:
        workspace: The button on top; `clicked` when the user wants another workspace.
        progress_card: The running job.
    """

    chosen = Signal(str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setProperty("role", "sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(Size.SIDEBAR)
        self.workspace = WorkspaceButton()
        self.progress_card = ProgressCard()
        self._group = QButtonGroup(self)
        self._buttons: dict[str, NavButton] = {}
        self._top = QVBoxLayout()
        self._top.setSpacing(2)
        self._foot = QVBoxLayout()
        self._foot.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.L, Space.M, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self.workspace)
        column.addLayout(self._top)
        column.addStretch(1)
        column.addWidget(self.progress_card)
        column.addLayout(self._foot)

    def add(self, key: str, text: str, icon: str, *, foot: bool = False, hint: str = "") -> None:
        """*hint* is the shortcut, shown in the tooltip."""
        button = NavButton(text, icon)
        button.setObjectName(f"nav-{key}")
        button.setToolTip(hint)
        button.clicked.connect(lambda: self.chosen.emit(key))
        self._group.addButton(button)
        self._buttons[key] = button
        (self._foot if foot else self._top).addWidget(button)

    def select(self, key: str) -> None:
        """Mark *key* as the page on show, without telling anyone."""
        self._buttons[key].setChecked(True)

    def set_badge(self, key: str, text: str, words: str = "") -> None:
        """A short count beside an entry ("3"; empty for none) and what it means ("3 campaigns need you")."""
        self._buttons[key].set_badge(text, words)


class NavButton(QAbstractButton):
    """One entry. The exclusive group makes all of them one Tab stop with arrow keys between."""

    def __init__(self, text: str, icon: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._badge = ""
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFixedHeight(Size.NAV_ROW)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_badge(self, text: str, words: str = "") -> None:
        self._badge = text
        self.setAccessibleDescription(words or text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, Size.NAV_ROW)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_row(painter, self, current.accent_tint if self.isChecked() else None)
        ink = current.on_accent_tint if self.isChecked() else current.text if self.underMouse() else current.muted
        side = Size.ICON_LARGE
        paint_icon(painter, self._icon, _mirrored(self, QRect(Space.M, (self.height() - side) // 2, side, side)), ink)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Medium)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        right = self.width() - Space.S
        if self._badge:
            right = self._paint_badge(painter, font) - Space.XS
        left = Space.M + side + 10
        _paint_text(painter, self, QRect(left, 0, right - left, self.height()), self.text(), font)

    def _paint_badge(self, painter: QPainter, font: QFont) -> int:
        """Returns where it begins."""
        small = QFont(font)
        small.setPixelSize(Type.CAPTION)
        width = max(20, QFontMetrics(small).horizontalAdvance(self._badge) + 12)
        left = self.width() - Space.S - width
        box = _mirrored(self, QRect(left, (self.height() - 20) // 2, width, 20))
        painter.save()
        painter.setFont(small)
        painter.setBrush(QColor(tokens().warning_tint))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(box), 10, 10)
        painter.setPen(QColor(tokens().warning))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._badge)
        painter.restore()
        return left


class WorkspaceButton(QAbstractButton):
    """The name of the workspace with its coloured letter."""

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._place = ""
        self.setObjectName("workspace")
        self.setFixedHeight(48)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.set_workspace("", "")

    def set_workspace(self, name: str, place: str) -> None:
        """*place*: "on this computer", "shared by 4 people"."""
        self._name = name
        self._place = place
        words = self.tr("Workspace {0}, {1}").format(name, place) if name else self.tr("No workspace")
        self.setAccessibleName(words)
        self.setToolTip(f"{name}\n{place}".strip())  # either may be too long for its line
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 48)

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_row(painter, self, None)
        box = _mirrored(self, QRect(Space.S, 8, 32, 32))
        fill, ink = monogram_colors(self._name, current)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(QRectF(box), Radius.CONTROL, Radius.CONTROL)
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        painter.setFont(strong)
        painter.setPen(QColor(ink))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._name[:1].upper())
        left, width = Space.S + 32 + 10, self.width() - 50 - 30
        painter.setPen(QColor(current.text))
        _paint_text(painter, self, QRect(left, 6, width, 19), self._name, strong)
        small = QFont(self.font())
        small.setPixelSize(Type.CAPTION)
        painter.setPen(QColor(current.muted))
        _paint_text(painter, self, QRect(left, 24, width, 17), self._place, small)
        mark = _mirrored(self, QRect(self.width() - 26, 16, 16, 16))
        paint_icon(painter, "chevrons-up-down", mark, current.muted)


def monogram_colors(name: str, current: Tokens) -> tuple[str, str]:
    """(square, letter): always the same for one name, so that two workspaces are told apart at a glance."""
    fills = (current.accent, current.info, current.good, current.warning)
    return fills[crc32(name.encode()) % len(fills)], current.ground if current.is_dark else current.surface


def _paint_row(painter: QPainter, button: QAbstractButton, fill: str | None) -> None:
    """The rounded background of an entry, and its focus ring."""
    shape = QRectF(button.rect())
    fill = fill or (tokens().neutral_tint if button.underMouse() else None)
    if fill:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(fill))
        painter.drawRoundedRect(shape, Radius.ITEM, Radius.ITEM)
    if has_visible_focus(button):
        painter.setPen(QPen(QColor(tokens().focus), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(shape.adjusted(1, 1, -1, -1), Radius.ITEM, Radius.ITEM)


def _paint_text(painter: QPainter, button: QWidget, box: QRect, text: str, font: QFont) -> None:
    painter.setFont(font)
    elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    side = QStyle.visualAlignment(button.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
    painter.drawText(_mirrored(button, box), side | Qt.AlignmentFlag.AlignVCenter, elided)


def _mirrored(button: QWidget, rect: QRect) -> QRect:
    return QStyle.visualRect(button.layoutDirection(), button.rect(), rect)
