"""The messages of a report by what became of them, and what can be done about each group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.models.states import DeliveryState, DispatchState, Wish
from app.models.workspace import Workspace
from app.reports.metrics import DispatchReport, ReasonCount, reason_counts
from app.sending.second_tries import FailedGroup, failed_by_reason
from app.ui.pages.campaigns.words import number, reason_words
from app.ui.theme import Space
from app.ui.widgets import caption, label, link_button

_MOST_HEIGHT = 172
_COUNT_WIDTH = 40


@dataclass(frozen=True)
class Outcomes:
    """What the messages of a dispatch can be grouped by.

    Attributes:
        failed: Those that were refused, by reason.
        others: Those left out, in doubt or tried again, by state and reason.
        sent: How many were accepted.
        may_go_on: The campaign was not cancelled, so what failed can be tried again.
        is_over: Nothing of it is being sent any more.
    """

    failed: tuple[FailedGroup, ...] = ()
    others: tuple[ReasonCount, ...] = ()
    sent: int = 0
    may_go_on: bool = False
    is_over: bool = False

    @property
    def ready(self) -> int:
        """How many of the refused can be tried again with some hope."""
        return sum(group.ready for group in self.failed if group.may_retry) if self.may_go_on else 0


def read_outcomes(workspace: Workspace, report: DispatchReport) -> Outcomes:
    counts = report.counts
    has_others = any(counts[state] for state in _GROUPED)
    return Outcomes(
        failed=tuple(failed_by_reason(workspace, report.dispatch_id)) if counts[DeliveryState.FAILED] else (),
        others=reason_counts(workspace, report.dispatch_id) if has_others else (),
        sent=counts[DeliveryState.SENT],
        may_go_on=report.state is not DispatchState.CANCELLED and report.wish is not Wish.CANCEL,
        is_over=report.state in (DispatchState.FINISHED, DispatchState.CANCELLED),
    )


_GROUPED = (DeliveryState.SKIPPED, DeliveryState.DEFERRED, DeliveryState.IN_DOUBT)


class OutcomeGroups(QFrame):
    """A line for each reason of the kind that is on show, and what can be done about it.

    Signals:
        retry_wanted: The `FailedGroup` to try again.
        resend_wanted, arrived_wanted: What is in doubt is to be sent again; has arrived.
        non_openers_wanted: Those who did not open it are to be written to.
        only_wanted: The reasons to show alone; empty to show all.
        export_wanted: The reasons to export; empty for all that is on show.
    """

    retry_wanted = Signal(object)
    resend_wanted = Signal()
    arrived_wanted = Signal()
    non_openers_wanted = Signal()
    only_wanted = Signal(object)
    export_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("outcomeGroups")
        self.setProperty("role", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._outcomes = Outcomes()
        self._kind = "all"
        self._only = ""
        self._shown: tuple[object, ...] | None = None
        self._lines_shown: list[QWidget] = []
        self._rows = QWidget()
        self._rows.setProperty("role", "scrolled")
        self._column = QVBoxLayout(self._rows)
        self._column.setContentsMargins(Space.L, Space.S, Space.M, Space.S)
        self._column.setSpacing(Space.XS)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(self._rows)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)
        self.hide()

    @property
    def only(self) -> tuple[str, ...]:
        """The reasons that are shown alone; empty for all."""
        return (self._only,) if self._only else ()

    def show_kind(self, kind: str) -> None:
        """*kind*: the key of the filter of the messages."""
        if kind != self._kind:
            self._kind, self._only = kind, ""
            self._refresh()

    def set_outcomes(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._refresh()

    def _refresh(self) -> None:
        key = (self._outcomes, self._kind, self._only)
        if key == self._shown:
            return
        self._shown = key
        for row in self._lines_shown:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._lines_shown = rows = list(self._lines())
        for row in rows:
            self._column.addWidget(row)
        self.setVisible(bool(rows))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its lines, which wrap where it is narrow."""
        self._column.activate()
        width = self._area.viewport().width()
        needed = self._column.totalHeightForWidth(width) if self._column.hasHeightForWidth() else 0
        self._area.setFixedHeight(min(_MOST_HEIGHT, max(needed, self._column.totalMinimumSize().height())))

    def _lines(self) -> Iterable[QWidget]:
        match self._kind:
            case "failed":
                yield from map(self._failed, self._outcomes.failed)
            case "left_out":
                yield from self._plain((DeliveryState.SKIPPED,))
            case "waiting":
                yield from self._plain((DeliveryState.DEFERRED,))
            case "in_doubt" if any(one.state is DeliveryState.IN_DOUBT for one in self._outcomes.others):
                yield self._doubt()
            case "sent" if self._outcomes.sent and self._outcomes.is_over:
                yield self._sent()

    def _failed(self, group: FailedGroup) -> QWidget:
        buttons = []
        if group.may_retry and self._outcomes.may_go_on:
            words = self.tr("Try these again")
            if group.ready < group.count:
                words = self.tr("Try {0} of them again").format(number(group.ready))
            buttons.append(link_button(words, on_click=partial(self.retry_wanted.emit, group), name="retryGroup"))
        sentence = reason_words(DeliveryState.FAILED, group.reason)
        note = "" if group.may_retry else self.tr("They are not written to again.")
        return self._line(group.count, sentence, note, buttons, str(group.reason))

    def _plain(self, states: tuple[DeliveryState, ...]) -> Iterable[QWidget]:
        for one in self._outcomes.others:
            if one.state in states:
                yield self._line(one.count, reason_words(one.state, one.reason), "", [], one.reason)

    def _doubt(self) -> QWidget:
        count = sum(one.count for one in self._outcomes.others if one.state is DeliveryState.IN_DOUBT)
        buttons = [
            link_button(self.tr("They have arrived"), on_click=self.arrived_wanted.emit, name="doubtArrived"),
        ]
        if self._outcomes.may_go_on:
            buttons.append(link_button(self.tr("Send again …"), on_click=self.resend_wanted.emit, name="doubtResend"))
        return self._line(
            count,
            self.tr("The server had the message, but its answer never came."),
            self.tr("Ask one of them whether it arrived: mostly all did, or none."),
            buttons,
            "",
        )

    def _sent(self) -> QWidget:
        button = link_button(
            self.tr("Write to those who did not open it"), on_click=self.non_openers_wanted.emit, name="nonOpeners"
        )
        return self._line(self._outcomes.sent, self.tr("Their servers accepted the message."), "", [button], "")

    def _line(self, count: int, sentence: str, note: str, buttons: Sequence[QWidget], reason: str) -> QWidget:
        row = QWidget()
        row.setObjectName("outcomeGroup")
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.M)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(sentence, wrap=True))
        if note:
            words.addWidget(caption(note))
        figure = label(number(count), "strong")
        figure.setFixedWidth(_COUNT_WIDTH)
        figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(figure)
        line.addLayout(words, 1)
        for button in buttons:
            line.addWidget(button)
        if reason:
            line.addWidget(self._show_button(reason))
        chosen = (reason,) if reason else ()
        export = link_button(self.tr("Export"), on_click=partial(self.export_wanted.emit, chosen), name="exportGroup")
        line.addWidget(export)
        for button in (*buttons, export):
            button.setAccessibleDescription(sentence)
        return row

    def _show_button(self, reason: str) -> QWidget:
        is_only = self._only == reason
        return link_button(
            self.tr("Show all") if is_only else self.tr("Show"),
            on_click=partial(self._choose, "" if is_only else reason),
            name="showGroup",
        )

    def _choose(self, reason: str) -> None:
        self._only = reason
        self._refresh()
        self.only_wanted.emit(self.only)
