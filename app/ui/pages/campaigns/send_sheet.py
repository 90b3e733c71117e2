"""The one question before a campaign leaves: what, to how many, through which account, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QDateTime, Qt, Signal, Slot
from PySide6.QtWidgets import QDateTimeEdit, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from app.audience.audience import AudienceCount
from app.models.states import AccountKind
from app.sending.accounts import IdentityInfo
from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.words import joined, left_out_words, moment, number, people
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, IconLabel, Sheet, caption, label

_NAMED_WARNINGS = 3


class SendSheet(Sheet):
    """Await `result_of`, then read `at`.

    Signals:
        time_chosen: The new `at`.

    Attributes:
        at: When it is to leave; None for now.
    """

    time_chosen = Signal(object)

    def __init__(
        self,
        parent: QWidget,
        campaign: CampaignInfo,
        count: AudienceCount,
        senders: Sequence[IdentityInfo],
        *,
        subject: str,
        warnings: Sequence[str],
    ) -> None:
        """*senders*: the From addresses that share it, the first of them first. *subject*: as the first of the people
        will read it. *warnings*: those of the draft.
        """
        super().__init__(parent)
        self.setObjectName("sendSheet")
        self.at: datetime | None = None
        self.set_words(
            self.tr("Send “{0}” to {1}?").format(campaign.name or campaign.subject, people(count.mailable)),
            self.tr("Subject: {0}").format(subject),
        )
        self._now = QRadioButton(self.tr("Now"))
        self._now.setObjectName("sendNow")
        self._later = QRadioButton(self.tr("Later, at"))
        self._later.setObjectName("sendLater")
        self._now.setChecked(True)
        self._time = QDateTimeEdit(_next_morning())
        self._time.setObjectName("sendTime")
        self._time.setAccessibleName(self.tr("Date and time of sending"))
        self._time.setCalendarPopup(True)
        self._time.setMinimumDateTime(QDateTime.currentDateTime())
        self._time.setDisplayFormat(self._display_format())
        self._time.setEnabled(False)
        self._note = caption()
        # Two lines, so that the sheet keeps its size whatever is chosen.
        self._note.setMinimumHeight(2 * self._note.fontMetrics().lineSpacing())
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self._account_banner(senders))
        if warnings:
            self.body.addWidget(self._warning_banner(warnings))
        if count.total > count.mailable:
            self.body.addWidget(caption(left_out_words(count.skipped)))
        self.body.addLayout(self._when())
        words = QVBoxLayout()
        words.setSpacing(Space.XS)
        words.addLayout(self._outlook_line())
        words.addWidget(self._note)
        self.body.addLayout(words)
        self.add_buttons(self.tr("Send"))
        self._later.toggled.connect(self._on_choice)
        self._time.dateTimeChanged.connect(self._on_choice)
        self._on_choice()

    def set_outlook(self, words: str) -> None:
        """When the last of them will leave, in words; empty if that cannot be said."""
        self._outlook.setText(words)
        self._outlook_icon.setVisible(bool(words))

    def _outlook_line(self) -> QHBoxLayout:
        self._outlook = label(wrap=True)
        self._outlook.setObjectName("outlook")
        self._outlook.setMinimumHeight(2 * self._outlook.fontMetrics().lineSpacing())
        self._outlook.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._outlook_icon = IconLabel("timer")
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._outlook_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._outlook, 1)
        return row

    def _account_banner(self, senders: Sequence[IdentityInfo]) -> Banner:
        first = senders[0]
        if first.account_kind is AccountKind.PRACTICE:
            return Banner(
                self.tr("Through the practice account"),
                self.tr("Nothing leaves this computer. The messages arrive in the practice inbox."),
                Kind.INFO,
            )
        return Banner(
            self.tr("Through {0}").format(joined([one.account_name for one in senders], most=3)),
            self.tr("These are real messages to real people, from {0}.").format(joined([str(one) for one in senders])),
            Kind.WARNING,
        )

    def _warning_banner(self, warnings: Sequence[str]) -> Banner:
        """Names them: the list itself lies behind this sheet."""
        named = list(warnings[:_NAMED_WARNINGS])
        if len(warnings) > len(named):
            named.append(self.tr("… and {0} more").format(number(len(warnings) - len(named))))
        title = self.tr("One warning") if len(warnings) == 1 else self.tr("{0} warnings").format(number(len(warnings)))
        return Banner(title, "\n".join(named), Kind.WARNING)

    def _when(self) -> QVBoxLayout:
        later = QHBoxLayout()
        later.setSpacing(Space.S)
        later.addWidget(self._later)
        later.addWidget(self._time, 1)
        column = QVBoxLayout()
        column.setSpacing(Space.S)
        column.addWidget(self._now)
        column.addLayout(later)
        return column

    def _display_format(self) -> str:
        return "ddd d MMM yyyy, HH:mm"

    @Slot()
    def _on_choice(self) -> None:
        at = None if self._now.isChecked() else datetime.fromtimestamp(self._time.dateTime().toSecsSinceEpoch(), UTC)
        self.at = at
        self._time.setEnabled(at is not None)
        if at is None:
            self.confirm_button.setText(self.tr("Send"))
            self._note.setText(self.tr("After this you have ten seconds to undo it."))
        else:
            self.confirm_button.setText(self.tr("Schedule"))
            self._note.setText(
                self.tr("It leaves {0}. Until then you can take it back and change it.").format(moment(at))
            )
        self.time_chosen.emit(at)


def _next_morning() -> QDateTime:
    tomorrow = QDateTime.currentDateTime().addDays(1)
    time = tomorrow.time()
    time.setHMS(9, 0, 0)
    tomorrow.setTime(time)
    return tomorrow
