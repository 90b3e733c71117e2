"""The whole job by clicks in the real window: draft, audience, design, preview, send, undo, send, pause, report."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QListWidget

from app.audience.audience import Audience
from app.models.states import CampaignStatus, DeliveryState
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.accounts import list_accounts
from app.sending.practice_inbox import count_practice
from app.ui.pages.campaigns import CampaignsPage
from app.ui.pages.campaigns.words import percent
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_campaign,
    a_list,
    add_people,
    agent_at_work,
    campaigns_page,
    choose,
    click,
    texts,
    type_into,
    until_shows,
    watched,
)
from tests.ui.waiting import until


def is_over(page: CampaignsPage) -> bool:
    report = page.report.report
    return report is not None and report.status in (CampaignStatus.FINISHED, CampaignStatus.CANCELLED)


def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No need to wait ten seconds for what is not undone."""
    original = campaigns.launch
    monkeypatch.setattr(
        "app.ui.pages.campaigns.composer.launch",
        lambda *args, **options: original(*args, **{**options, "grace": timedelta(0)}),
    )


async def test_the_whole_job(app: AppWindow, shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    a_list(shop, "Customers", [f"ann.{number}@practice.example" for number in range(30)])
    a_list(shop, "Press", ["bounce.editor@practice.example", "paul@practice.example"])
    await app.go_to("campaigns")
    page = campaigns_page(app)

    click(app, "firstCampaign")
    await until(lambda: page.current is page.composer)
    await until_shows(page.composer, "Still to do: Name, To, Subject, Content")

    type_into(app, "campaignName", "Spring offers")
    choose(app, "addGroup", "Customers")
    choose(app, "addGroup", "Press")
    await until_shows(page.composer, "32 people will get it.")

    click(app, "chooseTemplate")
    gallery = await app.opened("templateGallery")
    designs = gallery.findChild(QListWidget, "templates")
    assert designs is not None
    names = [design.name for design in gallery._templates]  # type: ignore[attr-defined]
    designs.setCurrentRow(names.index("Offer"))
    click(app, "confirm", within=gallery)
    await until_shows(page.composer, "Ready to send")
    preview = page.composer.preview
    await until(lambda: preview.shown is not None and preview.shown.preview is not None)
    assert preview.shown is not None
    assert preview.shown.preview is not None
    assert preview.shown.preview.subject.startswith("Ann: 20% off")
    assert "For Ann, until" in preview.shown.preview.html

    click(app, "send")
    sheet = await app.opened("sendSheet")
    assert sheet.windowTitle() == "Send “Spring offers” to 32 people?"
    check = page.composer._check
    assert check is not None
    assert check.warnings
    assert all(warning in texts(sheet) for warning in check.warnings[:3])
    click(app, "confirm", within=sheet)
    await until(lambda: page.current is page.report)
    await until_shows(page.report, "leaves in")
    assert count_practice(shop) == 0

    click(app, "takeBack")
    await until(lambda: page.current is page.composer)
    await until_shows(page.composer, "Ready to send")
    assert campaigns.list_campaigns(shop)[0].status is CampaignStatus.DRAFT

    _quick(monkeypatch)
    async with agent_at_work(shop), watched(app):
        click(app, "send")
        click(app, "confirm", within=await app.opened("sendSheet"))
        await until(lambda: page.current is page.report)
        await until(lambda: is_over(page))
    report = page.report.report
    assert report is not None
    assert report.counts[DeliveryState.SENT] == 31
    assert report.counts[DeliveryState.FAILED] == 1
    assert count_practice(shop) == 31

    page.report.messages.show_only("failed")
    await app.settled()
    messages = page.report.messages.model
    assert messages.rowCount() == 1
    cells = [str(messages.index(0, column).data()) for column in range(3)]
    assert cells == [
        "Bounce, bounce.editor@practice.example",
        "Refused",
        "The server says this mailbox does not exist.",
    ]
    page.report.messages.table.opened.emit(messages.index(0, 0))
    details = await app.opened("messageSheet")
    await until_shows(details, "550")
    details.accept()
    await app.settled()


async def test_pause_stops_it_and_resume_brings_it_to_the_end(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, [f"person{number}@practice.example" for number in range(400)])
    campaign_id = a_campaign(shop)
    campaigns.launch(shop, campaign_id, grace=timedelta(0))
    practice = list_accounts(shop)[0]
    with shop.write() as session:
        from app.models.tables import Account

        session.get_one(Account, practice.id).per_second = 60
    async with agent_at_work(shop), watched(app):
        await app.go_to("campaigns", campaign=campaign_id)
        page = campaigns_page(app)
        await until(lambda: page.report.report is not None and page.report.report.counts[DeliveryState.SENT] > 20)
        click(app, "pauseDispatch")
        await until_shows(page.report, "Nothing goes out until you press Resume.")
        await app.settled()
        at_rest = page.report.report
        assert at_rest is not None
        assert 0 < at_rest.counts[DeliveryState.SENT] < 400
        with shop.write() as session:
            session.get_one(Account, practice.id).per_second = None
        click(app, "resumeDispatch")
        await until(lambda: page.report.report is not None and page.report.report.status is CampaignStatus.FINISHED)
    assert page.report.report is not None
    assert page.report.report.counts[DeliveryState.SENT] == 400
    assert count_practice(shop) == 400


async def test_what_is_cancelled_is_named_first_and_stays_unsent(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, [f"person{number}@practice.example" for number in range(20)])
    campaign_id = a_campaign(shop)
    dispatch_id = campaigns.launch(shop, campaign_id, grace=timedelta(0))
    from app.sending.plan import freeze

    freeze(shop, dispatch_id)
    await app.go_to("campaigns", campaign=campaign_id)
    page = campaigns_page(app)
    await until_shows(page.report, "Sending")
    click(app, "cancelDispatch")
    sheet = await app.opened("ask")
    await until_shows(sheet, "20 people will not get it. 0 people got it already")
    click(app, "confirm", within=sheet)
    await until_shows(page.report, "Cancelled")
    async with agent_at_work(shop), watched(app):
        await until(lambda: page.report.report is not None and page.report.report.counts[DeliveryState.CANCELLED] == 20)
    assert count_practice(shop) == 0


async def test_the_table_is_exported_as_it_is_shown(app: AppWindow, shop: Workspace, tmp_path: Path) -> None:
    add_people(shop, ["ann@practice.example", "ben@practice.example", "bounce@practice.example"])
    campaign_id = a_campaign(shop)
    campaigns.launch(shop, campaign_id, grace=timedelta(0))
    async with agent_at_work(shop), watched(app):
        await app.go_to("campaigns", campaign=campaign_id)
        page = campaigns_page(app)
        await until(lambda: is_over(page))
    await app.settled()
    everything, refused = tmp_path / "all.csv", tmp_path / "refused.xlsx"
    page.report.messages.export_to(everything)
    await app.settled()
    lines = everything.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "Refused" in next(line for line in lines if line.startswith("bounce@"))
    assert "The server says this mailbox does not exist." in next(line for line in lines if line.startswith("bounce@"))
    page.report.messages.show_only("failed")
    await app.settled()
    page.report.messages.export_to(refused)
    await app.settled()
    from openpyxl import load_workbook

    sheet = load_workbook(refused).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["bounce@practice.example"]
    assert any("1 rows" in text or "1 row" in text for text in app.window.toasts.texts)


async def test_a_broken_account_says_so_and_leads_to_it(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    dispatch_id = campaigns.launch(shop, campaign_id, grace=timedelta(0))
    from app.models.states import Wish
    from app.models.tables import Account, Dispatch
    from app.sending.plan import freeze

    freeze(shop, dispatch_id)
    with shop.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        problem = "mail.example.org refused the password. Check it under Accounts."
        dispatch.wish, dispatch.problem = Wish.PAUSE, problem
        session.get_one(Account, dispatch.account_id).problem = problem
    await app.go_to("campaigns", campaign=campaign_id)
    page = campaigns_page(app)
    await until_shows(page.report, "mail.example.org refused the password.")
    click(app, "openAccounts")
    await app.settled()
    assert app.window.page("accounts").isVisible()
    await app.go_to("campaigns")
    click(app, "resumeDispatch")
    await until_shows(page.report, "Sending since")
    await app.settled()


async def test_a_later_time_can_be_chosen_and_taken_back(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example"])
    campaign_id = a_campaign(shop)
    await app.go_to("campaigns", campaign=campaign_id)
    page = campaigns_page(app)
    await until_shows(page.composer, "Ready to send")
    click(app, "send")
    sheet = await app.opened("sendSheet")
    click(app, "sendLater", within=sheet)
    await until_shows(sheet, "It leaves tomorrow 09:00")
    click(app, "confirm", within=sheet)
    await until_shows(page.report, "is scheduled for tomorrow 09:00")
    click(app, "takeBack")
    await until_shows(page.composer, "Ready to send")
    await app.settled()


async def test_the_exact_message_of_each_person_is_shown(app: AppWindow, shop: Workspace) -> None:
    add_people(shop, ["ann@practice.example", "ben@practice.example"])
    campaign_id = a_campaign(shop, audience=Audience(everyone=True))
    await app.go_to("campaigns", campaign=campaign_id)
    page = campaigns_page(app)
    preview = page.composer.preview
    await until(lambda: preview.shown is not None and preview.shown.address == "ann@practice.example")
    click(app, "nextPerson")
    await until(lambda: preview.shown is not None and preview.shown.address == "ben@practice.example")
    assert preview.shown is not None
    assert preview.shown.preview is not None
    shown = preview.shown.preview
    async with agent_at_work(shop):
        campaigns.launch(shop, campaign_id, grace=timedelta(0))
        await until(lambda: count_practice(shop) == 2)
    from app.sending.practice_inbox import list_practice, open_practice

    arrived = next(one for one in list_practice(shop) if one.recipient == "ben@practice.example")
    letter = open_practice(shop, arrived.id)
    assert arrived.subject == shown.subject
    token = letter.html.partition("unsubscribe%20")[2].partition('"')[0]
    assert letter.html.replace("\r\n", "\n").replace(token, "preview") == shown.html
    assert letter.text.replace("\r\n", "\n").replace(token, "preview") == shown.text


def test_a_hundred_percent_is_only_said_when_nothing_is_missing() -> None:
    assert percent(1) == "100 %"
    assert percent(0.99999) == "99.9 %"
    assert percent(0) == "0 %"
