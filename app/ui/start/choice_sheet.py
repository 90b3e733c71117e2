"""Says why a workspace does not open, and offers the ways on."""

from __future__ import annotations

from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.errors import UserFacingError
from app.ui.start.workspace_dialog import choose_workspace
from app.ui.theme import Kind
from app.ui.widgets import Sheet, label


class Way(Enum):
    """How it goes on."""

    AGAIN = auto()
    OTHER = auto()
    NEW = auto()
    QUIT = auto()


class ChoiceSheet(Sheet):
    """
    Attributes:
        way: What was chosen.
        path: The other workspace, for `Way.OTHER`.
    """

    def __init__(self, parent: QWidget, error: UserFacingError) -> None:
        super().__init__(parent, error.title, error.hint, kind=Kind.BAD)
        self.setObjectName("cannotOpen")
        self.way = Way.QUIT
        self.path = Path()
        if error.detail:
            self.body.addWidget(label(error.detail, "caption", wrap=True))
        self.add_buttons(self.tr("Choose a workspace…"), cancel=self.tr("Quit"))
        self._add_way(self.tr("Make a new one"), "newWorkspace", Way.NEW)
        self._add_way(self.tr("Try again"), "tryAgain", Way.AGAIN)
        self.setMinimumWidth(560)

    def accept(self) -> None:
        choose_workspace(self, self._on_chosen)

    def _add_way(self, text: str, name: str, way: Way) -> None:
        self.add_quiet_button(text, name=name).clicked.connect(lambda: self._go(way))

    def _go(self, way: Way) -> None:
        self.way = way
        super().accept()

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.path = Path(path)
        self._go(Way.OTHER)
