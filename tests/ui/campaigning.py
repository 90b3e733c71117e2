"""A furnished workspace with people, campaigns in any state, and an agent at work: for tests of sending by clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.audience import contacts, lists
from app.audience.audience import Audience
from app.content.library import TemplateInfo, list_templates
from app.models.base import utcnow
from app.models.keys import WorkspaceKey
from app.models.states import DeliveryState, LawfulBasis, TlsMode
from app.models.tables import Attempt, Delivery, Dispatch
from app.models.workspace import SUFFIX, Workspace
from app.sending import campaigns
from app.sending.accounts import AccountDraft, add_account, list_identities
from app.sending.agent import run_agent
from app.sending.campaigns import create_campaign
from app.sending.furnish import create_furnished
from app.sending.limits import Limits
from app.sending.plan import freeze
from app.ui.pages.campaigns import CampaignsPage
from app.ui.pages.campaigns.composer import Composer
from app.ui.pages.campaigns.report import Report
from app.ui.watcher import Watcher
from tests.ui.app_window import AppWindow
from tests.ui.waiting import until

PERMISSION = contacts.Permission(LawfulBasis.CONSENT, "Form on the website")


def a_furnished_workspace(folder: Path, key: WorkspaceKey) -> Workspace:
    return create_furnished(folder / f"shop{SUFFIX}", key, organisation="Blumen Berger")


def add_people(workspace: Workspace, addresses: Iterable[str], *, list_id: int | None = None) -> list[int]:
    """People who may be mailed; the first name is what stands before the @ or the first dot."""
    return [
        contacts.create(
            workspace,
            {"email": address, "first_name": address.partition("@")[0].partition(".")[0].title()},
            permission=PERMISSION,
            list_ids=[list_id] if list_id is not None else [],
        )
        for address in addresses
    ]


def a_list(workspace: Workspace, name: str, addresses: Iterable[str]) -> int:
    list_id = lists.create_list(workspace, name)
    add_people(workspace, addresses, list_id=list_id)
    return list_id


def template(workspace: Workspace, starter: str = "newsletter") -> TemplateInfo:
    return next(one for one in list_templates(workspace) if one.starter == starter)


def a_campaign(workspace: Workspace, name: str = "Spring offers", *, audience: Audience | None = None) -> int:
    """A draft that could be sent: to everybody, through the practice account."""
    return create_campaign(
        workspace,
        name=name,
        template_id=template(workspace).id,
        identity_id=list_identities(workspace)[-1].id,
        audience=audience or Audience(everyone=True),
    )


def an_account(shop: Workspace, name: str, *, limits: Limits | None = None) -> int:
    """An account that sends for real; the id of its From address."""
    account_id = add_account(
        shop,
        AccountDraft(
            name=name,
            host="mail.example.com",
            port=587,
            tls=TlsMode.STARTTLS,
            username="",
            sender_name="Blumen Berger",
            sender_address=f"{name.lower()}@berger.example",
            limits=limits or Limits(),
        ),
    )
    return next(one.id for one in list_identities(shop) if one.account_id == account_id)


def a_dispatch(shop: Workspace, people: int, *, identity_id: int | None = None) -> tuple[int, int]:
    """A frozen campaign to *people* persons and its dispatch; nothing sends it."""
    add_people(shop, [f"person{number:03}@practice.example" for number in range(people)])
    campaign_id = a_campaign(shop)
    if identity_id is not None:
        campaigns.change_campaign(shop, campaign_id, identity_id=identity_id)
    dispatch_id = campaigns.launch(shop, campaign_id, grace=timedelta(0))
    freeze(shop, dispatch_id)
    return campaign_id, dispatch_id


def settle(shop: Workspace, dispatch_id: int, count: int, state: DeliveryState, reason: str, reply: str = "") -> None:
    """What the agent would have written about the next *count* deliveries."""
    with shop.write() as session:
        account_id = session.get_one(Dispatch, dispatch_id).account_id
        rows = session.query(Delivery).filter_by(dispatch_id=dispatch_id, state=DeliveryState.QUEUED).limit(count)
        for row in rows.all():
            row.state, row.reason, row.reply, row.settled_at = state, reason, reply, utcnow()
            row.attempts, row.account_id = 1, account_id
            session.add(Attempt(delivery_id=row.id, outcome="refused", reason=reason, text=reply))


@asynccontextmanager
async def agent_at_work(workspace: Workspace) -> AsyncIterator[None]:
    """The real agent, with a loop and a connection of its own, as in its own process."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    def work() -> None:
        own = Workspace.open(workspace.path, workspace.key)
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(run_agent(own, stop=stop))
        finally:
            own.close()

    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        await working


@asynccontextmanager
async def watched(app: AppWindow) -> AsyncIterator[None]:
    """The window hears what the agent writes, as in the application."""
    watcher = Watcher(app.workspace, app.operations)
    watcher.start()
    try:
        yield
    finally:
        await watcher.stop()


def click(app: AppWindow, name: str, *, within: QWidget | None = None) -> None:
    """Press the visible button *name*."""
    buttons = (within or app.window).findChildren(QAbstractButton, name)
    button = next((one for one in buttons if one.isVisible()), None)
    assert button is not None, f"there is no button {name!r} on the screen"
    assert button.isEnabled(), f"the button {name!r} cannot be pressed"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def type_into(app: AppWindow, name: str, text: str) -> None:
    field = app.find(QLineEdit, name)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def choose(app: AppWindow, button: str, words: str) -> None:
    """Choose the entry that begins with *words* in the menu of *button*."""
    menu = app.find(QAbstractButton, button).menu()  # type: ignore[attr-defined]
    action = next((one for one in menu.actions() if one.text().startswith(words)), None)
    assert action is not None, f"{words!r} is not among {[one.text() for one in menu.actions()]}"
    action.trigger()


def texts(widget: QWidget) -> str:
    """All that is written on *widget* and visible."""
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget))


def campaigns_page(app: AppWindow) -> CampaignsPage:
    page = app.window.page("campaigns")
    assert isinstance(page, CampaignsPage)
    return page


async def composing(app: AppWindow, campaign_id: int) -> Composer:
    await app.go_to("campaigns", campaign=campaign_id)
    composer = campaigns_page(app).composer
    await until(lambda: campaigns_page(app).current is composer)
    await app.settled()
    return composer


async def reporting(app: AppWindow, campaign_id: int) -> Report:
    await app.go_to("campaigns", campaign=campaign_id)
    report = campaigns_page(app).report
    await until(lambda: campaigns_page(app).current is report)
    await app.settled()
    return report


async def until_shows(widget: QWidget, words: str) -> None:
    try:
        await until(lambda: words in texts(widget))
    except TimeoutError:
        raise AssertionError(f"{words!r} did not appear in:\n{texts(widget)}") from None
