"""The mail server: where it is, how it is reached safely, and how to sign in."""

from __future__ import annotations

import ipaddress

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox

from app.models.states import TlsMode
from app.ui.pages.accounts.providers import password_hint, provider_of
from app.ui.pages.accounts.section import Section
from app.ui.theme import Kind
from app.ui.widgets import Banner, FormField, caption, secondary_button

_USUAL_PORTS = {TlsMode.IMPLICIT: 465, TlsMode.STARTTLS: 587, TlsMode.NONE_ON_LOOPBACK: 25}


class ServerSection(Section):
    """
    Signals:
        changed: An input that decides about the connection changed.
        test_wanted: The user pressed "Test connection".
    """

    changed = Signal()
    test_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(
            self.tr("Your mail server"),
            self.tr("Your provider’s help pages call this “SMTP” or “outgoing mail” settings."),
        )
        self.host = QLineEdit()
        self.host.setObjectName("host")
        self.host.setPlaceholderText("smtp.example.org")
        self.port = QSpinBox()
        self.port.setObjectName("port")
        self.port.setRange(1, 65_535)
        self.port.setGroupSeparatorShown(False)
        self.security = QComboBox()
        self.security.setObjectName("security")
        self.username = QLineEdit()
        self.username.setObjectName("username")
        self.password = QLineEdit()
        self.password.setObjectName("password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._host = FormField(self.tr("Server"), self.host)
        self._port = FormField(self.tr("Port"), self.port)
        self._security = FormField(self.tr("Security"), self.security)
        self._username = FormField(self.tr("User name"), self.username)
        self._password = FormField(self.tr("Password"), self.password)
        self._hint = Banner()
        self._hint.setObjectName("passwordHint")
        self._build()
        self._has_password = False

    # The inputs as values

    @property
    def tls(self) -> TlsMode:
        return TlsMode(self.security.currentData())

    @property
    def new_password(self) -> str | None:
        """What was typed; None leaves what is stored."""
        return self.password.text() or (None if self._has_password else "")

    def fill(self, *, host: str, port: int, tls: TlsMode, username: str, has_password: bool) -> None:
        """Show a stored account; its password is not among what is shown."""
        self.host.setText(host)
        self.security.setCurrentIndex(self.security.findData(tls))
        self.port.setValue(port)
        self.username.setText(username)
        self._has_password = has_password
        self.password.setPlaceholderText(self.tr("stored; type to replace it") if has_password else "")

    def suggest_username(self, address: str) -> None:
        """Most providers want the address as user name."""
        if not self.username.text().strip():
            self.username.setText(address.strip())

    def show_provider_of(self, address: str) -> None:
        """Say what the provider wants that people do not expect."""
        hint = password_hint(provider_of(self.host.text(), self.username.text(), address))
        self._hint.set_message("", hint, Kind.INFO)
        self._hint.setVisible(bool(hint))

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        host = self.host.text().strip()
        self._host.set_error(self._host_trouble(host))
        is_plain = self.tls is TlsMode.NONE_ON_LOOPBACK
        self._security.set_error(
            self.tr("Only for a server on this computer; over a network everybody could read along.")
            if is_plain and host and not _is_this_computer(host)
            else ""
        )
        needs_password = bool(self.username.text().strip()) and not self.password.text() and not self._has_password
        self._password.set_error(self.tr("The server will ask for it.") if needs_password else "")
        return [field for field in (self._host, self._security, self._password) if field.error]

    def set_testing(self, testing: bool) -> None:
        self._test.setEnabled(not testing)

    def _host_trouble(self, host: str) -> str:
        if not host:
            return self.tr("Which server shall send your mail?")
        if "@" in host or " " in host or "/" in host:
            return self.tr("A server’s name looks like smtp.example.org.")
        return ""

    def _build(self) -> None:
        self.add_beside([self._host, self._port], [1, 0])
        self.port.setFixedWidth(96)
        for mode, text in (
            (TlsMode.IMPLICIT, self.tr("SSL/TLS from the start (usually port 465)")),
            (TlsMode.STARTTLS, self.tr("STARTTLS (usually port 587)")),
            (TlsMode.NONE_ON_LOOPBACK, self.tr("None – only for a server on this computer")),
        ):
            self.security.addItem(text, mode)
        self.form.addWidget(self._security)
        self.add_beside([self._username, self._password], [1, 1])
        self._hint.hide()
        self.form.addWidget(self._hint)
        self.form.addWidget(
            caption(
                self.tr("The password is kept sealed inside your encrypted workspace and goes to this server alone.")
            )
        )
        self._test = secondary_button(
            self.tr("Test connection"), "plug", on_click=self.test_wanted.emit, name="testConnection"
        )
        row = QHBoxLayout()
        row.addWidget(self._test)
        row.addStretch(1)
        self.form.addLayout(row)
        self.port.setValue(_USUAL_PORTS[self.tls])
        self.security.currentIndexChanged.connect(self._on_security)
        self.host.textEdited.connect(self._on_edited)
        self.username.textEdited.connect(self._on_edited)
        self.password.textEdited.connect(self._on_edited)
        self.port.valueChanged.connect(self._on_edited)

    @Slot()
    def _on_security(self) -> None:
        # A port of the user's own choice stays.
        if self.port.value() in _USUAL_PORTS.values():
            self.port.setValue(_USUAL_PORTS[self.tls])
        self._on_edited()

    @Slot()
    def _on_edited(self) -> None:
        for field in (self._host, self._security, self._password):
            field.set_error("")
        self.changed.emit()


def _is_this_computer(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
