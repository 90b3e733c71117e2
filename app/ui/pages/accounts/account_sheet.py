"""The sheet in which an SMTP account is added or changed."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from app.audience.addresses import normalise
from app.errors import UserFacingError
from app.sending.accounts import AccountDraft, AccountInfo, add_account, change_account, smtp_account
from app.sending.smtp import SmtpAccount
from app.sending.stored_secrets import StoredSecrets
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.accounts.connection_test import ConnectionTest
from app.ui.pages.accounts.limits_section import ConnectionsRow, LimitsSection
from app.ui.pages.accounts.sender_section import SenderSection
from app.ui.pages.accounts.server_section import ServerSection
from app.ui.pages.accounts.signature_section import SignatureSection
from app.ui.theme import Kind, Space, icon
from app.ui.widgets import Banner, FormField, Sheet, quiet_button

_WIDTH = 600
_MOST_HEIGHT = 760
_LEAST_MARGIN = 32


class AccountSheet(Sheet):
    """Closes when the account is stored; until then every input stays as it was typed.

    Signals:
        stored: The id of the account.
    """

    stored = Signal(int)

    def __init__(
        self,
        parent: QWidget,
        context: AppContext,
        account: AccountInfo | None = None,
        stored: StoredSecrets | None = None,
    ) -> None:
        super().__init__(
            parent,
            self.tr("Change “{0}”").format(account.name) if account else self.tr("Add your mail account"),
            "" if account else self.tr("Mail to your contacts leaves through it, as if you wrote each one yourself."),
        )
        self.setObjectName("accountSheet")
        self._context = context
        self._account = account
        self.identity = SenderSection()
        self.server = ServerSection()
        self.test = ConnectionTest(context.operations)
        self.limits = LimitsSection()
        self.connections = ConnectionsRow()
        self.signature = SignatureSection(context.operations)
        self._name = QLineEdit()
        self._trouble = Banner(kind=Kind.BAD)
        self._trouble.setObjectName("accountTrouble")
        self._trouble.hide()
        self._build()
        if account is not None:
            self._fill(account, stored or StoredSecrets())
        self._follow()
        self._connect()

    def accept(self) -> None:
        wrong = [*self.identity.check(), *self.server.check(), *self.signature.check()]
        if wrong:
            self._lead_to(wrong[0])
            return
        draft = self._draft()
        account_id = self._account.id if self._account is not None else None
        self._context.operations.run(
            partial(_store, self._context, account_id, draft),
            busy=self.confirm_button,
            success=self._on_stored,
            refreshes=[things.ACCOUNTS],
            on_error=self._show_trouble,
        )

    def _on_stored(self, account_id: int) -> None:
        super().accept()
        self.stored.emit(account_id)

    def done(self, result: int) -> None:
        self.test.stop()
        super().done(result)

    def _draft(self) -> AccountDraft:
        address = normalise(self.identity.address.text())
        reply_to = self.identity.reply_to.text().strip()
        has_key = self.signature.has_key
        return AccountDraft(
            name=self._name.text().strip() or address,
            host=self.server.host.text().strip(),
            port=self.server.port.value(),
            tls=self.server.tls,
            username=self.server.username.text().strip(),
            password=self.server.new_password,
            sender_name=" ".join(self.identity.name.text().split()),
            sender_address=address,
            reply_to=normalise(reply_to) if reply_to else "",
            limits=self.limits.limits,
            connections=self.connections.connections.value(),
            messages_per_connection=self.connections.messages.value(),
            dkim_domain=self.signature.domain.text().strip() if has_key else "",
            dkim_selector=self.signature.selector.text().strip() if has_key else "",
            dkim_key_pem=self.signature.pem,
        )

    def _fill(self, account: AccountInfo, stored: StoredSecrets) -> None:
        self._name.setText(account.name)
        if account.identities:
            stored_identity = account.identities[0]
            self.identity.name.setText(stored_identity.name)
            self.identity.address.setText(stored_identity.address)
            self.identity.reply_to.setText(stored_identity.reply_to)
        self.server.fill(
            host=account.host,
            port=account.port,
            tls=account.tls,
            username=account.username,
            has_password=stored.has_password,
        )
        self.limits.fill(account.limits)
        self.connections.connections.setValue(account.connections)
        self.connections.messages.setValue(account.messages_per_connection)
        self.signature.fill(stored)

    @Slot()
    def _on_test(self) -> None:
        wrong = self.server.check()
        if wrong:
            self._lead_to(wrong[0])
            return
        self.test.start(self.server.host.text().strip(), self._to_test())
        self._reveal_test()

    @Slot()
    def _reveal_test(self) -> None:
        """Scroll to the test once it has its place."""
        QTimer.singleShot(0, self.test, lambda: self._area.ensureWidgetVisible(self.test))

    def _to_test(self) -> partial[SmtpAccount]:
        """Reads the inputs now, and the stored password later in a worker thread."""
        return partial(
            _assembled,
            self._context,
            self._account.id if self._account is not None else None,
            self.server.new_password,
            partial(
                SmtpAccount,
                self.server.host.text().strip(),
                self.server.port.value(),
                self.server.tls,
                self.server.username.text().strip(),
            ),
        )

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.set_message(error.title, error.hint, Kind.BAD)
        self._trouble.show()

    def _lead_to(self, field: FormField) -> None:
        if self.signature.isAncestorOf(field):
            self._advanced_button.setChecked(True)
        self._area.ensureWidgetVisible(field)
        field.field.setFocus()

    @Slot()
    def _follow(self) -> None:
        """What depends on the address and the server: the domain of the signature, the provider's hints."""
        address = self.identity.address.text()
        self.signature.follow_address(address)
        self.server.show_provider_of(address)
        self.limits.show_provider_of(self.server.host.text(), self.server.username.text(), address)

    @Slot()
    def _on_address_left(self) -> None:
        self.server.suggest_username(self.identity.address.text())
        self._follow()

    @Slot(bool)
    def _on_advanced(self, on: bool) -> None:
        self._advanced.setVisible(on)
        self._advanced_button.setIcon(icon("chevron-down" if on else "chevron-right", "muted"))

    def _connect(self) -> None:
        self.identity.address.textEdited.connect(self._follow)
        self.identity.address.editingFinished.connect(self._on_address_left)
        self.server.changed.connect(self._follow)
        self.server.changed.connect(self.test.stop)
        self.server.changed.connect(self.test.clear)
        self.server.test_wanted.connect(self._on_test)
        self.test.finished.connect(self._reveal_test)

    def _build(self) -> None:
        content = QWidget()
        content.setProperty("role", "scrolled")
        column = QVBoxLayout(content)
        column.setContentsMargins(2, 2, Space.L, Space.S)
        column.setSpacing(Space.XL)
        self.server.form.addWidget(self.test)
        for section in (self.identity, self.server, self.limits):
            column.addWidget(section)
            column.addWidget(_line())
        self._advanced_button = quiet_button(self.tr("Advanced"), "chevron-right", name="advanced")
        self._advanced_button.setCheckable(True)
        self._advanced_button.toggled.connect(self._on_advanced)
        column.addWidget(self._advanced_button, 0, Qt.AlignmentFlag.AlignLeading)
        self._advanced = QWidget()
        advanced = QVBoxLayout(self._advanced)
        advanced.setContentsMargins(0, 0, 0, 0)
        advanced.setSpacing(Space.XXL)
        self._name.setObjectName("accountName")
        name = FormField(
            self.tr("Name of the account"),
            self._name,
            optional=True,
            help_text=self.tr("Only you see it. Without one it is called like its address."),
        )
        advanced.addWidget(name)
        advanced.addWidget(self.signature)
        advanced.addWidget(self.connections)
        self._advanced.hide()
        column.addWidget(self._advanced)
        column.addStretch(1)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(content)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(self._trouble)
        self.body.addWidget(self._area, 1)
        self.add_buttons(self.tr("Save") if self._account else self.tr("Add account"))
        parent = self.parentWidget()
        room = parent.height() - 2 * _LEAST_MARGIN if parent is not None else _MOST_HEIGHT
        self.resize(_WIDTH, min(_MOST_HEIGHT, room))
        self.identity.name.setFocus()


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    return line


def _store(context: AppContext, account_id: int | None, draft: AccountDraft) -> int:
    if account_id is None:
        return add_account(context.workspace, draft)
    change_account(context.workspace, account_id, draft)
    return account_id


def _assembled(
    context: AppContext, account_id: int | None, typed: str | None, make: partial[SmtpAccount]
) -> SmtpAccount:
    """The account to test, with the password that was typed or, failing that, the stored one."""
    if typed is not None or account_id is None:
        return make(password=typed or "")
    return make(password=smtp_account(context.workspace, account_id, practice_port=0).password)
