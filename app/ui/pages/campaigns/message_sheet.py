"""One message of a dispatch: what became of it, and each try with the server's own words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.models.states import DeliveryState
from app.reports.metrics import AttemptRow, DeliveryRow
from app.sending.reasons import OutcomeKind
from app.ui.pages.campaigns.words import clock, day, delivery_pill, moment, reason_words
from app.ui.theme import Space
from app.ui.widgets import Pill, Sheet, caption, label


class MessageSheet(Sheet):
    def __init__(self, parent: QWidget, row: DeliveryRow, tries: Sequence[AttemptRow]) -> None:
        super().__init__(parent, row.name or row.address, row.address if row.name else "")
        self.setObjectName("messageSheet")
        self.setMinimumWidth(540)
        self.body.addLayout(self._state(row))
        for attempt in reversed(tries):
            self.body.addWidget(self._attempt(attempt))
        if not tries and row.reply:
            self.body.addWidget(self._reply(row.reply))
        self.add_buttons(self.tr("Close"), cancel="")

    def _state(self, row: DeliveryRow) -> QVBoxLayout:
        pill = Pill()
        pill.set(delivery_pill(row.state))
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(pill)
        if row.settled_at is not None:
            head.addWidget(caption(moment(row.settled_at), wrap=False))
        head.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(Space.S)
        column.addLayout(head)
        reason = reason_words(row.state, row.reason)
        if row.state is DeliveryState.DEFERRED and row.due_at is not None:
            reason = self.tr("{0} The next try is {1}.").format(reason, moment(row.due_at))
        if reason:
            words = label(reason, wrap=True)
            words.setObjectName("reason")
            column.addWidget(words)
        return column

    def _attempt(self, attempt: AttemptRow) -> QWidget:
        box = QFrame()
        box.setProperty("role", "sunken")
        column = QVBoxLayout(box)
        column.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        column.setSpacing(2)
        when = f"{day(attempt.at)}, {clock(attempt.at, seconds=True)}"
        column.addWidget(caption(f"{self._outcome(attempt.outcome)} · {when}", wrap=False))
        column.addWidget(self._reply(attempt.reply or self.tr("The server gave no answer.")))
        return box

    def _reply(self, text: str) -> QWidget:
        words = label(text, "code", wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.setAccessibleName(self.tr("Answer of the server: {0}").format(text))
        return words

    def _outcome(self, outcome: str) -> str:
        return {
            OutcomeKind.SENT: self.tr("Accepted"),
            OutcomeKind.DEFERRED: self.tr("Not now"),
            OutcomeKind.REFUSED: self.tr("Refused"),
            OutcomeKind.ACCOUNT_TROUBLE: self.tr("The account was refused"),
            OutcomeKind.IN_DOUBT: self.tr("No answer"),
        }.get(OutcomeKind(outcome), outcome)
