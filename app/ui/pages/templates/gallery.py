"""All templates as cards, with their search and everything that can be done to one of them."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.content.library import TemplateInfo, copy_template, delete_templates, list_templates, restore_templates
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.templates.card import CARD_HEIGHT, TemplateCard
from app.ui.pages.templates.card_grid import CardGrid
from app.ui.pages.templates.rename_sheet import RenameSheet
from app.ui.pages.templates.starter_sheet import StarterSheet
from app.ui.pages.templates.thumbnails import Thumbnails
from app.ui.theme import Space
from app.ui.widgets import EmptyState, PageHeader, SearchField, Toast, primary_button, secondary_button


class Gallery(QWidget):
    """
    Signals:
        opened: The id of a template the user wants to see.
    """

    opened = Signal(int)

    def __init__(self, context: AppContext, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._context = context
        self._thumbnails = thumbnails
        self._templates: tuple[TemplateInfo, ...] = ()
        self._shown: list[TemplateInfo] = []
        self.search = SearchField(self.tr("Search templates"), name="searchTemplates")
        self.search.setFixedWidth(240)
        self.search.searched.connect(self._show)
        new = primary_button(self.tr("New template"), "plus", on_click=self._on_new, name="newTemplate")
        self.header = PageHeader(self.tr("Templates"), "", self.search, new)
        self.grid = CardGrid(CARD_HEIGHT)
        self._body = QStackedWidget()
        self._area = _scrolling(self.grid)
        self._nothing_found = EmptyState(
            "search",
            self.tr("No template fits this search"),
            self.tr("Try another word, or look at all of them."),
            secondary_button(self.tr("Show all"), on_click=self.search.clear, name="showAll"),
        )
        self._none = EmptyState(
            "layout-template",
            self.tr("There are no templates yet"),
            self.tr("Begin with one of our designs; you can change every word of it."),
            primary_button(self.tr("New template"), "plus", on_click=self._on_new, name="firstTemplate"),
        )
        for state in (self._area, self._nothing_found, self._none):
            self._body.addWidget(state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)
        column.addWidget(self.header)
        column.addWidget(self._body, 1)

    async def load(self) -> None:
        """Read the templates and show them."""
        self._templates = await self._context.operations.read(partial(list_templates, self._context.workspace))
        count = len(self._templates)
        self.header.set_subtitle(_counted(count) if count else "")
        self.search.setVisible(count > 0)
        self._show(self.search.text().strip())

    @Slot(str)
    def _show(self, search: str) -> None:
        words = search.casefold().split()
        found = [template for template in self._templates if all(word in _searched(template) for word in words)]
        if found != self._shown:
            self._shown = found
            self.grid.set_cards([self._card(template) for template in found])
        some = self._area if found else self._nothing_found
        self._body.setCurrentWidget(some if self._templates else self._none)

    def _card(self, template: TemplateInfo) -> TemplateCard:
        card = TemplateCard(template, self._thumbnails)
        card.opened.connect(partial(self.opened.emit, template.id))
        card.chosen.connect(partial(self._do, template))
        return card

    def _do(self, template: TemplateInfo, deed: str) -> None:
        {"use": self.use, "copy": self.copy, "rename": self.rename, "delete": self.delete}[deed](template)

    def use(self, template: TemplateInfo) -> None:
        self._context.show_page("campaigns", template=template.id)

    def copy(self, template: TemplateInfo) -> None:
        self._context.operations.run(
            partial(copy_template, self._context.workspace, template.id),
            success=self.tr("“{0}” was duplicated").format(template.name),
            refreshes=[things.TEMPLATES],
        )

    def rename(self, template: TemplateInfo) -> None:
        RenameSheet(self, self._context, template).open()

    def delete(self, template: TemplateInfo) -> None:
        undo = partial(self._restore, template)
        self._context.operations.run(
            partial(delete_templates, self._context.workspace, [template.id]),
            success=Toast(self.tr("“{0}” was deleted").format(template.name), action=self.tr("Undo"), on_action=undo),
            refreshes=[things.TEMPLATES],
        )

    def _restore(self, template: TemplateInfo) -> None:
        self._context.operations.run(
            partial(restore_templates, self._context.workspace, [template.id]), refreshes=[things.TEMPLATES]
        )

    def _on_new(self) -> None:
        sheet = StarterSheet(self, self._context, self._thumbnails)
        sheet.made.connect(self.opened)
        sheet.open()


def _searched(template: TemplateInfo) -> str:
    return f"{template.name} {template.description} {template.subject}".casefold()


def _counted(count: int) -> str:
    text = QCoreApplication.translate("Gallery", "{0} templates") if count != 1 else ""
    return (text or QCoreApplication.translate("Gallery", "{0} template")).format(count)


def _scrolling(grid: CardGrid) -> QScrollArea:
    area = QScrollArea(widgetResizable=True)
    content = QWidget()
    content.setProperty("role", "scrolled")
    column = QVBoxLayout(content)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(grid)
    column.addStretch(1)
    area.setWidget(content)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
