"""The page "Contacts": what is on show, and what happens when the user asks for something."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QModelIndex, QPoint, Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShortcut

from app.audience.contacts import ContactQuery, MailStatus
from app.errors import UserFacingError
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.contacts import export_flow, wording
from app.ui.pages.contacts.body import ContactsBody
from app.ui.pages.contacts.choice import EVERYBODY, Choice, Numbers, read_numbers
from app.ui.pages.contacts.clipboard import as_table
from app.ui.pages.contacts.columns import EMAIL, ColumnMemory, GridColumn, fields_in_use
from app.ui.pages.contacts.deeds import ContactDeeds
from app.ui.pages.contacts.first_steps import first_steps
from app.ui.pages.contacts.grid import ContactGrid
from app.ui.pages.contacts.grid_model import ContactGridModel
from app.ui.pages.contacts.group_deeds import GroupDeeds
from app.ui.pages.contacts.menus import ColumnsMenu, Deed
from app.ui.pages.contacts.new_contact import NewContactSheet
from app.ui.pages.contacts.panel import ContactPanel
from app.ui.pages.contacts.selection_menu import SelectionMenu
from app.ui.things import CONTACTS, LISTS
from app.ui.widgets import Toast, primary_button, quiet_button, secondary_button

Refused = Callable[[UserFacingError], object]


class ContactsPage(Page):
    watches: ClassVar[frozenset[str]] = frozenset({CONTACTS, LISTS})

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations)
        self.header.set_title(self.tr("Contacts"))
        self._workspace = context.workspace
        self._numbers = Numbers()
        self._choice = EVERYBODY
        self._query = ContactQuery()
        self._memory = ColumnMemory(context.workspace)
        self._in_use: frozenset[str] = frozenset()
        self._filling: asyncio.Task[None] | None = None
        self._wanted_contact: int | None = None
        self._is_own_change = False
        self._missed: frozenset[str] = frozenset()
        self.deeds = ContactDeeds(context.workspace, context.operations, self)
        self.model = ContactGridModel(context.workspace, context.operations, self)
        self.grid = ContactGrid(self.model)
        self.panel = ContactPanel(context.workspace, context.operations, self._save_from_panel)
        self.body = ContactsBody(self.grid, self.panel)
        self.content.addWidget(self.body)
        self._groups = GroupDeeds(context.workspace, context.operations, self.deeds, self)
        self._menu = SelectionMenu(self.deeds, self._groups, self.grid.selected_ids, self.grid.current_address, self)
        self._export = quiet_button(self.tr("Export"), "download", on_click=self.export, name="export")
        self._import = primary_button(
            self.tr("Import spreadsheet"), "upload", on_click=self.import_file, name="importContacts"
        )
        self._add_actions()
        self.set_empty(first_steps(self.import_file))
        self._connect()
        self._add_shortcuts()

    # What the shell calls

    async def load(self) -> None:
        numbers, (fields, self._in_use) = await self.operations.read(
            lambda: (read_numbers(self._workspace), fields_in_use(self._workspace))
        )
        self._show_numbers(numbers)
        is_empty = numbers.counts.total == 0
        self.show_empty(is_empty)
        # The empty page itself offers the import: one primary button is enough.
        self._import.setVisible(not is_empty)
        self._export.setVisible(not is_empty)
        self.model.set_fields(fields)
        self.grid.set_columns(self._memory, self._in_use)
        self.grid.show_order(self._query.sort, descending=self._query.descending)
        if self.panel.contact_id is not None:
            self.panel.reload()
        await asyncio.wait({self._requery(self._query)})

    def shown(  # type: ignore[override]  # the page's own words, checked as soon as it is shown
        self,
        *,
        files: list[Path] | None = None,
        contact: int | None = None,
        list_id: int | None = None,
        tag_id: int | None = None,
        status: MailStatus | None = None,
        start_import: bool = False,
    ) -> None:
        """*files*: import the first of them. *contact*: show this one. The others choose which contacts are shown."""
        if contact is not None:
            self._wanted_contact = contact
            self.body.want_panel(True)
        if any(which is not None for which in (contact, list_id, tag_id, status)):
            self._show_only(Choice(list_id=list_id, tag_id=tag_id, status=status))
        if files:
            self.import_file(files[0])
        elif start_import:
            self.import_file()

    def refresh(self, changed: frozenset[str]) -> None:
        if self.grid.is_editing:
            # New rows would close the editor over what is being typed.
            self._missed |= changed
        elif not self._is_own_change:
            super().refresh(changed)

    # What the user does

    def import_file(self, path: Path | None = None) -> None:
        """Open the import, with *path* or with the question for a file."""
        from app.ui.pages.contacts.importing import ImportSheet

        sheet = ImportSheet(self, self._workspace, self.operations, self._numbers.lists)
        sheet.see_asked.connect(lambda list_id: self._show_only(Choice(list_id=list_id)))
        sheet.open()
        if path is not None:
            sheet.take_file(path)

    def add_contact(self) -> None:
        sheet = NewContactSheet(
            self,
            self._workspace,
            self.operations,
            self._numbers.lists,
            list_id=self._choice.list_id,
            on_made=self._on_made,
        )
        sheet.open()

    def export(self) -> None:
        """Save what is selected if that is more than one row, else what the grid shows."""
        chosen = self.grid.selected_ids() if self.grid.selected_count() > 1 else self._query
        export_flow.ask_where(
            self,
            self.tr("Save contacts as a spreadsheet"),
            self._numbers.name_of(self._choice) or self.tr("Contacts"),
            lambda path: export_flow.export(self._workspace, self.operations, path, chosen),
        )

    def copy(self) -> None:
        """Put the selected rows onto the clipboard, as a table of the visible columns."""
        ids = self.grid.selected_ids()
        columns = [self.model.columns[section] for section in self.grid.visible_sections()]

        def copied(text: str) -> str:
            QGuiApplication.clipboard().setText(text)
            return self.tr("{0} copied").format(wording.contacts(len(ids)))

        if ids:
            self.operations.run(
                self.operations.read(partial(as_table, self._workspace, ids, self.model.fields, columns)),
                success=copied,
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.body.is_panel_open:
            self._open_panel(False)
        else:
            super().keyPressEvent(event)

    # Filling

    def _requery(self, query: ContactQuery) -> asyncio.Task[None]:
        """Show what *query* asks for, instead of what is being fetched."""
        self._query = query
        if self._filling is not None:
            self._filling.cancel()
        self._filling = self.operations.run(self._fill())
        return self._filling

    async def _fill(self) -> None:
        await self.model.load(self._query)
        self._explain_emptiness()
        wanted, self._wanted_contact = self._wanted_contact, None
        if wanted is not None:
            self.grid.select_contact(wanted)
        self._on_selected()

    def _show_numbers(self, numbers: Numbers) -> None:
        self._numbers = numbers
        if not numbers.has(self._choice):
            self._choice = EVERYBODY
            self._query = EVERYBODY.apply(self._query)
        counts = numbers.counts
        words = self.tr("{0} · {1} can be mailed · {2} cannot").format(
            wording.people(counts.total), wording.number(counts.mailable), wording.number(counts.not_mailable)
        )
        self.header.set_subtitle(words if counts.total else "")
        self.body.rail.set_numbers(numbers)
        self.body.rail.choose(self._choice)
        self.body.say_where()
        self._groups.set_numbers(numbers)
        self._menu.set_numbers(numbers)

    def _explain_emptiness(self) -> None:
        search = self._query.search
        self.body.clear_search.setVisible(bool(search))
        if search:
            hint = self.tr("Searched in e-mail, name, company and city.")
            self.body.nobody.set_text(self.tr("Nobody fits “{0}”").format(search), hint)
        else:
            hint = self.tr("Select people among everybody and choose “Add to list”.")
            self.body.nobody.set_text(self.tr("Nobody is in here"), hint)

    def _after_edit(self, contact_id: int, key: str) -> None:
        """A cell is different: its row is read again where it stands, until the user sorts again."""
        self.model.refresh_rows([contact_id])
        if self.panel.contact_id == contact_id:
            self.panel.reload()
        self._is_own_change = True
        self.operations.announce(CONTACTS)
        self._is_own_change = False
        if key == EMAIL:  # another address may be barred, or no longer
            self.operations.run(self._count_again())

    async def _count_again(self) -> None:
        self._show_numbers(await self.operations.read(partial(read_numbers, self._workspace)))

    # Choosing

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._query = choice.apply(self._query)
        self.body.rail.choose(choice)
        self.body.say_where()
        if self.model.columns:  # else the first load is under way, and asks this
            self._requery(self._query)

    def _show_only(self, choice: Choice) -> None:
        """Choose, and drop the search, which would hide some of those that were asked for."""
        self.body.search.clear()
        self._query = replace(self._query, search="")
        self._choose(choice)

    def _on_searched(self, text: str) -> None:
        self._requery(replace(self._query, search=text))

    def _on_search_cleared(self) -> None:
        self.body.search.clear()
        self.body.search.setFocus()

    def _on_sorted(self, key: str, descending: bool) -> None:
        self.grid.show_order(key, descending=descending)
        self._requery(replace(self._query, sort=key, descending=descending))

    @Slot()
    def _on_selected(self) -> None:
        self.body.bar.set_numbers(self.model.rowCount(), self.grid.selected_count())
        if self.body.is_panel_open and self.grid.current_id != self.panel.contact_id:
            self.panel.show_contact(self.grid.current_id)

    def _open_panel(self, wanted: bool) -> None:
        self.body.want_panel(wanted)
        self._on_selected()
        if not wanted:
            self.grid.setFocus()

    def _open_columns(self) -> None:
        button = self.body.columns
        menu = ColumnsMenu(
            button,
            self.model.columns,
            self._memory,
            self._in_use,
            on_shown=self._on_column_shown,
            on_reset=self._on_columns_reset,
            on_sort=self._on_sorted,
        )
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))

    def _on_column_shown(self, column: GridColumn, shown: bool) -> None:
        self._memory.show(column, shown)
        self.grid.set_columns(self._memory, self._in_use)

    def _on_columns_reset(self) -> None:
        self._memory.forget()
        self.grid.set_columns(self._memory, self._in_use)

    def _on_menu(self, spot: QPoint) -> None:
        details = Deed(self.tr("Show details"), "panel-right", lambda: self._open_panel(True), "showDetails")
        copy = Deed(self.tr("Copy"), "copy", self.copy, "copyContacts")
        self._menu.open(spot, self.grid.selected_count(), self._choice, details, copy)

    # Editing

    @Slot()
    def _on_edit_ended(self) -> None:
        missed, self._missed = self._missed, frozenset()
        self.refresh(missed)

    @Slot(object, str, str)
    def _on_cell_edited(self, contact_id: int, key: str, text: str) -> None:
        def refused(error: UserFacingError) -> None:
            self.model.refresh_rows([contact_id])
            self.grid.complain_about(contact_id, key, str(error))

        self.deeds.edit(contact_id, key, text, on_done=partial(self._after_edit, contact_id, key), on_error=refused)

    def _save_from_panel(self, contact_id: int, key: str, text: str, on_error: Refused) -> None:
        self.deeds.edit(contact_id, key, text, on_done=partial(self._after_edit, contact_id, key), on_error=on_error)

    def _on_made(self, contact_id: int, address: str) -> Toast:
        self._wanted_contact = contact_id
        return self.deeds.told(self.tr("{0} added").format(address))

    def _panel_ids(self) -> list[int]:
        return [self.panel.contact_id] if self.panel.contact_id is not None else []

    def _on_panel_permission(self) -> None:
        detail = self.panel.detail
        if detail is not None:
            self._menu.ask_permission([detail.id], self.panel.name, detail.status)

    def _on_panel_leaves(self, group_id: int, *, is_list: bool) -> None:
        groups = self._numbers.lists if is_list else self._numbers.tags
        leave = self.deeds.remove_from_list if is_list else self.deeds.remove_tag
        for group in groups:
            if group.id == group_id:
                leave(group, self._panel_ids())

    # Wiring

    def _add_actions(self) -> None:
        add = secondary_button(self.tr("Add contact"), "user-plus", on_click=self.add_contact, name="addContact")
        for button in (self._export, add, self._import):
            self.header.add_action(button)

    def _connect(self) -> None:
        body, grid, panel = self.body, self.grid, self.panel
        body.rail.chosen.connect(self._choose)
        body.rail.menu_asked.connect(self._groups.open_menu)
        body.rail.rename_asked.connect(self._groups.rename)
        body.rail.delete_asked.connect(self._groups.delete)
        body.new_list.clicked.connect(lambda _checked: self._groups.new_list())
        body.manage.clicked.connect(self._groups.manage)
        body.search.searched.connect(self._on_searched)
        body.clear_search.clicked.connect(self._on_search_cleared)
        body.columns.clicked.connect(self._open_columns)
        body.panel_toggled.connect(self._on_selected)
        body.bar.list_asked.connect(self._menu.open_lists)
        body.bar.tag_asked.connect(self._menu.open_tags)
        body.bar.block_asked.connect(lambda: self.deeds.block(grid.selected_ids()))
        body.bar.delete_asked.connect(self._menu.delete)
        self.model.edited.connect(self._on_cell_edited)
        grid.selected.connect(self._on_selected)
        grid.sorted_by.connect(self._on_sorted)
        grid.opened.connect(self._on_opened)
        grid.copy_asked.connect(self.copy)
        grid.delete_asked.connect(self._menu.delete)
        grid.menu_asked.connect(self._on_menu)
        grid.edit_ended.connect(self._on_edit_ended)
        grid.column_resized.connect(self._memory.set_width)
        panel.closed.connect(lambda: self._open_panel(False))
        panel.block_asked.connect(lambda: self.deeds.block(self._panel_ids()))
        panel.allow_asked.connect(lambda: self.deeds.allow(self._panel_ids()))
        panel.permission_asked.connect(self._on_panel_permission)
        panel.join_list_asked.connect(lambda at: self._menu.open_lists(at, self._panel_ids))
        panel.join_tag_asked.connect(lambda at: self._menu.open_tags(at, self._panel_ids))
        panel.leave_list_asked.connect(partial(self._on_panel_leaves, is_list=True))
        panel.leave_tag_asked.connect(partial(self._on_panel_leaves, is_list=False))

    def _on_opened(self, _index: QModelIndex) -> None:
        self._open_panel(not self.body.is_panel_open)

    def _add_shortcuts(self) -> None:
        keys = QKeySequence.StandardKey
        wanted: list[tuple[QKeySequence | QKeySequence.StandardKey, Callable[[], object]]] = [
            (keys.Undo, self.deeds.undo),
            (QKeySequence("Ctrl+Y"), self.deeds.redo),
            (QKeySequence("Ctrl+Shift+Z"), self.deeds.redo),
            (keys.Find, self.body.search.setFocus),
        ]
        for sequence, act in wanted:
            # Of the whole window, wherever the focus is; Qt asks no page that is out of sight.
            QShortcut(QKeySequence(sequence), self).activated.connect(act)
