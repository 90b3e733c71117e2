"""What the campaigns page is made of: a list, a composer, a report, of which one is on show."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.context import AppContext
from app.ui.theme import Space
from app.ui.widgets import PageHeader


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

    async def load(self) -> None:
        """Fetch what it shows and put it into the widgets."""

    def leave(self) -> None:
        """Another view, another page or the end of the program follows: keep what the user did."""
