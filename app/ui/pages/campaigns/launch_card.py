"""What is about to leave: shown in the report's place until the first message is on its way."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QSizePolicy

from app.audience.audience import AudienceCount
from app.reports.metrics import DispatchReport
from app.ui.pages.campaigns.words import moment, people, without_tags
from app.ui.theme import Space
from app.ui.widgets import Card, label


class LaunchCard(Card):
    def __init__(self) -> None:
        super().__init__(self.tr("What will leave"))
        self.setObjectName("launchCard")
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.XXL)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        names = (self.tr("Subject"), self.tr("To"), self.tr("From"), self.tr("When"), self.tr("How long"))
        self._values = [label(role="strong", wrap=True) for _ in names]
        for row, (name, value) in enumerate(zip(names, self._values, strict=True)):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(value, row, 1)
        self.body.addLayout(grid)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_report(self, report: DispatchReport, audience: str, count: AudienceCount, *, via: str, takes: str) -> None:
        """*audience*: whom it goes to, *via*: through which accounts, *takes*: how long it takes, all in words;
        *count*: how many people that is now.
        """
        texts = (
            without_tags(report.subject),
            self.tr("{0}: {1}").format(audience, people(count.mailable)),
            self.tr("{0}, through {1}").format(report.sender, via),
            moment(report.due_at),
            takes or "–",
        )
        for value, text in zip(self._values, texts, strict=True):
            value.setText(text)
