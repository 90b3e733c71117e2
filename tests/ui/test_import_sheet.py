import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.audience import contacts, lists
from app.audience.contacts import MailStatus
from app.models.states import LawfulBasis
from app.models.workspace import Workspace
from app.paths import resources
from app.ui.pages.contacts.importing import ImportSheet
from app.ui.widgets import Banner, DataTable
from app.ui.widgets.labels import Explanation
from tests.audience.people import a_csv, everything
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.contacts_driver import ContactsDriver, some_people
from tests.ui.waiting import until

pytestmark = pytest.mark.qt_log_ignore("does not support (raise|grabbing)", extend=True)

SAMPLE = resources() / "sample" / "contacts.xlsx"
HEADER = ("E-mail", "First name", "City")


@pytest.fixture
async def app(
    workspace: Workspace, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AppWindow]:
    monkeypatch.setenv("MASS_MAIL_HOME", str(tmp_path))
    async with app_window(workspace) as made:
        # As the application wires it.
        made.window.files_dropped.connect(lambda files: made.window.show_page("contacts", files=files))
        yield made


class Wizard:
    """The import sheet, driven by clicks."""

    def __init__(self, app: AppWindow, sheet: ImportSheet) -> None:
        self.app = app
        self.sheet = sheet

    @classmethod
    async def open(cls, app: AppWindow, path: Path | None) -> "Wizard":
        await app.go_to("contacts", files=[path] if path else None, start_import=True)
        sheet = await app.opened("importSheet")
        assert isinstance(sheet, ImportSheet)
        await app.settled()
        return cls(app, sheet)

    def find(self, kind: type, name: str) -> QWidget:
        """The one on the screen, as two steps look alike."""
        found = self.sheet.findChildren(kind, name)
        assert found, name
        return next((widget for widget in found if widget.isVisible()), found[0])

    @property
    def onward(self) -> QPushButton:
        return self.sheet.confirm_button

    async def next(self) -> None:
        assert self.onward.isEnabled()
        self.onward.click()
        await self.app.settled()

    def agree(self, ground: str = "consent") -> None:
        button = self.find(QRadioButton, f"permission-{ground}")
        assert isinstance(button, QRadioButton)
        button.click()

    async def check(self) -> None:
        """Go on from the people, and wait for what the import would do."""
        self.onward.click()
        await self.at(self.sheet._check)

    async def finish(self) -> None:
        """Go on from the people, look, press Import and wait for the result."""
        await self.check()
        self.onward.click()
        await self.imported()

    async def at(self, step: QWidget) -> None:
        """Another process starts for it, which takes its time on a busy machine."""
        async with asyncio.timeout(60):
            while self.sheet._stack.currentWidget() is not step:  # noqa: ASYNC110 - the sheet announces nothing
                await asyncio.sleep(0.02)
        await self.app.settled()

    async def imported(self) -> None:
        await self.at(self.sheet._result)

    async def choose(self, box_name: str, text: str) -> None:
        box = self.find(QComboBox, box_name)
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())
        await self.app.settled()

    def words(self, banner: str) -> str:
        """What a banner says; empty if it is hidden."""
        found = self.find(Banner, banner)
        return " ".join(label.text() for label in found.findChildren(QLabel)) if found.isVisible() else ""

    def titles(self, table_name: str) -> list[str]:
        table = self.find(DataTable, table_name)
        assert isinstance(table, DataTable)
        model = table.model()
        return [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]

    def cells(self, table_name: str, column: int) -> list[str]:
        table = self.find(DataTable, table_name)
        assert isinstance(table, DataTable)
        return [table.model().index(row, column).data() for row in range(table.model().rowCount())]


