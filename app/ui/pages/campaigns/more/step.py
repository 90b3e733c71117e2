"""The step after the last one: nothing to be done, everything can be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.sending.attachments import CampaignFile
from app.sending.campaigns import CampaignInfo
from app.sending.personal_files import PersonalFindings
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.files_line import FilesLine
from app.ui.pages.campaigns.more.headers_line import HeadersLine
from app.ui.pages.campaigns.more.hours_line import HoursLine
from app.ui.pages.campaigns.more.line import INSET, Line
from app.ui.pages.campaigns.more.personal_line import PersonalLine
from app.ui.pages.campaigns.more.senders_line import SendersLine
from app.ui.pages.campaigns.more.small_lines import AnswersLine, FormatLine, GivingUpLine
from app.ui.pages.campaigns.more.stop_line import StopLine
from app.ui.pages.campaigns.words import number
from app.ui.theme import Space
from app.ui.widgets import Card, IconLabel, caption, heading


class MoreStep(Card):
    """
    Signals:
        changed: A dict of the campaign's attributes that have new values.
    """

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stepMore")
        self.answers = AnswersLine()
        self.senders = SendersLine()
        self.files = FilesLine()
        self.personal = PersonalLine()
        self.format = FormatLine()
        self.hours = HoursLine()
        self.giving_up = GivingUpLine()
        self.stop = StopLine()
        self.headers = HeadersLine()
        self.lines: tuple[Line, ...] = (
            self.answers,
            self.senders,
            self.files,
            self.personal,
            self.format,
            self.hours,
            self.giving_up,
            self.stop,
            self.headers,
        )
        self._note = caption(wrap=False)
        head = QHBoxLayout()
        head.setContentsMargins(INSET, 0, 0, 0)
        head.setSpacing(Space.S)
        head.addWidget(heading(self.tr("More")))
        head.addStretch(1)
        head.addWidget(self._note)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addLayout(head)
        right.addSpacing(Space.XS)
        for line in self.lines:
            right.addWidget(line)
            line.changed.connect(self.changed)
            line.toggled.connect(lambda is_open, line=line: self._on_toggled(line, is_open=is_open))
        row = QHBoxLayout()
        row.setSpacing(Space.M - INSET)
        row.addWidget(IconLabel("sliders-horizontal", size=20), 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        self.body.addLayout(row)
        self.setAccessibleName(self.tr("More"))

    def show_draft(self, campaign: CampaignInfo, around: Surroundings) -> None:
        for line in self.lines:
            line.show_draft(campaign, around)
        changed = sum(not line.is_usual(campaign) for line in self.lines)
        if not changed:
            words = self.tr("all as usual")
        else:
            words = (
                self.tr("one thing changed") if changed == 1 else self.tr("{0} things changed").format(number(changed))
            )
        self._note.setText(words)

    def set_files(self, files: Sequence[CampaignFile], found: PersonalFindings) -> None:
        self.files.set_files(files)
        self.personal.set_found(found)

    def _on_toggled(self, opened: Line, *, is_open: bool) -> None:
        """One at a time, so that the page stays short."""
        if is_open:
            for line in self.lines:
                if line is not opened:
                    line.set_open(False)
