"""When to pause by itself, before the account loses its good name."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QLocale, Slot
from PySide6.QtWidgets import QAbstractSpinBox, QCheckBox, QDoubleSpinBox, QHBoxLayout, QSpinBox

from app.sending.breaker import Breaker
from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.words import number
from app.ui.theme import Space
from app.ui.widgets import caption, label

_USUAL = Breaker()
_SPIN_WIDTH = 88


class StopLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Safety stop"), "moreStop")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        breaker = campaign.breaker
        parts = [
            self.tr("{0} % dead addresses").format(_decimal(breaker.bounce_percent)) if breaker.bounce_percent else "",
            self.tr("{0} % complaints").format(_decimal(breaker.complaint_percent))
            if breaker.complaint_percent
            else "",
            self.tr("{0} refusals in a row").format(number(breaker.policy_in_a_row)) if breaker.policy_in_a_row else "",
        ]
        said = [part for part in parts if part]
        if not said:
            return self.tr("never pauses by itself")
        last = said.pop()
        return self.tr("pauses at {0}").format(self.tr("{0} or {1}").format(", ".join(said), last) if said else last)

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return replace(campaign.breaker, since=None) == _USUAL

    def build(self) -> None:
        self._bounces = _percent_spin("bouncePercent", 0.5, 100.0)
        self._complaints = _percent_spin("complaintPercent", 0.1, 10.0)
        self._refusals = QSpinBox()
        self._refusals.setObjectName("refusalsInARow")
        self._refusals.setRange(1, 1000)
        self._rows = (
            self._row(self.tr("Pause if more than"), self._bounces, self.tr("% of the addresses do not exist")),
            self._row(self.tr("Pause if more than"), self._complaints, self.tr("% of the people call it spam")),
            self._row(self.tr("Pause after"), self._refusals, self.tr("messages in a row were refused as unwanted")),
        )
        self.body.addWidget(
            caption(
                self.tr(
                    "Providers close accounts that write to many dead addresses or annoy people. A campaign that gets "
                    "there is paused and tells you; you can let it go on. Shares count from {0} addresses on."
                ).format(number(_USUAL.at_least))
            )
        )

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del around
        breaker = campaign.breaker
        values = (breaker.bounce_percent, breaker.complaint_percent, breaker.policy_in_a_row)
        usual = (_USUAL.bounce_percent, _USUAL.complaint_percent, _USUAL.policy_in_a_row)
        spins = (self._bounces, self._complaints, self._refusals)
        for box, spin, value, other in zip(self._rows, spins, values, usual, strict=True):
            for widget in (box, spin):
                widget.blockSignals(True)
            box.setChecked(value is not None)
            spin.setEnabled(value is not None)
            shown = value if value is not None else other or 1
            if isinstance(spin, QSpinBox):
                spin.setValue(int(shown))
            if isinstance(spin, QDoubleSpinBox):
                spin.setValue(float(shown))
            for widget in (box, spin):
                widget.blockSignals(False)

    def _row(self, before: str, spin: QSpinBox | QDoubleSpinBox, after: str) -> QCheckBox:
        box = QCheckBox(before)
        box.setObjectName(f"{spin.objectName()}On")
        box.setAccessibleName(f"{before} … {after}")
        spin.setAccessibleName(f"{before} … {after}")
        spin.setFixedWidth(_SPIN_WIDTH)
        spin.lineEdit().setTextMargins(11, 0, 0, 0)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(box)
        row.addWidget(spin)
        row.addWidget(label(after, wrap=True), 1)
        self.body.addLayout(row)
        box.toggled.connect(self._on_changed)
        spin.valueChanged.connect(self._on_changed)
        return box

    @Slot()
    def _on_changed(self) -> None:
        if self._draft is None:
            return
        bounces, complaints, refusals = self._rows
        self.changed.emit(
            {
                "breaker": replace(
                    self._draft[0].breaker,
                    bounce_percent=round(self._bounces.value(), 1) if bounces.isChecked() else None,
                    complaint_percent=round(self._complaints.value(), 1) if complaints.isChecked() else None,
                    policy_in_a_row=self._refusals.value() if refusals.isChecked() else None,
                )
            }
        )


def _percent_spin(name: str, step: float, most: float) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setObjectName(name)
    spin.setDecimals(1)
    spin.setRange(0.1, most)
    spin.setSingleStep(step)
    spin.setStepType(QAbstractSpinBox.StepType.DefaultStepType)
    return spin


def _decimal(value: float) -> str:
    return number(int(value)) if value == int(value) else QLocale().toString(value, "f", 1)
