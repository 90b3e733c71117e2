"""The weekdays and hours in which mail may leave, and how much on one day: of an account, and of a campaign."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QDate, QLocale, QTime, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QTimeEdit, QVBoxLayout, QWidget

from app.sending.windows import SendingWindow
from app.ui.theme import Space
from app.ui.widgets import FormField
from app.ui.widgets.flow import Flow

OFFICE_HOURS = SendingWindow(frozenset(range(5)), dt.time(8), dt.time(18))
_MONDAY = QDate(2024, 1, 1)
_MOST = 9_999_999
_DAY_WIDTH = 76
_TIME_WIDTH = 96


class SendingHours(QWidget):
    """
    Signals:
        changed: The user chose otherwise.

    Attributes:
        days: The seven of them, from Monday.
        opens, closes, most: The inputs.
    """

    changed = Signal()

    def __init__(self, *more: QWidget) -> None:
        """*more*: fields that stand beside the times."""
        super().__init__()
        self.days = [self._day(number) for number in range(7)]
        self.opens, self.closes = self._time("opens"), self._time("closes")
        self.most = QSpinBox()
        self.most.setObjectName("mostADay")
        self.most.setRange(0, _MOST)
        self.most.setSpecialValueText(self.tr("no limit"))
        self.most.setGroupSeparatorShown(True)
        # Qt reserves room for the longest number beside the longest word.
        self.most.setMinimumWidth(_TIME_WIDTH)
        self.most.valueChanged.connect(self.changed)
        self._week = QWidget()
        flow = Flow(self._week)
        for box in self.days:
            flow.addWidget(box)
        self._hours: list[QWidget] = [
            self._week,
            FormField(self.tr("From"), self.opens),
            FormField(self.tr("Until"), self.closes),
            *more,
        ]
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        for field in (*self._hours[1:], FormField(self.tr("At most a day"), self.most)):
            # A stretch below: an error under one field must not push its neighbours down.
            cell = QVBoxLayout()
            cell.addWidget(field)
            cell.addStretch(1)
            row.addLayout(cell, 2 if field in more else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self._week)
        column.addLayout(row)
        self.fill(OFFICE_HOURS)

    def window_in(self, time_zone: str) -> SendingWindow:
        """What is chosen, by the clock of *time_zone*.

        Raises:
            ValueError: There is no such zone.
        """
        days = frozenset(number for number, box in enumerate(self.days) if box.isChecked())
        opens, closes = (dt.time(one.time().hour(), one.time().minute()) for one in (self.opens, self.closes))
        return SendingWindow(days, opens, closes, time_zone, self.per_day)

    @property
    def per_day(self) -> int | None:
        """How many messages at most; None for no limit."""
        return self.most.value() or None

    def fill(self, window: SendingWindow) -> None:
        """Show *window*, without telling of it as of a choice."""
        before = self.blockSignals(True)
        for number, box in enumerate(self.days):
            box.setChecked(number in window.weekdays)
        self.opens.setTime(QTime(window.opens.hour, window.opens.minute))
        self.closes.setTime(QTime(window.closes.hour, window.closes.minute))
        self.most.setValue(window.per_day or 0)
        self._keep_one_day()
        self.blockSignals(before)

    def show_hours(self, shown: bool) -> None:
        """Whether there are hours to choose, or only how much leaves on one day."""
        for widget in self._hours:
            widget.setVisible(shown)

    @Slot()
    def _on_day(self) -> None:
        self._keep_one_day()
        self.changed.emit()

    def _keep_one_day(self) -> None:
        """The last one stays: with no day nothing would ever leave."""
        chosen = [box for box in self.days if box.isChecked()]
        for box in self.days:
            box.setEnabled(chosen != [box])

    def _day(self, number: int) -> QCheckBox:
        date = _MONDAY.addDays(number)
        box = QCheckBox(QLocale().toString(date, "ddd"))
        box.setObjectName(f"weekday{number}")
        box.setAccessibleName(QLocale().toString(date, "dddd"))
        box.setMinimumWidth(_DAY_WIDTH)
        box.toggled.connect(self._on_day)
        return box

    def _time(self, name: str) -> QTimeEdit:
        field = QTimeEdit()
        field.setObjectName(name)
        field.setDisplayFormat("HH:mm")
        field.setMinimumWidth(_TIME_WIDTH)
        field.timeChanged.connect(self.changed)
        return field
