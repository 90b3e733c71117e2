"""The campaigns page: a list, from which a draft opens in the composer and everything else in its report."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QStackedWidget

from app.sending.campaigns import create_campaign, get_campaign
from app.ui import things
from app.ui.context import AppContext
from app.ui.page import Page
from app.ui.pages.campaigns.composer import Composer
from app.ui.pages.campaigns.list_view import CampaignList
from app.ui.pages.campaigns.report import Report
from app.ui.pages.campaigns.view import View


class CampaignsPage(Page):
    """Shows the list; `shown(campaign=id)` opens a campaign, `shown(new=True)` begins one, both with
    `gallery=True` to choose its design at once; `shown(template=id)` begins one with that design; `shown(list=True)`
    goes back to the list. Without arguments it stays where the user left it.
    """

    watches: ClassVar[frozenset[str]] = frozenset(
        {things.CAMPAIGNS, things.SENDING, things.CONTACTS, things.LISTS, things.TEMPLATES, things.ACCOUNTS}
    )

    def __init__(self, context: AppContext) -> None:
        super().__init__(context.operations)
        self.context = context
        self.header.hide()
        self.list = CampaignList(context)
        self.composer = Composer(context)
        self.report = Report(context)
        self._is_refreshing = False
        self._refresh_again = False
        self._views = QStackedWidget()
        for view in (self.list, self.composer, self.report):
            self._views.addWidget(view)
            view.closed.connect(self.open_list)
        self.content.addWidget(self._views)
        self.list.opened.connect(self.open_campaign)
        self.list.new_wanted.connect(partial(self.new_campaign, None))
        self.composer.launched.connect(self.open_campaign)
        self.report.taken_back.connect(self.open_campaign)
        self.report.copied.connect(self.open_campaign)

    @property
    def current(self) -> View:
        view = self._views.currentWidget()
        if not isinstance(view, View):
            raise TypeError(f"{view} is not a view")
        return view

    async def load(self) -> None:
        await self.current.load()

    def shown(self, **kwargs: Any) -> None:
        if kwargs.get("gallery"):
            self.composer.open_gallery_when_loaded()
        if kwargs.get("new"):
            self.new_campaign()
        elif (template_id := kwargs.get("template")) is not None:
            self.new_campaign(template_id)
        elif (campaign_id := kwargs.get("campaign")) is not None:
            self.open_campaign(campaign_id)
        elif kwargs.get("list"):
            self.open_list()

    def refresh(self, changed: frozenset[str]) -> None:
        """Follow what changed. While a campaign is sent that comes four times a second: a refresh under way is
        finished, not begun anew, or a slow one would never come to its end."""
        if not changed & self.current.watches:
            return
        self._refresh_again = True
        if not self._is_refreshing:
            self._is_refreshing = True
            self.operations.run(self._refresh(), on_error=lambda _error: self.reload())

    async def _refresh(self) -> None:
        try:
            while self._refresh_again:
                self._refresh_again = False
                await self.current.load()
        finally:
            self._is_refreshing = False

    def hideEvent(self, event: QHideEvent) -> None:
        self.current.leave()
        super().hideEvent(event)

    def open_list(self) -> None:
        self._show(self.list)

    def new_campaign(self, template_id: int | None = None) -> None:
        """Begin a draft, with a design if one is given, and open it."""
        self.operations.run(
            partial(create_campaign, self.context.workspace, name="", template_id=template_id),
            success=self.open_campaign,
            refreshes=[things.CAMPAIGNS],
        )

    def open_campaign(self, campaign_id: int) -> None:
        """Open a draft in the composer, anything else in its report."""
        self.operations.run(self._open(campaign_id))

    async def _open(self, campaign_id: int) -> None:
        campaign = await self.operations.read(partial(get_campaign, self.context.workspace, campaign_id))
        if campaign.dispatch_id is None:
            self.composer.set_campaign(campaign.id)
            self._show(self.composer)
        else:
            self.report.set_dispatch(campaign.id, campaign.dispatch_id)
            self._show(self.report)

    def _show(self, view: View) -> None:
        if view is not self.current:
            self.current.leave()
        self._views.setCurrentWidget(view)
        self.reload()
