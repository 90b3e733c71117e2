"""What was found in a template, the worst first; a finding with a line leads to it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.content.check import Finding, Severity
from app.ui.theme import Kind, Space
from app.ui.widgets import Card, IconLabel, label, leading, link_button

_LOOKS = {
    Severity.BLOCKER: (Kind.BAD, "circle-alert"),
    Severity.WARNING: (Kind.WARNING, "triangle-alert"),
    Severity.HINT: (Kind.INFO, "lightbulb"),
}


class Findings(Card):
    """
    Signals:
        line_wanted: The line (from 1) of a finding the user wants to see in the source.
    """

    line_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__(self.tr("Before you send"))
        self.setObjectName("templateFindings")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(Space.M)
        self._widgets: list[QWidget] = []
        self._shown: tuple[Finding, ...] | None = None
        self.body.addLayout(self._rows)
        self.body.addStretch(1)

    def set_findings(self, findings: Sequence[Finding]) -> None:
        if self._shown == tuple(findings):
            return
        self._shown = tuple(findings)
        for widget in self._widgets:
            self._rows.removeWidget(widget)
            widget.deleteLater()
        all_is_well = _line(Kind.GOOD, "circle-check", self.tr("Nothing to correct."))
        self._widgets = [self._row(finding) for finding in findings] or [all_is_well]
        for widget in self._widgets:
            self._rows.addWidget(widget)

    @property
    def texts(self) -> list[str]:
        return [finding.message for finding in self._shown or ()]

    def _row(self, finding: Finding) -> QWidget:
        kind, icon = _LOOKS[finding.severity]
        names = {
            Severity.BLOCKER: self.tr("Must be corrected"),
            Severity.WARNING: self.tr("Warning"),
            Severity.HINT: self.tr("Hint"),
        }
        line = finding.line
        action = None
        if line is not None:
            action = link_button(self.tr("Line {0}").format(line), on_click=lambda: self.line_wanted.emit(line))
            action.setAccessibleName(self.tr("Show line {0} in the source").format(line))
        row = _line(kind, icon, finding.message, action)
        row.setAccessibleName(f"{names[finding.severity]}: {finding.message}")
        return row


def _line(kind: Kind, icon: str, text: str, action: QWidget | None = None) -> QWidget:
    line = QWidget()
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(label(text, wrap=True))
    if action is not None:
        words.addLayout(leading(action))
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(Space.S)
    row.addWidget(IconLabel(icon, kind=kind), 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    return line
