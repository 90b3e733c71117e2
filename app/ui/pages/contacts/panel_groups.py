"""The lists and tags one contact is in, and the ways in and out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.pages.contacts.elided import ElidedLabel
from app.ui.theme import Space
from app.ui.widgets import IconLabel, icon_button, link_button, strong


class GroupRows(QWidget):
    """
    Signals:
        leave_asked: The contact is to be taken out of the group with this id.
        join_asked: The user wants to choose a group; the argument is the button to open a menu at.
    """

    leave_asked = Signal(int)
    join_asked = Signal(object)

    def __init__(
        self, title: str, icon: str, *, add: str, leave: str, name: str, parent: QWidget | None = None
    ) -> None:
        """*add*: the text of the link. *leave*: what the button beside a name says, with {0} for the name."""
        super().__init__(parent)
        self._icon = icon
        self._leave = leave
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.add_button: QPushButton = link_button(add, name=name)
        self.add_button.clicked.connect(lambda: self.join_asked.emit(self.add_button))
        head = QHBoxLayout()
        head.addWidget(strong(title))
        head.addStretch(1)
        head.addWidget(self.add_button)
        self._column.addLayout(head)

    def show_groups(self, groups: Sequence[tuple[int, str]]) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self._rows = [self._row(*group) for group in groups]
        for row in self._rows:
            self._column.addWidget(row)

    def _row(self, group_id: int, name: str) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        leave = icon_button("x", self._leave.format(name), small=True, name=f"leave-{group_id}")
        leave.clicked.connect(lambda: self.leave_asked.emit(group_id))
        line.addWidget(IconLabel(self._icon))
        line.addWidget(ElidedLabel(name), 1)
        line.addWidget(leave)
        return row
