"""The campaigns page: a blank draft, each option unfolded, the sheets, and what a report lets one do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QRadioButton, QStackedWidget

from app.models.workspace import Workspace
from app.ui.pages.campaigns import CampaignsPage
from app.ui.pages.campaigns.send_sheet import SendSheet
from app.ui.shell import MainWindow
from tools.demo_workspace import find_campaign
from tools.screenshots import Shot
from tools.states.acts import asked, click, find, rest, scroll_down, scroll_to

Prepare = Callable[[MainWindow], Awaitable[None]]
_LINES = ("answers", "senders", "files", "personal", "format", "hours", "giving_up", "stop", "headers")
_PAINTED_S = 1.2
_NARROW = QSize(1000, 700)


def shots(workspace: Workspace) -> list[Shot]:
    """On these campaigns."""
    draft = find_campaign(workspace, "An evening in our garden").id
    sent = find_campaign(workspace, "March newsletter").id
    planned = find_campaign(workspace, "Balcony offer").id
    return [
        Shot("campaigns-none", "campaigns", _none),
        Shot("campaigns-new", "campaigns", _new),
        Shot("campaigns-designs", "campaigns", _designs(draft)),
        Shot("campaigns-checklist", "campaigns", _foot(draft)),
        *(Shot(f"campaigns-more-{line}", "campaigns", _line(draft, line)) for line in _LINES),
        Shot("campaigns-narrow", "campaigns", _open(draft), size=_NARROW),
        Shot("campaigns-preview", "campaigns", _preview(draft), size=_NARROW),
        Shot("campaigns-send", "campaigns", _send(draft)),
        Shot("campaigns-send-later", "campaigns", _send(draft, later=True)),
        Shot("campaigns-planned", "campaigns", _open(planned)),
        *(
            Shot(f"campaigns-report-{kind}", "campaigns", _report(sent, kind))
            for kind in ("sent", "failed", "left_out", "in_doubt")
        ),
    ]


async def _none(window: MainWindow) -> None:
    page = _page(window)
    find(page.list, QStackedWidget).setCurrentIndex(1)
    page.list.header.set_subtitle("")
    await rest(window)


async def _new(window: MainWindow) -> None:
    window.show_page("campaigns", new=True)
    await rest(window, _PAINTED_S)


def _page(window: MainWindow) -> CampaignsPage:
    page = window.page("campaigns")
    if not isinstance(page, CampaignsPage):
        raise TypeError(page)
    return page


def _open(campaign: int) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        window.show_page("campaigns", campaign=campaign)
        await rest(window, _PAINTED_S)

    return prepare


def _designs(campaign: int) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        _page(window).composer.content_step.gallery_wanted.emit()
        await asked()
        await asyncio.sleep(_PAINTED_S)

    return prepare


def _foot(campaign: int) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        await scroll_down(window, _page(window).composer)

    return prepare


def _line(campaign: int, name: str) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        composer = _page(window).composer
        line = getattr(composer.more, name)
        line.set_open(True)
        if name == "hours":
            click(line, "segment-hours")
        await scroll_to(window, composer, line)

    return prepare


def _preview(campaign: int) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        click(_page(window).composer, "openPreview")
        await rest(window, _PAINTED_S)

    return prepare


def _send(campaign: int, *, later: bool = False) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        click(_page(window).composer, "send")
        await asked()
        if later:
            find(find(window, SendSheet), QRadioButton, "sendLater").setChecked(True)
            await asked()

    return prepare


def _report(campaign: int, kind: str) -> Prepare:
    async def prepare(window: MainWindow) -> None:
        await _open(campaign)(window)
        _page(window).report.messages.show_only(kind)
        await rest(window)

    return prepare
