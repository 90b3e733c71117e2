"""The menus of the page: what can be done with the selected contacts, and which columns are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import cast

from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.audience.lists import ListInfo
from app.ui.pages.contacts.choice import Choice, Numbers
from app.ui.pages.contacts.columns import EMAIL, ColumnMemory, GridColumn
from app.ui.theme import icon

Pick = Callable[[ListInfo], object]


@dataclass(frozen=True)
class Deed:
    """What a menu offers: a text, an icon's name, and what happens."""

    text: str
    icon: str
    run: Callable[[], object]
    name: str


def add_deed(menu: QMenu, deed: Deed) -> None:
    action = menu.addAction(icon(deed.icon, "muted"), deed.text)
    action.setObjectName(deed.name)
    action.triggered.connect(lambda _checked=False: deed.run())


def group_menu(
    parent: QWidget, groups: Sequence[ListInfo], pick: Pick, *, new: Deed | None = None, title: str = "", mark: str = ""
) -> QMenu:
    """A menu of lists or tags, with a way to make a new one at its end; *mark* is the icon of the menu itself."""
    menu = QMenu(title, parent)
    menu.setToolTipsVisible(True)
    if mark:
        menu.setIcon(icon(mark, "muted"))
    for group in groups:
        # An ampersand in a name is no mnemonic.
        action = menu.addAction(group.name.replace("&", "&&"))
        action.triggered.connect(lambda _checked=False, group=group: pick(group))
    if new is not None:
        if groups:
            menu.addSeparator()
        add_deed(menu, new)
    menu.setEnabled(bool(groups) or new is not None)
    return menu


class ColumnsMenu(QMenu):
    """Which columns are shown, and which one sorts; stays open while columns are ticked."""

    def __init__(
        self,
        parent: QWidget,
        columns: Sequence[GridColumn],
        memory: ColumnMemory,
        in_use: Collection[str],
        *,
        on_shown: Callable[[GridColumn, bool], object],
        on_reset: Callable[[], object],
        on_sort: Callable[[str, bool], object],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("columnsMenu")
        self.setToolTipsVisible(True)
        sort = QMenu(self.tr("Sort by"), self)
        for column in columns:
            _sort_action(sort, column, on_sort)
        for column in columns:
            action = self.addAction(column.title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(memory.is_shown(column, in_use))
            action.setEnabled(column.key != EMAIL)
            action.setObjectName(f"column-{column.key}")
            action.toggled.connect(lambda on, column=column: on_shown(column, on))
        self.addSeparator()
        self.addMenu(sort)
        reset = self.addAction(self.tr("Reset columns"))
        reset.setObjectName("columnsReset")
        reset.triggered.connect(lambda _checked=False: on_reset())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        # None beside the entries, which PySide's stubs do not know.
        action = cast("QAction | None", self.actionAt(event.position().toPoint()))
        if action is not None and action.isCheckable() and action.isEnabled():
            action.toggle()
            return
        super().mouseReleaseEvent(event)


def _sort_action(menu: QMenu, column: GridColumn, on_sort: Callable[[str, bool], object]) -> None:
    action = menu.addAction(column.title.replace("&", "&&"))
    action.triggered.connect(lambda _checked=False: on_sort(column.key, False))


def chosen_group(numbers: Numbers, choice: Choice) -> ListInfo | None:
    """The list or tag that *choice* names."""
    groups = numbers.lists if choice.list_id is not None else numbers.tags
    wanted = choice.list_id if choice.list_id is not None else choice.tag_id
    return next((group for group in groups if group.id == wanted), None)
