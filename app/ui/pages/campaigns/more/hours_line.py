"""The hours in which the campaign may go out, and how much of it on one day."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot

from app.sending.campaigns import CampaignInfo
from app.sending.windows import SendingWindow
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.sending_hours import OFFICE_HOURS, SendingHours
from app.ui.widgets import Segmented, caption


class HoursLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Sending hours"), "moreHours")

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        words = campaign.window.describe()
        return words[0].lower() + words[1:] if words.startswith(("At", "Every")) else words

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return campaign.window == SendingWindow.ALWAYS

    def build(self) -> None:
        self._choice = Segmented(
            self.tr("Sending hours"), [("always", self.tr("At any time")), ("hours", self.tr("At certain hours"))]
        )
        self._choice.chosen.connect(self._on_choice)
        self._hours = SendingHours()
        self._hours.changed.connect(self._on_changed)
        self.body.addWidget(self._choice)
        self.body.addWidget(self._hours)
        self.body.addWidget(
            caption(
                self.tr("Outside of them it waits, and goes on by itself. The limits of the accounts hold as well.")
            )
        )

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del around
        is_always = campaign.window.never_closes
        self._choice.choose("always" if is_always else "hours")
        self._hours.show_hours(not is_always)
        self._hours.fill(campaign.window)

    @Slot(str)
    def _on_choice(self, key: str) -> None:
        if self._draft is None:
            return
        campaign, around = self._draft
        zone, per_day = around.organisation.time_zone, campaign.window.per_day
        if key == "hours":
            self.changed.emit({"window": replace(OFFICE_HOURS, time_zone=zone, per_day=per_day)})
        else:
            self.changed.emit({"window": _at_any_time(per_day, zone)})

    @Slot()
    def _on_changed(self) -> None:
        if self._draft is None:
            return
        window = self._draft[0].window
        if window.never_closes:
            self.changed.emit({"window": _at_any_time(self._hours.per_day, self._draft[1].organisation.time_zone)})
        else:
            self.changed.emit({"window": self._hours.window_in(window.time_zone)})


def _at_any_time(per_day: int | None, zone: str) -> SendingWindow:
    """A day is one of the organisation's, wherever the limit is counted."""
    return SendingWindow(per_day=per_day, time_zone=zone) if per_day else SendingWindow.ALWAYS
