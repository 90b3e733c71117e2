"""The DKIM key of an account: created or imported here, and the DNS entry that makes it count."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.sending.dkim import DEFAULT_SELECTOR, KeyPair, generate_key, public_record, record_name
from app.sending.stored_secrets import StoredSecrets
from app.ui.operations import Lane, Operations
from app.ui.pages.accounts.section import Section
from app.ui.pages.templates.text_pane import fixed_font
from app.ui.theme import Space
from app.ui.widgets import FormField, caption, icon_button, label, link_button, quiet_button, secondary_button


class SignatureSection(Section):
    """
    Attributes:
        pem: The private key to store: None leaves what is stored, an empty text removes it.
    """

    def __init__(self, operations: Operations) -> None:
        super().__init__(
            self.tr("Signature (DKIM)"),
            self.tr(
                "It proves that mail from your domain is really yours; Gmail and Yahoo ask for it. Most providers sign "
                "by themselves: then leave this empty."
            ),
        )
        self._operations = operations
        self.pem: str | None = None
        self._address = ""
        self._has_key = False
        self.domain = QLineEdit()
        self.domain.setObjectName("dkimDomain")
        self.selector = QLineEdit(DEFAULT_SELECTOR)
        self.selector.setObjectName("dkimSelector")
        self._domain = FormField(self.tr("Domain"), self.domain)
        self._selector = FormField(self.tr("Selector"), self.selector)
        self._name = _Copied(self.tr("Name of the DNS entry"), "dkimName")
        self._value = _Copied(self.tr("Value of the DNS entry"), "dkimValue", lines=3)
        self._trouble = label(role="error", wrap=True)
        self._trouble.setObjectName("dkimError")
        self._trouble.hide()
        self._build()
        for line in (self.domain, self.selector):
            line.textChanged.connect(self._show_name)
        self._show()

    def fill(self, stored: StoredSecrets) -> None:
        """Show the stored key's public half."""
        self._has_key = bool(stored.dns_value)
        if self._has_key:
            self.domain.setText(stored.dkim_domain)
            self.selector.setText(stored.dkim_selector)
            self._value.set_text(stored.dns_value)
        self._show()

    def follow_address(self, address: str) -> None:
        """Unless the user named another one, the domain is that of the From address."""
        old, self._address = self._address.rpartition("@")[2], address
        if self.domain.text() in ("", old):
            self.domain.setText(address.strip().rpartition("@")[2])

    @property
    def has_key(self) -> bool:
        return self._has_key

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        for field, line in ((self._domain, self.domain), (self._selector, self.selector)):
            field.set_error(self.tr("The signature needs it.") if self._has_key and not line.text().strip() else "")
        return [field for field in (self._domain, self._selector) if field.error]

    @Slot()
    def _on_create(self) -> None:
        self._operations.run(generate_key, lane=Lane.READ, busy=self._create, success=self._take_pair)

    @Slot()
    def _on_import(self) -> None:
        dialog = QFileDialog(
            self, self.tr("Import a DKIM key"), "", self.tr("Keys (*.pem *.key *.private *.txt);;All (*)")
        )
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.import_key)
        dialog.open()

    @Slot(str)
    def import_key(self, path: str) -> None:
        """Take the private key in the file at *path*."""
        self._operations.run(
            partial(_read_key, Path(path)), lane=Lane.READ, success=self._take, on_error=self._show_trouble
        )

    @Slot()
    def _on_remove(self) -> None:
        self.pem, self._has_key = "", False
        self._show()

    def _take_pair(self, pair: KeyPair) -> None:
        self._take((pair.pem.decode(), pair.dns_txt))

    def _take(self, key: tuple[str, str]) -> None:
        self.pem, value = key
        self._has_key = True
        self._value.set_text(value)
        self._show()

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.setText(str(error))
        self._trouble.show()

    def _show(self) -> None:
        self._trouble.hide()
        self._none.setVisible(not self._has_key)
        self._key.setVisible(self._has_key)
        self._show_name()

    @Slot()
    def _show_name(self) -> None:
        self._name.set_text(record_name(self.domain.text().strip(), self.selector.text().strip()))

    def _build(self) -> None:
        self._create = secondary_button(
            self.tr("Create a key"), "key-round", on_click=self._on_create, name="createKey"
        )
        bring = quiet_button(self.tr("Import a key…"), on_click=self._on_import, name="importKey")
        self._none = QWidget()
        row = QHBoxLayout(self._none)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._create)
        row.addWidget(bring)
        row.addStretch(1)
        self._key = QFrame()
        self._key.setProperty("role", "sunken")
        column = QVBoxLayout(self._key)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.M)
        column.setSpacing(Space.M)
        names = QHBoxLayout()
        names.setSpacing(Space.M)
        names.addWidget(self._domain, 2)
        names.addWidget(self._selector, 1)
        column.addLayout(names)
        column.addWidget(self._name)
        column.addWidget(self._value)
        column.addWidget(
            caption(
                self.tr(
                    "Add this entry, of the type TXT, where your domain is managed. Until it is there, receivers "
                    "ignore the signature."
                )
            )
        )
        remove = link_button(self.tr("Remove the key"), on_click=self._on_remove, name="removeKey")
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addSpacing(-4)  # a link's text begins a little inside its button
        foot.addWidget(remove)
        foot.addStretch(1)
        column.addLayout(foot)
        self.form.addWidget(self._none)
        self.form.addWidget(self._key)
        self.form.addWidget(self._trouble)


class _Copied(QWidget):
    """A text to be carried elsewhere, with a button that copies it."""

    def __init__(self, name: str, object_name: str, *, lines: int = 1) -> None:
        super().__init__()
        self._text = QPlainTextEdit()
        self._text.setObjectName(object_name)
        self._text.setAccessibleName(name)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setFont(fixed_font())
        self._text.setFixedHeight(26 + lines * 16)
        self._text.setVerticalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff if lines == 1 else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )
        self._text.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        copy = icon_button("copy", self.tr("Copy: {0}").format(name), on_click=self._copy, name=f"{object_name}Copy")
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        row.addWidget(self._text, 1)
        row.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(label(name, "strong"))
        column.addLayout(row)

    def set_text(self, text: str) -> None:
        self._text.setPlainText(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


def _read_key(path: Path) -> tuple[str, str]:
    """The private key in the file, and the DNS value that belongs to it.

    Raises:
        UserFacingError: the file cannot be read, or holds no key that can sign.
    """
    try:
        pem = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise UserFacingError("This file cannot be read.", "Choose another one.", detail=str(error)) from error
    return pem, public_record(pem.encode())
