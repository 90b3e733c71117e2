"""Limits for single receivers, such as gmail.com: a row each."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QGridLayout, QLineEdit, QSpinBox, QToolButton, QVBoxLayout, QWidget

from app.sending.limits import Limits
from app.ui.theme import Space, set_property
from app.ui.widgets import caption, icon_button, label, leading, link_button

_MOST = 9_999_999


class _Row:
    """A receiver's domain and how much may go there."""

    def __init__(self, domain: QLineEdit, spins: tuple[QSpinBox, QSpinBox, QSpinBox], remove: QToolButton) -> None:
        self.domain = domain
        self.spins = spins
        self.remove = remove
        self.kept = Limits()

    @property
    def widgets(self) -> tuple[QWidget, ...]:
        return (self.domain, *self.spins, self.remove)

    @property
    def limits(self) -> Limits:
        minute, hour, day = (spin.value() or None for spin in self.spins)
        # A limit a second or in 30 days, set elsewhere, is not shown here and stays.
        return Limits(self.kept.per_second, minute, hour, day, self.kept.per_30_days)


class DomainLimits(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(Space.S)
        self._heads = [
            label(text, "strong")
            for text in (self.tr("Addresses at"), self.tr("A minute"), self.tr("An hour"), self.tr("24 hours"))
        ]
        for column, head in enumerate(self._heads):
            self._grid.addWidget(head, 0, column)
            self._grid.setColumnStretch(column, 2 if column == 0 else 1)
        links = leading(link_button(self.tr("Add a provider"), on_click=self._on_add, name="addDomain"))
        self._trouble = label(role="error", wrap=True)
        self._trouble.setObjectName("domainLimitsError")
        self._trouble.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(Space.S)
        whole.addWidget(
            caption(
                self.tr(
                    "Some providers complain when much arrives at once. gmail.com also stands for googlemail.com, "
                    "outlook.com also for hotmail.com, and so on."
                )
            )
        )
        whole.addLayout(self._grid)
        whole.addWidget(self._trouble)
        whole.addLayout(links)
        self._show()

    @property
    def limits(self) -> dict[str, Limits]:
        """By domain; rows without a domain or a limit say nothing."""
        found = {_domain(row): row.limits for row in self._rows}
        return {domain: limits for domain, limits in found.items() if domain and limits != Limits()}

    def fill(self, limits: Mapping[str, Limits]) -> None:
        """Show *limits*."""
        for row in list(self._rows):
            self._remove(row)
        for domain, of_domain in sorted(limits.items()):
            row = self.add(domain)
            row.kept = of_domain
            values = (of_domain.per_minute, of_domain.per_hour, of_domain.per_day)
            for spin, value in zip(row.spins, values, strict=True):
                spin.setValue(value or 0)

    def check(self) -> list[QWidget]:
        """Look at the inputs, say what is wrong, and return the widgets to correct."""
        bad = [row.domain for row in self._rows if (text := _domain(row)) and not _is_domain(text)]
        twice = [row.domain for row in self._rows if [_domain(each) for each in self._rows].count(_domain(row)) > 1]
        for row in self._rows:
            set_property(row.domain, "invalid", row.domain in bad or (bool(_domain(row)) and row.domain in twice))
        words = ""
        if bad:
            words = self.tr("Enter the end of an address, such as gmail.com.")
        elif any(line.text().strip() for line in twice):
            words = self.tr("One is here twice.")
            bad = twice
        self._trouble.setText(words)
        self._trouble.setVisible(bool(words))
        return list(bad)

    def add(self, domain: str = "") -> _Row:
        """A new row for *domain*."""
        number = len(self._rows) + 1
        line = QLineEdit(domain)
        line.setObjectName(f"domain{number}")
        line.setPlaceholderText("gmail.com")
        line.setAccessibleName(self.tr("Provider {0}").format(number))
        minute, hour, day = (self._spin(f"domain{number}{unit}") for unit in ("Minute", "Hour", "Day"))
        for spin, head in zip((minute, hour, day), self._heads[1:], strict=True):
            spin.setAccessibleName(self.tr("Provider {0}, {1}").format(number, head.text()))
        remove = icon_button(
            "x", self.tr("Remove provider {0}").format(number), name=f"removeDomain{number}", small=True
        )
        row = _Row(line, (minute, hour, day), remove)
        remove.clicked.connect(lambda _=False: self._remove(row))
        self._rows.append(row)
        place = self._grid.rowCount()
        for column, widget in enumerate(row.widgets):
            self._grid.addWidget(widget, place, column)
        self._show()
        return row

    def _on_add(self) -> None:
        self.add().domain.setFocus()

    def _remove(self, row: _Row) -> None:
        self._rows.remove(row)
        for widget in row.widgets:
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._show()

    def _show(self) -> None:
        for head in self._heads:
            head.setVisible(bool(self._rows))

    def _spin(self, name: str) -> QSpinBox:
        spin = QSpinBox()
        spin.setObjectName(name)
        spin.setRange(0, _MOST)
        spin.setSpecialValueText(self.tr("no limit"))
        spin.setGroupSeparatorShown(True)
        # QSS cannot pad the text of a spin box whose buttons it styles.
        spin.lineEdit().setTextMargins(11, 0, 0, 0)
        return spin


def _domain(row: _Row) -> str:
    return row.domain.text().strip().lower().rpartition("@")[2]


def _is_domain(text: str) -> bool:
    return "." in text.strip(".") and " " not in text and "/" not in text
