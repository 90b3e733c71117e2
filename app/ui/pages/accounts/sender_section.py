"""Who the recipients see."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit

from app.audience.addresses import BadAddress, normalise
from app.ui.pages.accounts.section import Section
from app.ui.widgets import FormField


class SenderSection(Section):
    """
    Attributes:
        name, address, reply_to: The inputs.
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
        self._name = FormField(self.tr("From name"), self.name)
        self._address = FormField(self.tr("From address"), self.address)
        self.add_beside([self._name, self._address], [1, 1])
        self._reply_to = self.form.add(
            self.tr("Answers go to"),
            self.reply_to,
            name="replyTo",
            optional=True,
            help_text=self.tr("Only if they shall not come to the From address."),
        )
        for field in (self._name, self._address, self._reply_to):
            field.field.textEdited.connect(lambda _text, field=field: field.set_error(""))  # type: ignore[attr-defined]

    def check(self) -> list[FormField]:
        """Look at the inputs, say what is wrong, and return the fields to correct."""
        self._name.set_error("" if self.name.text().strip() else self.tr("Recipients want to see a name."))
        self._address.set_error(self._trouble(self.address.text()))
        reply_to = self.reply_to.text().strip()
        self._reply_to.set_error(self._trouble(reply_to) if reply_to else "")
        return [field for field in (self._name, self._address, self._reply_to) if field.error]

    def _trouble(self, text: str) -> str:
        if not text.strip():
            return self.tr("Mail needs a sender’s address.")
        try:
            normalise(text)
        except BadAddress as error:
            return str(error)
        return ""
