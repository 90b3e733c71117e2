"""Asks for the password of a database server, where this computer does not know it or the server does not take it."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from app.ui.widgets import Form, Sheet


class PasswordSheet(Sheet):
    """
    Attributes:
        password: What was entered, once the sheet is accepted.
    """

    def __init__(self, parent: QWidget, *, user: str, server: str, is_kept: bool, trouble: str = "") -> None:
        super().__init__(
            parent,
            self.tr("Password for {0}").format(server),
            self.tr("Your team’s workspace is there. The user name is “{0}”.").format(user)
            if user
            else self.tr("Your team’s workspace is there."),
        )
        self.setObjectName("serverPassword")
        self.password = ""
        self._edit = QLineEdit()
        self._edit.setEchoMode(QLineEdit.EchoMode.Password)
        form = Form()
        field = form.add(
            self.tr("Password"),
            self._edit,
            name="password",
            help_text=self.tr("This computer keeps it with its own passwords.")
            if is_kept
            else self.tr("This computer has no safe place for passwords, so it is asked for at every start."),
        )
        field.set_error(trouble)
        self.body.addLayout(form)
        self.add_buttons(self.tr("Connect"), cancel=self.tr("Back"))
        self.confirm_button.setEnabled(False)
        self._edit.textChanged.connect(lambda text: self.confirm_button.setEnabled(bool(text)))
        self._edit.setFocus()
        self.setMinimumWidth(480)

    def accept(self) -> None:
        self.password = self._edit.text()
        super().accept()
