"""The sheet in which a template is chosen, with what it really looks like beside the list."""

from __future__ import annotations

from functools import partial

import shiboken6
from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.content.errors import TemplateError
from app.content.library import TemplateInfo
from app.content.preview import preview
from app.ui.context import AppContext
from app.ui.pages.campaigns.draft import EXAMPLE, Surroundings
from app.ui.preview_view import MailView
from app.ui.theme import Space
from app.ui.widgets import Card, Sheet, caption, label

_LIST_WIDTH = 250
_SIZE = QSize(860, 700)
_MARGIN = QSize(80, 60)


class TemplateGallery(Sheet):
    """Await `choose`."""

    def __init__(self, parent: QWidget, context: AppContext, around: Surroundings, chosen: int | None) -> None:
        super().__init__(parent, self.tr("Choose a design"), self.tr("You can change every word of it afterwards."))
        self.setObjectName("templateGallery")
        self._context = context
        self._around = around
        self._templates = around.templates
        self._chosen: TemplateInfo | None = None
        self.list = QListWidget()
        self.list.setObjectName("templates")
        self.list.setAccessibleName(self.tr("Designs"))
        self.list.setFixedWidth(_LIST_WIDTH)
        self.list.setSpacing(2)
        self.view = MailView()
        self.view.setMinimumHeight(300)
        frame = Card(flush=True)
        frame.body.setContentsMargins(1, Space.S, 1, Space.S)
        frame.body.addWidget(self.view)
        right = QVBoxLayout()
        right.setSpacing(Space.S)
        right.addWidget(self.view.width_choice(), 0, Qt.AlignmentFlag.AlignRight)
        right.addWidget(frame, 1)
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(self.list)
        row.addLayout(right, 1)
        self.body.addLayout(row, 1)
        self.add_buttons(self.tr("Use this design"))
        self.resize(_SIZE.boundedTo(parent.window().size() - _MARGIN))
        self.list.currentRowChanged.connect(self._on_row)
        self.list.itemDoubleClicked.connect(self.accept)
        self._fill(chosen)

    async def choose(self) -> TemplateInfo | None:
        """The chosen template, or None if the user thought better of it."""
        return self._chosen if await self.result_of() else None

    def _fill(self, chosen: int | None) -> None:
        for template in self._templates:
            item = QListWidgetItem(self.list)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{template.name}, {template.description}")
            entry = _entry(template)
            item.setSizeHint(QSize(_LIST_WIDTH - 24, entry.heightForWidth(_LIST_WIDTH - 40) + 4))
            self.list.setItemWidget(item, entry)
        row = next((number for number, one in enumerate(self._templates) if one.id == chosen), 0)
        self.confirm_button.setEnabled(bool(self._templates))
        self.list.setCurrentRow(row)

    @Slot(int)
    def _on_row(self, row: int) -> None:
        if 0 <= row < len(self._templates):
            self._chosen = self._templates[row]
            self._context.operations.run(self._show(row))

    async def _show(self, row: int) -> None:
        html = await self._context.operations.read(partial(_html, self._templates[row], self._around))
        if shiboken6.isValid(self) and self._chosen is self._templates[row]:
            self.view.show_html(html)


def _html(template: TemplateInfo, around: Surroundings) -> str:
    try:
        return preview(
            template.mjml,
            EXAMPLE,
            subject=template.subject,
            preheader=template.preheader,
            organisation=around.organisation.name,
            postal_address=around.organisation.postal_address,
        ).html
    except TemplateError as error:
        return f"<p style='font: 14px sans-serif; padding: 24px'>{error.title}</p>"


def _entry(template: TemplateInfo) -> QWidget:
    entry = QWidget()
    entry.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    column = QVBoxLayout(entry)
    column.setContentsMargins(Space.S, 6, Space.S, 6)
    column.setSpacing(0)
    column.addWidget(label(template.name, "strong"))
    if template.description:
        column.addWidget(caption(template.description))
    return entry
