"""The first thing a newcomer sees: whose workspace is it to be?"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimeZone, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.start.workspace_dialog import choose_workspace
from app.ui.widgets import Form, Sheet


class NewWorkspaceSheet(Sheet):
    """
    Attributes:
        organisation: What was entered, once the sheet is accepted.
        time_zone: The computer's IANA time zone.
        path: An existing workspace that was chosen instead.
    """

    def __init__(self, parent: QWidget, *, is_first: bool) -> None:
        super().__init__(
            parent,
            self.tr("Welcome to Mass Mail Dispatcher") if is_first else self.tr("New workspace"),
            self.tr(
                "Your contacts, templates and reports stay on this computer, in one encrypted file: your workspace. "
                "Nothing is sent to anybody until you send it."
            ),
        )
        self.setObjectName("newWorkspace")
        self.organisation = ""
        self.time_zone = bytes(QTimeZone.systemTimeZoneId().data()).decode() or "UTC"
        self.path: Path | None = None
        self._name = QLineEdit()
        self._name.setObjectName("organisation")
        self._name.setPlaceholderText(self.tr("for example Blumen Berger"))
        self._name.setMaxLength(100)
        form = Form()
        form.add(
            self.tr("Name of your company or club"),
            self._name,
            help_text=self.tr("Your recipients see it as the sender. You can change it at any time."),
        )
        self.body.addLayout(form)
        self.add_buttons(self.tr("Create workspace"), cancel=self.tr("Quit") if is_first else self.tr("Back"))
        self.add_quiet_button(self.tr("Open an existing one…"), name="openExisting").clicked.connect(self._on_open)
        self.confirm_button.setEnabled(False)
        self._name.textChanged.connect(self._on_text)
        self._name.setFocus()
        self.setMinimumWidth(520)

    def accept(self) -> None:
        self.organisation = " ".join(self._name.text().split())
        super().accept()

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self.confirm_button.setEnabled(bool(text.strip()))

    @Slot()
    def _on_open(self) -> None:
        choose_workspace(self, self._on_chosen)

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.path = Path(path)
        super().accept()
