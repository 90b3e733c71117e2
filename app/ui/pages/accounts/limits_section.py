"""How much an account may send, and over how many connections."""

from __future__ import annotations

from PySide6.QtWidgets import QSpinBox

from app.sending.throttle import Limits
from app.ui.pages.accounts.providers import limits_hint, provider_of
from app.ui.pages.accounts.section import Section
from app.ui.widgets import FormField, caption

_MOST = 9_999_999
_LEAST_WIDTH = 96


class LimitsSection(Section):
    """Zero stands for no limit."""

    def __init__(self) -> None:
        super().__init__(
            self.tr("How much it may send"),
            self.tr(
                "Providers shut out whoever sends more than they allow. Enter the limits of yours, and the program "
                "keeps to them by itself; a campaign then takes as long as it must."
            ),
        )
        units = {
            "perSecond": self.tr("A second"),
            "perMinute": self.tr("A minute"),
            "perHour": self.tr("An hour"),
            "perDay": self.tr("A day"),
        }
        self._spins = {name: self._spin(name) for name in units}
        self.add_beside([FormField(text, self._spins[name]) for name, text in units.items()], [1, 1, 1, 1])
        self._hint = caption()
        self.form.addWidget(self._hint)
        self.show_provider_of()

    @property
    def limits(self) -> Limits:
        second, minute, hour, day = (spin.value() or None for spin in self._spins.values())
        return Limits(second, minute, hour, day)

    def fill(self, limits: Limits) -> None:
        stored = (limits.per_second, limits.per_minute, limits.per_hour, limits.per_day)
        for spin, value in zip(self._spins.values(), stored, strict=True):
            spin.setValue(value or 0)

    def show_provider_of(self, *names: str) -> None:
        """Name the limits of the provider that these servers and addresses belong to."""
        self._hint.setText(
            limits_hint(provider_of(*names))
            or self.tr("Look for “sending limits” in your provider’s help. If in doubt, begin with 100 an hour.")
        )

    def _spin(self, name: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(name)
        spin.setRange(0, _MOST)
        spin.setSpecialValueText(self.tr("no limit"))
        spin.setGroupSeparatorShown(True)
        # Qt reserves room for the longest number beside the longest word.
        spin.setMinimumWidth(_LEAST_WIDTH)
        return spin


class ConnectionsRow(Section):
    """How many connections are used at once, and for how long."""

    def __init__(self) -> None:
        super().__init__(self.tr("Connections"))
        self.connections = QSpinBox()
        self.connections.setObjectName("connections")
        self.connections.setRange(1, 20)
        self.connections.setValue(4)
        self.messages = QSpinBox()
        self.messages.setObjectName("messagesPerConnection")
        self.messages.setRange(1, 100_000)
        self.messages.setValue(100)
        self.messages.setGroupSeparatorShown(True)
        self.add_beside(
            [
                FormField(
                    self.tr("At the same time"),
                    self.connections,
                    help_text=self.tr("More is faster; many providers allow only a few."),
                ),
                FormField(
                    self.tr("Messages over each"),
                    self.messages,
                    help_text=self.tr("After so many it connects anew, as most servers want."),
                ),
            ],
            [1, 1],
        )
