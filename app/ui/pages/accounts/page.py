"""The accounts page: what mail can leave through, and what keeps it from leaving."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.models.states import AccountKind
from app.sending.accounts import AccountInfo, list_accounts, note_problem, remove_account
from app.sending.stored_secrets import read_secrets
from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.accounts.account_card import AccountCard
from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.theme import Space
from app.ui.widgets import Card, IconLabel, Toast, ask, heading, muted, primary_button


class AccountsPage(Page):
    """`shown(new=True)` begins a new account, `shown(account=id)` opens one."""

    watches: ClassVar[frozenset[str]] = frozenset({things.ACCOUNTS})
    scrolls: ClassVar[bool] = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations, self.tr("Accounts"))
        self._context = context
        self._accounts: tuple[AccountInfo, ...] | None = None
        self._untried: int | None = None
        self.header.add_action(
            primary_button(self.tr("Add account"), "plus", on_click=self.add_account, name="addAccount")
        )
        self.cards: list[Card] = []
        self.content.addStretch(1)

    async def load(self) -> None:
        accounts = await self.operations.read(partial(list_accounts, self._context.workspace))
        # A card that shows the result of a test stays until there is something new to show.
        if accounts != self._accounts:
            self._accounts = accounts
            self._show(accounts)
        self._try_new()

    def shown(self, **kwargs: Any) -> None:
        if kwargs.get("new"):
            self.add_account()
        elif (account_id := kwargs.get("account")) is not None:
            self.operations.run(self._edit(account_id))

    def add_account(self) -> None:
        """Open the sheet for a new account."""
        self._open(AccountSheet(self, self._context))

    def _open(self, sheet: AccountSheet) -> None:
        sheet.stored.connect(self._on_stored)
        sheet.open()

    def _on_stored(self, account_id: int) -> None:
        """Try it at once: a mistyped password is to be found now, not when a campaign should leave."""
        self._untried = account_id
        self.reload()

    def _try_new(self) -> None:
        card = next((one for one in self.cards if one.objectName() == f"account-{self._untried}"), None)
        if isinstance(card, AccountCard):
            self._untried = None
            card.try_it()

    def _show(self, accounts: tuple[AccountInfo, ...]) -> None:
        for card in self.cards:
            self.content.removeWidget(card)
            card.hide()
            card.deleteLater()
        real = [account for account in accounts if account.kind is not AccountKind.PRACTICE]
        troubled = sum(1 for account in real if account.problem)
        self.header.set_subtitle(self._state(len(real), troubled))
        self.cards = [self._card(account) for account in accounts]
        if not real:
            self.cards.insert(0, _invitation(self))
        for number, card in enumerate(self.cards):
            self.content.insertWidget(number, card)

    def _state(self, count: int, troubled: int) -> str:
        if not count:
            return self.tr("Until you add one of your own, mail goes to the practice inbox only.")
        ready = self.tr("1 account") if count == 1 else self.tr("{0} accounts").format(count)
        if not troubled:
            return ready
        return self.tr("{0}, {1} cannot send").format(ready, troubled)

    def _card(self, account: AccountInfo) -> AccountCard:
        card = AccountCard(self._context, account)
        card.edit_wanted.connect(lambda: self.operations.run(self._edit(account.id)))
        card.remove_wanted.connect(lambda: self.operations.run(self._remove(account)))
        card.works.connect(lambda: self._on_works(account))
        card.inbox_wanted.connect(lambda: self._context.show_page("practice"))
        return card

    async def _edit(self, account_id: int) -> None:
        accounts = await self.operations.read(partial(list_accounts, self._context.workspace))
        account = next((one for one in accounts if one.id == account_id), None)
        if account is None or account.kind is AccountKind.PRACTICE:
            return
        stored = await self.operations.read(partial(read_secrets, self._context.workspace, account_id))
        self._open(AccountSheet(self, self._context, account, stored))

    async def _remove(self, account: AccountInfo) -> None:
        is_sure = await ask(
            self,
            title=self.tr("Remove “{0}”?").format(account.name),
            text=self.tr(
                "Its password, its From address and its DKIM key are forgotten. Drafts that use it need another one."
            ),
            confirm=self.tr("Remove the account"),
            danger=True,
        )
        if is_sure:
            self.operations.run(
                partial(remove_account, self._context.workspace, account.id),
                success=self.tr("“{0}” was removed").format(account.name),
                refreshes=[things.ACCOUNTS],
            )

    def _on_works(self, account: AccountInfo) -> None:
        """The problem that was noted with it is over; a campaign that stopped for it can go on."""
        if account.problem:
            self.operations.run(
                partial(_forget_problem, self._context, account.id),
                success=Toast(
                    self.tr("“{0}” works again").format(account.name),
                    hint=self.tr("A campaign that stopped because of it can go on."),
                    action=self.tr("Campaigns"),
                    on_action=lambda: self._context.show_page("campaigns"),
                ),
                refreshes=[things.ACCOUNTS],
            )


def _forget_problem(context: AppContext, account_id: int) -> None:
    with context.workspace.write() as session:
        note_problem(session, account_id, "")


def _invitation(page: AccountsPage) -> Card:
    """What to do first, above the practice account."""
    card = Card()
    card.setObjectName("firstAccount")
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(heading(page.tr("Connect the mailbox you write from")))
    words.addWidget(
        muted(
            page.tr(
                "You need what your mail program needs: the server’s name, your address and its password. A test tells "
                "you at once whether it works; nothing is sent."
            )
        )
    )
    row = QHBoxLayout()
    row.setSpacing(Space.M)
    row.addWidget(IconLabel("at-sign", size=20, tile=40))
    row.addLayout(words, 1)
    card.body.addLayout(row)
    return card
