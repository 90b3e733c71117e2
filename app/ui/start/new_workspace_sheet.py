"""The first thing a newcomer sees: whose workspace is it to be? And the same question for a team's workspace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimeZone, Slot
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from app.ui.start.workspace_dialog import choose_workspace
from app.ui.theme import Space
from app.ui.widgets import Form, Sheet, leading, link_button, muted


class _NameSheet(Sheet):
    """
    Attributes:
        organisation: What was entered, once the sheet is accepted.
        time_zone: The computer's IANA time zone.
    """

    def __init__(self, parent: QWidget, title: str, text: str) -> None:
        super().__init__(parent, title, text)
        self.organisation = ""
        self.time_zone = bytes(QTimeZone.systemTimeZoneId().data()).decode() or "UTC"
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
        self._name.textChanged.connect(self._on_text)
        self.setMinimumWidth(520)

    def accept(self) -> None:
        self.organisation = " ".join(self._name.text().split())
        super().accept()

    def _wait_for_name(self) -> None:
        self.confirm_button.setEnabled(False)
        self._name.setFocus()

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self.confirm_button.setEnabled(bool(text.strip()))


class NewWorkspaceSheet(_NameSheet):
    """
    Attributes:
        path: An existing workspace that was chosen instead.
        is_on_server: A team's workspace was chosen instead.
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
        self.path: Path | None = None
        self.is_on_server = False
        self.body.addWidget(muted(self.tr("Or is there one already?")))
        column = QVBoxLayout()
        column.setSpacing(Space.XS)
        for text, on_click, name in (
            (self.tr("Open its file, or a backup of it…"), self._on_open, "openExisting"),
            (self.tr("Connect to my team’s workspace…"), self._on_connect, "connect"),
        ):
            column.addLayout(leading(link_button(text, on_click=on_click, name=name)))
        self.body.addLayout(column)
        self.add_buttons(self.tr("Create workspace"), cancel=self.tr("Quit") if is_first else self.tr("Back"))
        self._wait_for_name()

    @Slot()
    def _on_open(self) -> None:
        choose_workspace(self, self._on_chosen)

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.path = Path(path)
        super().accept()

    @Slot()
    def _on_connect(self) -> None:
        self.is_on_server = True
        super().accept()


class NewTeamWorkspaceSheet(_NameSheet):
    def __init__(self, parent: QWidget, database: str, server: str) -> None:
        super().__init__(
            parent,
            self.tr("Make your team’s workspace here?"),
            self.tr(
                "The database “{0}” on {1} is empty. Contacts, templates and reports will be there for everybody who "
                "has its password and the recovery key. Whoever runs the server can read the contacts; the passwords "
                "of your accounts stay sealed."
            ).format(database, server),
        )
        self.setObjectName("newTeamWorkspace")
        self.add_buttons(self.tr("Create workspace"), cancel=self.tr("Back"))
        self._wait_for_name()
