"""The sending hours: weekdays, times of the day, and how much on one day at most."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QDate, QLocale, QTime, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QTimeEdit, QVBoxLayout, QWidget

from app.sending.windows import SendingWindow
from app.ui.pages.accounts.limits_section import limit_spin
from app.ui.pages.accounts.section import Beside, Section
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, FormField, strong
from app.ui.widgets.labels import Explanation

_INDENT = 24
_WORKDAYS = frozenset(range(5))
_MONDAY = QDate(2024, 1, 1)


class HoursSection(Section):
    def __init__(self) -> None:
        super().__init__(self.tr("Sending hours"))
        self.on = QCheckBox(self.tr("Send at certain hours only"))
        self.on.setObjectName("hours")
        self._zone_name = "UTC"
        self._days = [self._day(number) for number in range(7)]
        self._opens = _time("opens", QTime(8, 0))
        self._closes = _time("closes", QTime(18, 0))
        self._zone = QComboBox()
        self._zone.setObjectName("timeZone")
        self._zone.setEditable(True)
        self._zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._zone_field = FormField(self.tr("Time zone"), self._zone)
        self._most = limit_spin("perWindowDay")
        self._sentence = Banner()
        self._sentence.setObjectName("hoursSentence")
        self._fields = Beside()
        self._build()
        self._show()

    @property
    def window_of_hours(self) -> SendingWindow:
        """What is chosen.

        Raises:
            ValueError: It never opens, or there is no such zone.
        """
        if not self.on.isChecked():
            return SendingWindow.ALWAYS
        days = frozenset(number for number, button in enumerate(self._days) if button.isChecked())
        opens, closes = self._opens.time(), self._closes.time()
        return SendingWindow(
            days,
            dt.time(opens.hour(), opens.minute()),
            dt.time(closes.hour(), closes.minute()),
            self._zone.currentText().strip(),
            self._most.value() or None,
        )

    def set_zone(self, time_zone: str) -> None:
        """The zone to begin with."""
        self._zone_name = time_zone
        self._zone.setCurrentText(time_zone)

    def fill(self, window: SendingWindow) -> None:
        """Show a stored window."""
        is_on = window != SendingWindow.ALWAYS
        self.on.setChecked(is_on)
        if is_on:
            for number, button in enumerate(self._days):
                button.setChecked(number in window.weekdays)
            self._opens.setTime(QTime(window.opens.hour, window.opens.minute))
            self._closes.setTime(QTime(window.closes.hour, window.closes.minute))
            self._zone.setCurrentText(window.time_zone)
            self._most.setValue(window.per_day or 0)
        self._show()

    def check(self) -> list[QWidget]:
        """Look at the inputs, say what is wrong, and return the widgets to correct."""
        if not self.on.isChecked():
            return []
        if not any(button.isChecked() for button in self._days):
            return [self._days[0]]
        return [self._zone] if self._zone_field.error else []

    @Slot()
    def _show(self) -> None:
        self._fields.setVisible(self.on.isChecked())
        if self.on.isChecked() and not self._zone.count():
            self._fill_zones()
        try:
            words, kind = self._words(self.window_of_hours), Kind.INFO
            self._zone_field.set_error("")
        except ValueError:
            if any(button.isChecked() for button in self._days):
                self._zone_field.set_error(self.tr("There is no such zone. It looks like Europe/Berlin."))
                words = self.tr("Choose a time zone.")
            else:
                words = self.tr("Choose at least one day, or nothing is ever sent.")
            kind = Kind.WARNING
        self._sentence.set_message("", words, kind)

    def _words(self, window: SendingWindow) -> str:
        return self.tr("Mail leaves: {0}. What is left over waits for the next opening.").format(
            _lowered(window.describe())
        )

    def _fill_zones(self) -> None:
        """All zones; there are some six hundred, so only those who need them wait for them."""
        from zoneinfo import available_timezones

        before, text = self._zone.blockSignals(True), self._zone.currentText() or self._zone_name
        zones = [zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))]
        self._zone.addItems(["UTC", *sorted(zones)])
        self._zone.setCurrentText(text)
        self._zone.blockSignals(before)

    def _day(self, number: int) -> QCheckBox:
        date = _MONDAY.addDays(number)
        box = QCheckBox(QLocale().toString(date, "ddd"))
        box.setObjectName(f"weekday{number}")
        box.setAccessibleName(QLocale().toString(date, "dddd"))
        box.setChecked(number in _WORKDAYS)
        box.toggled.connect(self._show)
        return box

    def _build(self) -> None:
        days = QWidget()
        column = QVBoxLayout(days)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(strong(self.tr("On")))
        row = QHBoxLayout()
        row.setSpacing(Space.XS)
        for button in self._days:
            row.addWidget(button, 1)
        column.addLayout(row)
        self._fields.form.addWidget(days)
        self._fields.add_beside(
            [
                FormField(self.tr("From"), self._opens),
                FormField(self.tr("Until"), self._closes),
                self._zone_field,
                FormField(self.tr("At most a day"), self._most),
            ],
            [1, 1, 2, 1],
        )
        self._fields.form.addWidget(self._sentence)
        about = QWidget()
        words = QVBoxLayout(about)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(0)
        words.addWidget(self.on)
        words.addWidget(
            Explanation(
                self.on,
                self.tr("A campaign that is under way pauses by itself outside of them, and goes on later."),
                indent=_INDENT,
            )
        )
        self.form.addWidget(about)
        self.form.addWidget(self._fields)
        self.on.toggled.connect(self._show)
        self._opens.timeChanged.connect(self._show)
        self._closes.timeChanged.connect(self._show)
        self._zone.currentTextChanged.connect(self._show)
        self._most.valueChanged.connect(self._show)


def _time(name: str, value: QTime) -> QTimeEdit:
    field = QTimeEdit(value)
    field.setObjectName(name)
    field.setDisplayFormat("HH:mm")
    return field


def _lowered(text: str) -> str:
    """For the middle of a sentence; the names of days keep their capitals."""
    return text[0].lower() + text[1:] if text.startswith(("Every", "At")) else text
