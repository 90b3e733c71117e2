"""What is wrong, or could be better, with a draft: the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.content.check import Finding, Severity
from app.ui.pages.campaigns.words import number
from app.ui.theme import Kind, Space
from app.ui.widgets import Card, IconLabel, label

_LOOKS = {
    Severity.BLOCKER: (Kind.BAD, "circle-alert"),
    Severity.WARNING: (Kind.WARNING, "triangle-alert"),
    Severity.HINT: (Kind.INFO, "info"),
}


class Findings(Card):
    """Hidden while there is nothing to look at."""

    def __init__(self) -> None:
        super().__init__(self.tr("Look at this before you send"))
        self.setObjectName("findings")
        self._rows = QVBoxLayout()
        self._rows.setSpacing(Space.S)
        self._lines: list[QWidget] = []
        self._shown: tuple[Finding, ...] = ()
        self.body.addLayout(self._rows)
        self.hide()

    def set_findings(self, findings: Sequence[Finding]) -> None:
        self.setVisible(bool(findings))
        if tuple(findings) == self._shown:
            return
        self._shown = tuple(findings)
        for line in self._lines:
            self._rows.removeWidget(line)
            line.deleteLater()
        # The same remark about several links or pictures is made once.
        times = Counter((finding.severity, finding.message) for finding in findings)
        self._lines = [self._line(severity, message, count) for (severity, message), count in times.items()]
        for line in self._lines:
            self._rows.addWidget(line)

    @property
    def texts(self) -> list[str]:
        return [finding.message for finding in self._shown]

    def _line(self, severity: Severity, message: str, count: int) -> QWidget:
        kind, picture = _LOOKS[severity]
        words = self.tr("{0} ({1} times)").format(message, number(count)) if count > 1 else message
        names = {
            Severity.BLOCKER: self.tr("Must be corrected"),
            Severity.WARNING: self.tr("Warning"),
            Severity.HINT: self.tr("Hint"),
        }
        line = QWidget()
        line.setAccessibleName(f"{names[severity]}: {words}")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(IconLabel(picture, kind=kind), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(words, wrap=True), 1)
        return line