async def test_the_sample_dropped_on_the_window_ends_in_the_grid(app: AppWindow, workspace: Workspace) -> None:
    await app.go_to("contacts")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(SAMPLE))])
    spot, buttons, keys = QPoint(600, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    app.window.dragEnterEvent(QDragEnterEvent(spot, Qt.DropAction.CopyAction, mime, buttons, keys))
    app.window.dropEvent(QDropEvent(spot, Qt.DropAction.CopyAction, mime, buttons, keys))
    sheet = await app.opened("importSheet")
    assert isinstance(sheet, ImportSheet)
    await app.settled()
    wizard = Wizard(app, sheet)
    assert wizard.titles("previewTable")[:3] == ["E-mail", "First name", "Last name"]
    await wizard.next()
    wizard.agree()
    await wizard.finish()
    assert wizard.cells("refusedTable", 2)[0] == "There is no @ sign."
    await wizard.next()
    driver = ContactsDriver(app, app.window.current_page)  # type: ignore[arg-type]
    total = contacts.count(workspace).total
    assert total > 200
    await driver.shows(lists.all_lists(workspace)[0].size)
    assert driver.text(0, "email").endswith("@example.org")
    assert "can be mailed" in driver.label("pageSubtitle")
    assert not driver.grid.isColumnHidden(driver.cell(0, "favourite_flower").column())


async def test_the_empty_page_offers_the_sample(app: AppWindow) -> None:
    driver = await ContactsDriver.open(app)
    await driver.click("useSample")
    sheet = await app.opened("importSheet")
    assert isinstance(sheet, ImportSheet)
    await app.settled()
    assert "E-mail" in Wizard(app, sheet).titles("previewTable")


async def test_a_bad_file_is_refused_in_one_sentence(app: AppWindow, tmp_path: Path) -> None:
    path = tmp_path / "customers.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook at all")
    wizard = await Wizard.open(app, path)
    assert "“customers.xlsx” is damaged" in wizard.words("fileProblem")
    assert not wizard.onward.isEnabled()
    wizard.sheet.take_file(a_csv(tmp_path / "good.csv", HEADER, [("anna@example.com", "Anna", "Köln")]))
    await app.settled()
    assert wizard.words("fileProblem") == ""
    assert wizard.onward.isEnabled()


async def test_an_import_that_is_cancelled_leaves_nothing(app: AppWindow, workspace: Workspace, tmp_path: Path) -> None:
    some_people(workspace)
    before = everything(workspace)
    rows = [(f"person{at}@example.com", f"Person {at}", "Köln") for at in range(150_000)]
    wizard = await Wizard.open(app, a_csv(tmp_path / "many.csv", HEADER, rows))
    await wizard.next()
    wizard.agree()
    wizard.onward.click()
    await until(lambda: wizard.sheet._process is not None and wizard.sheet._process.pid)
    QTest.keyClick(wizard.sheet, Qt.Key.Key_Escape)
    async with asyncio.timeout(30):
        while wizard.sheet._process is not None:  # noqa: ASYNC110 - the sheet announces nothing
            await asyncio.sleep(0.02)
    await app.settled()
    assert wizard.sheet.isVisible()
    assert wizard.words("importNotice") == "The import was stopped. Your contacts are as they were. "
    assert everything(workspace) == before


async def test_nothing_is_imported_before_the_question_of_permission_is_answered(
    app: AppWindow, workspace: Workspace, tmp_path: Path
) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [("anna@example.com", "Anna", "Köln")])
    wizard = await Wizard.open(app, path)
    await wizard.next()
    await wizard.next()
    assert wizard.find(QLabel, "permissionMissing").isVisible()
    assert contacts.count(workspace).total == 0
    assert wizard.find(QRadioButton, "permission-consent").hasFocus()
    words = next(
        label for label in wizard.sheet.findChildren(Explanation) if label.text().startswith("They are stored")
    )
    # To the window, as the mouse does: an event that a label lets through would arrive if it were sent to the label.
    spot = words.mapTo(wizard.sheet, words.rect().center())
    QTest.mouseClick(wizard.sheet.windowHandle(), Qt.MouseButton.LeftButton, pos=spot)
    assert wizard.find(QRadioButton, "permission-unknown").isChecked()
    assert not wizard.find(QLabel, "permissionMissing").isVisible()
    await wizard.finish()
    assert contacts.count_by_status(workspace) == {MailStatus.NO_PERMISSION: 1}
    assert "cannot be mailed yet" in wizard.words("importBanner")


