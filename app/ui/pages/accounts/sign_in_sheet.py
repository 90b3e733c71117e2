"""Signing in again to an account whose sign-in the provider has ended."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.errors import UserFacingError
from app.sending.accounts import AccountInfo
from app.sending.oauth_grant import Grant
from app.sending.presets import provider_of
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.accounts.browser_sign_in import BrowserSignIn
from app.ui.pages.accounts.ground import Ground, store_grant
from app.ui.theme import Kind
from app.ui.widgets import Banner, Sheet


class SignInSheet(Sheet):
    """Opens the browser by itself, and closes when the new sign-in is stored.

    Signals:
        stored: The id of the account.
    """

    stored = Signal(int)

    def __init__(self, parent: QWidget, context: AppContext, account: AccountInfo, ground: Ground) -> None:
        super().__init__(
            parent,
            self.tr("Sign in again"),
            self.tr("Your browser opens. Sign in there as {0}, and allow this program to send.").format(
                account.username
            ),
        )
        self.setObjectName("signInSheet")
        self._context = context
        self._account = account
        self.browser = BrowserSignIn(context.operations, context.workspace)
        provider = provider_of(account.preset, account.host)
        key = ground.secrets.oauth_provider or (provider.oauth if provider else "")
        self.browser.set_ground(lambda: account.username, ground.clients, account_id=account.id)
        self.browser.show_provider(key)
        self.browser.signed_in.connect(self._store)
        self._trouble = Banner(kind=Kind.BAD)
        self._trouble.hide()
        self.body.addWidget(self._trouble)
        self.body.addWidget(self.browser)
        self.add_cancel_button(self.tr("Cancel"))
        QTimer.singleShot(0, self.browser, self.browser.start)

    def done(self, result: int) -> None:
        self.browser.stop()
        super().done(result)

    def _store(self, grant: Grant) -> None:
        self._context.operations.run(
            partial(store_grant, self._context.workspace, self._account.id, grant),
            success=self._on_stored,
            refreshes=[things.ACCOUNTS],
            on_error=self._show_trouble,
        )

    def _on_stored(self, _nothing: None) -> None:
        self.accept()
        self.stored.emit(self._account.id)

    def _show_trouble(self, error: UserFacingError) -> None:
        self._trouble.set_message(error.title, error.hint, Kind.BAD)
        self._trouble.show()
