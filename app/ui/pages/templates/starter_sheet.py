"""Our designs to begin with, as pictures."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from app.content.library import TemplateInfo, add_template
from app.content.starters import StarterTemplate, starter_templates
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.templates.card import PictureButton
from app.ui.pages.templates.thumbnails import Thumbnails
from app.ui.theme import Radius, Space, tokens
from app.ui.widgets import Form, Sheet, caption, label

_COLUMNS = 3
_TILE = QSize(212, 168)
_TWO_LINES = 32
_SHIPPED_AT = datetime.min.replace(tzinfo=UTC)


class StarterSheet(Sheet):
    """
    Signals:
        made: The id of the new template.
    """

    made = Signal(int)

    def __init__(self, parent: QWidget, context: AppContext, thumbnails: Thumbnails) -> None:
        super().__init__(
            parent,
            self.tr("New from a starter design"),
            self.tr("Choose what comes closest. You can change every word and colour of it."),
        )
        self.setObjectName("starters")
        self._context = context
        self._starters = starter_templates()
        self._group = QButtonGroup(self)
        grid = QGridLayout()
        grid.setSpacing(Space.L)
        for number, starter in enumerate(self._starters):
            tile = _Tile(_as_template(number, starter), thumbnails)
            tile.double_clicked.connect(self.accept)
            self._group.addButton(tile, number)
            grid.addWidget(_captioned(tile, starter), number // _COLUMNS, number % _COLUMNS)
        self.body.addLayout(grid)
        self._name = QLineEdit()
        self._name.setMaxLength(100)
        form = Form()
        form.add(self.tr("Name of your template"), self._name, name="starterName")
        self.body.addLayout(form)
        self.add_buttons(self.tr("Create template"))
        self._named_by_us = True
        self._name.textEdited.connect(self._on_name_edited)
        self._group.idToggled.connect(self._on_chosen)
        self._group.button(0).setChecked(True)
        self._group.button(0).setFocus()

    @property
    def chosen(self) -> StarterTemplate:
        return self._starters[self._group.checkedId()]

    def accept(self) -> None:
        starter = self.chosen
        self._context.operations.run(
            partial(
                add_template,
                self._context.workspace,
                name=" ".join(self._name.text().split()) or starter.name,
                mjml=starter.mjml,
                description=starter.description,
                subject=starter.subject,
                preheader=starter.preheader,
                starter=starter.key,
            ),
            busy=self.confirm_button,
            success=self._on_made,
            refreshes=[things.TEMPLATES],
        )

    def _on_made(self, template_id: int) -> None:
        super().accept()
        self.made.emit(template_id)

    def _on_chosen(self, number: int, checked: bool) -> None:
        if checked and self._named_by_us:
            self._name.setText(self._starters[number].name)

    def _on_name_edited(self, text: str) -> None:
        self._named_by_us = not text.strip()


class _Tile(PictureButton):
    """A picture that can be the chosen one. Space and a click choose, arrow keys move, a double click decides."""

    double_clicked = Signal()

    def __init__(self, template: TemplateInfo, thumbnails: Thumbnails) -> None:
        super().__init__(template, thumbnails)
        self.setObjectName(f"starter-{template.starter}")
        self.setAccessibleName(template.name)
        self.setAccessibleDescription(template.description)
        self.setCheckable(True)
        self.setFixedSize(_TILE)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        self.double_clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.double_clicked.emit()
            return
        super().keyPressEvent(event)

    def outline(self) -> QPainterPath:
        path = QPainterPath()
        path.addRoundedRect(QRectF(self.rect()), Radius.CARD, Radius.CARD)
        return path

    def paint_edge(self, painter: QPainter) -> None:
        width = 3 if self.isChecked() else 1
        painter.setPen(QPen(QColor(tokens().accent if self.isChecked() else tokens().line), width))
        inset = width / 2
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(area, Radius.CARD - inset, Radius.CARD - inset)


def _captioned(tile: _Tile, starter: StarterTemplate) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(tile)
    column.addSpacing(Space.XS)
    column.addWidget(label(starter.name, "strong"))
    about = caption(starter.description)
    about.setFixedSize(_TILE.width(), _TWO_LINES)
    about.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
    column.addWidget(about)
    column.addStretch(1)
    return whole


def _as_template(number: int, starter: StarterTemplate) -> TemplateInfo:
    """In the shape thumbnails are made from; its id is none that the workspace gives."""
    return TemplateInfo(
        -1 - number,
        starter.name,
        starter.description,
        starter.subject,
        starter.preheader,
        starter.mjml,
        starter.key,
        _SHIPPED_AT,
    )
