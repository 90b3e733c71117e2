"""What can be done with the selected contacts: one menu for the mouse, the same deeds for the bar and the panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from app.audience.contacts import MailStatus
from app.audience.lists import ListInfo
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.choice import Choice, Numbers
from app.ui.pages.contacts.deeds import ContactDeeds
from app.ui.pages.contacts.group_deeds import GroupDeeds
from app.ui.pages.contacts.menus import Deed, add_deed, chosen_group, group_menu
from app.ui.pages.contacts.permission_sheet import PermissionSheet

_SAID_NO = frozenset({MailStatus.UNSUBSCRIBED, MailStatus.COMPLAINED})


class SelectionMenu(QObject):
    """Builds the menus; *ids* are asked for only when something is picked, as they may be many."""

    def __init__(
        self,
        deeds: ContactDeeds,
        groups: GroupDeeds,
        ids: Callable[[], Sequence[int]],
        address: Callable[[], str],
        parent: QWidget,
    ) -> None:
        """*address*: of the one contact, if only one is selected."""
        super().__init__(parent)
        self._deeds = deeds
        self._groups = groups
        self._ids = ids
        self._address = address
        self._widget = parent
        self._numbers = Numbers()

    def set_numbers(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def open(self, spot: QPoint, count: int, choice: Choice, *more: Deed) -> QMenu:
        """The whole menu for *count* selected contacts; *more* are the page's own deeds, which come first."""
        menu = QMenu(self._widget)
        menu.setObjectName("selectionMenu")
        for deed in more:
            add_deed(menu, deed)
        menu.addSeparator()
        menu.addMenu(self._list_menu(self.tr("Add to list")))
        group = chosen_group(self._numbers, choice)
        if group is not None and choice.list_id is not None:
            add_deed(
                menu,
                Deed(
                    self.tr("Remove from “{0}”").format(group.name),
                    "minus",
                    lambda: self._deeds.remove_from_list(group, self._ids()),
                    "removeFromThisList",
                ),
            )
        if self._numbers.lists:
            menu.addMenu(self._leave_menu(self.tr("Remove from list"), self._numbers.lists, is_list=True))
        menu.addMenu(self._tag_menu(self.tr("Tag")))
        if self._numbers.tags:
            menu.addMenu(self._leave_menu(self.tr("Take tag off"), self._numbers.tags, is_list=False))
        menu.addSeparator()
        for deed in self._mail_deeds(count):
            add_deed(menu, deed)
        menu.addSeparator()
        delete = self.tr("Delete {0} …").format(wording.contacts(count))
        add_deed(menu, Deed(delete, "trash-2", self.delete, "deleteContacts"))
        menu.popup(spot)
        return menu

    def open_lists(self, at: QWidget, ids: Callable[[], Sequence[int]] | None = None) -> None:
        """Only the lists, at a button."""
        self._list_menu("", ids).popup(at.mapToGlobal(QPoint(0, at.height())))

    def open_tags(self, at: QWidget, ids: Callable[[], Sequence[int]] | None = None) -> None:
        self._tag_menu("", ids).popup(at.mapToGlobal(QPoint(0, at.height())))

    def delete(self) -> None:
        ids = self._ids()
        if ids:
            self._deeds.run(self._deeds.delete(ids, self._address() if len(ids) == 1 else ""))

    def ask_permission(self, ids: Sequence[int], who: str, status: MailStatus | None = None) -> None:
        """Open the sheet that records a permission; *status* is that of the one contact it is for."""
        said_no = status in _SAID_NO
        sheet = PermissionSheet(
            self._widget,
            who,
            lambda permission: self._deeds.record_permission(ids, permission, lift=said_no),
            only_new_consent=said_no,
        )
        sheet.open()

    def _mail_deeds(self, count: int) -> list[Deed]:
        def permit() -> None:
            self.ask_permission(self._ids(), wording.contacts(count))

        return [
            Deed(self.tr("Record a permission …"), "shield-check", permit, "recordPermission"),
            Deed(self.tr("Never mail again"), "ban", lambda: self._deeds.block(self._ids()), "blockContacts"),
            Deed(self.tr("Allow mail again"), "mail-check", lambda: self._deeds.allow(self._ids()), "allowContacts"),
        ]

    def _list_menu(self, title: str, ids: Callable[[], Sequence[int]] | None = None) -> QMenu:
        chosen = ids or self._ids
        new = Deed(self.tr("New list …"), "plus", lambda: self._groups.new_list(chosen()), "newListForThem")
        return group_menu(
            self._widget,
            self._numbers.lists,
            lambda group: self._deeds.add_to_list(group, chosen()),
            new=new,
            title=title,
            mark="list",
        )

    def _tag_menu(self, title: str, ids: Callable[[], Sequence[int]] | None = None) -> QMenu:
        chosen = ids or self._ids
        new = Deed(self.tr("New tag …"), "plus", lambda: self._groups.new_tag(chosen()), "newTagForThem")
        return group_menu(
            self._widget,
            self._numbers.tags,
            lambda group: self._deeds.add_tag(group, chosen()),
            new=new,
            title=title,
            mark="tag",
        )

    def _leave_menu(self, title: str, groups: Sequence[ListInfo], *, is_list: bool) -> QMenu:
        leave = self._deeds.remove_from_list if is_list else self._deeds.remove_tag
        return group_menu(self._widget, groups, lambda group: leave(group, self._ids()), title=title, mark="minus")
