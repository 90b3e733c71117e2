"""What most people need not see: a line that unfolds."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme import Space, icon
from app.ui.widgets import leading, link_button


class Fold(QWidget):
    """
    Attributes:
        body: The layout for what is folded away.
    """

    def __init__(self, title: str, name: str) -> None:
        super().__init__()
        self.button = link_button(title, name=name)
        self.button.setCheckable(True)
        self.button.toggled.connect(self._on_toggled)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(Space.M)
        self._content.hide()
        self._on_toggled(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(leading(self.button))
        column.addWidget(self._content)

    def set_open(self, is_open: bool) -> None:
        self.button.setChecked(is_open)

    @Slot(bool)
    def _on_toggled(self, is_open: bool) -> None:
        self._content.setVisible(is_open)
        self.button.setIcon(icon("chevron-down" if is_open else "chevron-right", "on_accent_tint"))
