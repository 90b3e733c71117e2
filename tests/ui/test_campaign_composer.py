"""A draft: what is typed is kept, what is missing is named, what is wrong is said before it is sent."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from app.audience import contacts, lists
from app.content.library import add_template
from app.models.tables import Account
from app.models.workspace import Workspace
from app.sending.accounts import list_accounts
from app.sending.campaigns import change_campaign, create_campaign, delete_campaigns, get_campaign
from app.ui.pages.campaigns.chips import Chips
from app.ui.widgets.flow import Flow
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_campaign,
    a_list,
    add_people,
    campaigns_page,
    choose,
    click,
    composing,
    type_into,
    until_shows,
)
from tests.ui.waiting import until

GREETING = """<mjml><mj-body><mj-section><mj-column><mj-text>Dear {{ first_name }},</mj-text>
</mj-column></mj-section></mj-body></mjml>"""


async def test_what_is_typed_is_saved_without_a_button(app: AppWindow, shop: Workspace) -> None:
    campaign_id = create_campaign(shop, name="")
    await composing(app, campaign_id)
    type_into(app, "campaignName", "Spring offers")
    type_into(app, "subject", "The roses are here")
    type_into(app, "preheader", "And the tulips")
    await until(lambda: get_campaign(shop, campaign_id).preheader == "And the tulips")
    saved = get_campaign(shop, campaign_id)
    await app.settled()
    assert (saved.name, saved.subject) == ("Spring offers", "The roses are here")


async def test_leaving_the_page_at_once_loses_nothing(app: AppWindow, shop: Workspace) -> None:
    campaign_id = create_campaign(shop, name="")
    await composing(app, campaign_id)
    type_into(app, "campaignName", "Typed in haste")
    app.window.show_page("home")
    assert get_campaign(shop, campaign_id).name == "Typed in haste"
    await app.settled()


async def test_closing_the_window_at_once_loses_nothing(app: AppWindow, shop: Workspace) -> None:
    campaign_id = create_campaign(shop, name="")
    await composing(app, campaign_id)
    type_into(app, "campaignName", "Typed in haste")
    app.window.close()
    assert get_campaign(shop, campaign_id).name == "Typed in haste"


async def test_going_back_to_the_list_shows_the_new_name(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop, "Old name")
    await composing(app, campaign_id)
    type_into(app, "campaignName", "New name")
    click(app, "backToList", within=campaigns_page(app).composer)
    await app.settled()
    page = campaigns_page(app)
    await app.settled()
    assert page.current is page.list
    assert page.list.table.model().index(0, 0).data().startswith("New name,")


async def test_an_edit_of_a_deleted_campaign_is_explained(app: AppWindow, shop: Workspace) -> None:
    campaign_id = a_campaign(shop)
    await composing(app, campaign_id)
    delete_campaigns(shop, [campaign_id])
    type_into(app, "campaignName", "Too late")
    await until(lambda: "This campaign was deleted." in app.window.toasts.texts)
    await app.settled()


async def test_lists_are_chosen_left_out_and_taken_away_again(app: AppWindow, shop: Workspace) -> None:
    customers = a_list(shop, "Customers", ["ann@practice.example", "ben@practice.example", "eve@practice.example"])
    press = a_list(shop, "Press", ["paul@practice.example"])
    vip = lists.create_tag(shop, "VIP")
    lists.add_tag(shop, vip, add_people(shop, ["queen@practice.example"]))
    lists.add_to_list(shop, customers, list(contacts.ids(shop, contacts.ContactQuery(search="queen"))))
    campaign_id = create_campaign(shop, name="Spring")
    composer = await composing(app, campaign_id)
    await until_shows(composer, "Nobody chosen yet.")
    choose(app, "addGroup", "Customers")
    choose(app, "addGroup", "Press")
    await until_shows(composer, "5 people will get it.")
    choose(app, "leaveOutGroup", "VIP")
    await until_shows(composer, "4 people will get it.")
    await until(lambda: get_campaign(shop, campaign_id).audience.excluded_tag_ids == {vip})
    chip = next(one for one in composer.findChildren(QWidget) if getattr(one, "text", None) == "Customers")
    click(app, "remove", within=chip)
    await until_shows(composer, "1 person will get it.")
    await until(lambda: get_campaign(shop, campaign_id).audience.list_ids == {press})
    click(app, "segment-everyone", within=composer)
    await until_shows(composer, "4 people will get it.")
    await app.settled()


async def test_those_left_out_are_counted_with_their_reason(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    contacts.create(shop, {"email": "never.asked@practice.example"})
    composer = await composing(app, a_campaign(shop))
    await until_shows(composer, "1 person will get it.")
    await until_shows(composer, "1 left out: without permission")
    await app.settled()


async def test_a_field_is_inserted_where_the_cursor_stands(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    composer = await composing(app, campaign_id)
    type_into(app, "subject", "Hello ")
    choose(app, "insertSubject", "First name")
    await until(lambda: get_campaign(shop, campaign_id).subject == "Hello {{ first_name }}")
    await until(lambda: composer.preview.shown is not None and composer.preview.shown.preview is not None)
    await until(lambda: composer.preview._subject.text() == "Hello Ann")
    await app.settled()


async def test_gaps_are_counted_before_anything_is_sent(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    contacts.create(
        shop, {"email": "nameless@practice.example"}, permission=contacts.Permission(_consent(), "Form", "")
    )
    campaign_id = a_campaign(shop)
    change_campaign(shop, campaign_id, template_id=add_template(shop, name="Greeting", mjml=GREETING), subject="Hello")
    composer = await composing(app, campaign_id)
    await until(lambda: any("1 of these people have no “First name”" in text for text in composer.findings.texts))
    click(app, "nextPerson")
    await until_shows(composer.preview, "This person has no First name.")
    await app.settled()
    assert composer.send.isEnabled()


async def test_a_fault_in_the_subject_blocks_sending(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    composer = await composing(app, a_campaign(shop))
    await until(composer.send.isEnabled)
    type_into(app, "subject", "Hello {{ frist_name }}")
    await until_shows(composer, "Something must be corrected")
    await app.settled()
    assert not composer.send.isEnabled()
    assert any("frist_name" in text for text in composer.findings.texts)


async def test_a_broken_account_is_said_while_composing(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    with shop.write() as session:
        session.get_one(Account, list_accounts(shop)[0].id).problem = "The password was refused."
    composer = await composing(app, a_campaign(shop))
    await until(lambda: "The password was refused." in composer.findings.texts)
    await app.settled()
    assert not composer.send.isEnabled()


async def test_the_plain_text_can_be_read(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    composer = await composing(app, a_campaign(shop))
    await until(lambda: composer.preview.shown is not None)
    click(app, "segment-text", within=composer.preview)
    text = app.find(QPlainTextEdit, "previewText").toPlainText()
    await app.settled()
    assert "Hello Ann," in text
    assert app.find(QPlainTextEdit, "previewText").isVisible()


async def test_a_narrow_window_shows_the_preview_in_a_sheet(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    composer = await composing(app, a_campaign(shop))
    app.window.resize(960, 640)
    await until(lambda: not composer.preview.isVisible())
    click(app, "openPreview")
    sheet = await app.opened("previewSheet")
    await until_shows(sheet, "1 of 1")
    sheet.accept()
    await app.settled()


async def test_contacts_imported_meanwhile_are_counted(app: AppWindow, shop: Workspace) -> None:
    composer = await composing(app, a_campaign(shop))
    await until_shows(composer, "There is nobody in it.")
    assert app.find(QAbstractButton, "addPeople").isVisible()
    add_people(shop, ["ann@practice.example"])
    app.operations.announce("contacts")
    await until_shows(composer, "1 person will get it.")
    await app.settled()


async def test_everything_in_the_composer_has_a_name(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    composer = await composing(app, a_campaign(shop))
    await app.settled()
    assert nameless(composer) == []


def test_what_adds_chips_makes_room_for_a_new_one_at_once(qtbot: QtBot) -> None:
    tail = QLabel("add")
    chips = Chips(tail)
    qtbot.addWidget(chips)
    chips.resize(400, 40)
    chips.show()
    assert tail.x() == 0
    chips.set_chips([(1, "Customers")])
    flow = chips.layout()
    assert isinstance(flow, Flow)
    flow.activate()
    assert tail.x() > 0


def test_chips_flow_into_as_many_lines_as_they_need(qtbot: QtBot) -> None:
    chips = Chips(QLabel("add"))
    qtbot.addWidget(chips)
    chips.set_chips([(number, f"A list with number {number}") for number in range(5)])
    flow = chips.layout()
    assert isinstance(flow, Flow)
    assert flow.heightForWidth(2000) < flow.heightForWidth(300)
    flow.setGeometry(QRect(0, 0, 300, 400))
    rows = {flow.itemAt(number).geometry().y() for number in range(flow.count())}  # type: ignore[union-attr]
    assert len(rows) > 2
    chips.set_chips([])
    assert chips.texts == []


def _consent() -> object:
    from app.models.states import LawfulBasis

    return LawfulBasis.CONSENT
