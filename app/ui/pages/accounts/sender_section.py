"""Who the recipients see, and where what comes back goes."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from app.audience.addresses import BadAddress, normalise
from app.sending.accounts import IdentityInfo
from app.ui.pages.accounts.fold import Fold
from app.ui.pages.accounts.section import Beside, Section
from app.ui.widgets import FormField


class SenderSection(Section):
    """
    Attributes:
        name, address, reply_to, return_path: The inputs.
    """

    def __init__(self) -> None:
        super().__init__(self.tr("Who your recipients see"))
        self.name = QLineEdit()
        self.name.setObjectName("senderName")
        self.name.setPlaceholderText(self.tr("for example Blumen Berger"))
        self.address = QLineEdit()
        self.address.setObjectName("senderAddress")
        self.address.setPlaceholderText("news@blumen-berger.example")
        self.reply_to = QLineEdit()
        self.reply_to.setObjectName("replyTo")
        self.return_path = QLineEdit()
        self.return_path.setObjectName("returnPath")
        self._name = FormField(self.tr("From name"), self.name)
        self._address = FormField(self.tr("From address"), self.address)
        self._reply_to = FormField(
            self.tr("Answers go to"),
            self.reply_to,
            optional=True,
            help_text=self.tr("Only if they shall not come to the From address."),
        )
        self._return_path = FormField(self.tr("Undeliverable mail goes to"), self.return_path, optional=True)
        self.add_beside([self._name, self._address], [1, 1])
        self._elsewhere = Fold(self.tr("Where answers and undeliverable mail go"), "elsewhere")
        beside = Beside()
        beside.add_beside([self._reply_to, self._return_path], [1, 1])
        self._elsewhere.body.addWidget(beside)
        self.form.addWidget(self._elsewhere)
        self.show_return_path(keeps=True)
        for field in (self._name, self._address, self._reply_to, self._return_path):
            field.field.textEdited.connect(lambda _text, field=field: field.set_error(""))  # type: ignore[attr-defined]

    @property
    def values(self) -> tuple[str, str, str, str]:
        """The name, the From address, the address for answers and that for bounces."""
        reply_to, return_path = self.reply_to.text().strip(), self.return_path.text().strip()
        return (
            " ".join(self.name.text().split()),
            normalise(self.address.text()),
            normalise(reply_to) if reply_to else "",
            normalise(return_path) if return_path else "",
        )

    def fill(self, identity: IdentityInfo) -> None:
        """Show a stored From address."""
        self.name.setText(identity.name)
        self.address.setText(identity.address)
        self.reply_to.setText(identity.reply_to)
        self.return_path.setText(identity.return_path)
        self._elsewhere.set_open(bool(identity.reply_to or identity.return_path))

    def show_return_path(self, *, keeps: bool) -> None:
        """*keeps*: the account's server passes on the address for bounces."""
        self._return_path.set_help(
            self.tr("Only if not to the From address. Each mail gets a mark there that tells whose came back.")
            if keeps
            else self.tr("This provider may put an address of its own in its place.")
        )

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        self._name.set_error("" if self.name.text().strip() else self.tr("Recipients want to see a name."))
        self._address.set_error(self._trouble(self.address.text()))
        for field, line in ((self._reply_to, self.reply_to), (self._return_path, self.return_path)):
            field.set_error(self._trouble(line.text()) if line.text().strip() else "")
        fields = (self._name, self._address, self._reply_to, self._return_path)
        if self._reply_to.error or self._return_path.error:
            self._elsewhere.set_open(True)
        return [field for field in fields if field.error]

    def _trouble(self, text: str) -> str:
        if not text.strip():
            return self.tr("Mail needs a sender’s address.")
        try:
            normalise(text)
        except BadAddress as error:
            return str(error)
        return ""
