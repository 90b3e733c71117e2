"""What the sending process does, and what that means."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit

from app.sending.supervisor import AgentNews, AgentState
from app.ui.context import AppContext
from app.ui.pages.settings.row import SettingRow
from app.ui.theme import Kind, Space
from app.ui.widgets import Card, Pill, PillLook, leading, link_button


class AgentCard(Card):
    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("agentCard")
        self._context = context
        self._pill = Pill()
        self._row = SettingRow(self.tr("Sending"), "", self._pill)
        self._row.text.setObjectName("agentState")
        self._more = link_button(self.tr("What it said last"), on_click=self._toggle, name="agentDetail")
        self._said = QPlainTextEdit()
        self._said.setObjectName("agentSaid")
        self._said.setReadOnly(True)
        self._said.setFixedHeight(120)
        self._said.setAccessibleName(self.tr("What the sending process said last"))
        self._said.hide()
        self.body.setSpacing(Space.S)
        self.body.addWidget(self._row)
        self.body.addLayout(leading(self._more))
        self.body.addWidget(self._said)
        self.show_news()

    def show_news(self) -> None:
        """Show the latest news."""
        news = self._context.agent_news()
        self._pill.set(self._look(news))
        self._row.set_texts(self.tr("Sending"), self._words(news))
        detail = news.detail if news is not None else ""
        self._said.setPlainText(detail)
        self._more.setVisible(bool(detail))
        self._said.setVisible(self._said.isVisibleTo(self) and bool(detail))

    def _look(self, news: AgentNews | None) -> PillLook:
        looks = {
            AgentState.STARTING: PillLook(self.tr("Starting"), Kind.NEUTRAL, "loader-circle"),
            AgentState.WORKING: PillLook(self.tr("At work"), Kind.GOOD),
            AgentState.ELSEWHERE: PillLook(self.tr("Elsewhere"), Kind.INFO),
            AgentState.RESTARTING: PillLook(self.tr("Trying again"), Kind.WARNING),
            AgentState.STOPPED: PillLook(self.tr("Stopped"), Kind.NEUTRAL, "circle-pause"),
        }
        return looks[news.state if news is not None else AgentState.STOPPED]

    def _words(self, news: AgentNews | None) -> str:
        if news is None:
            return self.tr("The part of the program that sends campaigns has not been started.")
        match news.state:
            case AgentState.STARTING:
                return self.tr("The part of the program that sends campaigns is being started.")
            case AgentState.WORKING:
                return self.tr(
                    "Your campaigns are sent in the background. That goes on when you close the window, until what is "
                    "due has been sent."
                )
            case AgentState.ELSEWHERE:
                return self.tr(
                    "The campaigns of this workspace are being sent from elsewhere, so this window leaves it to that."
                )
            case AgentState.RESTARTING:
                return self.tr(
                    "The part of the program that sends ended unexpectedly and is started again in {0} seconds. "
                    "Nothing is lost, and nothing is sent twice."
                ).format(round(news.retry_in_s))
            case AgentState.STOPPED:
                return self.tr("Sending has been stopped; planned campaigns wait.")

    def _toggle(self) -> None:
        self._said.setVisible(not self._said.isVisibleTo(self))
