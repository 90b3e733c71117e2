"""Where the server is and how it is reached safely: folded away where the provider is known."""

from __future__ import annotations

import ipaddress

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox

from app.models.states import TlsMode
from app.sending.presets import Preset
from app.ui.pages.accounts.section import Beside
from app.ui.theme import Space
from app.ui.widgets import FormField

_USUAL_PORTS = {TlsMode.IMPLICIT: 465, TlsMode.STARTTLS: 587, TlsMode.NONE_ON_LOOPBACK: 25}
_PORT_WIDTH = 96


class ServerDetails(Beside):
    """
    Signals:
        changed: An input changed.

    Attributes:
        host, port, security: The inputs.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.host = QLineEdit()
        self.host.setObjectName("host")
        self.host.setPlaceholderText("smtp.example.org")
        self.port = QSpinBox()
        self.port.setObjectName("port")
        self.port.setRange(1, 65_535)
        self.port.setGroupSeparatorShown(False)
        self.port.setFixedWidth(_PORT_WIDTH)
        self.security = QComboBox()
        self.security.setObjectName("security")
        self._host = FormField(self.tr("Server"), self.host)
        self._port = FormField(self.tr("Port"), self.port)
        self._security = FormField(self.tr("Security"), self.security)
        self._ports = dict(_USUAL_PORTS)
        self.form.setSpacing(Space.M)
        self.add_beside([self._host, self._port], [1, 0])
        for mode, text in (
            (TlsMode.IMPLICIT, self.tr("SSL/TLS from the start (usually port 465)")),
            (TlsMode.STARTTLS, self.tr("STARTTLS (usually port 587)")),
            (TlsMode.NONE_ON_LOOPBACK, self.tr("None – only for a server on this computer")),
        ):
            self.security.addItem(text, mode)
        self.form.addWidget(self._security)
        self.port.setValue(_USUAL_PORTS[self.tls])
        self.security.currentIndexChanged.connect(self._on_security)
        self.host.textEdited.connect(self._on_edited)
        self.port.valueChanged.connect(self._on_edited)

    @property
    def tls(self) -> TlsMode:
        return TlsMode(self.security.currentData())

    def show_preset(self, preset: Preset) -> None:
        """Fill in the provider's server and its usual port."""
        self._ports = _USUAL_PORTS | {port.tls: port.port for port in reversed(preset.ports)}
        if preset.servers:
            self.host.setText(preset.servers[0].host)
        elif self.host.text() and not self.host.isModified():
            self.host.clear()
        if preset.ports:
            self.fill(self.host.text(), preset.ports[0].port, preset.ports[0].tls)

    def fill(self, host: str, port: int, tls: TlsMode) -> None:
        """Show a server."""
        self.host.setText(host)
        self.security.setCurrentIndex(self.security.findData(tls))
        self.port.setValue(port)

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
        return [field for field in (self._host, self._security) if field.error]

    def _host_trouble(self, host: str) -> str:
        if not host:
            return self.tr("Which server shall send your mail?")
        if "@" in host or " " in host or "/" in host:
            return self.tr("A server’s name looks like smtp.example.org.")
        return ""

    @Slot()
    def _on_security(self) -> None:
        # A port of the user's own choice stays.
        if self.port.value() in {*_USUAL_PORTS.values(), *self._ports.values()}:
            self.port.setValue(self._ports[self.tls])
        self._on_edited()

    @Slot()
    def _on_edited(self) -> None:
        for field in (self._host, self._security):
            field.set_error("")
        self.changed.emit()


def _is_this_computer(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
