"""The shots of the widget gallery; also an example of how the application's own shots are written."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtWidgets import QAbstractButton, QScrollBar

from app.errors import UserFacingError
from app.ui.application import App
from app.ui.crash import CrashDialog
from app.ui.feedback import ProgressSheet
from app.ui.operations import Operations
from app.ui.page import Page
from app.ui.progress import Job, Progress
from app.ui.shell import MINIMUM_SIZE, MainWindow, PageSpec
from app.ui.theme import Kind
from app.ui.widgets import RunningJob, Toast, ask, tell
from app.ui.widgets.drop_overlay import DropOverlay
from tools.gallery import EmptyPage, TablePage, WidgetsPage
from tools.screenshots import Shot, Studio


class BrokenPage(Page):
    async def load(self) -> None:
        raise UserFacingError("The workspace could not be read.", "Another program holds it.")


async def build_gallery(_app: App) -> Studio:
    operations = Operations()
    pages = [
        PageSpec("widgets", "Dashboard", "layout-dashboard", partial(WidgetsPage, operations)),
        PageSpec("contacts", "Contacts", "users", partial(TablePage, operations)),
        PageSpec("segments", "Segments", "list-filter", partial(EmptyPage, operations)),
        PageSpec("templates", "Templates", "layout-template", partial(BrokenPage, operations, "Templates")),
        PageSpec("campaigns", "Campaigns", "send", partial(Page, operations, "Campaigns")),
        PageSpec("calendar", "Calendar", "calendar-days", partial(Page, operations, "Calendar")),
        PageSpec("reports", "Reports", "chart-column", partial(Page, operations, "Reports")),
        PageSpec("settings", "Settings", "settings", partial(Page, operations, "Settings"), foot=True),
    ]
    window = MainWindow(operations, pages)
    window.sidebar.workspace.set_workspace("Blumen Berger", "on this computer")
    window.sidebar.set_badge("campaigns", "2", "2 campaigns need you")
    window.sidebar.progress_card.set_job(
        RunningJob("Sending now", "Spring offers", 0.62, "3,102 of 5,000 · done at 14:20")
    )
    return Studio(window, operations)


async def scroll_down(window: MainWindow) -> None:
    page = window.current_page
    if page is not None:
        for bar in page.findChildren(QScrollBar):
            bar.setValue(bar.maximum())
    await asyncio.sleep(0)


async def toasts(window: MainWindow) -> None:
    window.toasts.show_toast(Toast("Import finished: 318 contacts added, 4 need a look", action="Undo"))
    window.toasts.show_toast(
        Toast("The server does not answer.", Kind.BAD, hint="Check your connection; sending goes on by itself.")
    )


async def palette(window: MainWindow) -> None:
    window.command_palette.open()


async def confirm(window: MainWindow) -> None:
    window.operations.run(
        ask(
            window,
            title="Delete 12 contacts?",
            text="Their history and consent records go with them. Addresses that unsubscribed stay blocked.",
            confirm="Delete 12 contacts",
            danger=True,
        )
    )


async def failure(window: MainWindow) -> None:
    sheet = tell(
        window,
        title="smtp.example.com refused your password",
        text="Check it under Accounts. Nothing was sent.",
        detail="535 5.7.8 Error: authentication failed",
    )
    for button in sheet.findChildren(QAbstractButton, "showDetail"):
        button.click()


async def crash(window: MainWindow) -> None:
    CrashDialog(window, "Traceback (most recent call last):\n  …\nZeroDivisionError: division by zero").open()


async def progress(window: MainWindow) -> None:
    job = Job("Importing customers.xlsx", window)
    ProgressSheet(window, job).open()
    job.progressed.emit(Progress(12_000, 30_000, "12,000 of 30,000 rows read"))


async def drop(window: MainWindow) -> None:
    for overlay in window.findChildren(DropOverlay):
        overlay.cover()


async def tab_into_sidebar(window: MainWindow) -> None:
    for button in window.findChildren(QAbstractButton, "nav-contacts"):
        button.setFocus()


SHOTS = [
    Shot("widgets", "widgets"),
    Shot("widgets-below", "widgets", scroll_down),
    Shot("table", "contacts", tab_into_sidebar),
    Shot("empty", "segments"),
    Shot("broken", "templates"),
    Shot("confirm", "contacts", confirm),
    Shot("failure", "contacts", failure),
    Shot("crash", "contacts", crash),
    Shot("progress", "contacts", progress),
    Shot("palette", "contacts", palette),
    Shot("toasts", "contacts", toasts),
    Shot("rtl", "widgets", right_to_left=True),
    Shot("rtl-below", "widgets", scroll_down, right_to_left=True),
    Shot("small", "widgets", size=MINIMUM_SIZE),
    Shot("drop", "contacts", drop),
]
