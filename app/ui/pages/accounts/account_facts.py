"""What holds for an account, beside each other: what it used today, its limits, its hours, its warm-up."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app.sending.accounts import AccountInfo
from app.ui.pages.accounts.words import limits_words, number, usage_words
from app.ui.theme import Kind, Space, set_property
from app.ui.widgets import caption, label

_NEARLY = 0.9
_COLUMNS = 4


class AccountFacts(QWidget):
    def __init__(self, account: AccountInfo) -> None:
        super().__init__()
        self._account = account
        self._used = label(wrap=True)
        self._used.setObjectName("usage")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setObjectName("usageBar")
        self._bar.setVisible(account.limits.per_day is not None)
        if account.limits.per_day is not None:
            self._bar.setRange(0, account.limits.per_day)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.XXL)
        grid.setVerticalSpacing(2)
        used = QVBoxLayout()
        used.setSpacing(Space.XS)
        used.addWidget(self._used)
        used.addWidget(self._bar)
        used.addStretch(1)
        grid.addWidget(caption(self.tr("Used"), wrap=False), 0, 0)
        grid.addLayout(used, 1, 0)
        facts = [(self.tr("Limits"), self._limits()), (self.tr("Sending hours"), account.window.describe())]
        # Without one its place stays empty, so that the columns of all cards stand under each other.
        facts.append((self.tr("Warm-up"), self._warm_up()) if account.warm_up is not None else ("", ""))
        for column, (name, value) in enumerate(facts, start=1):
            grid.addWidget(caption(name, wrap=False), 0, column)
            grid.addWidget(_top(label(value, wrap=True)), 1, column)
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)
            grid.setColumnMinimumWidth(column, 1)
        self.show_used(0)

    def show_used(self, sent_today: int) -> None:
        """What went out in the last 24 hours."""
        words = usage_words(sent_today, self._account.limits)
        self._used.setText(words[0].upper() + words[1:])
        self._bar.setAccessibleName(words)
        self._bar.setValue(min(sent_today, self._bar.maximum()))
        per_day = self._account.limits.per_day
        is_nearly_full = per_day is not None and sent_today >= per_day * _NEARLY
        set_property(self._bar, "kind", Kind.WARNING.value if is_nearly_full else "")

    def _limits(self) -> str:
        words = limits_words(self._account.limits) or self.tr("none")
        receivers = len(self._account.domain_limits)
        if not receivers:
            return words
        more = self.tr("less to 1 provider") if receivers == 1 else self.tr("less to {0} providers").format(receivers)
        return f"{words}, {more}"

    def _warm_up(self) -> str:
        plan = self._account.warm_up
        cap = plan.cap_on(dt.datetime.now().astimezone().date()) if plan is not None else None
        if cap is None:
            return self.tr("reached its goal")
        return self.tr("{0} today, then more each day").format(number(cap))


def _top(words: QLabel) -> QLabel:
    words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
    return words
