"""The accounts page: what mail can leave through, and what keeps it from leaving."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.models.states import AccountKind
from app.sending.accounts import (
    AccountInfo,
    IdentityInfo,
    account_info,
    change_account,
    draft_of,
    note_problem,
    remove_account,
    remove_identity,
)
from app.sending.limits import Limits
from app.sending.stored_secrets import read_keys
from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.accounts.account_card import AccountCard, Tested
from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.pages.accounts.ground import accounts_with_usage, read_ground
from app.ui.pages.accounts.identity_sheet import IdentitySheet
from app.ui.pages.accounts.mail_test import MailTested
from app.ui.pages.accounts.sign_in_sheet import SignInSheet
from app.ui.theme import Space
from app.ui.widgets import Card, IconLabel, Toast, ask, heading, muted, primary_button


class AccountsPage(Page):
    """`shown(new=True)` begins a new account, `shown(account=id)` opens one."""

    watches: ClassVar[frozenset[str]] = frozenset({things.ACCOUNTS, things.SENDING})
    scrolls: ClassVar[bool] = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations, self.tr("Accounts"))
        self._context = context
        self._accounts: tuple[AccountInfo, ...] | None = None
        self._untried: int | None = None
        self._tested: dict[int, Tested] = {}
        self._add_button = primary_button(self.tr("Add account"), "plus", on_click=self.add_account, name="addAccount")
        self.header.add_action(self._add_button)
        self.cards: list[Card] = []
        self.content.addStretch(1)

    async def load(self) -> None:
        accounts, used = await self.operations.read(partial(accounts_with_usage, self._context.workspace))
        # A card in which a test is under way stays until there is something new to show.
        if accounts != self._accounts:
            self._accounts = accounts
            self._show(accounts)
        for card in self.cards:
            if isinstance(card, AccountCard):
                card.facts.show_used(used.get(card.account.id, 0))
        self._try_new()

    def shown(self, **kwargs: Any) -> None:
        if kwargs.get("new"):
            self.add_account()
        elif (account_id := kwargs.get("account")) is not None:
            self.operations.run(self._edit(account_id))

    def add_account(self) -> None:
        """Open the sheet for a new account."""
        self.operations.run(self._add())

    async def _add(self) -> None:
        ground = await self.operations.read(partial(read_ground, self._context.workspace, None))
        self._open(AccountSheet(self, self._context, ground))

    def _open(self, sheet: AccountSheet | SignInSheet) -> None:
        sheet.stored.connect(self._on_stored)
        sheet.open()

    def _on_stored(self, account_id: int) -> None:
        """Try it at once: a mistyped password is to be found now, not when a campaign should leave."""
        self._tested.pop(account_id, None)
        self._untried = account_id
        self.reload()

    def _try_new(self) -> None:
        card = next((one for one in self.cards if one.objectName() == f"account-{self._untried}"), None)
        if isinstance(card, AccountCard):
            self._untried = None
            card.try_it()

    def _show(self, accounts: tuple[AccountInfo, ...]) -> None:
        for card in self.cards:
            if isinstance(card, AccountCard):
                card.stop()
            self.content.removeWidget(card)
            card.hide()
            card.deleteLater()
        real = [account for account in accounts if account.kind is not AccountKind.PRACTICE]
        troubled = sum(1 for account in real if account.problem)
        self.header.set_subtitle(self._state(len(real), troubled))
        self._add_button.setVisible(bool(real))
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
            return self.tr("{0}, ready to send").format(ready)
        return self.tr("{0}, {1} cannot send").format(ready, troubled)

    def _card(self, account: AccountInfo) -> AccountCard:
        card = AccountCard(self._context, account)
        card.edit_wanted.connect(lambda: self.operations.run(self._edit(account.id)))
        card.remove_wanted.connect(lambda: self.operations.run(self._remove(account)))
        card.sign_in_wanted.connect(lambda: self.operations.run(self._sign_in(account)))
        card.tested.connect(lambda tested: self._on_tested(account, tested))
        card.limits_wanted.connect(lambda limits: self._take_limits(account, limits))
        card.inbox_wanted.connect(lambda: self._context.show_page("practice"))
        card.addresses.add_wanted.connect(lambda: IdentitySheet(self, self._context, account).open())
        card.addresses.edit_wanted.connect(lambda one: self.operations.run(self._edit_address(account, one)))
        card.addresses.remove_wanted.connect(lambda one: self.operations.run(self._remove_address(one)))
        if account.id in self._tested and account.id != self._untried:
            card.recall(self._tested[account.id])
        return card

    async def _edit(self, account_id: int) -> None:
        accounts = self._accounts or ()
        known = next((one for one in accounts if one.id == account_id), None)
        if known is not None and known.kind is AccountKind.PRACTICE:
            return
        ground = await self.operations.read(partial(read_ground, self._context.workspace, account_id))
        if ground.account is not None and ground.account.kind is not AccountKind.PRACTICE:
            self._open(AccountSheet(self, self._context, ground))

    async def _sign_in(self, account: AccountInfo) -> None:
        ground = await self.operations.read(partial(read_ground, self._context.workspace, account.id))
        self._open(SignInSheet(self, self._context, account, ground))

    async def _edit_address(self, account: AccountInfo, identity: IdentityInfo) -> None:
        keys = await self.operations.read(partial(read_keys, self._context.workspace, identity.id))
        IdentitySheet(self, self._context, account, identity, keys).open()

    async def _remove_address(self, identity: IdentityInfo) -> None:
        is_sure = await ask(
            self,
            title=self.tr("Remove {0}?").format(identity.address),
            text=self.tr("Its DKIM keys are forgotten. Drafts that would be sent from it need another address."),
            confirm=self.tr("Remove the address"),
            danger=True,
        )
        if is_sure:
            self.operations.run(
                partial(remove_identity, self._context.workspace, identity.id),
                success=self.tr("{0} was removed").format(identity.address),
                refreshes=[things.ACCOUNTS],
            )

    async def _remove(self, account: AccountInfo) -> None:
        is_sure = await ask(
            self,
            title=self.tr("Remove “{0}”?").format(account.name),
            text=self.tr(
                "Its password, its From addresses and their DKIM keys are forgotten. Drafts that use it need another."
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

    def _on_tested(self, account: AccountInfo, tested: Tested | None) -> None:
        if tested is None:
            self._tested.pop(account.id, None)
            return
        self._tested[account.id] = tested
        works = tested.works if isinstance(tested, MailTested) else tested.result.works
        if works and account.problem:
            self._forget_problem(account)
        if not isinstance(tested, MailTested) and tested.ses is not None and account.limits == Limits():
            self._take_limits(account, tested.ses.limits())

    def _forget_problem(self, account: AccountInfo) -> None:
        """What was noted with it is over; a campaign that stopped for it can go on."""
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

    def _take_limits(self, account: AccountInfo, limits: Limits) -> None:
        """Nobody has entered limits, and Amazon told its own."""
        self.operations.run(
            partial(_set_limits, self._context, account.id, limits),
            success=self.tr("Amazon’s limits were taken over"),
            refreshes=[things.ACCOUNTS],
        )


def _forget_problem(context: AppContext, account_id: int) -> None:
    with context.workspace.write() as session:
        note_problem(session, account_id, "")


def _set_limits(context: AppContext, account_id: int, limits: Limits) -> None:
    account = account_info(context.workspace, account_id)
    change_account(context.workspace, account_id, replace(draft_of(account), limits=limits))


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
                "Type your e-mail address, and the program knows what your provider wants. A test tells you at once "
                "whether it works; nothing is sent."
            )
        )
    )
    row = QHBoxLayout()
    row.setSpacing(Space.M)
    row.addWidget(IconLabel("at-sign", size=20, tile=40))
    row.addLayout(words, 1)
    row.addWidget(primary_button(page.tr("Connect it"), "plus", on_click=page.add_account, name="addFirstAccount"))
    card.body.addLayout(row)
    return card
