"""The hours in which the campaign may go out, and how much of it on one day."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QDate, QLocale, QTime, Slot
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QSpinBox, QTimeEdit, QWidget

from app.sending.campaigns import CampaignInfo
from app.sending.windows import SendingWindow, zone_words
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.theme import Space
from app.ui.widgets import Segmented, caption, label

_MONDAY = QDate(2024, 1, 1)
_OFFICE = SendingWindow(frozenset(range(5)), dt.time(8), dt.time(18))
_EVERY_DAY = frozenset(range(7))
_MOST = 9_999_999
_DAYS_IN_A_ROW = 4


class HoursLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Sending hours"), "moreHours")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        words = campaign.window.describe()
        return words[0].lower() + words[1:] if words.startswith(("At", "Every")) else words

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return campaign.window == SendingWindow.ALWAYS

    def build(self) -> None:
        self._choice = Segmented(
            self.tr("Sending hours"), [("always", self.tr("At any time")), ("hours", self.tr("At certain hours"))]
        )
        self._choice.chosen.connect(self._on_choice)
        self._days = [self._day(number) for number in range(7)]
        self._opens, self._closes = (
            self._time("windowOpens", self.tr("From")),
            self._time("windowCloses", self.tr("Until")),
        )
        self._zone = caption(wrap=False)
        self._hours = QWidget()
        grid = QGridLayout(self._hours)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.S)
        for number, box in enumerate(self._days):
            grid.addWidget(box, number // _DAYS_IN_A_ROW, number % _DAYS_IN_A_ROW)
        grid.setColumnStretch(_DAYS_IN_A_ROW, 1)
        self._times = QWidget()
        row = QHBoxLayout(self._times)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        for widget in (label(self.tr("from")), self._opens, label(self.tr("to")), self._closes, self._zone):
            row.addWidget(widget)
        row.addStretch(1)
        self._most = QSpinBox()
        self._most.setObjectName("windowPerDay")
        self._most.setRange(0, _MOST)
        self._most.setSpecialValueText(self.tr("as many as come"))
        self._most.setGroupSeparatorShown(True)
        self._most.setMinimumWidth(150)
        self._most.lineEdit().setTextMargins(11, 0, 0, 0)
        self._most.setAccessibleName(self.tr("At most a day"))
        self._most.valueChanged.connect(self._on_changed)
        most = QHBoxLayout()
        most.setSpacing(Space.S)
        most.addWidget(label(self.tr("At most a day")))
        most.addWidget(self._most)
        most.addStretch(1)
        for part in (self._choice, self._hours, self._times):
            self.body.addWidget(part)
        self.body.addLayout(most)
        self.body.addWidget(
            caption(
                self.tr("Outside of them it waits, and goes on by itself. The limits of the accounts hold as well.")
            )
        )

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        window = campaign.window
        is_always = window.never_closes
        self._choice.choose("always" if is_always else "hours")
        for part in (self._hours, self._times):
            part.setVisible(not is_always)
        zone = around.organisation.time_zone if is_always else window.time_zone
        self._zone.setText(zone_words(zone))
        widgets = (*self._days, self._opens, self._closes, self._most)
        for widget in widgets:
            widget.blockSignals(True)
        for number, box in enumerate(self._days):
            box.setChecked(number in window.weekdays)
            # The last one stays: a campaign with no day would never go out.
            box.setEnabled(window.weekdays != {number})
        self._opens.setTime(QTime(window.opens.hour, window.opens.minute))
        self._closes.setTime(QTime(window.closes.hour, window.closes.minute))
        self._most.setValue(window.per_day or 0)
        for widget in widgets:
            widget.blockSignals(False)

    @Slot(str)
    def _on_choice(self, key: str) -> None:
        if self._draft is None:
            return
        campaign, around = self._draft
        per_day = campaign.window.per_day
        zone = around.organisation.time_zone
        if key == "hours":
            window = SendingWindow(_OFFICE.weekdays, _OFFICE.opens, _OFFICE.closes, zone, per_day)
        else:
            # A day is one of the organisation's, wherever the limit is counted.
            window = SendingWindow(per_day=per_day, time_zone=zone) if per_day else SendingWindow.ALWAYS
        self.changed.emit({"window": window})

    @Slot()
    def _on_changed(self) -> None:
        if self._draft is None:
            return
        campaign, around = self._draft
        per_day = self._most.value() or None
        if campaign.window.never_closes:
            zone = around.organisation.time_zone
            window = SendingWindow(per_day=per_day, time_zone=zone) if per_day else SendingWindow.ALWAYS
        else:
            window = self._with_hours(campaign.window.time_zone, per_day)
        self.changed.emit({"window": window})

    def _with_hours(self, zone: str, per_day: int | None) -> SendingWindow:
        days = frozenset(number for number, box in enumerate(self._days) if box.isChecked())
        opens, closes = (dt.time(one.time().hour(), one.time().minute()) for one in (self._opens, self._closes))
        return SendingWindow(days or _EVERY_DAY, opens, closes, zone, per_day)

    def _day(self, number: int) -> QCheckBox:
        date = _MONDAY.addDays(number)
        box = QCheckBox(QLocale().toString(date, "ddd"))
        box.setObjectName(f"windowDay{number}")
        box.setAccessibleName(QLocale().toString(date, "dddd"))
        box.toggled.connect(self._on_changed)
        return box

    def _time(self, name: str, words: str) -> QTimeEdit:
        field = QTimeEdit()
        field.setObjectName(name)
        field.setAccessibleName(words)
        field.setDisplayFormat("HH:mm")
        field.setMinimumWidth(92)
        field.lineEdit().setTextMargins(11, 0, 0, 0)
        field.timeChanged.connect(self._on_changed)
        return field
