"""The warm-up plan: a new address starts small and grows day by day."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QDate, Slot
from PySide6.QtWidgets import QCheckBox, QDateEdit, QSpinBox, QVBoxLayout, QWidget

from app.sending.warm_up import FIRST_DAY, GROWTH, WarmUp
from app.ui.pages.accounts.ramp_chart import RampChart
from app.ui.pages.accounts.section import Beside, Section
from app.ui.pages.accounts.words import number
from app.ui.widgets import FormField, caption
from app.ui.widgets.labels import Explanation

_INDENT = 24
_DAYS = 14
_MOST = 9_999_999
_GOAL = 10_000
_MOST_DAYS = 400


class WarmUpSection(Section):
    def __init__(self) -> None:
        super().__init__(self.tr("Warm-up"))
        self.on = QCheckBox(self.tr("Start small, and send more day by day"))
        self.on.setObjectName("warmUp")
        self._first = _count("warmUpFirst", FIRST_DAY)
        self._growth = QSpinBox()
        self._growth.setObjectName("warmUpGrowth")
        self._growth.setRange(1, 400)
        self._growth.setSuffix(self.tr(" % more"))
        self._growth.setValue(round((GROWTH - 1) * 100))
        self._goal = _count("warmUpGoal", _GOAL)
        self._start = QDateEdit(QDate.currentDate())
        self._start.setObjectName("warmUpStart")
        self._start.setCalendarPopup(True)
        self._chart = RampChart()
        self._chart.setObjectName("warmUpChart")
        self._words = caption()
        self._words.setObjectName("warmUpWords")
        self._fields = Beside()
        self._fields.add_beside(
            [
                FormField(self.tr("First day"), self._start),
                FormField(self.tr("Mails on it"), self._first),
                FormField(self.tr("Each day"), self._growth),
                FormField(self.tr("Until a day has"), self._goal),
            ],
            [1, 1, 1, 1],
        )
        # Its calendar button pads the text already.
        self._start.lineEdit().setTextMargins(0, 0, 0, 0)
        self._fields.form.addWidget(self._chart)
        self._fields.form.addWidget(self._words)
        about = QWidget()
        column = QVBoxLayout(about)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.on)
        column.addWidget(
            Explanation(
                self.on,
                self.tr(
                    "Gmail, Outlook and others distrust an address or server they do not know that sends much at "
                    "once. Switch it on for a new domain, a new service or your own new server."
                ),
                indent=_INDENT,
            )
        )
        self.form.addWidget(about)
        self.form.addWidget(self._fields)
        self._stored: WarmUp | None = None
        self.on.toggled.connect(self._show)
        for spin in (self._first, self._growth, self._goal):
            spin.valueChanged.connect(self._show)
        self._start.dateChanged.connect(self._show)
        self._show()

    @property
    def warm_up(self) -> WarmUp | None:
        """The plan; None for none."""
        if not self.on.isChecked():
            return None
        percent = self._growth.value()
        growth = 1 + percent / 100
        if self._stored is not None and percent == round((self._stored.growth - 1) * 100):
            growth = self._stored.growth  # finer than whole percents, if it was set elsewhere
        date = self._start.date()
        started_on = dt.date(date.year(), date.month(), date.day())
        return WarmUp(started_on, self._first.value(), growth, self._goal.value())

    def fill(self, plan: WarmUp | None) -> None:
        """Show a stored plan."""
        self._stored = plan
        if plan is not None:
            self._start.setDate(QDate(plan.started_on.year, plan.started_on.month, plan.started_on.day))
            self._first.setValue(plan.first_day)
            self._growth.setValue(round((plan.growth - 1) * 100))
            self._goal.setValue(plan.goal)
        self.on.setChecked(plan is not None)
        self._show()

    @Slot()
    def _show(self) -> None:
        plan = self.warm_up
        self._fields.setVisible(plan is not None)
        if plan is None:
            return
        begin = max(plan.started_on, dt.datetime.now().astimezone().date())
        dates = [begin + dt.timedelta(days=day) for day in range(_DAYS)]
        self._chart.set_days([(date, plan.cap_on(date)) for date in dates], plan.goal)
        self._words.setText(self._sentence(plan))

    def _sentence(self, plan: WarmUp) -> str:
        days = next(
            (day for day in range(_MOST_DAYS) if plan.cap_on(plan.started_on + dt.timedelta(days=day)) is None), 0
        )
        goal = number(plan.goal)
        if not days:
            return self.tr("It takes more than a year to reach {0} mails a day.").format(goal)
        if days == 1:
            return self.tr("From the second day on, {0} mails a day and more may leave.").format(goal)
        return self.tr("After {0} days it has reached {1} mails a day, and the plan ends by itself.").format(days, goal)


def _count(name: str, value: int) -> QSpinBox:
    spin = QSpinBox()
    spin.setObjectName(name)
    spin.setRange(1, _MOST)
    spin.setGroupSeparatorShown(True)
    spin.setValue(value)
    return spin