async def test_the_answers_arrive_in_the_workspace(app: AppWindow, workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "fair_2026.csv", HEADER, [("anna@example.com", "Anna", "Köln")])
    wizard = await Wizard.open(app, path)
    await wizard.next()
    name, tags, source = (wizard.find(QLineEdit, at) for at in ("importListName", "importTags", "permissionSource"))
    assert isinstance(name, QLineEdit)
    assert isinstance(tags, QLineEdit)
    assert isinstance(source, QLineEdit)
    assert name.text() == "Fair 2026"
    QTest.keyClicks(tags, "VIP, Fair,, VIP")
    wizard.agree("existing_customer")
    QTest.keyClicks(source, "Bought at our stand")
    await wizard.finish()
    detail = contacts.get(workspace, contacts.ids(workspace, contacts.ContactQuery())[0])
    assert [group for _, group in detail.lists] == ["Fair 2026"]
    assert [tag for _, tag in detail.tags] == ["Fair", "VIP"]
    assert detail.consents[0].basis is LawfulBasis.EXISTING_CUSTOMER
    assert detail.consents[0].source == "Bought at our stand"


async def test_the_mapping_is_changed_by_hand_and_the_preview_follows(
    app: AppWindow, workspace: Workspace, tmp_path: Path
) -> None:
    rows = [("anna@example.com", "Anna", "Köln"), ("ben@example.com", "Ben", "Bonn")]
    wizard = await Wizard.open(app, a_csv(tmp_path / "a.csv", HEADER, rows))
    await wizard.choose("target-0", "Leave out")
    assert "No column looks like e-mail addresses" in wizard.words("columnsProblem")
    assert not wizard.onward.isEnabled()
    await wizard.choose("target-0", "E-mail")
    await wizard.choose("target-2", "First name")
    assert "both go to “First name”" in wizard.words("columnsProblem")
    await wizard.choose("target-2", "New field")
    assert wizard.titles("previewTable") == ["E-mail", "First name", "City"]
    new_name = wizard.find(QLineEdit, "newName-2")
    assert isinstance(new_name, QLineEdit)
    new_name.setText("Home town")
    new_name.editingFinished.emit()
    await wizard.choose("newKind-2", "Date")
    assert wizard.titles("previewTable") == ["E-mail", "First name", "Home town"]
    assert wizard.cells("previewTable", 2) == ["Köln", "Bonn"]  # as they stand in the file, and marked
    await wizard.choose("newKind-2", "Text")
    await wizard.next()
    wizard.agree()
    await wizard.finish()
    anna = contacts.ids(workspace, contacts.ContactQuery())[0]
    assert contacts.get(workspace, anna).values["home_town"] == "Köln"


async def test_bad_addresses_are_named_before_and_can_be_saved_after(
    app: AppWindow, workspace: Workspace, tmp_path: Path
) -> None:
    rows = [("anna@example.com", "Anna", "Köln"), ("ben(at)example.com", "Ben", "Bonn"), ("carla@gmial.com", "C", "")]
    wizard = await Wizard.open(app, a_csv(tmp_path / "a.csv", HEADER, rows))
    words = wizard.words("columnsProblem")
    assert words.startswith("1 of the first 3 rows has no usable address")
    assert "ben(at)example.com" in words
    await wizard.next()
    wizard.agree()
    await wizard.finish()
    button = wizard.find(QPushButton, "saveRefused")
    assert isinstance(button, QPushButton)
    button.click()
    dialog = wizard.find(QFileDialog, "saveTable")
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "left out.csv"))
    dialog.reject()
    await app.settled()
    assert "ben(at)example.com" in (tmp_path / "left out.csv").read_text(encoding="utf-8-sig")
    assert "Saved in “left out.csv”" in wizard.words("importNotice")


async def test_encoding_separator_and_header_can_be_put_right(app: AppWindow, tmp_path: Path) -> None:
    path = tmp_path / "kunden.csv"
    path.write_bytes("Vorname;E-Mail\nMüller;anna@example.com\n".encode("cp1252"))
    wizard = await Wizard.open(app, path)
    # A code page is a guess, so the file is shown first.
    assert wizard.find(QComboBox, "encodingChooser").isVisible()
    assert not wizard.find(QComboBox, "sheetChooser").isVisible()
    assert wizard.cells("fileRows", 0) == ["Müller"]
    await wizard.choose("encodingChooser", "Cyrillic (Windows)")
    assert wizard.cells("fileRows", 0) == ["Mьller"]
    await wizard.choose("encodingChooser", "Western European (Windows)")
    await wizard.choose("delimiterChooser", "Comma ,")
    assert wizard.titles("fileRows") == ["Vorname;E-Mail"]
    await wizard.choose("delimiterChooser", "Semicolon ;")
    box = wizard.find(QCheckBox, "headerBox")
    assert isinstance(box, QCheckBox)
    box.click()
    await app.settled()
    assert wizard.titles("fileRows") == ["Column A", "Column B"]
    assert wizard.cells("fileRows", 0) == ["Vorname", "Müller"]


