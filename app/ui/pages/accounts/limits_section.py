"""How much an account may send: in all, to one receiver, and over how many connections."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QSpinBox, QVBoxLayout, QWidget

from app.sending.limits import Limits
from app.sending.presets import Preset, PresetGroup
from app.ui.pages.accounts.domain_limits import DomainLimits
from app.ui.pages.accounts.fold import Fold
from app.ui.pages.accounts.section import Section
from app.ui.pages.accounts.words import usage_words
from app.ui.theme import Kind
from app.ui.widgets import Banner, FormField, caption
from app.ui.widgets.labels import Explanation

_MOST = 9_999_999
_LEAST_WIDTH = 96
_INDENT = 24


def limit_spin(name: str) -> QSpinBox:
    """A number of messages; zero stands for no limit."""
    spin = QSpinBox()
    spin.setObjectName(name)
    spin.setRange(0, _MOST)
    spin.setSpecialValueText(spin.tr("no limit"))
    spin.setGroupSeparatorShown(True)
    # Qt reserves room for the longest number beside the longest word.
    spin.setMinimumWidth(_LEAST_WIDTH)
    return spin


class LimitsSection(Section):
    """Zero stands for no limit."""

    def __init__(self) -> None:
        super().__init__(
            self.tr("How much it may send"),
            self.tr(
                "Providers shut out whoever sends more than they allow. The program keeps to these limits by itself; a "
                "campaign then takes as long as it must."
            ),
        )
        units = {
            "perSecond": self.tr("A second"),
            "perMinute": self.tr("A minute"),
            "perHour": self.tr("An hour"),
            "perDay": self.tr("24 hours"),
            "per30Days": self.tr("30 days"),
        }
        self._spins = {name: limit_spin(name) for name in units}
        self.domains = DomainLimits()
        self._known = Banner()
        self._known.setObjectName("limitsNote")
        self._used = caption()
        self._used.setObjectName("usage")
        self._used.hide()
        self._by_receiver = Fold(self.tr("Less to some of your recipients’ providers, such as gmail.com"), "domainFold")
        self._by_receiver.body.addWidget(self.domains)
        self.form.addWidget(self._known)
        self.add_beside([FormField(text, self._spins[name]) for name, text in units.items()], [1] * len(units))
        self.form.addWidget(self._used)
        self.form.addWidget(self._by_receiver)

    @property
    def limits(self) -> Limits:
        second, minute, hour, day, month = (spin.value() or None for spin in self._spins.values())
        return Limits(second, minute, hour, day, month)

    def fill(self, limits: Limits) -> None:
        """Show limits."""
        values = (limits.per_second, limits.per_minute, limits.per_hour, limits.per_day, limits.per_30_days)
        for spin, value in zip(self._spins.values(), values, strict=True):
            spin.setValue(value or 0)

    def fill_domains(self, limits: dict[str, Limits]) -> None:
        """Show the limits for single receivers."""
        self.domains.fill(limits)
        self._by_receiver.set_open(bool(limits))

    def show_preset(self, preset: Preset, *, take_over: bool) -> None:
        """Say what the provider allows; *take_over*: enter it too."""
        if take_over:
            self.fill(preset.limits)
        known = preset.limits != Limits()
        is_fact = known and not preset.limits_are_hints
        title = ""
        if is_fact:
            title = self.tr("{0} publishes these limits.").format(preset.name)
        elif known:
            title = self.tr("{0} does not publish its limits; this is what people have found.").format(preset.name)
        elif preset.group is PresetGroup.SERVER:
            title = self.tr("If in doubt, begin with 100 an hour.")
        self._known.set_message(title, preset.limits_note, Kind.INFO)

    def show_used(self, sent_today: int, limits: Limits) -> None:
        """Say what went out in the last 24 hours."""
        self._used.setText(self.tr("Used so far: {0}.").format(usage_words(sent_today, limits)))
        self._used.show()


class ConnectionsRow(Section):
    """How many connections are used at once, for how long, and what they pass on."""

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
        self._connections = FormField(
            self.tr("At the same time"),
            self.connections,
            help_text=self.tr("More is faster; many providers allow only a few."),
        )
        self.add_beside(
            [
                self._connections,
                FormField(
                    self.tr("Messages over each"),
                    self.messages,
                    help_text=self.tr("After so many it connects anew, as most servers want."),
                ),
            ],
            [1, 1],
        )
        self.keeps_return_path = QCheckBox(self.tr("The server keeps the address for undeliverable mail"))
        self.keeps_return_path.setObjectName("keepsReturnPath")
        why = self.tr("Each message then carries a mark there that tells exactly whose mail came back.")
        self._return_path = QWidget()
        column = QVBoxLayout(self._return_path)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.keeps_return_path)
        column.addWidget(Explanation(self.keeps_return_path, why, indent=_INDENT))
        self.form.addWidget(self._return_path)

    def show_preset(self, preset: Preset) -> None:
        """Enter what is known of the provider."""
        self.connections.setValue(preset.connections)
        self.messages.setValue(preset.messages_per_connection)
        self.keeps_return_path.setChecked(preset.keeps_return_path)
        self.ask_about(preset)

    def ask_about(self, preset: Preset) -> None:
        """Whether the return path is passed on is asked only where it is not known."""
        self._return_path.setVisible(preset.group is PresetGroup.SERVER)
