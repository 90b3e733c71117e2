"""Where everything on the page stands: the rail, the grid under its tools, the panel; and who gives way to whom."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.ui.pages.contacts.grid import ContactGrid
from app.ui.pages.contacts.panel import PANEL_WIDTH, ContactPanel
from app.ui.pages.contacts.rail import RAIL_WIDTH, GroupRail
from app.ui.pages.contacts.selection_bar import SelectionBar
from app.ui.theme import Space
from app.ui.widgets import (
    EmptyState,
    SearchField,
    icon_button,
    link_button,
    quiet_button,
    secondary_button,
)

_LEAST_GRID_WIDTH = 520


class ContactsBody(QWidget):
    """Only places widgets; the page connects them.

    Signals:
        panel_toggled: The panel was opened or closed by its button.
    """

    panel_toggled = Signal()

    def __init__(self, grid: ContactGrid, panel: ContactPanel) -> None:
        super().__init__()
        self.grid = grid
        self.panel = panel
        self.rail = GroupRail()
        self.new_list = quiet_button(self.tr("New list"), "plus", name="newList")
        self.manage = icon_button("sliders-horizontal", self.tr("Manage lists and tags"), name="manageLists")
        self.search = SearchField(self.tr("Search name, e-mail, company, city"), name="searchContacts")
        self.columns = secondary_button(self.tr("Columns"), "columns-3", name="columns")
        self.clear_search = link_button(self.tr("Clear the search"), name="clearSearch")
        self.nobody = EmptyState("search", "", "", self.clear_search)
        self.bar = SelectionBar()
        self._wants_rail = True
        self._wants_panel = False
        self._rail_button = self._toggle("panel-left", self.tr("Lists and tags"), "toggleRail")
        self._rail_button.clicked.connect(self.want_rail)
        self._panel_button = self._toggle("panel-right", self.tr("Contact details"), "togglePanel")
        self._panel_button.clicked.connect(self._on_panel_button)
        grid.set_empty(self.nobody)
        tools = QHBoxLayout()
        tools.setSpacing(Space.S)
        tools.addWidget(self._rail_button)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.columns)
        tools.addWidget(self._panel_button)
        self._side = QWidget()
        self._side.setFixedWidth(RAIL_WIDTH)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.rail, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.new_list)
        foot.addStretch(1)
        foot.addWidget(self.manage)
        side.addLayout(foot)
        middle = QVBoxLayout()
        middle.setSpacing(Space.S)
        middle.addWidget(grid, 1)
        middle.addWidget(self.bar)
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(self._side)
        row.addLayout(middle, 1)
        row.addWidget(panel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addLayout(tools)
        column.addLayout(row, 1)
        self._arrange()

    @property
    def is_panel_open(self) -> bool:
        return self._wants_panel

    def want_panel(self, wanted: bool) -> None:
        """Open or close the panel; on a narrow window the rail gives way to it."""
        self._wants_panel = wanted
        self._arrange()

    def want_rail(self, wanted: bool) -> None:
        """Show or hide the rail; on a narrow window the panel gives way to it."""
        self._wants_rail = wanted
        if wanted and not self._has_room_for_both:
            self._wants_panel = False
        self._arrange()

    def say_where(self) -> None:
        """While the rail is out of sight, the search says whom it searches."""
        where = self.rail.current_name
        everywhere = self.tr("Search name, e-mail, company, city")
        is_plain = self._side.isVisibleTo(self) or self.rail.current.is_everybody or not where
        self.search.setPlaceholderText(everywhere if is_plain else self.tr("Search in “{0}”").format(where))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    @property
    def _has_room_for_both(self) -> bool:
        return self.width() >= RAIL_WIDTH + PANEL_WIDTH + _LEAST_GRID_WIDTH + 2 * Space.L

    def _arrange(self) -> None:
        shows_rail = self._wants_rail and (not self._wants_panel or self._has_room_for_both)
        self._side.setVisible(shows_rail)
        self.say_where()
        self.panel.setVisible(self._wants_panel)
        self._rail_button.setChecked(shows_rail)
        self._panel_button.setChecked(self._wants_panel)

    def _on_panel_button(self, checked: bool) -> None:
        self.want_panel(checked)
        self.panel_toggled.emit()

    def _toggle(self, icon: str, text: str, name: str) -> QToolButton:
        button = icon_button(icon, text, name=name)
        button.setCheckable(True)
        return button
