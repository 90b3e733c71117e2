"""The sending hours of an account: when it may send, by which clock, and how much on one day at most."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from app.sending.windows import SendingWindow
from app.ui.pages.accounts.section import Section
from app.ui.sending_hours import SendingHours
from app.ui.theme import Kind
from app.ui.widgets import Banner, FormField
from app.ui.widgets.labels import Explanation

_INDENT = 24


class HoursSection(Section):
    def __init__(self) -> None:
        super().__init__(self.tr("Sending hours"))
        self.on = QCheckBox(self.tr("Send at certain hours only"))
        self.on.setObjectName("hours")
        self._zone_name = "UTC"
        self._zone = QComboBox()
        self._zone.setObjectName("timeZone")
        self._zone.setEditable(True)
        self._zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._zone_field = FormField(self.tr("Time zone"), self._zone)
        self.hours = SendingHours(self._zone_field)
        self._sentence = Banner()
        self._sentence.setObjectName("hoursSentence")
        self._build()
        self._show()

    @property
    def window_of_hours(self) -> SendingWindow:
        """What is chosen.

        Raises:
            ValueError: There is no such zone.
        """
        if not self.on.isChecked():
            return SendingWindow.ALWAYS
        return self.hours.window_in(self._zone.currentText().strip())

    def set_zone(self, time_zone: str) -> None:
        """The zone to begin with."""
        self._zone_name = time_zone
        self._zone.setCurrentText(time_zone)

    def fill(self, window: SendingWindow) -> None:
        """Show a stored window."""
        is_on = window != SendingWindow.ALWAYS
        self.on.setChecked(is_on)
        if is_on:
            self.hours.fill(window)
            self._zone.setCurrentText(window.time_zone)
        self._show()

    def check(self) -> list[QWidget]:
        """Look at the inputs, say what is wrong, and return the widgets to correct."""
        return [self._zone] if self.on.isChecked() and self._zone_field.error else []

    @Slot()
    def _show(self) -> None:
        self.hours.setVisible(self.on.isChecked())
        self._sentence.setVisible(self.on.isChecked())
        if self.on.isChecked() and not self._zone.count():
            self._fill_zones()
        try:
            words, kind = self._words(self.window_of_hours), Kind.INFO
            self._zone_field.set_error("")
        except ValueError:
            self._zone_field.set_error(self.tr("There is no such zone. It looks like Europe/Berlin."))
            words, kind = self.tr("Choose a time zone."), Kind.WARNING
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

    def _build(self) -> None:
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
        for part in (about, self.hours, self._sentence):
            self.form.addWidget(part)
        self.on.toggled.connect(self._show)
        self.hours.changed.connect(self._show)
        self._zone.currentTextChanged.connect(self._show)


def _lowered(text: str) -> str:
    """For the middle of a sentence; the names of days keep their capitals."""
    return text[0].lower() + text[1:] if text.startswith(("Every", "At")) else text
