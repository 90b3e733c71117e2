"""The five inputs that name a database on a server. A whole address that is pasted is spread over them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.errors import UserFacingError
from app.ui.start.server_address import USUAL_PORT, ServerAddress, looks_like_address
from app.ui.theme import Space
from app.ui.widgets import Form, FormField, caption

_PORT_WIDTH = 96


class ServerFields(QWidget):
    """
    Signals:
        edited: The user changed an input.

    Attributes:
        server, port, database, user, password: The rows, to hang errors on.
    """

    edited = Signal()

    def __init__(self, *, is_kept: bool) -> None:
        super().__init__()
        self._options: tuple[tuple[str, str], ...] = ()
        self._length = 0
        form = Form(self)
        form.setSpacing(Space.M)
        self._server = QLineEdit(placeholderText="db.example.org")
        self._server.setObjectName("server")
        self._port = QSpinBox()
        self._port.setObjectName("port")
        self._port.setRange(1, 65_535)
        self._port.setValue(USUAL_PORT)
        self._port.setGroupSeparatorShown(False)
        self._port.setFixedWidth(_PORT_WIDTH)
        self.server = FormField(
            self.tr("Server"),
            self._server,
            help_text=self.tr("Its name. Or paste a whole address: postgresql://…"),
        )
        self.port = FormField(self.tr("Port"), self._port, help_text=self.tr("Usually {0}.").format(USUAL_PORT))
        beside = QHBoxLayout()
        beside.setSpacing(Space.M)
        beside.addWidget(self.server, 1, Qt.AlignmentFlag.AlignTop)
        beside.addWidget(self.port, 0, Qt.AlignmentFlag.AlignTop)
        form.addLayout(beside)
        self._database, self._user, self._password = QLineEdit(), QLineEdit(), QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self.database = form.add(
            self.tr("Database"),
            self._database,
            name="database",
            help_text=self.tr("What the database is called that was made for your team."),
        )
        self.user = form.add(
            self.tr("User name"),
            self._user,
            name="user",
            help_text=self.tr("Your name on the server; it need not be the one you use on this computer."),
        )
        self.password = form.add(
            self.tr("Password"),
            self._password,
            name="password",
            help_text=self.tr("This computer keeps it with its own passwords.")
            if is_kept
            else self.tr("This computer has no safe place for passwords, so it is asked for at every start."),
        )
        self._more = caption()
        self._more.setObjectName("options")
        self._more.hide()
        form.addWidget(self._more)
        form.addStretch(1)
        for row, edit in self._edits():
            edit.textEdited.connect(lambda _text, row=row: row.set_error(""))
            edit.textEdited.connect(self.edited)
        self._server.textEdited.connect(self._on_server_edited)
        self._server.editingFinished.connect(self._on_server_entered)

    def show_address(self, address: ServerAddress) -> None:
        self._options = address.options
        for edit, text in (
            (self._server, address.server),
            (self._database, address.database),
            (self._user, address.user),
            (self._password, address.password),
        ):
            edit.setText(text)
        self._length = len(address.server)
        self._port.setValue(address.port)
        said = ", ".join(f"{name}={value}" for name, value in address.options)
        self._more.setText(self.tr("From the address: {0}").format(said))
        self._more.setVisible(bool(said))

    def entered(self) -> ServerAddress | None:
        """What is in the inputs; None if something is missing, which is then said, and has the focus."""
        self._on_server_entered()
        if self.server.error:
            self._server.setFocus()
            return None
        self.server.set_error(self._server_trouble(self._server.text().strip()))
        self.database.set_error("" if self._database.text().strip() else self.tr("Which database is it?"))
        self.user.set_error("" if self._user.text().strip() else self.tr("Enter your user name."))
        wrong = next((edit for row, edit in self._edits() if row.error), None)
        if wrong is not None:
            wrong.setFocus()
            return None
        return ServerAddress(
            self._server.text().strip(),
            self._port.value(),
            self._database.text().strip(),
            self._user.text().strip(),
            self._password.text(),
            self._options,
        )

    def show_error(self, row: FormField, text: str) -> None:
        """Say *text* at *row*, and have the user correct it."""
        row.set_error(text)
        row.field.setFocus()
        if isinstance(row.field, QLineEdit):
            row.field.selectAll()

    def _edits(self) -> list[tuple[FormField, QLineEdit]]:
        return [
            (self.server, self._server),
            (self.database, self._database),
            (self.user, self._user),
            (self.password, self._password),
        ]

    def _server_trouble(self, text: str) -> str:
        if not text:
            return self.tr("Which server is it? Ask whoever runs it.")
        if not text.startswith(("/", "@")) and any(letter in text for letter in "@/ "):
            return self.tr("A server’s name looks like db.example.org.")
        return ""

    @Slot(str)
    def _on_server_edited(self, text: str) -> None:
        was_typed = abs(len(text) - self._length) == 1  # an address is complete only when it was pasted
        self._length = len(text)
        if not was_typed and looks_like_address(text):
            self._spread(text)

    @Slot()
    def _on_server_entered(self) -> None:
        text = self._server.text().strip()
        name, colon, port = text.partition(":")
        if looks_like_address(text):
            self._spread(text)
        elif colon and port.isdecimal() and 0 < int(port) <= self._port.maximum():
            self._server.setText(name)
            self._port.setValue(int(port))

    def _spread(self, text: str) -> None:
        from app.models.location import ServerLocation, parse_location

        try:
            location = parse_location(text.strip())
        except UserFacingError as error:
            self.server.set_error(str(error))
            return
        if isinstance(location, ServerLocation):
            self.server.set_error("")
            address = ServerAddress.of(location)
            # An address is often given without its password, which was perhaps typed before.
            self.show_address(replace(address, password=address.password or self._password.text()))
