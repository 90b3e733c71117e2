"""What a report lets one do: each group of messages by one click, asked first, and nobody gets it twice unawares."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from PySide6.QtWidgets import QPushButton
from sqlalchemy import select, update

from app.models.base import utcnow
from app.models.states import DeliveryState, DispatchState, EventKind, SkipReason, Wish
from app.models.tables import Account, Delivery, Dispatch, Event
from app.models.workspace import Workspace
from app.reports.metrics import delivery_counts
from app.sending import campaigns
from app.sending.breaker import Breaker, EventCounts, Tally
from app.sending.limits import Limits
from app.sending.plan import freeze
from app.ui import things
from app.ui.pages.campaigns.messages_model import ACCOUNT, REPLY, TRIES
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow
from tests.ui.campaigning import (
    a_campaign,
    a_dispatch,
    add_people,
    an_account,
    campaigns_page,
    click,
    reporting,
    settle,
    texts,
    until_shows,
)
from tests.ui.waiting import until

SENT, FAILED, QUEUED, IN_DOUBT = (
    DeliveryState.SENT,
    DeliveryState.FAILED,
    DeliveryState.QUEUED,
    DeliveryState.IN_DOUBT,
)


def finish(shop: Workspace, dispatch_id: int) -> None:
    with shop.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.state, dispatch.finished_at = DispatchState.FINISHED, utcnow()


def counts(shop: Workspace, dispatch_id: int) -> dict[DeliveryState, int]:
    return dict(delivery_counts(shop, [dispatch_id])[dispatch_id].by_state)


async def test_the_refused_are_grouped_and_tried_again_by_reason(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 10)
    settle(shop, dispatch_id, 3, FAILED, "mailbox_full", "552 5.2.2 Mailbox full")
    settle(shop, dispatch_id, 2, FAILED, "mailbox_unknown", "550 5.1.1 User unknown")
    settle(shop, dispatch_id, 5, SENT, "accepted", "250 OK")
    finish(shop, dispatch_id)
    report = await reporting(app, campaign_id)
    assert "3 refused messages can be tried again" in texts(report)
    assert not report.messages.groups.isVisible()
    click(app, "showFailed")
    await until_shows(report.messages.groups, "The server says this mailbox is full.")
    await app.settled()
    assert "The server says this mailbox does not exist." in texts(report.messages.groups)
    assert "They are not written to again." in texts(report.messages.groups)
    assert len(report.messages.groups.findChildren(QPushButton, "retryGroup")) == 1
    assert nameless(report) == []
    click(app, "retryGroup")
    sheet = await app.opened("ask")
    assert "Try 3 messages again?" in texts(sheet)
    click(app, "cancel", within=sheet)
    await app.settled()
    assert counts(shop, dispatch_id) == {FAILED: 5, SENT: 5}
    click(app, "retryGroup")
    click(app, "confirm", within=await app.opened("ask"))
    await until(lambda: "3 messages will be tried again" in app.window.toasts.texts)
    await app.settled()
    assert counts(shop, dispatch_id) == {FAILED: 2, SENT: 5, QUEUED: 3}
    with shop.read() as session:
        assert session.get_one(Dispatch, dispatch_id).state is DispatchState.SENDING


async def test_one_reason_is_shown_alone_and_exported_in_one_click(
    app: AppWindow, shop: Workspace, tmp_path: Path
) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 6)
    settle(shop, dispatch_id, 2, FAILED, "mailbox_full", "552 5.2.2 Mailbox full")
    settle(shop, dispatch_id, 4, FAILED, "mailbox_unknown", "550 5.1.1 User unknown")
    report = await reporting(app, campaign_id)
    report.messages.show_only("failed")
    await app.settled()
    assert report.messages.model.rowCount() == 6
    full = [button for button in report.messages.groups.findChildren(QPushButton, "showGroup") if button.isVisible()][1]
    full.click()
    await until(lambda: report.messages.model.rowCount() == 2)
    report.messages.export_to(tmp_path / "full.csv")
    await until((tmp_path / "full.csv").exists)
    await app.settled()
    assert len((tmp_path / "full.csv").read_text(encoding="utf-8-sig").splitlines()) == 3
    click(app, "exportGroup")
    await until(lambda: app.sheet("exportDialog") is not None)
    dialog = app.sheet("exportDialog")
    assert dialog is not None
    dialog.reject()
    report.messages.export_to(tmp_path / "unknown.csv", ("mailbox_unknown",))
    await until((tmp_path / "unknown.csv").exists)
    await app.settled()
    assert len((tmp_path / "unknown.csv").read_text(encoding="utf-8-sig").splitlines()) == 5
    report.messages.show_only("all")
    await app.settled()
    assert report.messages.model.rowCount() == 6


async def test_doubt_is_settled_or_sent_again_after_a_question(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 4)
    settle(shop, dispatch_id, 4, IN_DOUBT, "connection_lost")
    report = await reporting(app, campaign_id)
    click(app, "showInDoubt")
    await until_shows(report.messages.groups, "its answer never came")
    await app.settled()
    click(app, "doubtResend")
    sheet = await app.opened("ask")
    assert "Whoever got it then will get it twice." in texts(sheet)
    click(app, "cancel", within=sheet)
    await app.settled()
    click(app, "doubtArrived")
    click(app, "confirm", within=await app.opened("ask"))
    await until(lambda: "4 messages count as sent now" in app.window.toasts.texts)
    await app.settled()
    assert counts(shop, dispatch_id) == {SENT: 4}


async def test_what_is_in_doubt_is_sent_again_when_the_user_says_so(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 2)
    settle(shop, dispatch_id, 2, IN_DOUBT, "timeout")
    finish(shop, dispatch_id)
    await reporting(app, campaign_id)
    click(app, "showInDoubt")
    await app.settled()
    click(app, "doubtResend")
    click(app, "confirm", within=await app.opened("ask"))
    await until(lambda: "2 messages will be sent again" in app.window.toasts.texts)
    await app.settled()
    assert counts(shop, dispatch_id) == {QUEUED: 2}


async def test_those_who_did_not_open_get_a_draft_of_their_own(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 5)
    settle(shop, dispatch_id, 5, SENT, "accepted")
    finish(shop, dispatch_id)
    report = await reporting(app, campaign_id)
    report.messages.show_only("sent")
    await app.settled()
    click(app, "nonOpeners")
    await until(lambda: any("Nobody is known to have opened" in text for text in app.window.toasts.texts))
    with shop.write() as session:
        first = session.scalars(select(Delivery).limit(1)).one()
        session.add(Event(kind=EventKind.OPEN, at=utcnow(), delivery_id=first.id, contact_id=first.contact_id))
    click(app, "nonOpeners")
    page = campaigns_page(app)
    await until(lambda: page.current is page.composer)
    await until_shows(page.composer, "4 people will get it.")
    await app.settled()


async def test_a_stop_by_the_breaker_says_why_and_goes_on_anyway(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 5)
    problem = Breaker().tripped(Tally(sent=190, unknown=20), EventCounts())
    assert problem is not None
    with shop.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.problem, dispatch.wish = problem, Wish.PAUSE
    report = await reporting(app, campaign_id)
    assert "Paused for your good name" in texts(report)
    assert "9.5 % of the first 210 addresses" in texts(report)
    button = app.find(QPushButton, "resumeDispatch")
    assert (button.text(), button.property("role")) == ("Go on anyway", "primary")
    assert not app.find(QPushButton, "openAccounts").isVisible()
    click(app, "resumeDispatch")
    await until_shows(report, "Sending since")
    await app.settled()
    with shop.read() as session:
        assert session.get_one(Dispatch, dispatch_id).wish is Wish.RUN


async def test_a_stop_by_its_account_leads_to_the_accounts(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 5)
    with shop.write() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        dispatch.problem, dispatch.wish = "The password was refused.", Wish.PAUSE
        session.execute(update(Account).values(problem="The password was refused."))
    await reporting(app, campaign_id)
    assert app.find(QPushButton, "resumeDispatch").property("role") == "secondary"
    click(app, "openAccounts")
    await app.settled()
    assert app.window.page("accounts").isVisible()


async def test_the_end_and_what_it_waits_for_are_said_while_it_is_sent(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 25, identity_id=an_account(shop, "Office", limits=Limits(per_day=10)))
    with shop.write() as session:
        session.get_one(Dispatch, dispatch_id).note = "Waiting for the limit of 10 a day"
    report = await reporting(app, campaign_id)
    assert "Waiting for the limit of 10 a day. The last leaves on " in texts(report)
    assert "through Office · the last leaves on " in texts(report)


async def test_a_campaign_of_several_accounts_shows_who_sent_what(app: AppWindow, shop: Workspace) -> None:
    first, second = an_account(shop, "Office"), an_account(shop, "Cloud")
    add_people(shop, ["ann@practice.example", "bob@practice.example"])
    campaign_id = a_campaign(shop)
    campaigns.change_campaign(shop, campaign_id, identity_id=first)
    campaigns.set_routes(shop, campaign_id, {first: 1, second: 1})
    dispatch_id = campaigns.launch(shop, campaign_id, grace=timedelta(0))
    freeze(shop, dispatch_id)
    settle(shop, dispatch_id, 2, SENT, "accepted", "250 2.0.0 Ok: queued as 4F2A")
    report = await reporting(app, campaign_id)
    table, model = report.messages.table, report.messages.model
    assert not table.isColumnHidden(ACCOUNT)
    assert model.index(0, ACCOUNT).data() == "Office"
    assert model.index(0, TRIES).data() == "1"
    assert model.index(0, REPLY).data() == "250 2.0.0 Ok: queued as 4F2A"
    assert "through Cloud, Office" in texts(report)
    with shop.write() as session:
        account_id = session.get_one(Dispatch, dispatch_id).account_id
        session.get_one(Account, account_id).problem = "The password was refused."
    app.operations.announce(things.ACCOUNTS)
    await until_shows(report, "Office cannot send")
    await until_shows(report, "The other accounts go on with its share.")
    app.window.resize(960, 640)
    await until(lambda: table.isColumnHidden(REPLY))
    await app.settled()


async def test_one_account_needs_no_column(app: AppWindow, shop: Workspace) -> None:
    campaign_id, dispatch_id = a_dispatch(shop, 2)
    settle(shop, dispatch_id, 1, DeliveryState.SKIPPED, SkipReason.CONTENT_ERROR)
    report = await reporting(app, campaign_id)
    assert report.messages.table.isColumnHidden(ACCOUNT)
    report.messages.show_only("left_out")
    await until_shows(report.messages.groups, "The message could not be filled in for this person.")
    await app.settled()
