"""The From addresses of an account, in its card."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.sending.accounts import AccountInfo, IdentityInfo
from app.ui.pages.contacts.elided import ElidedLabel
from app.ui.theme import Space
from app.ui.widgets import caption, icon_button, leading, link_button


class AddressRows(QWidget):
    """
    Signals:
        add_wanted: The user wants another address.
        edit_wanted, remove_wanted: The `IdentityInfo` to change or to remove.
    """

    add_wanted = Signal()
    edit_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, account: AccountInfo) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(caption(self.tr("From addresses"), wrap=False))
        is_only = len(account.identities) == 1
        for identity in sorted(account.identities, key=lambda each: each.id):
            column.addWidget(self._row(identity, is_only=is_only))
        add = link_button(self.tr("Add a From address"), on_click=self.add_wanted.emit, name="addIdentity")
        column.addLayout(leading(add))

    def _row(self, identity: IdentityInfo, *, is_only: bool) -> QWidget:
        row_widget = QWidget()
        row_widget.setObjectName(f"identity-{identity.id}")
        row = QHBoxLayout(row_widget)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        who = ElidedLabel(str(identity) if identity.name else identity.address)
        who.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        row.addWidget(who)
        row.addWidget(ElidedLabel(self._about(identity), "caption"), 1)
        edit = icon_button(
            "pencil",
            self.tr("Change {0}").format(identity.address),
            on_click=lambda: self.edit_wanted.emit(identity),
            name="editIdentity",
            small=True,
        )
        row.addWidget(edit)
        if not is_only:  # an account needs one
            remove = icon_button(
                "trash-2",
                self.tr("Remove {0}").format(identity.address),
                on_click=lambda: self.remove_wanted.emit(identity),
                name="removeIdentity",
                small=True,
            )
            row.addWidget(remove)
        return row_widget

    def _about(self, identity: IdentityInfo) -> str:
        parts = []
        if identity.reply_to:
            parts.append(self.tr("answers to {0}").format(identity.reply_to))
        if identity.return_path:
            parts.append(self.tr("undeliverable mail to {0}").format(identity.return_path))
        if identity.is_signed:
            parts.append(self.tr("signed for {0}").format(identity.dkim_domain))
        return " · ".join(parts)
