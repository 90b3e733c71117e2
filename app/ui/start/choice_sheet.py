"""Says why a workspace does not open, and offers the ways on."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from app.errors import UserFacingError
from app.ui.start.workspace_dialog import choose_workspace
from app.ui.theme import Kind
from app.ui.widgets import Sheet, label, leading, link_button


class Way(Enum):
    """How it goes on."""

    AGAIN = auto()
    OTHER = auto()
    NEW = auto()
    TEAM = auto()
    QUIT = auto()


class ChoiceSheet(Sheet):
    """
    Attributes:
        way: What was chosen.
        path: The other workspace, for `Way.OTHER`.
    """

    def __init__(self, parent: QWidget, error: UserFacingError, *, is_on_server: bool = False) -> None:
        """*is_on_server*: what does not open is a database, of which trying again is the likeliest to help."""
        super().__init__(parent, error.title, error.hint, kind=Kind.BAD)
        self.setObjectName("cannotOpen")
        self.way = Way.QUIT
        self.path = Path()
        if error.detail:
            self.body.addWidget(label(error.detail, "caption", wrap=True))
        self._is_on_server = is_on_server
        team = self.tr("Change the address…") if is_on_server else self.tr("Connect to a team’s workspace…")
        self.body.addLayout(leading(link_button(team, on_click=lambda: self._go(Way.TEAM), name="connect")))
        again, choose = self.tr("Try again"), self.tr("Choose a workspace…")
        self.add_buttons(again if is_on_server else choose, cancel=self.tr("Quit"))
        self._add_way(self.tr("Make a new one"), "newWorkspace", lambda: self._go(Way.NEW))
        if is_on_server:
            self._add_way(self.tr("Open another workspace…"), "openOther", self._choose)
        else:
            self._add_way(again, "tryAgain", lambda: self._go(Way.AGAIN))
        self.setMinimumWidth(620 if is_on_server else 560)

    def accept(self) -> None:
        if self._is_on_server:
            self._go(Way.AGAIN)
        else:
            self._choose()

    @Slot()
    def _choose(self) -> None:
        choose_workspace(self, self._on_chosen)

    def _add_way(self, text: str, name: str, on_click: Callable[[], None]) -> None:
        self.add_quiet_button(text, name=name).clicked.connect(on_click)

    def _go(self, way: Way) -> None:
        self.way = way
        super().accept()

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.path = Path(path)
        self._go(Way.OTHER)
