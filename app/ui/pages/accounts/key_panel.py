"""One DKIM key: where it is published, and what."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.sending.dkim import record_name
from app.ui.pages.accounts.copied_text import CopiedText
from app.ui.theme import Space
from app.ui.widgets import FormField, caption, link_button, strong

_ED25519 = "k=ed25519"


class KeyPanel(QFrame):
    """
    Signals:
        remove_wanted: The user wants to sign with it no more.

    Attributes:
        id: As `PublishedKey.id`; None for the first key, and for one that is not stored yet.
        pem: The private key where it is new; empty for one that is stored.
        dns_value: What is to be published.
        domain, selector: The inputs; they cannot be changed for a further key that is stored.
    """

    remove_wanted = Signal()

    def __init__(
        self, domain: str, selector: str, dns_value: str, *, pem: str = "", key_id: int | None = None, suffix: str = ""
    ) -> None:
        """*suffix*: what tells the names of its widgets from those of the other keys."""
        super().__init__()
        self.setObjectName(f"key{suffix}")
        self.setProperty("role", "sunken")
        self.id, self.pem, self.dns_value = key_id, pem, dns_value
        self.domain = QLineEdit(domain)
        self.domain.setObjectName(f"dkimDomain{suffix}")
        self.selector = QLineEdit(selector)
        self.selector.setObjectName(f"dkimSelector{suffix}")
        for line in (self.domain, self.selector):
            line.setReadOnly(key_id is not None)
            line.textChanged.connect(self._show_name)
        self._domain = FormField(self.tr("Domain"), self.domain)
        self._selector = FormField(self.tr("Selector"), self.selector)
        self._name = CopiedText(self.tr("Name of the DNS entry"), f"dkimName{suffix}")
        is_modern = _ED25519 in dns_value
        self._value = CopiedText(self.tr("Value of the DNS entry"), f"dkimValue{suffix}", lines=1 if is_modern else 3)
        self._value.set_text(dns_value)
        names = QHBoxLayout()
        names.setSpacing(Space.M)
        names.addWidget(self._domain, 2)
        names.addWidget(self._selector, 1)
        remove = link_button(self.tr("Remove the key"), on_click=self.remove_wanted.emit, name=f"removeKey{suffix}")
        head = QHBoxLayout()
        head.addWidget(strong(self.tr("Modern signature (Ed25519)") if is_modern else self.tr("Signature (RSA)")))
        head.addStretch(1)
        head.addWidget(remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(head)
        column.addLayout(names)
        column.addWidget(self._name)
        column.addWidget(self._value)
        column.addWidget(
            caption(
                self.tr(
                    "Add this entry, of the type TXT, where your domain is managed. Until it is there, the signature "
                    "counts for nothing."
                )
            )
        )
        self._show_name()

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        for field, line in ((self._domain, self.domain), (self._selector, self.selector)):
            field.set_error("" if line.text().strip() else self.tr("The signature needs it."))
        return [field for field in (self._domain, self._selector) if field.error]

    def refuse_selector(self) -> FormField:
        """Say that another key has this selector."""
        self._selector.set_error(self.tr("Another key has it."))
        return self._selector

    @property
    def place(self) -> tuple[str, str]:
        """The domain and the selector it is published under."""
        return self.domain.text().strip(), self.selector.text().strip()

    @Slot()
    def _show_name(self) -> None:
        self._name.set_text(record_name(*self.place))
