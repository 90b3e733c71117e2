"""The gallery of templates: pictures of the real mail, and everything that can be done to a card."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.content.library import add_starters, add_template, list_templates
from app.content.starters import starter_templates
from app.models.workspace import OrganisationInfo, Workspace
from app.sending.campaigns import list_campaigns
from app.ui.pages.campaigns import CampaignsPage
from app.ui.pages.templates import TemplatesPage
from app.ui.pages.templates.card import PictureButton, TemplateCard
from app.ui.widgets import EmptyState
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot) -> AsyncIterator[AppWindow]:
    add_starters(workspace)
    async with app_window(workspace) as made:
        yield made


def cards(app: AppWindow) -> list[TemplateCard]:
    return [card for card in app.window.findChildren(TemplateCard) if card.isVisible()]


def names(app: AppWindow) -> list[str]:
    return [card.template.name for card in cards(app)]


def card(app: AppWindow, name: str) -> TemplateCard:
    return next(one for one in cards(app) if one.template.name == name)


def choose(card: TemplateCard, deed: str) -> None:
    """Pick an entry of the card's menu."""
    action = card.findChild(QAction, f"deed-{deed}")
    assert action is not None
    action.trigger()


async def test_each_template_shows_the_mail_itself(app: AppWindow) -> None:
    page = await app.go_to("templates")
    assert isinstance(page, TemplatesPage)
    await until(lambda: all(page._thumbnails.picture(one.template) for one in cards(app)))
    pictures = [page._thumbnails.picture(one.template) for one in cards(app)]
    assert len({picture.toImage().pixel(320, 200) for picture in pictures if picture}) > 3


async def test_a_picture_is_drawn_again_only_when_its_template_changed(app: AppWindow) -> None:
    page = await app.go_to("templates")
    assert isinstance(page, TemplatesPage)
    template = cards(app)[0].template
    await until(lambda: page._thumbnails.picture(template))
    first = page._thumbnails.picture(template)
    assert first is page._thumbnails.picture(template)
    app.workspace.set_organisation(OrganisationInfo("Garden Centre Green", "", "UTC"))
    app.operations.announce("organisation")
    await app.settled()
    await until(lambda: page._thumbnails.picture(template) not in (None, first))
    await app.settled()  # a task that outlives its test runs without its loop


async def test_a_template_with_an_error_has_a_card_all_the_same(app: AppWindow) -> None:
    add_template(app.workspace, name="Broken", mjml="<mjml><mj-body><mj-text></mj-body></mjml>")
    page = await app.go_to("templates")
    assert isinstance(page, TemplatesPage)
    broken = card(app, "Broken").template
    await until(lambda: page._thumbnails.picture(broken) is not None)
    picture = page._thumbnails.picture(broken)
    assert picture is not None
    assert picture.isNull()


async def test_search_narrows_the_cards_and_says_when_nothing_fits(app: AppWindow) -> None:
    await app.go_to("templates")
    search = app.find(QLineEdit, "searchTemplates")
    QTest.keyClicks(search, "opening hours")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert names(app) == ["Announcement"]
    QTest.keyClicks(search, " on mars")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert cards(app) == []
    app.find(QPushButton, "showAll").click()
    await until(lambda: len(cards(app)) == len(starter_templates()))


async def test_using_a_template_opens_a_new_campaign_with_it(app: AppWindow) -> None:
    await app.go_to("templates")
    letter = card(app, "Letter")
    QTest.mouseClick(app.find(QPushButton, "use", within=letter), Qt.MouseButton.LeftButton)
    page = app.window.page("campaigns")
    assert isinstance(page, CampaignsPage)
    await until(lambda: page.current is page.composer)
    await app.settled()
    begun = list_campaigns(app.workspace)
    assert [(campaign.template_id, campaign.subject) for campaign in begun] == [
        (letter.template.id, letter.template.subject)
    ]
    assert page.composer.content_step.is_done


async def test_a_template_can_be_duplicated(app: AppWindow) -> None:
    await app.go_to("templates")
    choose(card(app, "Letter"), "copy")
    await app.settled()
    assert "Letter (copy)" in names(app)
    assert app.window.toasts.texts == ["“Letter” was duplicated"]


async def test_a_template_can_be_renamed_but_not_to_nothing(app: AppWindow) -> None:
    await app.go_to("templates")
    choose(card(app, "Letter"), "rename")
    sheet = await app.opened("renameTemplate")
    field = app.find(QLineEdit, "templateName", within=sheet)
    confirm = app.find(QPushButton, "confirm", within=sheet)
    field.clear()
    assert not confirm.isEnabled()
    QTest.keyClicks(field, "A  letter to friends")
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: app.sheet("renameTemplate") is None)
    await app.settled()
    assert "A letter to friends" in names(app)
    assert "Letter" not in names(app)


async def test_a_deleted_template_comes_back_with_undo(app: AppWindow) -> None:
    await app.go_to("templates")
    choose(card(app, "Letter"), "delete")
    await app.settled()
    assert "Letter" not in names(app)
    assert app.window.toasts.texts == ["“Letter” was deleted"]
    app.find(QAbstractButton, "toastAction").click()
    await app.settled()
    assert "Letter" in names(app)


async def test_a_new_template_begins_with_a_starter_design(app: AppWindow) -> None:
    await app.go_to("templates")
    app.find(QPushButton, "newTemplate").click()
    sheet = await app.opened("starters")
    tile = app.find(QAbstractButton, "starter-invitation", within=sheet)
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
    name = app.find(QLineEdit, "starterName", within=sheet)
    assert name.text() == "Invitation"
    name.selectAll()
    QTest.keyClicks(name, "Summer party")
    app.find(QPushButton, "confirm", within=sheet).click()
    await until(lambda: app.sheet("starters") is None)
    await app.settled()
    page = app.window.current_page
    assert isinstance(page, TemplatesPage)
    made = next(one for one in list_templates(app.workspace) if one.name == "Summer party")
    assert made.starter == "invitation"
    assert page.opened.template_id == made.id


async def test_without_templates_the_page_says_how_to_begin(workspace: Workspace, qtbot: QtBot) -> None:
    async with app_window(workspace) as app:
        await app.go_to("templates")
        states = [state for state in app.window.findChildren(EmptyState) if state.isVisible()]
        assert len(states) == 1
        app.find(QPushButton, "firstTemplate").click()
        assert await app.opened("starters")
        await app.settled()


async def test_cards_are_used_with_the_keyboard_and_have_names(app: AppWindow) -> None:
    page = await app.go_to("templates")
    assert isinstance(page, TemplatesPage)
    assert nameless(app.window) == []
    picture = app.find(PictureButton, "open", within=card(app, "Letter"))
    picture.setFocus()
    QTest.keyClick(picture, Qt.Key.Key_Space)
    await app.settled()
    assert page.opened.isVisible()


async def test_the_columns_follow_the_width(app: AppWindow) -> None:
    await app.go_to("templates")
    app.window.resize(1280, 800)
    await app.settled()
    assert len({one.x() for one in cards(app)}) == 4
    app.window.resize(960, 640)
    await app.settled()
    assert len({one.x() for one in cards(app)}) == 2
