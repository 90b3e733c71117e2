"""Signing in to Google or Microsoft: in the user's own browser, with a client that the user registered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.models.workspace import Workspace
from app.sending.oauth_grant import Grant, OAuthClient, Tokens
from app.sending.oauth_providers import OAuthProvider, oauth_provider
from app.ui.operations import Operations
from app.ui.pages.accounts.fold import Fold
from app.ui.pages.accounts.ground import client_of
from app.ui.pages.accounts.web_page import open_page
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, FormField, Spinner, caption, label, leading, link_button, muted, secondary_button


class BrowserSignIn(QWidget):
    """
    Signals:
        signed_in: The new `Grant`.
        changed: What would be stored or tested is another one now.
    """

    signed_in = Signal(object)
    changed = Signal()

    def __init__(self, operations: Operations, workspace: Workspace) -> None:
        super().__init__()
        self._operations = operations
        self._workspace = workspace
        self._account_id: int | None = None
        self._provider: OAuthProvider | None = None
        self._known: Mapping[str, str] = {}
        self._address: Callable[[], str] = lambda: ""
        self._stored_for = ""
        self._signed_in_as = ""
        self.grant: Grant | None = None
        self._task: asyncio.Task[None] | None = None
        self._build()
        self._show()

    def set_ground(
        self,
        address: Callable[[], str],
        known: Mapping[str, str],
        *,
        account_id: int | None = None,
        stored_for: str = "",
    ) -> None:
        """*address*: gives the address to sign in with. *known*: ids of clients, by the key of their provider.

        *stored_for*: the address somebody has signed in with before.
        """
        self._address, self._known = address, known
        self._account_id, self._stored_for = account_id, stored_for
        self._show()

    def show_provider(self, key: str) -> None:
        """Sign in to this one; the key of an `OAuthProvider`, or empty."""
        provider = oauth_provider(key) if key else None
        if provider == self._provider:
            return
        self.stop()
        self._provider = provider
        self.grant, self._signed_in_as = None, ""
        if provider is not None:
            self._start.setText(self.tr("Sign in with {0}").format(provider.name))
            self._how.setText(provider.client_hint)
            self._secret.setVisible(provider.needs_secret)
            self._fold.set_open(provider.key not in self._known)
        self._show()

    @property
    def is_set_up(self) -> bool:
        """The provider knows this program: nothing is to be registered first."""
        return self._provider is not None and self._provider.key in self._known

    @property
    def is_done(self) -> bool:
        """Somebody signed in with the present address, now or before."""
        return self._address().casefold() == (self._signed_in_as or self._stored_for).casefold() != ""

    def stop(self) -> None:
        """Give up waiting."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._show()

    def check(self) -> list[QWidget]:
        """What is still to be done before the account can be stored."""
        if self.is_done:
            return []
        who = self._signed_in_as or self._stored_for
        if who:
            words = self.tr("You signed in as {0}. Sign in again with {1}.").format(who, self._address())
        else:
            words = self.tr("Sign in first: the provider then lets this program send for you.")
        self._say(words, "")
        return [self._start]

    @Slot()
    def start(self) -> None:
        """Open the browser and wait for the user to come back."""
        if self._provider is None or self._task is not None:
            return
        client_id = self.client_id.text().strip()
        if not client_id and self._provider.key not in self._known:
            self._fold.set_open(True)
            self._client_id.set_error(self.tr("{0} wants to know which program asks.").format(self._provider.name))
            self.client_id.setFocus()
            return
        self._trouble.hide()
        self._task = self._operations.run(
            self._sign_in(self._provider, client_id, self.client_secret.text().strip(), self._address()),
            on_error=self._on_error,
        )
        self._task.add_done_callback(self._on_over)
        self._show()

    async def _sign_in(self, provider: OAuthProvider, client_id: str, client_secret: str, address: str) -> None:
        client = OAuthClient(client_id, client_secret) if client_id else await self._known_client(provider)
        sign_in = await self._operations.read(_load_sign_in)
        tokens = await sign_in(provider, client, login_hint=address, open_browser=open_page)
        self.grant = Grant(provider, client, tokens)
        self._signed_in_as = address
        self.window().activateWindow()
        self.changed.emit()
        self.signed_in.emit(self.grant)

    async def _known_client(self, provider: OAuthProvider) -> OAuthClient:
        known = await self._operations.read(partial(client_of, self._workspace, provider.key, self._account_id))
        return known or OAuthClient("")

    def _on_error(self, error: UserFacingError) -> None:
        self._say(error.title, error.hint, error.detail)

    def _say(self, title: str, hint: str, detail: str = "") -> None:
        self._trouble.set_message(title, hint, Kind.BAD)
        self._trouble.setToolTip(detail)
        self._trouble.show()

    def _on_over(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self._task = None
            self._show()

    @Slot()
    def _show(self) -> None:
        is_waiting = self._task is not None
        who = self._signed_in_as or self._stored_for
        self._start.setVisible(not is_waiting)
        self._waiting.setVisible(is_waiting)
        self._done.setVisible(bool(who) and not is_waiting)
        self._done.set_message("", self.tr("Signed in as {0}.").format(who), Kind.GOOD)
        if self._provider is not None:
            again = self.tr("Sign in again") if who else self.tr("Sign in with {0}").format(self._provider.name)
            self._start.setText(again)
        if who:
            self._trouble.hide()
            self._fold.set_open(False)

    def _on_register(self) -> None:
        if self._provider is not None:
            open_page(self._provider.client_url)

    @Slot()
    def _on_edited(self) -> None:
        self._client_id.set_error("")

    def _build(self) -> None:
        self._start = secondary_button(self.tr("Sign in"), "external-link", on_click=self.start, name="signIn")
        self._waiting = QWidget()
        waiting = QHBoxLayout(self._waiting)
        waiting.setContentsMargins(0, 0, 0, 0)
        waiting.setSpacing(Space.S)
        waiting.addWidget(Spinner(16))
        words = muted(self.tr("Waiting for the browser … Sign in on the page that opened there."), wrap=False)
        words.setObjectName("waitingForBrowser")
        waiting.addWidget(words)
        waiting.addWidget(link_button(self.tr("Cancel"), on_click=self.stop, name="cancelSignIn"))
        waiting.addStretch(1)
        self._done = Banner(kind=Kind.GOOD)
        self._done.setObjectName("signedIn")
        self._trouble = Banner(kind=Kind.BAD)
        self._trouble.setObjectName("signInTrouble")
        self._trouble.hide()
        self.client_id = QLineEdit()
        self.client_id.setObjectName("clientId")
        self.client_id.textEdited.connect(self._on_edited)
        self.client_secret = QLineEdit()
        self.client_secret.setObjectName("clientSecret")
        self.client_secret.setEchoMode(QLineEdit.EchoMode.Password)
        self._client_id = FormField(self.tr("Client ID"), self.client_id)
        self._secret = FormField(self.tr("Client secret"), self.client_secret)
        self._how = label(wrap=True)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(self._client_id, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._secret, 1, Qt.AlignmentFlag.AlignTop)
        self._fold = Fold(self.tr("Set up once: register this program"), "clientFold")
        self._fold.body.addWidget(
            caption(
                self.tr(
                    "Google and Microsoft let a program in only if an organisation vouches for it. So that your mail "
                    "depends on nobody else, that is yours. It is done once, for all accounts: best by whoever looks "
                    "after your computers."
                )
            )
        )
        self._fold.body.addWidget(self._how)
        register = link_button(self.tr("Open the page where this is done"), on_click=self._on_register, name="register")
        self._fold.body.addLayout(leading(register))
        self._fold.body.addLayout(row)
        buttons = QHBoxLayout()
        buttons.addWidget(self._start)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self._fold)
        column.addWidget(self._done)
        column.addWidget(self._trouble)
        column.addLayout(buttons)
        column.addWidget(self._waiting)


def _load_sign_in() -> Callable[..., Awaitable[Tokens]]:
    """The machinery takes long to import, and only those who sign in need it."""
    from app.sending.sign_in import sign_in

    return sign_in
