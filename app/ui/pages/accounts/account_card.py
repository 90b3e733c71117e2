"""One account in the list: what it is, whether it works, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QToolButton, QVBoxLayout

from app.models.states import AccountKind, TlsMode
from app.sending.accounts import AccountInfo, smtp_account
from app.sending.throttle import Limits
from app.ui.context import AppContext
from app.ui.pages.accounts.connection_test import ConnectionTest
from app.ui.theme import Kind, Space, icon
from app.ui.widgets import (
    Banner,
    Card,
    IconLabel,
    Pill,
    PillLook,
    caption,
    heading,
    icon_button,
    label,
    link_button,
    muted,
    secondary_button,
)


class AccountCard(Card):
    """
    Signals:
        edit_wanted, remove_wanted: The user chose so.
        works: A test went well.
        inbox_wanted: The user wants to see what the practice account accepted.
    """

    edit_wanted = Signal()
    remove_wanted = Signal()
    works = Signal()
    inbox_wanted = Signal()

    def __init__(self, context: AppContext, account: AccountInfo) -> None:
        super().__init__()
        self.setObjectName(f"account-{account.id}")
        self.account = account
        self._context = context
        self._is_practice = account.kind is AccountKind.PRACTICE
        self.test = ConnectionTest(context.operations)
        self.test.finished.connect(self._on_tested)
        self.body.setSpacing(Space.M)
        self.body.addLayout(self._headline())
        if account.problem:
            self.body.addWidget(self._problem())
        if self._is_practice:
            self.body.addWidget(
                muted(
                    self.tr(
                        "For trying everything out: a mail server inside this program that takes every message and "
                        "shows it in the practice inbox. Nothing reaches anybody."
                    )
                )
            )
        else:
            self.body.addLayout(self._facts())
        self.body.addWidget(self.test)

    def try_it(self) -> None:
        """Test the stored account."""
        work = partial(smtp_account, self._context.workspace, self.account.id, practice_port=0)
        self.test.start(self.account.host, work)

    def _on_tested(self, result: object) -> None:
        works = getattr(result, "works", False)
        self._state.set(self._look(is_broken=not works))
        if works:
            self.works.emit()

    def _headline(self) -> QHBoxLayout:
        account = self.account
        kind = Kind.NEUTRAL if self._is_practice else Kind.ACCENT
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(heading(account.name))
        names.addWidget(muted(str(account.identities[0]) if account.identities else account.host, wrap=False))
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(IconLabel("flask-conical" if self._is_practice else "at-sign", kind=kind, size=20, tile=40))
        row.addLayout(names)
        row.addSpacing(Space.XS)
        self._state = self._pill()
        row.addWidget(self._state, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        if self._is_practice:
            row.addWidget(
                secondary_button(
                    self.tr("Open the practice inbox"), "inbox", on_click=self.inbox_wanted.emit, name="openInbox"
                )
            )
            return row
        if not account.problem:  # which comes with the same two
            test = secondary_button(self.tr("Test connection"), "plug", on_click=self.try_it, name="testAccount")
            edit = secondary_button(self.tr("Edit"), "pencil", on_click=self.edit_wanted.emit, name="editAccount")
            row.addWidget(test)
            row.addWidget(edit)
        row.addWidget(self._more())
        return row

    def _more(self) -> QToolButton:
        more = icon_button("ellipsis", self.tr("More for “{0}”").format(self.account.name), name="moreAccount")
        menu = QMenu(more)
        remove = QAction(icon("trash-2", "muted"), self.tr("Remove…"), menu)
        remove.setObjectName("removeAccount")
        remove.triggered.connect(lambda _=False: self.remove_wanted.emit())
        menu.addAction(remove)
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
        banner = Banner(
            self.account.problem,
            self.tr("Nothing is lost: what was to be sent waits until the account works again."),
            Kind.BAD,
            link_button(self.tr("Try again"), on_click=self.try_it, name="tryAccount"),
            link_button(self.tr("Edit"), on_click=self.edit_wanted.emit, name="editAccount"),
        )
        banner.setObjectName("accountProblem")
        return banner

    def _facts(self) -> QGridLayout:
        account = self.account
        identity = account.identities[0] if account.identities else None
        facts = [
            (self.tr("Server"), f"{account.host}, {self.tr('port {0}').format(account.port)}"),
            (self.tr("Security"), self._security(account.tls)),
            (self.tr("Limits"), self._limits(account.limits)),
            (
                self.tr("Signature"),
                self.tr("DKIM key of {0}").format(identity.domain)
                if identity and identity.is_signed
                else self.tr("none of its own"),
            ),
        ]
        if identity and identity.reply_to:
            facts.append((self.tr("Answers go to"), identity.reply_to))
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.XXL)
        grid.setVerticalSpacing(2)
        for column, (name, value) in enumerate(facts):
            grid.addWidget(caption(name, wrap=False), 0, column)
            words = label(value, wrap=True)
            words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
            grid.addWidget(words, 1, column)
            grid.setColumnStretch(column, 2 if column == 0 else 1)
        return grid

    def _security(self, tls: TlsMode) -> str:
        return {
            TlsMode.IMPLICIT: self.tr("SSL/TLS"),
            TlsMode.STARTTLS: self.tr("STARTTLS"),
            TlsMode.NONE_ON_LOOPBACK: self.tr("none, on this computer"),
        }[tls]

    def _limits(self, limits: Limits) -> str:
        parts = (
            (limits.per_second, self.tr("{0} a second")),
            (limits.per_minute, self.tr("{0} a minute")),
            (limits.per_hour, self.tr("{0} an hour")),
            (limits.per_day, self.tr("{0} a day")),
        )
        named = [words.format(QLocale().toString(limit)) for limit, words in parts if limit is not None]
        return ", ".join(named) or self.tr("none")
