"""Making, renaming and deleting lists and tags, wherever on the page it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.audience import lists
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts.choice import Choice, Numbers
from app.ui.pages.contacts.deeds import ContactDeeds
from app.ui.pages.contacts.groups_sheet import LISTS, GroupsSheet
from app.ui.pages.contacts.menus import Deed, add_deed, chosen_group
from app.ui.pages.contacts.name_sheet import NameSheet
from app.ui.widgets import Toast


class GroupDeeds(QObject):
    """
    Signals:
        made: The `Choice` of a list or tag that was just made.
    """

    made = Signal(object)

    def __init__(self, workspace: Workspace, operations: Operations, deeds: ContactDeeds, parent: QWidget) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._operations = operations
        self._deeds = deeds
        self._widget = parent
        self._numbers = Numbers()
        self._sheet: GroupsSheet | None = None

    def set_numbers(self, numbers: Numbers) -> None:
        self._numbers = numbers
        if self._sheet is not None:
            self._sheet.set_numbers(numbers)

    def manage(self) -> None:
        """Open the sheet with all lists and tags."""
        self._sheet = sheet = GroupsSheet(self._widget, self._numbers)
        sheet.new_asked.connect(lambda kind: self.new_list() if kind == LISTS else self.new_tag())
        sheet.rename_asked.connect(self.rename)
        sheet.delete_asked.connect(self.delete)
        sheet.finished.connect(self._on_closed)
        sheet.open()

    def new_list(self, ids: Sequence[int] = ()) -> None:
        """Ask for a name, make the list, and put the contacts *ids* into it."""

        def save(name: str) -> int:
            list_id = lists.create_list(self._workspace, name)
            if ids:
                lists.add_to_list(self._workspace, list_id, ids)
            return list_id

        def made(name: str, list_id: int) -> Toast:
            self.made.emit(Choice(list_id=list_id))
            return self._deeds.told(self.tr("List “{0}” made").format(name), steps=2 if ids else 1)

        self._name(self.tr("New list"), self.tr("Make list"), save, made)

    def new_tag(self, ids: Sequence[int] = ()) -> None:
        """Ask for a name, make the tag, and put it on the contacts *ids*."""

        def save(name: str) -> int:
            tag_id = lists.create_tag(self._workspace, name)
            if ids:
                lists.add_tag(self._workspace, tag_id, ids)
            return tag_id

        def made(name: str, tag_id: int) -> Toast:
            self.made.emit(Choice(tag_id=tag_id))
            return self._deeds.told(self.tr("Tag “{0}” made").format(name), steps=2 if ids else 1)

        self._name(self.tr("New tag"), self.tr("Make tag"), save, made)

    def rename(self, choice: Choice) -> None:
        group = chosen_group(self._numbers, choice)
        if group is None:
            return
        is_list = choice.list_id is not None
        change = lists.rename_list if is_list else lists.rename_tag
        sheet: NameSheet[None] = NameSheet(
            self._parent(),
            self._operations,
            title=(self.tr("Rename the list “{0}”") if is_list else self.tr("Rename the tag “{0}”")).format(group.name),
            confirm=self.tr("Rename"),
            name=group.name,
            save=partial(change, self._workspace, group.id),
            on_saved=lambda name, _: self._deeds.told(self.tr("Renamed to “{0}”").format(name)),
        )
        sheet.open()

    def delete(self, choice: Choice) -> None:
        group = chosen_group(self._numbers, choice)
        if group is None:
            return
        if choice.list_id is not None:
            self._operations.run(self._deeds.delete_list(group, self._parent()))
        else:
            self._deeds.delete_tag(group)

    def open_menu(self, choice: Choice, spot: QPoint) -> None:
        """What can be done with one list or tag."""
        menu = QMenu(self._widget)
        is_list = choice.list_id is not None
        add_deed(menu, Deed(self.tr("Rename …"), "pencil", partial(self.rename, choice), "renameGroup"))
        delete = self.tr("Delete list …") if is_list else self.tr("Delete tag")
        add_deed(menu, Deed(delete, "trash-2", partial(self.delete, choice), "deleteGroup"))
        menu.popup(spot)

    def _name(
        self, title: str, confirm: str, save: Callable[[str], int], on_saved: Callable[[str, int], Toast]
    ) -> None:
        sheet: NameSheet[int] = NameSheet(
            self._parent(), self._operations, title=title, confirm=confirm, save=save, on_saved=on_saved
        )
        sheet.open()

    def _parent(self) -> QWidget:
        return self._sheet if self._sheet is not None else self._widget

    def _on_closed(self) -> None:
        self._sheet = None
