"""The sheet in which lists and tags are made, renamed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.audience.lists import ListInfo
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.choice import Choice, Numbers
from app.ui.theme import Space
from app.ui.widgets import Column, DataTable, EmptyState, ListModel, Segmented, Sheet, secondary_button

LISTS = "lists"
TAGS = "tags"


class GroupsSheet(Sheet):
    """
    Signals:
        new_asked: A new list ("lists") or tag ("tags") is wanted.
        rename_asked, delete_asked: For the `Choice` of a list or tag.
    """

    new_asked = Signal(str)
    rename_asked = Signal(object)
    delete_asked = Signal(object)

    def __init__(self, parent: QWidget | None, numbers: Numbers) -> None:
        super().__init__(parent, self.tr("Lists and tags"))
        self.setObjectName("groupsSheet")
        self.setMinimumSize(620, 480)
        self._numbers = numbers
        self._kind = Segmented(self.tr("What to show"), [(LISTS, self.tr("Lists")), (TAGS, self.tr("Tags"))])
        self._kind.chosen.connect(lambda _: self._fill())
        self._model: ListModel[ListInfo] = ListModel(
            [
                Column(self.tr("Name"), lambda group: group.name),
                Column(self.tr("Contacts"), lambda group: wording.number(group.size), _size, number=True),
                Column(self.tr("Can be mailed"), lambda group: wording.number(group.mailable), _mailable, number=True),
            ]
        )
        self._table = DataTable(self.tr("Lists and tags"))
        self._table.setObjectName("groupsTable")
        self._table.setModel(self._model)
        self._table.stretch(0)
        self._table.set_widths(0, 110, 130)
        self._table.opened.connect(self._on_opened)
        self._empty = EmptyState("list", "", "")
        self._table.set_empty(self._empty)
        self._table.selectionModel().selectionChanged.connect(self._update_buttons)
        self._new = secondary_button(
            "", "plus", on_click=lambda: self.new_asked.emit(self._kind.current), name="newGroup"
        )
        self._rename = self._button(self.tr("Rename"), "pencil", self.rename_asked.emit, "renameGroup")
        self._delete = self._button(self.tr("Delete"), "trash-2", self.delete_asked.emit, "deleteGroup")
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._kind)
        row.addStretch(1)
        for button in (self._rename, self._delete, self._new):
            row.addWidget(button)
        self.body.addLayout(row)
        self.body.addWidget(self._table, 1)
        self.add_buttons(self.tr("Done"), cancel="")
        self.set_numbers(numbers)

    def set_numbers(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._fill()

    def _fill(self) -> None:
        is_lists = self._kind.current == LISTS
        groups: Sequence[ListInfo] = self._numbers.lists if is_lists else self._numbers.tags
        self._new.setText(self.tr("New list") if is_lists else self.tr("New tag"))
        if is_lists:
            self._empty.set_text(
                self.tr("No lists yet"), self.tr("A list holds the people who get the same mail, such as “Newsletter”.")
            )
        else:
            self._empty.set_text(
                self.tr("No tags yet"),
                self.tr("A tag marks people for whatever you like, such as “VIP” or “Fair 2026”."),
            )
        self._model.set_rows(groups)
        self._update_buttons()

    def _button(self, text: str, icon: str, ask: Callable[[Choice], object], name: str) -> QPushButton:
        def on_click() -> None:
            choice = self._chosen()
            if choice is not None:
                ask(choice)

        return secondary_button(text, icon, on_click=on_click, name=name)

    def _chosen(self) -> Choice | None:
        rows = self._table.selected_rows()
        if len(rows) != 1:
            return None
        group = self._model.row(rows[0])
        return Choice(list_id=group.id) if self._kind.current == LISTS else Choice(tag_id=group.id)

    def _on_opened(self, _index: QModelIndex) -> None:
        choice = self._chosen()
        if choice is not None:
            self.rename_asked.emit(choice)

    def _update_buttons(self) -> None:
        is_one = len(self._table.selected_rows()) == 1
        self._rename.setEnabled(is_one)
        self._delete.setEnabled(is_one)


def _size(group: ListInfo) -> int:
    return group.size


def _mailable(group: ListInfo) -> int:
    return group.mailable
