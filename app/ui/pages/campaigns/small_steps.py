"""The steps of the composer that are one field or two: the name, the sender, the subject."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QMenu, QPushButton

from app.content.merge import BUILT_IN_FIELDS
from app.models.states import AccountKind
from app.sending.accounts import IdentityInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.step import Step
from app.ui.pages.campaigns.words import number
from app.ui.theme import Kind, Space, icon
from app.ui.widgets import Banner, caption, link_button

_PHONE_SHOWS = 40


class NameStep(Step):
    """
    Signals:
        changed: The new name.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Name"), "stepName")
        self.field = QLineEdit()
        self.field.setObjectName("campaignName")
        self.field.setMaxLength(200)
        self.field.setAccessibleName(self.tr("Name of the campaign"))
        self.field.setPlaceholderText(self.tr("Spring offers"))
        self.field.textEdited.connect(self._on_edited)
        self.fields.addWidget(self.field)

    def set_name(self, name: str) -> None:
        if self.field.text() != name:
            self.field.setText(name)
        self._judge(name)

    @Slot(str)
    def _on_edited(self, text: str) -> None:
        self._judge(text)
        self.changed.emit(text)

    def _judge(self, name: str) -> None:
        self.set_done(bool(name.strip()), self.tr("only you see it") if name.strip() else "")


class SenderStep(Step):
    """
    Signals:
        changed: The id of the chosen identity.
        accounts_wanted: The user wants to see the accounts.
    """

    changed = Signal(int)
    accounts_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("From"), "stepFrom")
        self._identities: tuple[IdentityInfo, ...] = ()
        self.field = QComboBox()
        self.field.setObjectName("sender")
        self.field.setAccessibleName(self.tr("From"))
        self.field.setPlaceholderText(self.tr("Choose who it comes from"))
        self.field.activated.connect(self._on_chosen)
        self._practice = Banner(
            self.tr("Practice: nothing leaves this computer"),
            self.tr("Every message is really made and sent, but only into the practice inbox, where you can read it."),
            Kind.INFO,
        )
        self._account = caption()
        self._add = link_button(
            self.tr("Add an account of your own"), on_click=self.accounts_wanted.emit, name="addAccount"
        )
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._account, 1)
        row.addWidget(self._add)
        self.fields.addWidget(self.field)
        self.fields.addWidget(self._practice)
        self.fields.addLayout(row)

    def set_sender(self, identity_id: int | None, around: Surroundings) -> None:
        if self._identities != around.identities:
            self._identities = around.identities
            self.field.clear()
            for one in around.identities:
                picture = "flask-conical" if one.account_kind is AccountKind.PRACTICE else "at-sign"
                self.field.addItem(icon(picture, "muted"), self._words(one), one.id)
        self.field.setCurrentIndex(self.field.findData(identity_id))
        chosen = around.identity(identity_id)
        is_practice = chosen is not None and chosen.account_kind is AccountKind.PRACTICE
        has_own = any(one.account_kind is not AccountKind.PRACTICE for one in around.identities)
        self._practice.setVisible(is_practice)
        self._account.setText(
            self.tr("Sent through {0}.").format(chosen.account_name) if chosen and not is_practice else ""
        )
        self._account.setVisible(bool(self._account.text()) or not has_own)
        self._add.setVisible(not has_own)
        self.set_done(chosen is not None)

    def _words(self, one: IdentityInfo) -> str:
        if one.account_kind is AccountKind.PRACTICE:
            return self.tr("{0} – practice account").format(one.name or one.address)
        return str(one) if one.name else one.address

    @Slot(int)
    def _on_chosen(self, index: int) -> None:
        self.changed.emit(int(self.field.itemData(index)))


class SubjectStep(Step):
    """
    Signals:
        subject_changed, preheader_changed: The new text.
    """

    subject_changed = Signal(str)
    preheader_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__(self.tr("Subject"), "stepSubject")
        self.subject = self._line("subject", self.tr("What it is about, in a few words"))
        self.preheader = self._line("preheader", self.tr("Continues the subject in the list of mails"))
        self.subject.textEdited.connect(self._on_subject)
        self.preheader.textEdited.connect(self.preheader_changed)
        self._menus: list[QPushButton] = []
        self.subject.setAccessibleName(self.tr("Subject"))
        self.preheader.setAccessibleName(self.tr("Preview text"))
        self.fields.addWidget(self.subject)
        self.fields.addLayout(self._under(self.tr("What everybody reads first."), self.subject, "insertSubject"))
        self.fields.addWidget(self.preheader)
        self.fields.addLayout(
            self._under(self.tr("Preview text: stands after the subject."), self.preheader, "insertPreheader")
        )

    def set_texts(self, subject: str, preheader: str) -> None:
        for field, text in ((self.subject, subject), (self.preheader, preheader)):
            if field.text() != text:
                field.setText(text)
                field.setCursorPosition(0)
        self._judge(subject)

    def set_fields(self, around: Surroundings) -> None:
        """What can be inserted."""
        for button, target in zip(self._menus, (self.subject, self.preheader), strict=True):
            menu = button.menu()
            menu.clear()
            for field in around.fields:
                menu.addAction(field.label, partial(self._insert, target, field.key))
            menu.addSeparator()
            menu.addAction(BUILT_IN_FIELDS["organisation"].label, partial(self._insert, target, "organisation"))

    def _line(self, name: str, placeholder: str) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName(name)
        line.setPlaceholderText(placeholder)
        line.setMaxLength(900)
        return line

    def _under(self, text: str, line: QLineEdit, name: str) -> QHBoxLayout:
        """What a line is for, and the menu of what can be inserted into it."""
        line.setAccessibleDescription(text)
        button = link_button(self.tr("Insert a field"), name=name)
        button.setMenu(QMenu(button))
        self._menus.append(button)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(caption(text), 1)
        row.addWidget(button)
        return row

    def _insert(self, line: QLineEdit, key: str) -> None:
        line.insert(f"{{{{ {key} }}}}")
        line.setFocus()
        line.textEdited.emit(line.text())

    @Slot(str)
    def _on_subject(self, text: str) -> None:
        self._judge(text)
        self.subject_changed.emit(text)

    def _judge(self, subject: str) -> None:
        length = len(subject.strip())
        note = ""
        if length > _PHONE_SHOWS and "{" not in subject:
            note = self.tr("{0} characters; phones show about {1}").format(number(length), number(_PHONE_SHOWS))
        self.set_done(bool(length), note)
