from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.audience import contacts, fields
from app.audience.contacts import ContactQuery
from app.errors import UserFacingError
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.contacts import grid_model
from app.ui.pages.contacts.grid_model import KEPT_PAGES, PAGE_ROWS, ContactGridModel
from tests.ui.accessible import nodes
from tests.ui.app_window import AppWindow, app_window
from tests.ui.contacts_driver import ContactsDriver, many_people, some_people
from tests.ui.waiting import until

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)

MANY = 50_000


@pytest.fixture
async def app(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AppWindow]:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    async with app_window(workspace) as made:
        yield made


@pytest.fixture
def read_pages(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows each query for rows asked for."""
    asked: list[int] = []
    page = contacts.page

    def counted(workspace: Workspace, ids: Sequence[int], columns: Any) -> Any:
        asked.append(len(ids))
        return page(workspace, ids, columns)

    monkeypatch.setattr(grid_model.contacts, "page", counted)
    return asked


async def a_model(workspace: Workspace, operations: Operations) -> ContactGridModel:
    model = ContactGridModel(workspace, operations)
    model.set_fields(fields.list_fields(workspace))
    await model.load(ContactQuery())
    return model


async def test_the_model_keeps_qts_rules(
    workspace: Workspace, operations: Operations, qtmodeltester: ModelTester
) -> None:
    some_people(workspace)
    model = await a_model(workspace, operations)
    qtmodeltester.check(model, force_py=True)
    await until(lambda: operations.is_idle)


async def test_only_rows_in_sight_are_read(app: AppWindow, workspace: Workspace, read_pages: list[int]) -> None:
    many_people(workspace, MANY)
    driver = await ContactsDriver.open(app)
    await driver.shows(MANY)
    # The page that is shown and the one below it; once more where the first rows came before all were counted.
    assert len(read_pages) <= 4
    assert sum(read_pages) <= 4 * PAGE_ROWS
    read_pages.clear()
    driver.grid.verticalScrollBar().setValue(driver.grid.verticalScrollBar().maximum())
    driver.grid.repaint()
    await app.settled()
    assert driver.text(MANY - 1, "email") == f"p{MANY - 1:06}@example.com"
    assert len(read_pages) <= 3


async def test_memory_stays_flat_however_far_one_scrolls(workspace: Workspace, operations: Operations) -> None:
    many_people(workspace, PAGE_ROWS * (KEPT_PAGES + 20))
    model = await a_model(workspace, operations)
    for row in range(0, model.rowCount(), PAGE_ROWS):
        await until(lambda row=row: model.line(row) is not None)
    assert len(model._pages) <= KEPT_PAGES


async def test_a_slow_disk_shows_placeholders_and_never_stops_the_window(
    workspace: Workspace, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_people(workspace)
    model = await a_model(workspace, operations)
    held: list[tuple[Future[Any], Any]] = []

    def start_read(query: Any) -> Future[Any]:
        future: Future[Any] = Future()
        held.append((future, query))
        return future

    monkeypatch.setattr(operations, "start_read", start_read)
    index = model.index(0, 0)
    assert index.data() is None
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "Loading"
    assert len(held) == 1
    changed: list[Any] = []
    model.dataChanged.connect(lambda *where: changed.append(where))
    future, query = held[0]
    future.set_result(query())
    await until(lambda: changed)
    assert index.data() == "anna@example.com"


async def test_rows_that_cannot_be_read_are_told_once(
    workspace: Workspace, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_people(workspace)
    model = await a_model(workspace, operations)
    told: list[UserFacingError] = []
    operations.failed.connect(told.append)

    def refuse(*_: Any) -> Any:
        raise UserFacingError("The disk does not answer.")

    monkeypatch.setattr(grid_model, "_read_page", refuse)
    for _ in range(3):
        assert model.index(0, 0).data() is None
        await until(lambda: operations.is_idle)
    assert [error.title for error in told] == ["The disk does not answer."]
    monkeypatch.undo()
    model.refresh_rows()
    await until(lambda: model.index(0, 0).data() == "anna@example.com")


async def test_who_is_deleted_meanwhile_is_an_empty_row_until_the_list_is_read_again(
    workspace: Workspace, operations: Operations
) -> None:
    anna, *_ = some_people(workspace)
    model = await a_model(workspace, operations)
    contacts.delete(workspace, [anna])
    assert model.index(0, 0).data() is None
    await model.load(ContactQuery())
    assert model.rowCount() == 2
    await until(lambda: model.index(0, 0).data() == "ben@example.com")


async def test_a_newer_question_wins_over_a_slower_one(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    for text in ("a", "an", "ann", "anna"):
        driver.page._on_searched(text)
    await app.settled()
    assert driver.column("email") == ["anna@example.com"]


async def test_cells_speak_with_their_heading(workspace: Workspace, operations: Operations) -> None:
    some_people(workspace)
    model = await a_model(workspace, operations)
    await until(lambda: model.index(0, 0).data() == "anna@example.com")
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "E-mail: anna@example.com"
    assert model.index(0, 1).data(Qt.ItemDataRole.AccessibleTextRole) == "Can be mailed?: Can be mailed"


async def test_a_screen_reader_can_walk_the_grid(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    names = [node.text(QAccessible.Text.Name) for node in nodes(driver.grid)]
    assert names[0] == "Contacts"
    assert "E-mail: anna@example.com" in names
    assert "Can be mailed?: Can be mailed" in names