async def test_the_same_file_again_changes_nothing(app: AppWindow, workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [("anna@example.com", "Anna", "Köln")])
    for _ in range(2):
        wizard = await Wizard.open(app, path)
        await wizard.next()
        wizard.agree()
        await wizard.finish()
        wizard.sheet.reject()
        await app.settled()
    assert contacts.count(workspace).total == 1
    assert [group.size for group in lists.all_lists(workspace)] == [1]


async def test_the_whole_way_by_keyboard(app: AppWindow, workspace: Workspace, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "a.csv", HEADER, [("anna@example.com", "Anna", "Köln")])
    wizard = await Wizard.open(app, path)
    sheet = wizard.sheet
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await app.settled()
    consent = wizard.find(QRadioButton, "permission-consent")
    consent.setFocus()
    QTest.keyClick(consent, Qt.Key.Key_Space)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await wizard.at(sheet._check)
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await wizard.imported()
    QTest.keyClick(sheet, Qt.Key.Key_Return)
    await app.settled()
    assert app.sheet("importSheet") is None
    assert contacts.count(workspace).mailable == 1


async def test_nothing_is_stored_before_the_user_has_seen_what_changes(
    app: AppWindow, workspace: Workspace, tmp_path: Path
) -> None:
    path = a_csv(tmp_path / "a.csv", [*HEADER, "Shoe"], [("anna@example.com", "Anna", "Köln", "37"), ("x", "", "", "")])
    before = everything(workspace)
    wizard = await Wizard.open(app, path)
    await wizard.next()
    wizard.agree()
    await wizard.check()
    assert wizard.onward.text() == "Import 1 person"
    assert wizard.cells("effectsTable", 1) == ["First name", "City", "Shoe (new)"]
    assert wizard.cells("effectsTable", 2) == ["1", "1", "1"]
    wizard.find(QPushButton, "back").click()
    await app.settled()
    assert everything(workspace) == before
    await wizard.finish()
    wizard.find(QPushButton, "undoImport").click()
    await app.settled()
    assert contacts.count(workspace).total == 0


async def test_a_known_export_is_named(app: AppWindow, tmp_path: Path) -> None:
    path = a_csv(tmp_path / "unsubscribed_x.csv", ["Email Address", "LEID", "EUID"], [("anna@example.com", "1", "2")])
    wizard = await Wizard.open(app, path)
    words = wizard.words("exportOrigin")
    assert "This looks like an export from Mailchimp" in words
    assert "everybody in it unsubscribed" in words


async def test_a_copied_table_is_pasted(app: AppWindow, workspace: Workspace) -> None:
    mime = QMimeData()
    mime.setText("E-mail\tFirst name\nanna@example.com\tAnna\n")
    QGuiApplication.clipboard().setMimeData(mime)
    wizard = await Wizard.open(app, None)
    wizard.find(QPushButton, "pasteTable").click()
    await app.settled()
    await wizard.next()
    wizard.agree()
    await wizard.finish()
    assert contacts.count(workspace).total == 1


async def test_a_clipboard_without_a_table_is_said(app: AppWindow) -> None:
    QGuiApplication.clipboard().clear()
    wizard = await Wizard.open(app, None)
    wizard.find(QPushButton, "pasteTable").click()
    await app.settled()
    assert "There is no table on the clipboard." in wizard.words("fileProblem")


async def test_every_step_has_names_for_everything(app: AppWindow, tmp_path: Path) -> None:
    wizard = await Wizard.open(app, None)
    assert nameless(wizard.sheet) == []
    wizard.sheet.take_file(SAMPLE)
    await app.settled()
    for _ in range(2):
        assert nameless(wizard.sheet) == []
        await wizard.next()
    wizard.agree()
    await wizard.finish()
    assert nameless(wizard.sheet) == []
