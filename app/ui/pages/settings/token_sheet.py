"""Shows a new token, the one time that it can be shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.ui.pages.templates.text_pane import fixed_font
from app.ui.theme import Kind, Space
from app.ui.widgets import Sheet, label


class TokenSheet(Sheet):
    def __init__(self, parent: QWidget, token: str) -> None:
        super().__init__(
            parent,
            self.tr("The token for your other program"),
            self.tr(
                "Copy it into the settings of that program now: it is not kept here and cannot be shown again. Whoever "
                "has it and works on this computer can send mail in your name."
            ),
            kind=Kind.WARNING,
        )
        self.setObjectName("apiToken")
        self._token = token
        shown = label(token)
        shown.setObjectName("tokenText")
        shown.setFont(fixed_font())
        shown.setAccessibleName(self.tr("Token"))
        shown.setAccessibleDescription(token)
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        box = QFrame()
        box.setProperty("role", "sunken")
        column = QVBoxLayout(box)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.addWidget(shown)
        self.body.addWidget(box)
        self._copy = self.add_quiet_button(self.tr("Copy"), name="copyToken")
        self._copy.clicked.connect(self._on_copy)
        self.add_buttons(self.tr("Done"), cancel="")

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._token)
        self._copy.setText(self.tr("Copied"))
