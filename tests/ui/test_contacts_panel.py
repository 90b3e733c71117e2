from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QRadioButton
from pytestqt.qtbot import QtBot

from app.audience import contacts, lists, suppression
from app.audience.contacts import MailStatus
from app.models.states import SuppressionReason
from app.models.workspace import Workspace
from app.ui.pages.contacts.choice import Choice
from app.ui.widgets import DataTable
from tests.ui.accessible import nameless
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


async def test_return_opens_the_panel_arrows_move_on_and_escape_closes_it(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.select(0)
    await driver.press(Qt.Key.Key_Return)
    panel = driver.page.panel
    assert panel.isVisible()
    assert panel.name == "Anna Berger"
    await driver.press(Qt.Key.Key_Down)
    assert panel.name == "Ben Weber"
    await driver.press(Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert driver.grid.hasFocus()


async def test_another_page_can_show_one_contact(app: AppWindow, workspace: Workspace) -> None:
    *_, carla = some_people(workspace)
    driver = await ContactsDriver.open(app, contact=carla)
    assert driver.page.panel.name == "Carla Abel"
    assert driver.grid.current_address() == "carla@example.com"


async def test_a_field_is_saved_when_one_leaves_it_and_the_grid_follows(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app, contact=anna)
    city = app.find(QLineEdit, "field-city")
    city.setFocus()
    city.selectAll()
    QTest.keyClicks(city, "Ulm")
    QTest.keyClick(city, Qt.Key.Key_Tab)
    await app.settled()
    assert value_of(workspace, anna, "city") == "Ulm"
    assert driver.text(0, "city") == "Ulm"


async def test_a_refused_field_says_why_below_itself_and_escape_restores_it(
    app: AppWindow, workspace: Workspace
) -> None:
    anna, *_ = some_people(workspace)
    await ContactsDriver.open(app, contact=anna)
    email = app.find(QLineEdit, "field-email")
    email.setFocus()
    email.setText("ben@example.com")
    QTest.keyClick(email, Qt.Key.Key_Return)
    await app.settled()
    assert "already a contact" in app.find(QLabel, "field-emailError").text()
    assert value_of(workspace, anna, "email") == "anna@example.com"
    QTest.keyClick(email, Qt.Key.Key_Escape)
    assert email.text() == "anna@example.com"
    assert app.find(QLabel, "field-emailError").text() == ""


async def test_the_history_shows_every_piece_of_evidence(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    suppression.suppress(workspace, ["anna@example.com"], SuppressionReason.UNSUBSCRIBED, "Link in “Spring sale”")
    driver = await ContactsDriver.open(app, contact=anna)
    await driver.click("segment-history")
    words = [label.text() for label in driver.page.panel.findChildren(QLabel) if label.isVisible()]
    assert "Permission withdrawn" in words
    assert "Permission: They said yes" in words
    assert any("Link in “Spring sale”" in text for text in words)
    assert any("Form on the website" in text for text in words)


async def test_who_unsubscribed_needs_a_new_consent_and_then_can_be_mailed(
    app: AppWindow, workspace: Workspace
) -> None:
    anna, *_ = some_people(workspace)
    suppression.suppress(workspace, ["anna@example.com"], SuppressionReason.UNSUBSCRIBED, "Link in “Spring sale”")
    driver = await ContactsDriver.open(app, contact=anna)
    await driver.click("panelPermission")
    sheet = await app.opened("permissionSheet")
    assert sheet.findChild(QRadioButton, "permission-existing_customer") is None
    await driver.answer("permissionSheet")
    assert contacts.get(workspace, anna).status is MailStatus.MAILABLE


async def test_block_and_allow_from_the_panel(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    driver = await ContactsDriver.open(app, contact=anna)
    await driver.click("panelBlock")
    await app.settled()
    assert contacts.get(workspace, anna).status is MailStatus.BLOCKED
    await driver.click("panelAllow")
    await app.settled()
    assert contacts.get(workspace, anna).status is MailStatus.MAILABLE


async def test_who_withdrew_is_not_said_to_be_mailable_again(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    suppression.suppress(workspace, ["anna@example.com"], SuppressionReason.UNSUBSCRIBED, "Link in “Spring sale”")
    driver = await ContactsDriver.open(app)
    driver.page.deeds.allow([anna])
    await app.settled()
    assert contacts.get(workspace, anna).status is MailStatus.UNSUBSCRIBED
    assert driver.toasts[-1] == "1 contact still cannot be mailed"


async def test_lists_and_tags_of_one_person(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    list_id = lists.create_list(workspace, "Newsletter")
    driver = await ContactsDriver.open(app, contact=anna)
    await driver.click("panelAddList")
    await driver.pick("Newsletter")
    assert contacts.get(workspace, anna).lists == ((list_id, "Newsletter"),)
    await driver.click(f"leave-{list_id}", within=driver.page.panel)
    await app.settled()
    assert contacts.get(workspace, anna).lists == ()
    await driver.click("panelAddTag")
    await driver.pick("New tag …")
    sheet = await app.opened("nameSheet")
    QTest.keyClicks(app.find(QLineEdit, "nameField", within=sheet), "VIP")
    await driver.answer("nameSheet")
    assert [name for _, name in contacts.get(workspace, anna).tags] == ["VIP"]
    await driver.undo_by_toast()
    assert lists.all_tags(workspace) == ()


async def test_lists_are_made_renamed_and_deleted(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.click("newList")
    sheet = await app.opened("nameSheet")
    QTest.keyClicks(app.find(QLineEdit, "nameField", within=sheet), "Newsletter")
    await driver.answer("nameSheet")
    made = lists.all_lists(workspace)[0]
    assert made.name == "Newsletter"
    await driver.click("newList")
    sheet = await app.opened("nameSheet")
    QTest.keyClicks(app.find(QLineEdit, "nameField", within=sheet), "newsletter")
    await driver.click("confirm", within=sheet)
    await app.settled()
    assert "already a list" in app.find(QLabel, "nameFieldError", within=sheet).text()
    sheet.reject()
    driver.page._groups.rename(Choice(list_id=made.id))
    sheet = await app.opened("nameSheet")
    app.find(QLineEdit, "nameField", within=sheet).setText("News")
    await driver.answer("nameSheet")
    assert lists.all_lists(workspace)[0].name == "News"
    await driver.click("manageLists")
    sheet = await app.opened("groupsSheet")
    app.find(DataTable, "groupsTable", within=sheet).selectRow(0)
    await driver.click("deleteGroup", within=sheet)
    await driver.answer("ask")
    assert lists.all_lists(workspace) == ()
    sheet.reject()
    await driver.press(Qt.Key.Key_Z, ctrl=True)
    assert lists.all_lists(workspace)[0].name == "News"


async def test_without_the_rail_the_search_says_whom_it_searches(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    list_id = lists.create_list(workspace, "Newsletter")
    driver = await ContactsDriver.open(app, list_id=list_id)
    field = app.find(QLineEdit, "searchContacts")
    assert field.placeholderText() == "Search name, e-mail, company, city"
    await driver.click("toggleRail")
    assert field.placeholderText() == "Search in “Newsletter”"


async def test_the_list_on_show_may_vanish(app: AppWindow, workspace: Workspace) -> None:
    anna, *_ = some_people(workspace)
    list_id = lists.create_list(workspace, "Newsletter")
    lists.add_to_list(workspace, list_id, [anna])
    driver = await ContactsDriver.open(app, list_id=list_id)
    assert driver.model.rowCount() == 1
    lists.delete_list(workspace, list_id)
    app.operations.announce("lists")
    await driver.shows(3)


async def test_a_contact_is_added_by_hand_with_a_permission(app: AppWindow, workspace: Workspace) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.click("addContact")
    sheet = await app.opened("newContact")
    QTest.keyClicks(app.find(QLineEdit, "newEmail", within=sheet), "anna@example.com")
    await driver.click("confirm", within=sheet)
    assert app.find(QLabel, "permissionError", within=sheet).isVisible()
    app.find(QRadioButton, "permission-consent", within=sheet).click()
    await driver.click("confirm", within=sheet)
    await app.settled()
    assert "already a contact" in app.find(QLabel, "newEmailError", within=sheet).text()
    app.find(QLineEdit, "newEmail", within=sheet).setText("dora@example.com")
    await driver.answer("newContact")
    assert driver.toasts[-1] == "dora@example.com added"
    assert driver.grid.current_address() == "dora@example.com"
    dora = driver.grid.current_id
    assert dora is not None
    assert contacts.get(workspace, dora).status is MailStatus.MAILABLE
    await driver.undo_by_toast()
    await driver.shows(3)


async def test_what_the_grid_shows_is_saved_as_a_spreadsheet(
    app: AppWindow, workspace: Workspace, tmp_path: Path
) -> None:
    some_people(workspace)
    driver = await ContactsDriver.open(app)
    await driver.search("anna")
    await driver.click("export")
    dialog = app.find(QFileDialog, "saveTable")
    dialog.fileSelected.emit(str(tmp_path / "them.csv"))
    dialog.reject()
    await app.settled()
    assert driver.toasts[-1] == "1 contact saved in “them.csv”"
    text = (tmp_path / "them.csv").read_text(encoding="utf-8-sig")
    assert "anna@example.com" in text
    assert "ben@example.com" not in text


async def test_everything_on_the_page_has_a_name(app: AppWindow, workspace: Workspace) -> None:
    assert await ContactsDriver.open(app)
    assert nameless(app.window) == []
    anna, *_ = some_people(workspace)
    lists.create_list(workspace, "Newsletter")
    app.operations.announce("contacts", "lists")
    await app.settled()
    driver = await ContactsDriver.open(app, contact=anna)
    assert nameless(app.window) == []
    await driver.click("segment-history")
    assert nameless(app.window) == []
    for open_sheet, name in (
        (driver.page.add_contact, "newContact"),
        (driver.page._groups.manage, "groupsSheet"),
        (driver.page._groups.new_list, "nameSheet"),
        (driver.page._on_panel_permission, "permissionSheet"),
    ):
        open_sheet()
        sheet = await app.opened(name)
        assert nameless(sheet) == []
        sheet.reject()
