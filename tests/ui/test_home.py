"""The first page: honest when there is nothing, ticking what was really done, naming what needs the user."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtWidgets import QAbstractButton

from app.models.states import CampaignStatus, Wish
from app.models.tables import Dispatch
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.plan import freeze
from app.ui import things
from app.ui.pages.home import HomePage
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_campaign,
    add_people,
    agent_at_work,
    campaigns_page,
    click,
    template,
    texts,
    until_shows,
    watched,
)
from tests.ui.waiting import until


def home_page(app: AppWindow) -> HomePage:
    page = app.window.page("home")
    assert isinstance(page, HomePage)
    return page


async def test_a_new_workspace_shows_what_to_do_and_no_numbers(app: AppWindow) -> None:
    await app.go_to("home")
    page = home_page(app)
    assert page.steps.done == [False, False, False, False]
    assert "The first thing you need is people" in texts(page)
    assert not any(card.isVisible() for card in page.figures.values())
    assert nameless(page) == []


async def test_the_steps_are_ticked_by_what_is_really_there(app: AppWindow, shop: Workspace) -> None:
    await app.go_to("home")
    page = home_page(app)
    add_people(shop, ["ann@practice.example", "ben@practice.example"])
    app.operations.announce(things.CONTACTS)
    await app.settled()
    assert page.steps.done == [True, False, False, False]
    assert not app.find(QAbstractButton, "reportStepPlain").isEnabled()

    campaign_id = a_campaign(shop)
    app.operations.announce(things.CAMPAIGNS)
    await app.settled()
    assert page.steps.done == [True, True, False, False]

    async with agent_at_work(shop), watched(app):
        campaigns.launch(shop, campaign_id, grace=timedelta(0))
        await until(lambda: campaigns.get_campaign(shop, campaign_id).status is CampaignStatus.FINISHED)
        await until(lambda: page.steps.done == [True, True, True, False])

    click(app, "reportStep")
    await until(lambda: campaigns_page(app).current is campaigns_page(app).report)
    await app.settled()
    await app.go_to("home")
    assert not page.steps.isVisible()
    assert page.new.isVisible()
    assert "100 %" in texts(page)


async def test_choosing_a_design_begins_a_campaign_with_the_gallery_open(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    await app.go_to("home")
    click(app, "designStep")
    gallery = await app.opened("templateGallery")
    click(app, "confirm", within=gallery)
    await until(lambda: campaigns.list_campaigns(shop)[0].template_id is not None)
    await app.settled()
    await app.go_to("home")
    assert home_page(app).steps.done == [True, True, False, False]


async def test_without_people_a_design_can_be_chosen_all_the_same(app: AppWindow, shop: Workspace) -> None:
    await app.go_to("home")
    click(app, "designStepPlain")
    gallery = await app.opened("templateGallery")
    gallery.reject()
    await app.settled()
    assert campaigns.list_campaigns(shop)[0].template_id is None


async def test_what_needs_the_user_stands_on_top_and_leads_there(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    dispatch_id = campaigns.launch(shop, campaign_id, grace=timedelta(0))
    freeze(shop, dispatch_id)
    with shop.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.wish, dispatch.problem = Wish.PAUSE, "mail.example.org refused the password."
    await app.go_to("home")
    page = home_page(app)
    assert "“Spring offers” needs you" in texts(page)
    assert "One campaign needs you." in texts(page)
    click(app, "openProblem")
    await until_shows(campaigns_page(app).report, "mail.example.org refused the password.")
    await app.settled()


async def test_the_latest_campaigns_open_from_the_table(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    a_campaign(shop, "March newsletter")
    await app.go_to("home")
    page = home_page(app)
    assert page.table.model().index(0, 0).data() == "March newsletter, Everybody"
    page.table.opened.emit(page.table.model().index(0, 0))
    await until(lambda: campaigns_page(app).current is campaigns_page(app).composer)
    await until_shows(campaigns_page(app).composer, "March newsletter")
    await app.settled()
    assert template(shop).subject in campaigns_page(app).composer.subject_step.subject.text()
