"""The sheet in which a From address of an account is added or changed, with its signatures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.sending.accounts import AccountInfo, IdentityDraft, IdentityInfo
from app.sending.presets import provider_of
from app.sending.stored_secrets import PublishedKey
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.accounts.ground import store_identity
from app.ui.pages.accounts.sender_section import SenderSection
from app.ui.pages.accounts.signature_section import SignatureSection
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, FormField, Sheet

_SIZE = QSize(640, 540)
_LEAST_MARGIN = 24


class IdentitySheet(Sheet):
    """Closes when the address is stored."""

    def __init__(
        self,
        parent: QWidget,
        context: AppContext,
        account: AccountInfo,
        identity: IdentityInfo | None = None,
        keys: Sequence[PublishedKey] = (),
    ) -> None:
        title = self.tr("Change {0}").format(identity.address) if identity else self.tr("Another From address")
        super().__init__(parent, title, self.tr("Mail from it leaves through “{0}”.").format(account.name))
        self.setObjectName("identitySheet")
        self._context = context
        self._account = account
        self._identity = identity
        self.identity = SenderSection()
        self.signature = SignatureSection(context.operations)
        self._trouble = Banner(kind=Kind.BAD)
        self._trouble.setObjectName("identityTrouble")
        self._trouble.hide()
        self._build()
        self.identity.show_return_path(keeps=account.keeps_return_path)
        provider = provider_of(account.preset, account.host)
        if provider is not None:
            self.signature.show_preset(provider)
        if identity is not None:
            self.identity.fill(identity)
        self.signature.fill(keys)
        self._follow()
        self.identity.address.textEdited.connect(self._follow)
        self.identity.name.setFocus()

    def accept(self) -> None:
        wrong: list[FormField] = [*self.identity.check(), *self.signature.check()]
        if wrong:
            self._area.ensureWidgetVisible(wrong[0])
            wrong[0].field.setFocus()
            return
        name, address, reply_to, return_path = self.identity.values
        draft = IdentityDraft(
            name=name,
            address=address,
            reply_to=reply_to,
            return_path=return_path,
            dkim_domain=self.signature.first_domain,
            dkim_selector=self.signature.first_selector,
            dkim_key_pem=self.signature.pem,
        )
        identity_id = self._identity.id if self._identity is not None else None
        self._context.operations.run(
            partial(
                store_identity,
                self._context.workspace,
                self._account.id,
                identity_id,
                draft,
                self.signature.key_changes,
            ),
            busy=self.confirm_button,
            success=self._on_stored,
            refreshes=[things.ACCOUNTS],
            on_error=self._show_trouble,
        )

    def _on_stored(self, _identity_id: int) -> None:
        super().accept()

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.set_message(error.title, error.hint, Kind.BAD)
        self._trouble.show()

    @Slot()
    def _follow(self) -> None:
        self.signature.follow_address(self.identity.address.text())

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("role", "scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, Space.L, Space.S)
        column.setSpacing(Space.XXL)
        column.addWidget(self.identity)
        column.addWidget(self.signature)
        column.addStretch(1)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(content)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._area, 1)
        self.add_buttons(self.tr("Save") if self._identity else self.tr("Add address"))
        parent = self.parentWidget()
        room = parent.size() - QSize(2 * _LEAST_MARGIN, 2 * _LEAST_MARGIN) if parent is not None else _SIZE
        self.resize(_SIZE.boundedTo(room))
