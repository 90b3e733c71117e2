"""One template, opened: seen as a mail, corrected in subject or source, and saved when the user says so."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.content.library import TemplateInfo, change_template, get_template
from app.errors import UserFacingError
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.templates.details_pane import DetailsPane
from app.ui.pages.templates.draft import Draft, Look, Surroundings, look_at, read_surroundings
from app.ui.pages.templates.leaving import Leaving, ask_before_leaving, ask_to_save_broken
from app.ui.pages.templates.preview_pane import PreviewPane
from app.ui.pages.templates.source_pane import SourcePane
from app.ui.pages.templates.unsaved import UnsavedDraft, UnsavedDrafts
from app.ui.pages.templates.when import moment
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, PageHeader, icon_button, link_button, primary_button, secondary_button

_PAUSE_MS = 300
_DETAILS_WIDTH = 336


class OpenTemplate(QWidget):
    """What is typed is looked at after a pause and kept against a crash; it becomes the template when it is saved.

    Signals:
        closed: Back to the gallery.
    """

    closed = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._operations = context.operations
        self._unsaved = UnsavedDrafts(context.workspace)
        self._template: TemplateInfo | None = None
        self._around: Surroundings | None = None
        self._look: Look | None = None
        self._looking: asyncio.Task[None] | None = None
        self.details = DetailsPane()
        self.source = SourcePane()
        self.preview = PreviewPane(context)
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._on_pause)
        self._build()
        self.details.edited.connect(self._on_edited)
        self.details.findings.line_wanted.connect(self._show_line)
        self.source.edited.connect(self._on_edited)
        self.preview.picker.changed.connect(self._look_again)

    @property
    def template_id(self) -> int | None:
        return self._template.id if self._template is not None else None

    @property
    def is_changed(self) -> bool:
        """Whether something was edited and not saved."""
        return self._template is not None and self._draft() != Draft.of(self._template)

    async def open(self, template_id: int) -> None:
        """Show the template, with edits of it that were never saved; those of another one are kept for later."""
        self._keep_last_words()
        template = await self._operations.read(partial(get_template, self._context.workspace, template_id))
        left = await self._operations.write(partial(self._unsaved.get, template_id))
        self._around = await self._operations.read(partial(read_surroundings, self._context.workspace))
        self._template, self._look = template, None
        self._show_source(False)
        self.preview.clear()
        self._set_draft(left.draft if left is not None else Draft.of(template))
        self._show_left_behind(left)
        self._show_state()
        await self.preview.picker.load()

    async def load(self) -> None:
        """Something changed elsewhere: take it over, except for what is being edited here."""
        if self._template is None:
            return
        try:
            stored = await self._operations.read(partial(get_template, self._context.workspace, self._template.id))
        except UserFacingError as error:  # deleted meanwhile
            self._operations.failed.emit(error)
            self._leave()
            return
        self._around = await self._operations.read(partial(read_surroundings, self._context.workspace))
        was_changed = self.is_changed
        self._template = stored
        if not was_changed and self._draft() != Draft.of(stored):
            self._set_draft(Draft.of(stored))
        self._show_state()
        await self.preview.picker.load()

    def hideEvent(self, event: QHideEvent) -> None:
        # Here and now: when the program ends, the loop may not come round again.
        self._keep_last_words()
        super().hideEvent(event)

    # What the user does

    def close_template(self) -> None:
        """Back to the gallery; asks first if something was not saved."""
        self._operations.run(self._close())

    def save(self) -> None:
        if self.is_changed:
            self._operations.run(self._save())

    def use(self) -> None:
        """Make a campaign of it, saving it first."""
        self._operations.run(self._use())

    async def _close(self) -> None:
        if self.is_changed:
            answer = await ask_before_leaving(self, self._name)
            if answer is Leaving.STAY or (answer is Leaving.SAVE and not await self._save()):
                return
            if answer is Leaving.DISCARD:
                await self._discard()
        self._leave()

    def _leave(self) -> None:
        self._keep_last_words()
        self._template = None
        self.closed.emit()

    async def _use(self) -> None:
        if not self.is_changed or await self._save():
            self._context.show_page("campaigns", template=self.template_id)

    async def _save(self) -> bool:
        """Store the draft; one with an error only if the user insists. Whether it is stored."""
        template, draft = self._template, self._draft()
        if template is None or self._around is None:
            return False
        look = await self._operations.read(partial(look_at, draft, self.preview.picker.person, self._around))
        self._show_look(look)
        if look.fault is not None and not await ask_to_save_broken(self, look.fault):
            return False
        await self._operations.write(partial(self._store, template.id, draft))
        self._template = await self._operations.read(partial(get_template, self._context.workspace, template.id))
        self._left_behind.hide()
        self._show_state()
        self._operations.announce(things.TEMPLATES)
        return True

    def _store(self, template_id: int, draft: Draft) -> None:
        change_template(
            self._context.workspace,
            template_id,
            mjml=draft.mjml,
            subject=draft.subject,
            preheader=draft.preheader,
        )
        self._unsaved.forget(template_id)

    async def _discard(self) -> None:
        if self._template is not None:
            await self._operations.write(partial(self._unsaved.forget, self._template.id))
            self._set_draft(Draft.of(self._template))
            self._left_behind.hide()
            self._show_state()

    # What follows from it

    @Slot()
    def _on_edited(self) -> None:
        self._show_state()
        self._pause.start()

    @Slot()
    def _on_pause(self) -> None:
        self._look_again()
        if self._template is not None:
            self._operations.run(partial(self._keep, self._template, self._draft()))

    def _keep_last_words(self) -> None:
        """Do now what the pause was waiting for."""
        if self._pause.isActive() and self._template is not None:
            self._pause.stop()
            self._keep(self._template, self._draft())

    def _keep(self, template: TemplateInfo, draft: Draft) -> None:
        if draft == Draft.of(template):
            self._unsaved.forget(template.id)
        else:
            self._unsaved.keep(template.id, draft)

    @Slot()
    def _look_again(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._looking = self._operations.run(self._look_now(), on_error=self._on_trouble)

    async def _look_now(self) -> None:
        if self._around is not None and self._template is not None:
            work = partial(look_at, self._draft(), self.preview.picker.person, self._around)
            self._show_look(await self._operations.read(work))

    def _show_look(self, look: Look) -> None:
        self._look = look
        fields = self._around.fields if self._around else ()
        self.preview.show_look(look, fields)
        self.details.set_findings(look.findings)
        self.source.show_fault(look.fault)

    def _on_trouble(self, error: UserFacingError) -> None:
        self._operations.failed.emit(error)

    @Slot(int)
    def _show_line(self, line: int) -> None:
        self._show_source(True)
        self.source.editor.go_to(line)

    # The widgets

    @property
    def _name(self) -> str:
        return self._template.name if self._template is not None else ""

    def _draft(self) -> Draft:
        return Draft(self.source.editor.text(), self.details.subject.text(), self.details.preheader.text())

    def _set_draft(self, draft: Draft) -> None:
        self.source.begin(draft.mjml)
        self.details.set_texts(draft.subject, draft.preheader)
        fields = self._around.fields if self._around else ()
        self.details.set_fields(fields)
        self.source.set_fields(fields)

    def _show_state(self) -> None:
        changed = self.is_changed
        self._header.set_title(self._name)
        self._save_button.setEnabled(changed)
        if changed:
            self._header.set_subtitle(self.tr("Unsaved changes"))
        elif self._template is not None:
            self._header.set_subtitle(self.tr("Saved {0}").format(moment(self._template.updated_at)))

    def _show_left_behind(self, left: UnsavedDraft | None) -> None:
        self._left_behind.setVisible(left is not None)
        if left is not None:
            self._left_behind.set_message(
                self.tr("Here are your changes from {0}").format(moment(left.edited_at)),
                self.tr("They were not saved. Go on with them, or throw them away."),
                Kind.INFO,
            )

    def _show_source(self, on: bool) -> None:
        self._side.setCurrentWidget(self.source if on else self.details)
        self._side.setMaximumWidth(16_777_215 if on else _DETAILS_WIDTH)
        self._side.setMinimumWidth(300 if on else _DETAILS_WIDTH)
        self._source_button.setText(self.tr("Close source") if on else self.tr("Edit source"))
        if on:
            self.source.editor.setFocus()

    def _toggle_source(self) -> None:
        self._show_source(self._side.currentWidget() is not self.source)

    def _build(self) -> None:
        back = icon_button("arrow-left", self.tr("Back to all templates"), on_click=self.close_template, name="back")
        self._source_button = secondary_button(
            self.tr("Edit source"), "code", on_click=self._toggle_source, name="editSource"
        )
        self._save_button = secondary_button(self.tr("Save"), "save", on_click=self.save, name="saveTemplate")
        use = primary_button(self.tr("Use in a campaign"), "send", on_click=self.use, name="useTemplate")
        self._header = PageHeader("", "", self._source_button, self._save_button, use)
        self._header.title.setObjectName("templateTitle")
        self._header.subtitle.setObjectName("templateState")
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(back)
        head.addWidget(self._header, 1)
        throw_away = link_button(
            self.tr("Throw away"), on_click=lambda: self._operations.run(self._discard_and_look()), name="throwAway"
        )
        self._left_behind = Banner("", "", Kind.INFO, throw_away)
        self._left_behind.setObjectName("leftBehind")
        self._left_behind.hide()
        self._side = QStackedWidget()
        self._side.addWidget(self.details)
        self._side.addWidget(self.source)
        body = QHBoxLayout()
        body.setSpacing(Space.L)
        body.addWidget(self._side, 1)
        body.addWidget(self.preview, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.L)
        column.addLayout(head)
        column.addWidget(self._left_behind)
        column.addLayout(body, 1)
        save = QShortcut(QKeySequence(QKeySequence.StandardKey.Save), self)
        save.activated.connect(self.save)

    async def _discard_and_look(self) -> None:
        await self._discard()
        await self._look_now()
