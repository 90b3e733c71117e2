"""A furnished workspace with people, campaigns in any state, and an agent at work: for tests of sending by clicks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QWidget

from app.audience import contacts, lists
from app.audience.audience import Audience
from app.content.library import TemplateInfo, list_templates
from app.models.keys import WorkspaceKey
from app.models.states import LawfulBasis
from app.models.workspace import SUFFIX, Workspace
from app.sending.accounts import list_identities
from app.sending.agent import run_agent
from app.sending.campaigns import create_campaign
from app.sending.furnish import create_furnished
from app.ui.pages.campaigns import CampaignsPage
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


async def until_shows(widget: QWidget, words: str) -> None:
    try:
        await until(lambda: words in texts(widget))
    except TimeoutError:
        raise AssertionError(f"{words!r} did not appear in:\n{texts(widget)}") from None
