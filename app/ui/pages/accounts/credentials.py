"""The user name and the secret, called as the provider calls them."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.sending.presets import Preset, PresetGroup
from app.sending.ses_password import smtp_password
from app.ui.pages.accounts.web_page import open_page
from app.ui.theme import Space
from app.ui.widgets import FormField, Segmented, caption, link_button

_SES_BY_SMTP = "ses_smtp"
_PASSWORD, _AWS_KEY = "password", "aws"


class Credentials(QWidget):
    """
    Signals:
        changed: The user typed something.

    Attributes:
        username, password: The inputs.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.username = QLineEdit()
        self.username.setObjectName("username")
        self.password = QLineEdit()
        self.password.setObjectName("password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._username = FormField(self.tr("User name"), self.username)
        self._password = FormField(self.tr("Password"), self.password)
        self._sort = Segmented(
            self.tr("What you have"),
            [(_PASSWORD, self.tr("I have an SMTP password")), (_AWS_KEY, self.tr("I have an AWS secret key"))],
        )
        self._sort.chosen.connect(self._on_sort)
        self._where = link_button(self.tr("Where do I get this?"), on_click=self._on_where, name="whereSecret")
        self._sealed = caption(self.tr("Your workspace keeps it encrypted, and it goes to this server alone."))
        self._preset: Preset | None = None
        self._has_password = False
        self._needs_secret = True
        self._suggested = ""
        self._is_new = True
        self._build()

    def show_preset(self, preset: Preset) -> None:
        """Call things as this provider does, and fill in what is the same for everybody."""
        before = self._preset
        self._preset = preset
        if self.username.text() == self._suggested and not self._wants_address:
            self.username.clear()
        if preset.username_value or (before is not None and self.username.text() == before.username_value):
            self.username.setText(preset.username_value)
        self.username.setReadOnly(bool(preset.username_value))
        self._username.set_text(preset.username)
        self._username.set_help(preset.username_hint)
        self._sort.setVisible(preset.key == _SES_BY_SMTP)
        self._where.setVisible(bool(preset.help_url))
        self._name_secret()

    def show_secret(self, shown: bool) -> None:
        """Whether a secret is asked for: with a sign-in through the browser there is none to type."""
        self._needs_secret = shown
        for widget in (self._password, self._foot, self._sealed):
            widget.setVisible(shown)
        self._sort.setVisible(shown and self._preset is not None and self._preset.key == _SES_BY_SMTP)

    def fill(self, *, username: str, has_password: bool) -> None:
        """Show what is stored; the password is not among it."""
        self.username.setText(username)
        self._has_password = has_password
        self._is_new = False
        self.password.setPlaceholderText(self.tr("stored; type to replace it") if has_password else "")

    def suggest_username(self, address: str) -> None:
        """Most providers want the address as user name."""
        is_free = self._is_new and self.username.text().strip() in ("", self._suggested)
        if is_free and self._wants_address and "@" in address:
            self._suggested = address.strip()
            self.username.setText(self._suggested)

    def secret(self, region: str) -> str | None:
        """What was typed, or the password made of it; None leaves what is stored."""
        typed = self.password.text()
        if typed and self._is_aws_key:
            return smtp_password(typed.strip(), region)
        return typed or (None if self._has_password else "")

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        needs_name = self._preset is not None and (self._preset.regions or not self._needs_secret)
        username = self.username.text().strip()
        self._username.set_error(self.tr("It cannot sign in without.") if needs_name and not username else "")
        missing = self._needs_secret and username and not self.password.text() and not self._has_password
        self._password.set_error(self.tr("The server asks for it. Enter it here.") if missing else "")
        return [field for field in (self._username, self._password) if field.error]

    @property
    def _wants_address(self) -> bool:
        """The address is what to sign in with, or at least often."""
        chosen = self._preset
        return chosen is not None and (chosen.username_is_address or chosen.group is PresetGroup.SERVER)

    @property
    def _is_aws_key(self) -> bool:
        return self._preset is not None and self._preset.key == _SES_BY_SMTP and self._sort.current == _AWS_KEY

    def _name_secret(self) -> None:
        if self._preset is None:
            return
        if self._is_aws_key:
            self._password.set_text(self.tr("AWS secret key"))
            self._password.set_help(
                self.tr("The SMTP password of this region is made from it. The user name is the access key’s id.")
            )
        else:
            self._password.set_text(self._preset.secret)
            self._password.set_help(self._preset.secret_hint)

    @Slot()
    def _on_sort(self) -> None:
        self._name_secret()
        self._on_edited()

    def _on_where(self) -> None:
        if self._preset is not None:
            open_page(self._preset.help_url)

    @Slot()
    def _on_edited(self) -> None:
        self._username.set_error("")
        self._password.set_error("")
        self.changed.emit()

    def _build(self) -> None:
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addWidget(self._where)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self._sort)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        for field in (self._username, self._password):
            cell = QVBoxLayout()
            cell.addWidget(field)
            cell.addStretch(1)
            row.addLayout(cell, 1)
        column.addLayout(row)
        under = QHBoxLayout()
        under.setSpacing(Space.M)
        under.addWidget(self._sealed, 1)
        under.addWidget(self._foot)
        column.addLayout(under)
        for line in (self.username, self.password):
            line.textEdited.connect(self._on_edited)
