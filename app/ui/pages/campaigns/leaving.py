"""The moment between “Send” and the first message: a countdown with a way back."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.models.states import CampaignStatus
from app.sending.campaigns import CampaignInfo, take_back
from app.sending.supervisor import AgentState
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.words import moment, seconds_left
from app.ui.theme import Kind
from app.ui.widgets import Banner, secondary_button

_TICK_MS = 250


class LeavingBanner(QWidget):
    """Shown while a launched campaign has not begun; hidden otherwise.

    Signals:
        taken_back: The id of the campaign that is a draft again.
    """

    taken_back = Signal(int)

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._campaign: CampaignInfo | None = None
        self._undo = secondary_button(self.tr("Undo"), "undo-2", on_click=self._on_undo, name="takeBack")
        self._banner = Banner("", "", Kind.INFO, self._undo)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._banner)
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._show_time)
        self.hide()

    def watch(self, campaign: CampaignInfo | None) -> None:
        """Count down for *campaign*, if it has been launched and has not begun."""
        waits = campaign is not None and campaign.status is CampaignStatus.SCHEDULED
        self._campaign = campaign if waits else None
        self.setVisible(waits)
        if waits:
            self._show_time()
            self._tick.start()
        else:
            self._tick.stop()

    @Slot()
    def _show_time(self) -> None:
        campaign = self._campaign
        if campaign is None or campaign.due_at is None:
            return
        name = campaign.name or self.tr("Untitled")
        left = seconds_left(campaign.due_at)
        if left is None:
            title = self.tr("“{0}” is scheduled for {1}").format(name, moment(campaign.due_at))
            text = self.tr("This program must be running then, or it is sent when you open it next.")
            self._undo.setText(self.tr("Take back"))
        else:
            title = (
                self.tr("“{0}” leaves in {1} s").format(name, left)
                if left
                else self.tr("“{0}” leaves now").format(name)
            )
            text = self._reassurance()
            self._undo.setText(self.tr("Undo"))
        self._banner.set_message(title, text, Kind.INFO)

    def _reassurance(self) -> str:
        news = self._context.agent_news()
        if news is not None and news.state is AgentState.RESTARTING:
            return self.tr("Nothing was sent yet: the part of the program that sends is being started again.")
        return self.tr("Nothing was sent yet. You can still take it back.")

    def _on_undo(self) -> None:
        campaign = self._campaign
        if campaign is None or campaign.dispatch_id is None:
            return
        self._context.operations.run(
            partial(take_back, self._context.workspace, campaign.dispatch_id),
            busy=self._undo,
            success=lambda _: self._tell(campaign.id),
            refreshes=[things.CAMPAIGNS, things.SENDING],
        )

    def _tell(self, campaign_id: int) -> str:
        self.taken_back.emit(campaign_id)
        return self.tr("Taken back. Nobody got it, and it is a draft again.")
