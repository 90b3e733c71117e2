import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import QLocale, QMimeData, QPoint, QSettings, QSize, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.page import Page
from app.ui.shell import MINIMUM_SIZE, MainWindow, PageSpec, usual_size
from app.ui.widgets import DataTable, EmptyState, RunningJob, Sheet, Toast
from tests.ui.accessible import nameless
from tests.ui.waiting import signal_of, until
from tools.gallery import EmptyPage, TablePage, WidgetsPage


class CountingPage(Page):
    watches: ClassVar[frozenset[str]] = frozenset({"contacts"})

    def __init__(self, operations: Operations) -> None:
        super().__init__(operations, "Contacts")
        self.loads = 0
        self.shown_with: list[dict[str, object]] = []

    async def load(self) -> None:
        self.loads += 1

    def shown(self, **kwargs: object) -> None:
        self.shown_with.append(kwargs)


@pytest.fixture
async def window(operations: Operations, qtbot: QtBot) -> AsyncIterator[MainWindow]:
    pages = [
        PageSpec("widgets", "Widgets", "layout-dashboard", lambda: WidgetsPage(operations)),
        PageSpec("table", "People", "users", lambda: TablePage(operations), keywords="customers"),
        PageSpec("empty", "Segments", "list-filter", lambda: EmptyPage(operations)),
        PageSpec("counting", "Contacts", "send", lambda: CountingPage(operations)),
        PageSpec("settings", "Settings", "settings", lambda: Page(operations, "Settings"), foot=True),
    ]
    made = MainWindow(operations, pages)
    made.sidebar.workspace.set_workspace("Blumen Berger", "on this computer")
    made.sidebar.progress_card.set_job(RunningJob("Sending now", "Spring offers", 0.62, "3,102 of 5,000"))
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    await until(made.isActiveWindow)
    yield made
    await operations.drain()


def button(window: MainWindow, name: str) -> QAbstractButton:
    found = window.findChild(QAbstractButton, name)
    assert found is not None
    return found


async def settled(window: MainWindow) -> None:
    await until(lambda: window.operations.is_idle)


async def test_pages_are_built_on_their_first_visit(window: MainWindow) -> None:
    assert window.findChild(Page) is None
    window.show_page("counting", contact=7)
    await settled(window)
    page = window.current_page
    assert isinstance(page, CountingPage)
    assert page.loads == 1
    assert page.shown_with == [{"contact": 7}]
    window.show_page("empty")
    window.show_page("counting")
    await settled(window)
    assert window.current_page is page
    assert page.loads == 1


async def test_a_change_refreshes_the_page_on_show_at_once_and_others_at_their_next_visit(window: MainWindow) -> None:
    page = window.show_page("counting")
    assert isinstance(page, CountingPage)
    await settled(window)
    window.operations.announce("contacts")
    await settled(window)
    assert page.loads == 2
    window.operations.announce("campaigns")
    await settled(window)
    assert page.loads == 2
    window.show_page("empty")
    window.operations.announce("contacts")
    await settled(window)
    assert page.loads == 2
    window.show_page("counting")
    await settled(window)
    assert page.loads == 3


async def test_the_sidebar_is_one_tab_stop_with_arrow_keys(window: MainWindow) -> None:
    window.show_page("widgets")
    first, second = button(window, "nav-widgets"), button(window, "nav-table")
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Down)
    assert second.hasFocus()
    assert second.isChecked()
    assert window.current_page is window.page("table")
    QTest.keyClick(second, Qt.Key.Key_Tab)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert not focus.objectName().startswith("nav-")


async def test_shortcuts_go_to_pages(window: MainWindow) -> None:
    window.show_page("widgets")
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page is window.page("empty")


async def test_the_palette_finds_a_page_by_another_word_and_gives_the_focus_back(window: MainWindow) -> None:
    window.show_page("widgets")
    nav = button(window, "nav-widgets")
    nav.setFocus()
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    field = window.findChild(QLineEdit, "paletteField")
    assert field is not None
    assert field.hasFocus()
    QTest.keyClicks(field, "custom")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert window.current_page is window.page("table")
    assert not window.command_palette.isVisible()
    window.command_palette.open()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not window.command_palette.isVisible()
    assert nav.hasFocus()


async def test_the_palette_offers_only_what_can_be_done(window: MainWindow) -> None:
    done: list[str] = []
    action = window.action_registry.add("export", "Export contacts", lambda: done.append("export"))
    assert window.action_registry.search("exp")[0] is action
    assert window.action_registry.search("xyz") == []
    action.setEnabled(False)
    assert action not in window.action_registry.search("exp")
    with pytest.raises(ValueError, match="export"):
        window.action_registry.add("export", "Again", lambda: None)


async def test_a_toast_can_be_undone_from_the_keyboard(window: MainWindow) -> None:
    undone: list[bool] = []
    window.toasts.show_toast(Toast("12 contacts deleted", action="Undo", on_action=lambda: undone.append(True)))
    undo = button(window, "toastAction")
    undo.setFocus()
    QTest.keyClick(undo, Qt.Key.Key_Space)
    assert undone == [True]
    assert window.toasts.texts == []


