"""The sheet that adds one person by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from app.audience import contacts
from app.audience.contacts import DuplicateContact
from app.audience.lists import ListInfo
from app.errors import UserFacingError
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts.permission_form import PermissionForm
from app.ui.theme import Space
from app.ui.things import CONTACTS, LISTS
from app.ui.widgets import Form, Sheet, Toast, caption, strong

_KEYS = ("email", "first_name", "last_name", "company")


class NewContactSheet(Sheet):
    def __init__(
        self,
        parent: QWidget | None,
        workspace: Workspace,
        operations: Operations,
        lists: Sequence[ListInfo],
        *,
        list_id: int | None,
        on_made: Callable[[int, str], Toast],
    ) -> None:
        """*list_id*: the list that is proposed. *on_made* gets the new id and the address, and returns the toast."""
        super().__init__(parent, self.tr("Add a contact"))
        self.setObjectName("newContact")
        self.setMinimumWidth(560)
        self._workspace = workspace
        self._operations = operations
        self._on_made = on_made
        self._fields = {key: QLineEdit() for key in _KEYS}
        form = Form()
        self._email = form.add(self.tr("E-mail address"), self._fields["email"], name="newEmail")
        names = QHBoxLayout()
        names.setSpacing(Space.M)
        for key, text, name in (
            ("first_name", self.tr("First name"), "newFirstName"),
            ("last_name", self.tr("Last name"), "newLastName"),
        ):
            part = Form()
            part.add(text, self._fields[key], name=name)
            names.addLayout(part)
        form.addLayout(names)
        more = QHBoxLayout()
        more.setSpacing(Space.M)
        company = Form()
        company.add(self.tr("Company"), self._fields["company"], name="newCompany")
        self._list = QComboBox()
        self._list.addItem(self.tr("No list"), None)
        for group in lists:
            self._list.addItem(group.name, group.id)
        self._list.setCurrentIndex(max(0, self._list.findData(list_id)))
        into = Form()
        into.add(self.tr("List"), self._list, name="newList")
        more.addLayout(company, 1)
        more.addLayout(into, 1)
        form.addLayout(more)
        self.body.addLayout(form)
        self._permission = PermissionForm(
            unsure=self.tr("The contact is kept, but gets no mail until you record a permission."),
            example=self.tr("Asked at the counter, signed a form …"),
        )
        self.body.addWidget(strong(self.tr("How did this person agree to get mail from you?")))
        self.body.addWidget(self._permission)
        self._missing = caption("")
        self._missing.setProperty("role", "error")
        self._missing.setObjectName("permissionError")
        self._missing.hide()
        self.body.addWidget(self._missing)
        self.add_buttons(self.tr("Add contact"))
        self._fields["email"].setFocus()
        self._fields["email"].textChanged.connect(lambda: self._email.set_error(""))
        self._permission.changed.connect(self._missing.hide)

    def accept(self) -> None:
        if not self._permission.is_answered:
            self._missing.setText(self.tr("Choose one of the answers above."))
            self._missing.show()
            self.fit()
            return
        texts = {key: field.text() for key, field in self._fields.items()}
        list_id = self._list.currentData()
        work = partial(
            contacts.create,
            self._workspace,
            texts,
            permission=self._permission.permission,
            list_ids=[] if list_id is None else [list_id],
        )

        def made(contact_id: int) -> Toast:
            super(NewContactSheet, self).accept()
            return self._on_made(contact_id, texts["email"].strip())

        self._operations.run(
            work, busy=self.confirm_button, success=made, refreshes=(CONTACTS, LISTS), on_error=self._on_error
        )

    def _on_error(self, error: UserFacingError) -> None:
        self._email.set_error(error.title if isinstance(error, DuplicateContact) else str(error))
        self.fit()
        self._fields["email"].setFocus()
