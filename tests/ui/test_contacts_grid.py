from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from app.audience import contacts, fields, lists, suppression
from app.audience.contacts import MailStatus
from app.models.states import FieldType
from app.models.workspace import Workspace
from tests.ui.app_window import AppWindow, app_window
from tests.ui.contacts_driver import ContactsDriver, some_people, value_of

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)


@pytest.fixture
async def app(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AppWindow]:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    async with app_window(workspace) as made:
        yield made


async def test_the_page_says_how_many_people_there_are(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    contacts.create(workspace, {"email": "dora@example.com"})
    driver = await ContactsDriver.open(app)
    assert driver.label("pageSubtitle") == "4 people · 3 can be mailed · 1 cannot"
    assert driver.column("first_name") == ["Anna", "Ben", "Carla", ""]
    assert driver.text(3, "mail_status") == "No permission"


async def test_a_cell_is_edited_in_place_undone_and_done_again(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.type_into(0, "city", "Leipzig")
    assert driver.text(0, "city") == "Leipzig"
    assert value_of(workspace, anna, "city") == "Leipzig"
    await driver.press(Qt.Key.Key_Z, ctrl=True)
    assert value_of(workspace, anna, "city") == "Köln"
    assert driver.text(0, "city") == "Köln"
    await driver.press(Qt.Key.Key_Z, ctrl=True, shift=True)
    assert value_of(workspace, anna, "city") == "Leipzig"
    await driver.press(Qt.Key.Key_Z, ctrl=True)
    await driver.press(Qt.Key.Key_Y, ctrl=True)
    assert driver.text(0, "city") == "Leipzig"


async def test_an_address_that_is_taken_is_refused_beside_its_cell(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.type_into(0, "email", "ben@example.com")
    assert "already a contact with the address ben@example.com" in driver.complaint
    assert driver.text(0, "email") == "anna@example.com"
    assert value_of(workspace, anna, "email") == "anna@example.com"


async def test_what_cannot_be_read_stays_in_the_editor_until_it_is_put_right(
    app: AppWindow, workspace: Workspace
) -> None:
    anna, *_ = some_people(workspace)
    fields.add_field(workspace, "Customer since", FieldType.DATE)
    driver = await ContactsDriver.open(app)
    driver.page._on_column_shown(driver.model.columns[-1], True)
    editor = await driver.start_editing(0, "customer_since")
    QTest.keyClicks(editor, "soon")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert driver.complaint == "“soon” is not a date."
    assert editor.isVisible()
    editor.selectAll()
    QTest.keyClicks(editor, "31.3.2026")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await app.settled()
    assert driver.text(0, "customer_since") == "31 Mar 2026"
    assert str(value_of(workspace, anna, "customer_since")) == "2026-03-31"


async def test_escape_gives_the_old_value_back(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    editor = await driver.start_editing(0, "email")
    editor.setText("nonsense")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    assert driver.complaint == "There is no @ sign."
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    await app.settled()
    assert driver.text(0, "email") == "anna@example.com"
    assert value_of(workspace, anna, "email") == "anna@example.com"


async def test_the_return_that_ends_an_edit_opens_nothing(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.type_into(1, "city", "Ulm")
    assert not driver.page.body.is_panel_open


async def test_searching_and_clearing(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.search("ber bonn")
    assert driver.column("first_name") == ["Ben"]
    assert driver.label("selectionWords") == "1 person"
    await driver.search("ber rom")
    assert driver.model.rowCount() == 0
    await driver.click("clearSearch")
    await driver.shows(3)


async def test_a_click_on_a_header_sorts_and_a_second_one_turns_it_round(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(1)
    await driver.click_header("last_name")
    assert driver.column("last_name") == ["Abel", "Berger", "Weber"]
    await driver.click_header("last_name")
    assert driver.column("last_name") == ["Weber", "Berger", "Abel"]
    assert driver.grid.current_address() == "ben@example.com"


async def test_deleting_asks_with_a_name_and_can_be_undone(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0, 2)
    QTest.keyClick(driver.grid, Qt.Key.Key_Delete)
    sheet = await app.opened("ask")
    assert sheet.windowTitle() == "Delete 2 contacts?"
    await driver.answer("ask", "cancel")
    assert contacts.count(workspace).total == 3
    await driver.select(0)
    QTest.keyClick(driver.grid, Qt.Key.Key_Delete)
    assert (await app.opened("ask")).windowTitle() == "Delete anna@example.com?"
    await driver.answer("ask")
    assert driver.column("first_name") == ["Ben", "Carla"]
    assert driver.toasts[-1] == "1 contact deleted"
    await driver.undo_by_toast()
    assert driver.column("first_name") == ["Anna", "Ben", "Carla"]


async def test_an_older_toast_does_not_undo_something_newer(app: AppWindow, workspace: Workspace) -> None:
    _, ben, _ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0)
    QTest.keyClick(driver.grid, Qt.Key.Key_Delete)
    await driver.answer("ask")
    await driver.type_into(0, "city", "Ulm")
    await driver.undo_by_toast()
    assert value_of(workspace, ben, "city") == "Ulm"
    assert driver.toasts[-1] == "Something else was done since"


async def test_people_are_put_into_a_list_and_taken_out_by_undo(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    list_id = lists.create_list(workspace, "Newsletter")
    driver = await ContactsDriver.open(app)
    await driver.select(0, 1)
    await driver.click("selectionList")
    await driver.pick("Newsletter")
    assert driver.toasts[-1] == "2 contacts added to “Newsletter”"
    assert lists.all_lists(workspace)[0].size == 2
    await app.go_to("contacts", list_id=list_id)
    assert driver.column("first_name") == ["Anna", "Ben"]
    await driver.press(Qt.Key.Key_Z, ctrl=True)
    assert lists.all_lists(workspace)[0].size == 0
    await driver.shows(0)


async def test_never_mail_again_can_be_taken_back_by_ctrl_z(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0)
    await driver.click("selectionBlock")
    await app.settled()
    assert suppression.is_suppressed(workspace, "anna@example.com")
    assert driver.text(0, "mail_status") == "Blocked by hand"
    assert driver.label("pageSubtitle") == "3 people · 2 can be mailed · 1 cannot"
    await driver.press(Qt.Key.Key_Z, ctrl=True)
    assert contacts.get(workspace, anna).status is MailStatus.MAILABLE
    assert driver.text(0, "mail_status") == "Can be mailed"


async def test_copying_gives_what_excel_takes(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0, 1)
    await driver.press(Qt.Key.Key_C, ctrl=True)
    assert QApplication.clipboard().text() == (
        "anna@example.com\tCan be mailed\tAnna\tBerger\tKöln\nben@example.com\tCan be mailed\tBen\tWeber\tBonn"
    )


async def test_hidden_columns_stay_hidden_next_time(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.click("columns")
    await driver.pick("City")
    city = driver.cell(0, "city").column()
    assert driver.grid.isColumnHidden(city)
    async with app_window(workspace) as again:
        later = await ContactsDriver.open(again)
        assert later.grid.isColumnHidden(city)
        assert not later.grid.isColumnHidden(0)


async def test_a_column_shows_itself_once_it_holds_anything(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    company = driver.cell(0, "company").column()
    assert driver.grid.isColumnHidden(company)
    contacts.edit(workspace, driver.model.ids[0], "company", "Blumen Berger")
    app.operations.announce("contacts")
    await app.settled()
    assert not driver.grid.isColumnHidden(company)


async def test_what_others_change_meanwhile_does_not_disturb_typing(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app)
    editor = await driver.start_editing(0, "city")
    editor.setText("Leip")
    contacts.create(workspace, {"email": "aaron@example.com"})
    app.operations.announce("contacts")
    driver.model.refresh_rows()
    await app.settled()
    assert editor.isVisible()
    assert editor.text() == "Leip"
    QTest.keyClicks(editor, "zig")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    await driver.shows(4)
    assert value_of(workspace, anna, "city") == "Leipzig"


async def test_tab_leaves_the_grid(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0)
    await driver.press(Qt.Key.Key_Tab)
    assert not driver.grid.hasFocus()


async def test_ctrl_f_goes_to_the_search(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0)
    await driver.press(Qt.Key.Key_F, ctrl=True)
    assert app.find(QLineEdit, "searchContacts").hasFocus()


async def test_another_program_changing_contacts_is_seen(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    contacts.create(workspace, {"email": "zoe@example.com"})
    app.operations.announce("contacts")
    await driver.shows(4)
    assert driver.text(3, "email") == "zoe@example.com"