async def test_the_oldest_toast_makes_room(window: MainWindow) -> None:
    for number in range(5):
        window.toasts.show_toast(Toast(f"{number} saved"))
    assert window.toasts.texts == ["2 saved", "3 saved", "4 saved"]


async def test_what_operations_report_is_shown(window: MainWindow) -> None:
    window.operations.notified.emit(Toast("Saved"))
    window.operations.failed.emit(UserFacingError("The disk is full.", "Free some space."))
    assert window.toasts.texts == ["Saved", "The disk is full."]
    window.operations.failed.emit(UserFacingError("Refused.", "Check it.", detail="535 5.7.8"))
    sheet = window.findChild(QAbstractButton, "showDetail")
    assert sheet is not None
    sheet.window().close()


async def test_a_page_that_cannot_load_says_why_and_tries_again(window: MainWindow, operations: Operations) -> None:
    answers = [UserFacingError("The workspace is locked.", "Close the other program.")]

    class Failing(Page):
        async def load(self) -> None:
            if answers:
                raise answers.pop()

    page = Failing(operations)
    page.visit()
    await settled(window)
    again = page.findChild(QPushButton, "tryAgain")
    assert again is not None
    again.click()
    await settled(window)
    await until(lambda: not again.isVisibleTo(page))


async def test_an_empty_page_says_what_to_do_first(window: MainWindow) -> None:
    page = window.show_page("empty")
    await settled(window)
    state = page.findChild(EmptyState)
    assert state is not None
    assert state.isVisible()


async def test_everything_usable_has_a_name(window: MainWindow) -> None:
    window.toasts.show_toast(Toast("Saved", action="Undo"))
    for key in window.page_keys:
        window.show_page(key)
        await settled(window)
        assert nameless(window) == []
    window.command_palette.open()
    assert nameless(window) == []


async def test_tab_leaves_a_table_and_return_opens_its_row(window: MainWindow) -> None:
    page = window.show_page("table")
    await settled(window)
    table = page.findChild(DataTable)
    assert table is not None
    table.setFocus()
    opened = asyncio.ensure_future(signal_of(table.opened))
    await asyncio.sleep(0)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert (await opened)[0].row() == 3
    QTest.keyClick(table, Qt.Key.Key_Tab)
    assert not table.hasFocus()


async def test_files_may_be_dropped_anywhere(window: MainWindow, tmp_path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "customers.xlsx"))])
    spot, buttons, keys = QPoint(300, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dragEnterEvent(QDragEnterEvent(spot, Qt.DropAction.CopyAction, mime, buttons, keys))
    dropped = asyncio.ensure_future(signal_of(window.files_dropped))
    await asyncio.sleep(0)
    window.dropEvent(QDropEvent(spot, Qt.DropAction.CopyAction, mime, buttons, keys))
    assert (await dropped)[0] == [tmp_path / "customers.xlsx"]


async def test_the_window_remembers_its_size(operations: Operations, qtbot: QtBot, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    pages = [PageSpec("only", "Only", "star", lambda: Page(operations, "Only"))]
    first = MainWindow(operations, pages, settings=settings)
    qtbot.addWidget(first)
    first.resize(MINIMUM_SIZE.width(), MINIMUM_SIZE.height() + 20)
    first.show()
    first.close()
    second = MainWindow(operations, pages, settings=settings)
    qtbot.addWidget(second)
    assert second.size() == first.size()


def test_a_first_window_fits_on_a_laptop() -> None:
    assert usual_size(QSize(1920, 1080)) == QSize(1280, 800)
    laptop = usual_size(QSize(1366, 768))
    assert laptop.width() == 1280
    assert MINIMUM_SIZE.height() <= laptop.height() < 768 - 40
    assert usual_size(QSize(800, 600)) == MINIMUM_SIZE


def test_numbers_are_grouped_on_a_system_without_a_language(qapp: QApplication) -> None:
    assert QLocale().language() is not QLocale.Language.C
    assert len(QLocale().toString(60000)) > len("60000")


async def test_ctrl_q_closes_the_window(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


async def test_return_presses_the_button_that_has_the_focus(window: MainWindow) -> None:
    pressed: list[str] = []
    sheet = Sheet(window, "Import")
    other = sheet.add_quiet_button("Choose a file")
    other.clicked.connect(lambda: pressed.append("other"))
    sheet.add_buttons("Next")
    sheet.accepted.connect(lambda: pressed.append("next"))
    sheet.open()
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_Return)
    assert pressed == ["other"]
    sheet.confirm_button.setFocus()
    QTest.keyClick(sheet.confirm_button, Qt.Key.Key_Enter)
    assert pressed == ["other", "next"]


def test_importing_the_shell_stays_cheap() -> None:
    heavy = ("pyqtgraph", "numpy", "openpyxl", "PySide6.QtWebEngineCore", "sqlalchemy", "keyring", "dkim", "jinja2")
    probe = f"import app.ui.shell, sys, json; print(json.dumps([name for name in {heavy!r} if name in sys.modules]))"
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout) == []
