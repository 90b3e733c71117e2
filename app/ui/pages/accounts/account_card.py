"""One account in the list: what it is, whether it works, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.models.states import AccountKind, SignIn
from app.sending.accounts import AccountInfo
from app.sending.limits import Limits
from app.sending.presets import Preset, preset, provider_of
from app.ui.context import AppContext
from app.ui.pages.accounts.account_facts import AccountFacts
from app.ui.pages.accounts.address_rows import AddressRows
from app.ui.pages.accounts.connection_test import ConnectionTest
from app.ui.pages.accounts.mail_test import MailTest, MailTested
from app.ui.pages.accounts.monogram import Monogram
from app.ui.pages.accounts.tries import Checked, stored_settings
from app.ui.pages.contacts.elided import ElidedLabel
from app.ui.theme import Kind, Space, icon
from app.ui.widgets import (
    Banner,
    Card,
    IconLabel,
    Pill,
    PillLook,
    icon_button,
    link_button,
    muted,
    secondary_button,
)

_ANY_OTHER = "smtp"
_TILE = 40
Tested = Checked | MailTested


class AccountCard(Card):
    """
    Signals:
        edit_wanted, remove_wanted, sign_in_wanted: The user chose so.
        tested: What a test found: `Checked` or `MailTested`; None when the user has read it.
        limits_wanted: The user wants Amazon's limits, these `Limits`, in place of their own.
        inbox_wanted: The user wants to see what the practice account accepted.
    """

    edit_wanted = Signal()
    remove_wanted = Signal()
    sign_in_wanted = Signal()
    tested = Signal(object)
    limits_wanted = Signal(object)
    inbox_wanted = Signal()

    def __init__(self, context: AppContext, account: AccountInfo) -> None:
        super().__init__()
        self.setObjectName(f"account-{account.id}")
        self.account = account
        self._context = context
        self._is_practice = account.kind is AccountKind.PRACTICE
        self._provider: Preset = provider_of(account.preset, account.host) or preset(_ANY_OTHER)
        self.test = ConnectionTest(context.operations)
        self.mail_test = MailTest(context.operations, context.workspace)
        self.addresses = AddressRows(account)
        self.facts = AccountFacts(account)
        self.test.finished.connect(self._on_checked)
        self.mail_test.finished.connect(self._on_mail_tested)
        self.mail_test.dismissed.connect(lambda: self.tested.emit(None))
        self.body.setSpacing(Space.M)
        self.body.addLayout(self._headline())
        if account.problem:
            self.body.addWidget(self._problem())
        if self._is_practice:
            self.body.addWidget(self._about_practice())
        else:
            self.body.addWidget(self.facts)
            self.body.addWidget(_line())
            self.body.addWidget(self.addresses)
        self.body.addWidget(self.test)
        self.body.addLayout(self._after_test())
        self.body.addWidget(self.mail_test)

    def try_it(self) -> None:
        """Test the stored account; nothing is sent."""
        self.mail_test.hide()
        self._take.hide()
        self._sign_in.hide()
        self.test.start(self.account.server, stored_settings(self._context.workspace, self.account.id))

    def send_test(self) -> None:
        """Send a mail from the first From address to itself."""
        self.test.clear()
        first = min(self.account.identities, key=lambda identity: identity.id)
        self.mail_test.start(self.account, first)

    def stop(self) -> None:
        """End what runs: the card goes away."""
        self.test.stop()
        self.mail_test.stop()

    def recall(self, tested: Tested) -> None:
        """Show what a test has found before."""
        if isinstance(tested, MailTested):
            self.mail_test.recall(tested)
            works = tested.works
        else:
            self.test.recall(tested.result)
            works = tested.result.works
            self._offer(tested)
        self._state.set(self._look(is_broken=not works))

    def _on_checked(self, checked: Checked) -> None:
        self._state.set(self._look(is_broken=not checked.result.works))
        self._offer(checked)
        self.tested.emit(checked)

    def _offer(self, checked: Checked) -> None:
        """What can be done about what a test has found."""
        own = self.account.limits
        self._known_limits = checked.ses.limits() if checked.ses is not None else own
        self._take.setVisible(self._known_limits != own != Limits())
        by_browser = self.account.sign_in is SignIn.OAUTH2
        self._sign_in.setVisible(by_browser and not checked.result.works and not self.account.problem)

    def _on_mail_tested(self, tested: MailTested) -> None:
        self._state.set(self._look(is_broken=not tested.works))
        self.tested.emit(tested)

    def _after_test(self) -> QHBoxLayout:
        self._known_limits = self.account.limits
        self._take = link_button(
            self.tr("Use Amazon’s limits"),
            on_click=lambda: self.limits_wanted.emit(self._known_limits),
            name="takeLimits",
        )
        self._sign_in = link_button(self.tr("Sign in again"), on_click=self.sign_in_wanted.emit, name="signInNow")
        row = QHBoxLayout()
        for link in (self._take, self._sign_in):
            link.hide()
            row.addWidget(link)
        row.addStretch(1)
        return row

    def _headline(self) -> QHBoxLayout:
        account = self.account
        names = QVBoxLayout()
        names.setSpacing(0)
        name = QHBoxLayout()
        name.setSpacing(Space.M)
        called = ElidedLabel(account.name, "heading")
        called.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        name.addWidget(called)
        self._state = self._pill()
        name.addWidget(self._state)
        name.addStretch(1)
        names.addLayout(name)
        names.addWidget(ElidedLabel(self._where(), "muted"))
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        if self._is_practice:
            row.addWidget(IconLabel("flask-conical", kind=Kind.NEUTRAL, size=20, tile=_TILE))
        else:
            row.addWidget(Monogram(self._provider, _TILE))
        row.addLayout(names, 1)
        if self._is_practice:
            row.addWidget(
                secondary_button(
                    self.tr("Open the practice inbox"), "inbox", on_click=self.inbox_wanted.emit, name="openInbox"
                )
            )
            return row
        if not account.problem:  # which comes with actions of its own
            row.addWidget(
                secondary_button(self.tr("Send a test to myself"), "send", on_click=self.send_test, name="sendTest")
            )
            row.addWidget(
                secondary_button(self.tr("Edit"), "pencil", on_click=self.edit_wanted.emit, name="editAccount")
            )
        row.addWidget(self._more())
        return row

    def _where(self) -> str:
        if self._is_practice:
            return str(self.account.identities[0]) if self.account.identities else ""
        if self.account.kind is AccountKind.SES:
            return self.account.server
        if self._provider.key == _ANY_OTHER:
            return self.tr("{0}, port {1}").format(self.account.host, self.account.port)
        return f"{self._provider.name} · {self.account.host}"

    def _more(self) -> QToolButton:
        more = icon_button("ellipsis", self.tr("More for “{0}”").format(self.account.name), name="moreAccount")
        menu = QMenu(more)
        for name, text, picture, do in (
            ("testAccount", self.tr("Test connection"), "plug", self.try_it),
            ("sendTestMail", self.tr("Send a test to myself"), "send", self.send_test),
            ("addAddress", self.tr("Add a From address…"), "plus", self.addresses.add_wanted.emit),
            ("removeAccount", self.tr("Remove…"), "trash-2", self.remove_wanted.emit),
        ):
            if name == "removeAccount":
                menu.addSeparator()
            action = QAction(icon(picture, "muted"), text, menu)
            action.setObjectName(name)
            action.triggered.connect(lambda _=False, do=do: do())
            menu.addAction(action)
        more.setMenu(menu)
        return more

    def _pill(self) -> Pill:
        if self._is_practice:
            return Pill(self.tr("Practice"), Kind.NEUTRAL, "-")
        look = self._look(is_broken=bool(self.account.problem))
        return Pill(look.text, look.kind)

    def _look(self, *, is_broken: bool) -> PillLook:
        return PillLook(self.tr("Cannot send"), Kind.BAD) if is_broken else PillLook(self.tr("Ready"), Kind.GOOD)

    def _problem(self) -> Banner:
        actions = [
            link_button(self.tr("Try again"), on_click=self.try_it, name="tryAccount"),
            link_button(self.tr("Edit"), on_click=self.edit_wanted.emit, name="editAccount"),
        ]
        if self.account.sign_in is SignIn.OAUTH2:
            actions.insert(
                0, link_button(self.tr("Sign in again"), on_click=self.sign_in_wanted.emit, name="signInAgain")
            )
        banner = Banner(
            self.account.problem,
            self.tr("Nothing is lost: what was to be sent waits until the account works again."),
            Kind.BAD,
            *actions,
        )
        banner.setObjectName("accountProblem")
        return banner

    def _about_practice(self) -> QWidget:
        return muted(
            self.tr(
                "For trying everything out: a mail server inside this program that takes every message and shows it in "
                "the practice inbox. Nothing reaches anybody."
            )
        )


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("role", "line")
    return line
