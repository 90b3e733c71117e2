"""The settings page: what is changed is stored, backups are real files, and the state of things is told honestly."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.models import vault
from app.models.backup import backup_folder, list_backups, make_backup
from app.models.keys import WorkspaceKey
from app.models.workspace import OrganisationInfo, Workspace, workspace_id
from app.sending.supervisor import AgentNews, AgentState
from app.settings import ThemeChoice
from app.ui.application import App
from app.ui.pages.settings import SettingsPage
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until


class MemoryVault:
    """A keyring that is there."""

    def __init__(self) -> None:
        self.keys: dict[str, WorkspaceKey] = {}

    def load(self, workspace_id: str) -> WorkspaceKey | None:
        return self.keys.get(workspace_id)

    def store(self, workspace_id: str, key: WorkspaceKey) -> None:
        self.keys[workspace_id] = key


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryVault:
    made = MemoryVault()
    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", lambda: made)
    return made


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AppWindow]:
    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", lambda: None)
    async with app_window(workspace) as made:
        yield made


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


async def test_the_organisation_is_changed_and_told_to_everybody(app: AppWindow) -> None:
    app.workspace.set_organisation(OrganisationInfo("Blumen Berger", "", "Europe/Berlin"))
    heard: list[frozenset[str]] = []
    app.operations.changed.connect(heard.append)
    await app.go_to("settings")
    save = app.find(QPushButton, "saveOrganisation")
    assert not save.isEnabled()
    name = app.find(QLineEdit, "organisationName")
    name.selectAll()
    QTest.keyClicks(name, "Garden Centre Green")
    app.find(QPlainTextEdit, "postalAddress").setPlainText("1 Mill Lane \nSpringfield\n\n")
    save.click()
    await app.settled()
    assert app.workspace.organisation() == OrganisationInfo(
        "Garden Centre Green", "1 Mill Lane\nSpringfield", "Europe/Berlin"
    )
    assert frozenset({"organisation"}) in heard
    assert not save.isEnabled()
    assert "Garden Centre Green" in app.window.sidebar.workspace.accessibleName()


async def test_a_nameless_organisation_and_an_unknown_zone_are_refused_in_place(app: AppWindow) -> None:
    await app.go_to("settings")
    app.find(QLineEdit, "organisationName").clear()
    zone = app.find(QComboBox, "timeZone")
    zone.setCurrentText("Mars/Olympus")
    app.find(QPushButton, "saveOrganisation").click()
    await app.settled()
    assert app.find(QLabel, "organisationNameError").text()
    assert app.find(QLabel, "timeZoneError").text()
    assert app.workspace.organisation().name == "Blumen Berger"
    assert zone.findText("Europe/Berlin") >= 0


async def test_what_is_being_typed_is_not_overwritten_by_a_change_elsewhere(app: AppWindow) -> None:
    await app.go_to("settings")
    name = app.find(QLineEdit, "organisationName")
    QTest.keyClick(name, Qt.Key.Key_End)
    QTest.keyClicks(name, " & Daughters")
    app.operations.announce("organisation")
    await app.settled()
    assert name.text() == "Blumen Berger & Daughters"


async def test_the_theme_changes_at_once_and_is_remembered(app: AppWindow, qapp: App) -> None:
    await app.go_to("settings")
    assert not qapp.theme.tokens.is_dark
    app.find(QAbstractButton, "segment-dark").click()
    assert qapp.theme.tokens.is_dark
    assert app.settings.theme is ThemeChoice.DARK
    app.find(QAbstractButton, "segment-light").click()
    assert not qapp.theme.tokens.is_dark


async def test_a_backup_is_a_file_that_opens_with_the_same_key(app: AppWindow, key: WorkspaceKey) -> None:
    page = await app.go_to("settings")
    assert "There is none yet." in said(page)
    app.find(QPushButton, "backUp").click()
    await until(lambda: app.window.toasts.texts == ["Backed up"])
    await app.settled()
    (made,) = list_backups(app.workspace.path)
    copy = Workspace.open(made, key)
    assert copy.organisation().name == "Blumen Berger"
    copy.close()
    assert len(page.findChildren(QWidget, "backup")) == 1
    assert not app.find(QPushButton, "stopJob").isVisible()


async def test_the_latest_backups_are_listed_and_the_rest_on_demand(app: AppWindow) -> None:
    for _ in range(5):
        make_backup(app.workspace)
    page = await app.go_to("settings")
    assert len(page.findChildren(QWidget, "backup")) == 3
    more = app.find(QPushButton, "allBackups")
    assert more.text() == "Show 2 more"
    more.click()
    await app.settled()
    assert len([row for row in page.findChildren(QWidget, "backup") if row.isVisible()]) == 5
    assert not more.isVisible()


async def test_a_backup_that_cannot_be_written_is_said_in_words(app: AppWindow) -> None:
    await app.go_to("settings")
    backup_folder(app.workspace.path).write_text("in the way")
    app.find(QPushButton, "backUp").click()
    sheet = await app.opened("tell")
    assert "The folder for backups cannot be made." in said(sheet)
    assert app.find(QPushButton, "backUp").isEnabled()


async def test_a_sound_workspace_is_called_sound(app: AppWindow) -> None:
    await app.go_to("settings")
    app.find(QPushButton, "checkWorkspace").click()
    report = app.find(QWidget, "checkReport")
    await until(report.isVisible)
    assert said(report) == "Everything is as it should be."


async def test_a_damaged_workspace_is_called_damaged(
    tmp_path: Path, key: WorkspaceKey, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", lambda: None)
    path = tmp_path / "damaged.mailspace"
    made = Workspace.create(path, key, organisation="Blumen Berger")
    made.close()
    plain = tmp_path / "copy.mailspace"
    shutil.copy(path, plain)
    content = bytearray(plain.read_bytes())
    content[-2000] ^= 0xFF  # somewhere in the last page, which only the card for other programs reads
    plain.write_bytes(content)
    workspace = Workspace.open(plain, key)
    async with app_window(workspace) as app:
        await app.go_to("settings")
        app.find(QPushButton, "checkWorkspace").click()
        report = app.find(QWidget, "checkReport")
        await until(report.isVisible)
        assert "damaged" in said(report)
    workspace.close()


async def test_without_a_keyring_the_page_says_so(app: AppWindow) -> None:
    await app.go_to("settings")
    assert "asked for at every start" in app.find(QLabel, "keyState").text()
    assert app.find(QWidget, "keyWarning").isVisible()
    assert not app.find(QPushButton, "rememberKey").isVisible()


async def test_a_key_the_keyring_lacks_can_be_put_there(app: AppWindow, keyring: MemoryVault) -> None:
    await app.go_to("settings")
    assert app.find(QLabel, "keyState").text().startswith("Not in")
    app.find(QPushButton, "rememberKey").click()
    await app.settled()
    assert keyring.keys == {workspace_id(app.workspace.path): app.workspace.key}
    assert app.find(QLabel, "keyState").text().startswith("Kept in")
    assert not app.find(QWidget, "keyWarning").isVisible()


async def test_the_recovery_key_can_be_seen_again(app: AppWindow) -> None:
    await app.go_to("settings")
    app.find(QPushButton, "showKey").click()
    sheet = await app.opened("recoveryKey")
    text = app.find(QLabel, "recoveryText", within=sheet).text()
    assert WorkspaceKey.from_recovery_text(text) == app.workspace.key
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    await until(lambda: app.sheet("recoveryKey") is None)


@pytest.mark.parametrize("state", list(AgentState))
async def test_each_state_of_the_agent_is_explained(app: AppWindow, state: AgentState) -> None:
    page = await app.go_to("settings")
    before = app.find(QLabel, "agentState").text()
    app.news = AgentNews(state, detail="line one\nline two", retry_in_s=5.0)
    app.operations.announce("agent")
    await app.settled()
    assert isinstance(page, SettingsPage)
    assert app.find(QLabel, "agentState").text() != before
    said_last = app.find(QPlainTextEdit, "agentSaid")
    assert not said_last.isVisible()
    app.find(QPushButton, "agentDetail").click()
    assert said_last.toPlainText() == "line one\nline two"


async def test_licences_name_what_the_program_is_made_of(app: AppWindow) -> None:
    await app.go_to("settings")
    app.find(QPushButton, "licences").click()
    sheet = await app.opened("licencesSheet")
    parts = sheet.findChild(QListWidget)
    assert parts is not None
    names = [parts.item(row).text() for row in range(parts.count())]
    assert names[0] == "Mass Mail Dispatcher"
    assert any(name.startswith("PySide6") for name in names)
    assert "Inter" in names
    parts.setCurrentRow(names.index("Inter"))
    words = sheet.findChild(QPlainTextEdit)
    assert words is not None
    assert "SIL OPEN FONT LICENSE" in words.toPlainText().upper()


async def test_everything_has_a_name(app: AppWindow) -> None:
    make_backup(app.workspace)
    await app.go_to("settings")
    assert nameless(app.window) == []


async def test_a_keyring_that_answers_slowly_does_not_stop_the_window(
    app: AppWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    answered = threading.Event()

    def slow() -> vault.Vault | None:
        answered.wait(5)
        return None

    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", slow)
    app.window.show_page("settings")
    ticks = 0
    for _ in range(10):
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks == 10
    answered.set()
    await app.settled()
