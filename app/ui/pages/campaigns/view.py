"""What the campaigns page is made of: a list, a composer, a report, of which one is on show."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.context import AppContext
from app.ui.theme import Space
from app.ui.widgets import PageHeader, icon_button


class View(QWidget):
    """One of the views.

    Signals:
        closed: Back to the list.

    Attributes:
        watches: The things whose change makes it load again while it is on show.
        header: Title, state sentence, actions.
        column: The layout for everything below the header.
    """

    closed = Signal()

    watches: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, context: AppContext, title: str = "") -> None:
        super().__init__()
        self.context = context
        self.header = PageHeader(title)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(Space.L)
        self.column.addWidget(self.header)

    def add_way_back(self) -> None:
        """An arrow before the title, and the system's shortcut for going back."""
        arrow = icon_button("arrow-left", self.tr("All campaigns"), on_click=self.closed.emit, name="backToList")
        self.header.add_before(arrow)
        QShortcut(QKeySequence.StandardKey.Back, self, self.closed.emit)

    async def load(self) -> None:
        """Fetch what it shows and put it into the widgets."""

    def leave(self) -> None:
        """Another view, another page or the end of the program follows: keep what the user did."""
