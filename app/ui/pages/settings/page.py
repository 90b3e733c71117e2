"""The settings page: a card for each subject, in the order in which people look for them."""

from __future__ import annotations

from typing import Any, ClassVar

from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.settings.about_card import AboutCard
from app.ui.pages.settings.agent_card import AgentCard
from app.ui.pages.settings.api_card import ApiCard
from app.ui.pages.settings.appearance_card import AppearanceCard
from app.ui.pages.settings.backup_card import BackupCard
from app.ui.pages.settings.key_card import KeyCard
from app.ui.pages.settings.organisation_card import OrganisationCard


class SettingsPage(Page):
    """What can be changed is changed in place; only the organisation waits for "Save"."""

    watches: ClassVar[frozenset[str]] = frozenset({things.ORGANISATION, things.AGENT})
    scrolls: ClassVar[bool] = True

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations, self.tr("Settings"))
        self.organisation = OrganisationCard(context)
        self.appearance = AppearanceCard(context)
        self.backups = BackupCard(context)
        self.key = KeyCard(context)
        self.agent = AgentCard(context)
        self.api = ApiCard(context)
        self.about = AboutCard()
        for card in (self.organisation, self.appearance, self.backups, self.key, self.agent, self.api, self.about):
            self.content.addWidget(card)
        self.content.addStretch(1)

    async def load(self) -> None:
        self.agent.show_news()
        await self.organisation.load()
        await self.backups.load()
        await self.key.load()
        await self.api.load()

    def refresh(self, changed: frozenset[str]) -> None:
        # The agent has news often; the rest need not be read again for it.
        if changed & self.watches == {things.AGENT}:
            self.agent.show_news()
            self.api.look()
        else:
            super().refresh(changed)

    def shown(self, **_kwargs: Any) -> None:
        self.appearance.show_choice()
