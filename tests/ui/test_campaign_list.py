"""The list of campaigns: states in words, a way back from every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QPushButton

from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.reports.metrics import DeliveryCounts
from app.sending import campaigns
from app.sending.campaigns import list_campaigns
from app.ui.pages.campaigns.rows import ACTIONS_COLUMN
from app.ui.pages.campaigns.words import status_cell
from app.ui.widgets import PillLook, ProgressCell
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_campaign,
    add_people,
    campaigns_page,
    click,
    type_into,
    until_shows,
)
from tests.ui.waiting import until


def names(app: AppWindow) -> list[str]:
    model = campaigns_page(app).list.table.model()
    return [str(model.index(row, 0).data()).partition(",")[0] for row in range(model.rowCount())]


@pytest.mark.parametrize(
    ("status", "counts", "words"),
    [
        (CampaignStatus.DRAFT, None, "Draft"),
        (CampaignStatus.SENDING, {DeliveryState.SENT: 62, DeliveryState.QUEUED: 38}, "Sending, 62 %"),
        (CampaignStatus.PAUSED, {DeliveryState.SENT: 1, DeliveryState.QUEUED: 1}, "Paused, 50 %"),
        (CampaignStatus.NEEDS_YOU, {DeliveryState.QUEUED: 1}, "Needs you"),
        (CampaignStatus.FINISHED, {DeliveryState.SENT: 9}, "Sent"),
        (CampaignStatus.FINISHED, {DeliveryState.SENT: 9, DeliveryState.FAILED: 2}, "Sent, 2 refused"),
        (CampaignStatus.FINISHED, {DeliveryState.SENT: 9, DeliveryState.IN_DOUBT: 1}, "Sent, 1 in doubt"),
        (CampaignStatus.CANCELLED, {DeliveryState.CANCELLED: 3}, "Cancelled"),
    ],
)
def test_each_state_has_its_words(status: CampaignStatus, counts: dict[DeliveryState, int] | None, words: str) -> None:
    cell = status_cell(status, DeliveryCounts(counts) if counts else None)
    said = cell.text if isinstance(cell, PillLook) else ""
    if isinstance(cell, ProgressCell):
        assert cell.pill is not None
        said = f"{cell.pill.text}, {cell.text}"
    assert said == words


def test_the_seconds_before_it_leaves_are_counted() -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    soon = status_cell(CampaignStatus.SCHEDULED, due_at=now + timedelta(seconds=8), now=now)
    later = status_cell(CampaignStatus.SCHEDULED, due_at=now + timedelta(days=2), now=now)
    assert isinstance(soon, PillLook)
    assert isinstance(later, PillLook)
    assert (soon.text, later.text) == ("Leaves in 8 s", "Scheduled")


async def test_an_empty_list_says_how_to_begin(app: AppWindow) -> None:
    await app.go_to("campaigns")
    await until_shows(campaigns_page(app).list, "Send your first campaign")
    assert not app.find(QPushButton, "newCampaign").isVisible()  # one way to begin is enough
    assert nameless(campaigns_page(app)) == []


async def test_what_moves_comes_first_and_the_head_says_it(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    a_campaign(shop, "Draft")
    leaving = a_campaign(shop, "Leaving")
    a_campaign(shop, "Another draft")
    campaigns.launch(shop, leaving)
    await app.go_to("campaigns")
    assert names(app)[0] == "Leaving"
    await until_shows(campaigns_page(app).list, "One is scheduled. 2 drafts.")
    await until_shows(campaigns_page(app).list, "“Leaving” leaves in")
    click(app, "takeBack", within=campaigns_page(app).list)
    await until(lambda: campaigns_page(app).current is campaigns_page(app).composer)
    await app.settled()
    assert all(one.dispatch_id is None for one in list_campaigns(shop))


async def test_a_deleted_campaign_comes_back(app: AppWindow, shop: Workspace) -> None:
    a_campaign(shop, "March")
    a_campaign(shop, "April")
    await app.go_to("campaigns")
    table = campaigns_page(app).list.table
    table.selectRow(names(app).index("March"))
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    await app.settled()
    assert names(app) == ["April"]
    assert app.window.toasts.texts == ["“March” was deleted"]
    click(app, "toastAction")
    await app.settled()
    assert sorted(names(app)) == ["April", "March"]


async def test_a_campaign_on_its_way_cannot_be_deleted(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaigns.launch(shop, a_campaign(shop, "March"))
    await app.go_to("campaigns")
    table = campaigns_page(app).list.table
    table.selectRow(0)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    await until(lambda: "A campaign that is being sent cannot be deleted." in app.window.toasts.texts)
    assert names(app) == ["March"]


@pytest.mark.qt_log_ignore("does not support raise", "grabbing the keyboard", extend=True)
async def test_the_menu_of_a_row_copies_it(app: AppWindow, shop: Workspace) -> None:
    a_campaign(shop, "March")
    await app.go_to("campaigns")
    page = campaigns_page(app)
    page.list.table.clicked.emit(page.list.table.model().index(0, ACTIONS_COLUMN))
    menu = app.find(QMenu, "campaignMenu")
    copy = next(action for action in menu.actions() if action.text() == "Make a copy")
    copy.trigger()
    menu.close()
    await until(lambda: page.current is page.composer)
    await until_shows(page.composer, "March (copy)")
    await app.settled()


async def test_the_list_is_filtered_and_searched(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    for name in ("Spring offers", "Summer offers", "Opening hours"):
        a_campaign(shop, name)
    campaigns.launch(shop, a_campaign(shop, "Leaving"), at=datetime.now(UTC) + timedelta(days=1))
    await app.go_to("campaigns")
    click(app, "segment-drafts")
    assert "Leaving" not in names(app)
    type_into(app, "searchCampaigns", "offers")
    await until(lambda: sorted(names(app)) == ["Spring offers", "Summer offers"])
    click(app, "segment-sent")
    await until_shows(campaigns_page(app).list, "No campaign fits")
    await app.settled()
