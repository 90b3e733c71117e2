"""Before a workspace is open: the first start, a key that is missing or wrong, a second window, a moved file."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QDialog, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.content.library import list_templates
from app.errors import Cancelled
from app.models.keys import WorkspaceKey
from app.models.vault import SERVICE, KeyringVault
from app.models.workspace import SUFFIX, Workspace, held_by_app, workspace_id
from app.sending.accounts import list_accounts
from app.ui.operations import Operations
from app.ui.shell import MainWindow
from app.ui.start.choice_sheet import ChoiceSheet
from app.ui.start.new_workspace_sheet import NewWorkspaceSheet
from app.ui.start.opening import Opener
from app.ui.start.recovery_sheet import RecoverySheet
from tests.ui.start_driver import Keyring, Start, press, words
from tests.ui.waiting import until

OTHER_KEY = WorkspaceKey(bytes(range(32, 64)))


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    """This computer has one."""
    backend = Keyring()
    monkeypatch.setattr("app.models.vault.open_vault", lambda: KeyringVault(backend))
    return backend


@pytest.fixture
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.models.vault.open_vault", lambda: None)


@pytest.fixture
async def start(operations: Operations, qtbot: QtBot, tmp_path: Path) -> Start:
    window = MainWindow(operations, [])
    qtbot.addWidget(window)
    window.show()
    return Start(window, Opener(window, operations, tmp_path))


@pytest.fixture
def path(tmp_path: Path, key: WorkspaceKey) -> Path:
    """A workspace that was made earlier."""
    made = tmp_path / f"Blumen Berger{SUFFIX}"
    Workspace.create(made, key, organisation="Blumen Berger").close()
    return made


def type_key(sheet: QDialog, text: str) -> None:
    field = sheet.findChild(QPlainTextEdit, "key")
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, text)
    press(sheet, "confirm")


def move(path: Path, to: Path) -> Path:
    to.parent.mkdir()
    return path.rename(to)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def make_first(start: Start, name: str = "Blumen Berger") -> QDialog:
    """Answer the welcome; returns the sheet with the recovery key."""
    welcome = await start.sheet("newWorkspace")
    confirm = welcome.findChild(QPushButton, "confirm")
    assert confirm is not None
    assert not confirm.isEnabled()
    field = welcome.findChild(QLineEdit, "organisation")
    assert field is not None
    assert field.hasFocus()
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return)
    return await start.sheet("recoveryKey")


async def test_the_first_start_makes_a_furnished_workspace_and_keeps_its_key(start: Start, keyring: Keyring) -> None:
    async with start.opening() as task:
        recovery = await make_first(start)
        assert "every start" not in words(recovery)
        QTest.keyClick(recovery, Qt.Key.Key_Escape)
        assert recovery.isVisible()
        shown = recovery.findChild(QLabel, "recoveryText")
        assert shown is not None
        key = WorkspaceKey.from_recovery_text(shown.text())
        box = recovery.findChild(QCheckBox, "kept")
        assert box is not None
        box.click()
        press(recovery, "confirm")
        opened = await asyncio.wait_for(task, 5)
        assert opened.workspace.organisation().name == "Blumen Berger"
        assert opened.workspace.path.name == f"Blumen Berger{SUFFIX}"
        assert opened.workspace.key == key
        assert list_templates(opened.workspace)
        assert list_accounts(opened.workspace)
        assert keyring.entries[SERVICE, workspace_id(opened.workspace.path)] == key.recovery_text()


async def test_without_a_keyring_the_first_start_says_what_follows(start: Start, no_keyring: None) -> None:
    async with start.opening():
        recovery = await make_first(start)
        assert "You will need it at every start" in words(recovery)


async def test_a_keyring_that_fails_in_that_moment_does_not_cost_the_recovery_key(
    start: Start, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_service: str, _username: str, _password: str) -> None:
        raise OSError("the keyring was locked")

    monkeypatch.setattr(keyring, "set_password", refuse)
    async with start.opening():
        recovery = await make_first(start)
        assert "You will need it at every start" in words(recovery)


async def test_the_recovery_key_is_copied_and_saved(start: Start, key: WorkspaceKey, tmp_path: Path) -> None:
    sheet = RecoverySheet(start.window, key.recovery_text(), is_kept=True)
    sheet.open()
    press(sheet, "copyKey")
    assert QGuiApplication.clipboard().text() == key.recovery_text()
    sheet.save_to(str(tmp_path / "key.txt"))
    assert (tmp_path / "key.txt").read_text().strip() == key.recovery_text()
    assert "Saved as “key.txt”." in words(sheet)
    sheet.save_to(str(tmp_path / "no such folder" / "key.txt"))
    assert "could not be saved" in words(sheet)
    sheet.done(0)


async def test_quitting_at_the_welcome_leaves_nothing_behind(start: Start, keyring: Keyring, tmp_path: Path) -> None:
    async with start.opening() as task:
        press(await start.sheet("newWorkspace"), "cancel")
        with pytest.raises(Cancelled):
            await asyncio.wait_for(task, 5)
    assert files_in(tmp_path) == []


async def test_a_workspace_from_another_computer_is_opened_at_the_first_start(
    start: Start, keyring: Keyring, path: Path, key: WorkspaceKey
) -> None:
    async with start.opening() as task:
        welcome = await start.sheet("newWorkspace")
        assert isinstance(welcome, NewWorkspaceSheet)
        welcome._on_chosen(str(path))
        type_key(await start.sheet("enterKey"), key.recovery_text())
        opened = await asyncio.wait_for(task, 5)
        assert opened.workspace.path == path
        assert keyring.entries[SERVICE, workspace_id(path)] == key.recovery_text()


async def test_a_remembered_key_opens_without_a_question(
    start: Start, keyring: Keyring, path: Path, key: WorkspaceKey
) -> None:
    keyring.set_password(SERVICE, workspace_id(path), key.recovery_text())
    async with start.opening(str(path)) as task:
        assert (await asyncio.wait_for(task, 5)).workspace.path == path


async def test_a_wrong_key_is_said_at_the_field_and_what_was_typed_stays(
    start: Start, no_keyring: None, path: Path, key: WorkspaceKey
) -> None:
    async with start.opening(str(path)) as task:
        sheet = await start.sheet("enterKey")
        assert "at every start" in words(sheet)
        type_key(sheet, "AAAA-BBBB")
        assert "not a complete recovery key" in words(sheet)
        type_key(sheet, OTHER_KEY.recovery_text())
        await until(lambda: not sheet.isVisible())
        sheet = await start.sheet("enterKey")
        assert "key of another workspace" in words(sheet)
        field = sheet.findChild(QPlainTextEdit, "key")
        assert field is not None
        assert field.toPlainText() == OTHER_KEY.recovery_text()
        type_key(sheet, key.recovery_text().lower().replace("-", " "))
        assert (await asyncio.wait_for(task, 5)).workspace.path == path


async def test_a_keyring_with_a_wrong_key_leads_to_the_question_and_is_corrected(
    start: Start, keyring: Keyring, path: Path, key: WorkspaceKey
) -> None:
    keyring.set_password(SERVICE, workspace_id(path), OTHER_KEY.recovery_text())
    async with start.opening(str(path)) as task:
        type_key(await start.sheet("enterKey"), key.recovery_text())
        await asyncio.wait_for(task, 5)
    assert keyring.get_password(SERVICE, workspace_id(path)) == key.recovery_text()


async def test_a_workspace_open_in_another_window_waits_for_it(
    start: Start, keyring: Keyring, path: Path, key: WorkspaceKey
) -> None:
    keyring.set_password(SERVICE, workspace_id(path), key.recovery_text())
    with held_by_app(path):
        async with start.opening(str(path)) as task:
            sheet = await start.sheet("cannotOpen")
            assert "already open in another window" in words(sheet)
            press(sheet, "tryAgain")
            await until(lambda: not sheet.isVisible())
            sheet = await start.sheet("cannotOpen")
            press(sheet, "cancel")
            with pytest.raises(Cancelled):
                await asyncio.wait_for(task, 5)
    async with start.opening(str(path)) as task:
        assert (await asyncio.wait_for(task, 5)).workspace.path == path


async def test_a_moved_workspace_is_found_again_with_its_remembered_key(
    start: Start, keyring: Keyring, path: Path, key: WorkspaceKey, tmp_path: Path
) -> None:
    keyring.set_password(SERVICE, workspace_id(path), key.recovery_text())
    moved = move(path, tmp_path / "elsewhere" / f"Renamed{SUFFIX}")
    async with start.opening(str(path)) as task:
        sheet = await start.sheet("cannotOpen")
        assert isinstance(sheet, ChoiceSheet)
        assert "is not where it was" in words(sheet)
        sheet._on_chosen(str(moved))
        assert (await asyncio.wait_for(task, 5)).workspace.path == moved


async def test_going_back_from_a_new_workspace_leads_to_the_choice_again(
    start: Start, keyring: Keyring, tmp_path: Path
) -> None:
    async with start.opening(str(tmp_path / f"gone{SUFFIX}")) as task:
        press(await start.sheet("cannotOpen"), "newWorkspace")
        press(await start.sheet("newWorkspace"), "cancel")
        press(await start.sheet("cannotOpen"), "newWorkspace")
        await make_first(start, "Second try")
        assert not task.done()


async def test_a_folder_that_cannot_be_written_is_said_and_not_the_end(
    operations: Operations, qtbot: QtBot, tmp_path: Path, keyring: Keyring
) -> None:
    (tmp_path / "file").write_text("in the way")
    window = MainWindow(operations, [])
    qtbot.addWidget(window)
    window.show()
    start = Start(window, Opener(window, operations, tmp_path / "file" / "folder"))
    async with start.opening():
        welcome = await start.sheet("newWorkspace")
        field = welcome.findChild(QLineEdit, "organisation")
        assert field is not None
        QTest.keyClicks(field, "Blumen")
        QTest.keyClick(field, Qt.Key.Key_Return)
        sheet = await start.sheet("cannotOpen")
        assert "cannot be made" in words(sheet)


async def test_two_workspaces_of_one_name_lie_beside_each_other(start: Start, keyring: Keyring, path: Path) -> None:
    async with start.opening() as task:
        recovery = await make_first(start)
        box = recovery.findChild(QCheckBox, "kept")
        assert box is not None
        box.click()
        press(recovery, "confirm")
        assert (await asyncio.wait_for(task, 5)).workspace.path.name == f"Blumen Berger 2{SUFFIX}"
