"""One template in the gallery: its picture, its name, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from app.content.library import TemplateInfo
from app.ui.pages.templates.thumbnails import Thumbnails
from app.ui.theme import LIGHT, Radius, Space, has_visible_focus, icon, paint_icon, tokens
from app.ui.widgets import caption, icon_button, label, leading, link_button

PICTURE_HEIGHT = 224
CARD_HEIGHT = PICTURE_HEIGHT + 112
"""A link's text begins that far inside its button."""


@dataclass(frozen=True)
class Deed:
    """An entry of a card's menu, by the name its signal carries."""

    name: str
    text: str
    icon: str


class TemplateCard(QFrame):
    """
    Signals:
        opened: The user wants to see the template.
        chosen: The name of a deed the user picked: "use", "copy", "rename" or "delete".
    """

    opened = Signal()
    chosen = Signal(str)

    def __init__(self, template: TemplateInfo, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.template = template
        self.setObjectName(f"template-{template.id}")
        self.setProperty("role", "card")
        self.setFixedHeight(CARD_HEIGHT)
        self.picture = PictureButton(template, thumbnails)
        self.picture.clicked.connect(self.opened)
        more = icon_button("ellipsis", self.tr("More for “{0}”").format(template.name), name="more", small=True)
        more.setMenu(self._menu(more))
        name = label(template.name, "strong")
        name.setToolTip(template.name)
        name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        about = caption(template.description or template.subject)
        about.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        about.setToolTip(about.text())
        about.setFixedHeight(32)
        use = link_button(self.tr("Use in a campaign"), on_click=lambda: self.chosen.emit("use"), name="use")
        use.setAccessibleName(self.tr("Use “{0}” in a campaign").format(template.name))
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addLayout(leading(use), 1)
        foot.addWidget(more)
        words = QVBoxLayout()
        words.setContentsMargins(Space.L, Space.M, Space.S, Space.S)
        words.setSpacing(2)
        words.addWidget(name)
        words.addWidget(about)
        words.addStretch(1)
        words.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 0)
        column.setSpacing(0)
        column.addWidget(self.picture)
        column.addLayout(words, 1)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._menu(self).popup(event.globalPos())

    def _menu(self, owner: QWidget) -> QMenu:
        menu = QMenu(owner)
        deeds = (
            Deed("open", self.tr("Open"), "eye"),
            Deed("use", self.tr("Use in a new campaign"), "send"),
            Deed("copy", self.tr("Duplicate"), "copy"),
            Deed("rename", self.tr("Rename…"), "pencil"),
            Deed("delete", self.tr("Delete"), "trash-2"),
        )
        for deed in deeds:
            if deed.name == "delete":
                menu.addSeparator()
            action = QAction(icon(deed.icon, "muted"), deed.text, menu)
            action.setObjectName(f"deed-{deed.name}")
            action.triggered.connect(lambda _=False, name=deed.name: self._choose(name))
            menu.addAction(action)
        return menu

    def _choose(self, name: str) -> None:
        if name == "open":
            self.opened.emit()
        else:
            self.chosen.emit(name)


class PictureButton(QAbstractButton):
    """The picture; its first painting is what asks for it, so only what is in sight is drawn."""

    def __init__(self, template: TemplateInfo, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setObjectName("open")
        self._template = template
        self._thumbnails = thumbnails
        self._scaled = QPixmap()
        self._scaled_from = 0
        self.setAccessibleName(self.tr("Open “{0}”").format(template.name))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(PICTURE_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        thumbnails.ready.connect(self._on_ready)

    def sizeHint(self) -> QSize:
        return QSize(240, PICTURE_HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipPath(self.outline())
        picture = self._thumbnails.picture(self._template)
        if picture is None:
            self._paint_skeleton(painter)
        elif picture.isNull():
            painter.fillRect(self.rect(), QColor(tokens().sunken))
            paint_icon(painter, "triangle-alert", _centred(self.rect(), 28), tokens().warning)
        else:
            self._paint_picture(painter, picture)
        painter.setClipping(False)
        self.paint_edge(painter)
        if has_visible_focus(self):
            painter.setPen(QPen(QColor(tokens().focus), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), Radius.CARD - 1, Radius.CARD - 1)

    def outline(self) -> QPainterPath:
        """What the picture is cut to: the upper corners are the card's."""
        return _rounded_on_top(QRectF(self.rect()))

    def paint_edge(self, painter: QPainter) -> None:
        """What separates the picture from the words below it."""
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), QColor(tokens().line))

    def _paint_picture(self, painter: QPainter, picture: QPixmap) -> None:
        painter.fillRect(self.rect(), QColor(LIGHT.surface))
        painter.drawPixmap(0, 0, self._fitted(picture))
        if self.underMouse():
            veil = QColor(tokens().accent)
            veil.setAlphaF(0.07)
            painter.fillRect(self.rect(), veil)

    def _fitted(self, picture: QPixmap) -> QPixmap:
        """*picture* as wide as the button; a painter alone would scale it down with jagged letters."""
        scale = self.devicePixelRatio()
        width = round(self.width() * scale)
        if self._scaled.width() != width or self._scaled_from != picture.cacheKey():
            self._scaled = picture.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
            self._scaled.setDevicePixelRatio(scale)
            self._scaled_from = picture.cacheKey()
        return self._scaled

    def _paint_skeleton(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), QColor(tokens().sunken))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().neutral_tint))
        wide = self.width() - 2 * Space.XXL
        for top, height, part in ((24, 56, 1.0), (100, 10, 0.9), (120, 10, 0.75), (140, 10, 0.82), (168, 24, 0.35)):
            bar = QRectF(Space.XXL, top, wide * part, height)
            if self.isRightToLeft():
                bar.moveRight(self.width() - Space.XXL)
            painter.drawRoundedRect(bar, 5, 5)

    def _on_ready(self, template_id: int) -> None:
        if template_id == self._template.id:
            self.update()


def _rounded_on_top(area: QRectF) -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addRoundedRect(area, Radius.CARD - 1, Radius.CARD - 1)
    path.addRect(area.adjusted(0, Radius.CARD, 0, 0))
    return path


def _centred(area: QRect, side: int) -> QRect:
    square = QRect(0, 0, side, side)
    square.moveCenter(area.center())
    return square
