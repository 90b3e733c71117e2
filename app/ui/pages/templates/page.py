"""The templates page: the gallery, or one template that was opened from it."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtWidgets import QStackedWidget

from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.templates.gallery import Gallery
from app.ui.pages.templates.open_template import OpenTemplate
from app.ui.pages.templates.thumbnails import Thumbnails


class TemplatesPage(Page):
    """`shown(template=id)` opens that template; without it the page stays where the user left it."""

    watches: ClassVar[frozenset[str]] = frozenset({things.TEMPLATES, things.ORGANISATION, things.CONTACTS})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations, self.tr("Templates"))
        self.header.hide()
        self._thumbnails = Thumbnails(context.workspace, context.operations, self)
        self.gallery = Gallery(context, self._thumbnails)
        self.opened = OpenTemplate(context)
        self._views = QStackedWidget()
        self._views.addWidget(self.gallery)
        self._views.addWidget(self.opened)
        self.content.addWidget(self._views)
        self.gallery.opened.connect(self.open_template)
        self.opened.closed.connect(self._on_closed)

    async def load(self) -> None:
        await self.gallery.load()
        await self.opened.load()

    def shown(self, **kwargs: Any) -> None:
        template_id = kwargs.get("template")
        if template_id is not None and template_id != self.opened.template_id:
            self.open_template(template_id)

    def refresh(self, changed: frozenset[str]) -> None:
        if things.ORGANISATION in changed:
            self._thumbnails.forget()
        super().refresh(changed)

    def invalidate(self, changed: frozenset[str]) -> None:
        if things.ORGANISATION in changed:
            self._thumbnails.forget()
        super().invalidate(changed)

    def open_template(self, template_id: int) -> None:
        """Open a template; its edits that were never saved come with it."""
        self.operations.run(self._open(template_id))

    async def _open(self, template_id: int) -> None:
        await self.opened.open(template_id)
        self._views.setCurrentWidget(self.opened)

    def _on_closed(self) -> None:
        self._views.setCurrentWidget(self.gallery)
        self.reload()
