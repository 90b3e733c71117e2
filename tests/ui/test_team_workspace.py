"""A team's workspace from the window: connecting to a server, making and opening what is there, opening it again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
)
from pytestqt.qtbot import QtBot

from app.content.library import list_templates
from app.errors import Cancelled
from app.models.keys import WorkspaceKey
from app.models.vault import DATABASE_SERVICE, SERVICE, KeyringVault
from app.models.workspace import ServerLocation, Workspace, workspace_id
from app.sending.accounts import list_accounts
from app.ui.operations import Operations
from app.ui.shell import MainWindow
from app.ui.start.opened import Opened
from app.ui.start.opening import Opener
from app.ui.start.server_address import ServerAddress
from tests.postgres import PASSWORD, USER, Cluster, location_of
from tests.ui.start_driver import PATIENCE_S, Keyring, Start, edit, paste, press, words
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


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def connecting(start: Start) -> QDialog:
    """The way from the welcome to the sheet that asks for a server."""
    press(await start.sheet("newWorkspace"), "connect")
    return await start.sheet("teamWorkspace")


def port_of(sheet: QDialog) -> QSpinBox:
    found = sheet.findChild(QSpinBox, "port")
    assert found is not None
    return found


def enter(sheet: QDialog, address: ServerAddress) -> None:
    """Type everything and press Return."""
    for name, text in (
        ("server", address.server),
        ("database", address.database),
        ("user", address.user),
        ("password", address.password),
    ):
        edit(sheet, name).clear()
        QTest.keyClicks(edit(sheet, name), text)
    port_of(sheet).setValue(address.port)
    QTest.keyClick(edit(sheet, "password"), Qt.Key.Key_Return)


def type_key(sheet: QDialog, key: WorkspaceKey) -> None:
    field = sheet.findChild(QPlainTextEdit, "key")
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, key.recovery_text())
    press(sheet, "confirm")


def error_at(sheet: QDialog, name: str) -> str:
    label = sheet.findChild(QLabel, f"{name}Error")
    return label.text() if label is not None and label.isVisible() else ""


async def said_at(sheet: QDialog, name: str) -> str:
    """Wait for what is said at the input *name*."""
    async with asyncio.timeout(PATIENCE_S):
        while not error_at(sheet, name):  # noqa: ASYNC110 - a server is asked meanwhile
            await asyncio.sleep(0.01)
    assert edit(sheet, name).hasFocus()
    return error_at(sheet, name)


def address_of(url: str) -> ServerAddress:
    return ServerAddress.of(location_of(url))


def shown(url: str) -> str:
    """The address as it is stored and shown: without the password."""
    return location_of(url).url


async def result(task: asyncio.Task[Opened]) -> Workspace:
    opened = await asyncio.wait_for(task, PATIENCE_S)
    assert opened.workspace.is_shared
    return opened.workspace


async def keep_recovery_key(start: Start) -> WorkspaceKey:
    """Read the key that is shown, promise to keep it, and go on."""
    sheet = await start.sheet("recoveryKey")
    assert "colleagues" in words(sheet)
    text, box = sheet.findChild(QLabel, "recoveryText"), sheet.findChild(QCheckBox, "kept")
    assert text is not None
    assert box is not None
    box.click()
    press(sheet, "confirm")
    return WorkspaceKey.from_recovery_text(text.text())


async def test_a_workspace_is_made_in_an_empty_database(start: Start, keyring: Keyring, empty_url: str) -> None:
    async with start.opening() as task:
        enter(await connecting(start), address_of(empty_url))
        name = await start.sheet("newTeamWorkspace")
        assert location_of(empty_url).name in words(name)
        field = edit(name, "organisation")
        assert field.hasFocus()
        QTest.keyClicks(field, "Blumen Berger")
        QTest.keyClick(field, Qt.Key.Key_Return)
        key = await keep_recovery_key(start)
        workspace = await result(task)
        assert workspace.organisation().name == "Blumen Berger"
        assert workspace.key == key
        assert list_templates(workspace)
        assert list_accounts(workspace)
        assert keyring.entries == {
            (SERVICE, workspace_id(workspace.location)): key.recovery_text(),
            (DATABASE_SERVICE, shown(empty_url)): PASSWORD,
        }


async def test_thinking_better_of_it_makes_nothing_and_keeps_what_was_typed(
    start: Start, keyring: Keyring, empty_url: str
) -> None:
    async with start.opening() as task:
        enter(await connecting(start), address_of(empty_url))
        press(await start.sheet("newTeamWorkspace"), "cancel")
        sheet = await start.sheet("teamWorkspace")
        assert edit(sheet, "database").text() == location_of(empty_url).name
        press(sheet, "cancel")
        press(await start.sheet("newWorkspace"), "cancel")
        with pytest.raises(Cancelled):
            await asyncio.wait_for(task, PATIENCE_S)
    assert keyring.entries == {}


async def test_the_key_is_asked_for_once_and_then_nothing(
    start: Start, keyring: Keyring, server_url: str, key: WorkspaceKey
) -> None:
    async with start.opening() as task:
        enter(await connecting(start), address_of(server_url))
        sheet = await start.sheet("enterKey")
        assert "one of you who made the workspace" in words(sheet)
        type_key(sheet, OTHER_KEY)
        await until(lambda: not sheet.isVisible())
        sheet = await start.sheet("enterKey")
        assert error_at(sheet, "key") == "This is the key of another workspace."
        type_key(sheet, key)
        workspace = await result(task)
        last = str(workspace.location)
    assert PASSWORD not in last
    assert last == shown(server_url)
    async with start.opening(last) as task:
        workspace = await result(task)
        assert isinstance(workspace.location, ServerLocation)
        assert workspace.location.password == PASSWORD  # the agent will need it
        assert workspace.organisation().name == "Blumen Berger"


async def test_without_a_keyring_password_and_key_are_asked_for_at_every_start(
    start: Start, no_keyring: None, server_url: str, key: WorkspaceKey
) -> None:
    async with start.opening(shown(server_url)) as task:
        sheet = await start.sheet("serverPassword")
        assert USER in words(sheet)
        assert "at every start" in words(sheet)
        assert error_at(sheet, "password") == ""  # nothing was wrong yet
        field = edit(sheet, "password")
        assert field.hasFocus()
        assert field.echoMode() is QLineEdit.EchoMode.Password
        QTest.keyClicks(field, "wrong")
        QTest.keyClick(field, Qt.Key.Key_Return)
        await until(lambda: not sheet.isVisible())
        sheet = await start.sheet("serverPassword")
        assert "does not let you in" in error_at(sheet, "password")
        QTest.keyClicks(edit(sheet, "password"), PASSWORD)
        press(sheet, "confirm")
        type_key(await start.sheet("enterKey"), key)
        await result(task)


async def test_a_password_that_was_changed_is_asked_for_and_kept(
    start: Start, keyring: Keyring, server_url: str, key: WorkspaceKey
) -> None:
    keyring.set_password(DATABASE_SERVICE, shown(server_url), "that of last year")
    keyring.set_password(SERVICE, workspace_id(location_of(server_url)), key.recovery_text())
    async with start.opening(shown(server_url)) as task:
        sheet = await start.sheet("serverPassword")
        assert "does not let you in" in error_at(sheet, "password")
        QTest.keyClicks(edit(sheet, "password"), PASSWORD)
        press(sheet, "confirm")
        await result(task)
    assert keyring.get_password(DATABASE_SERVICE, shown(server_url)) == PASSWORD


async def test_a_pasted_address_is_spread_over_the_inputs(start: Start, keyring: Keyring) -> None:
    async with start.opening():
        sheet = await connecting(start)
        field = edit(sheet, "server")
        assert field.hasFocus()
        pasted = "postgresql://anna%40shop:top%3Asecret@db.example.org:6543/newsletter?sslrootcert=%2Fca.pem"
        paste(field, pasted)
        assert field.text() == "db.example.org"
        assert port_of(sheet).value() == 6543
        assert edit(sheet, "database").text() == "newsletter"
        assert edit(sheet, "user").text() == "anna@shop"
        assert edit(sheet, "password").text() == "top:secret"
        assert "sslrootcert=/ca.pem" in words(sheet)
        assert "secret" not in words(sheet)
        field.undo()
        assert "secret" not in field.text()


async def test_a_broken_address_is_said_at_the_field_without_its_password(start: Start, keyring: Keyring) -> None:
    async with start.opening():
        sheet = await connecting(start)
        paste(edit(sheet, "server"), "postgresql://anna:top@secret@db.example.org:port/x")
        assert "postgresql://user@host/database" in error_at(sheet, "server")
        assert "secret" not in words(sheet)
        paste(edit(sheet, "server"), "postgresql://anna@db.example.org")
        assert "does not name a database" in error_at(sheet, "server")


async def test_an_address_without_protection_is_refused_at_the_field(start: Start, keyring: Keyring) -> None:
    async with start.opening():
        sheet = await connecting(start)
        paste(edit(sheet, "server"), "postgresql://anna@db.example.org/shop?sslmode=disable")
        press(sheet, "confirm")
        assert "would not be safe" in await said_at(sheet, "server")
        paste(edit(sheet, "server"), "postgresql://anna@db.example.org/shop")
        assert "sslmode" not in words(sheet)


async def test_what_is_missing_is_said_before_anybody_is_asked(start: Start, keyring: Keyring) -> None:
    async with start.opening():
        sheet = await connecting(start)
        press(sheet, "confirm")
        assert [bool(error_at(sheet, name)) for name in ("server", "database", "user")] == [True] * 3
        assert edit(sheet, "server").hasFocus()
        QTest.keyClicks(edit(sheet, "server"), "db.example.org:6543")
        assert error_at(sheet, "server") == ""
        press(sheet, "confirm")
        assert edit(sheet, "database").hasFocus()
        assert (edit(sheet, "server").text(), port_of(sheet).value()) == ("db.example.org", 6543)


async def test_what_the_server_says_stands_at_the_input_it_is_about(
    start: Start, keyring: Keyring, server_url: str, cluster: Cluster
) -> None:
    right = address_of(server_url)
    with silent_server() as port:
        unused = port
    other = cluster.database()
    cluster.run("CREATE TABLE orders (id int)", database=location_of(other).name)
    async with start.opening():
        sheet = await connecting(start)
        for wrong, field, sentence in (
            (replace(right, port=unused), "server", "does not answer"),
            (replace(right, password="wrong"), "password", "does not let you in"),
            (replace(right, password=""), "password", "does not let you in"),
            (replace(right, database="nothing"), "database", "no such database"),
            (address_of(other), "database", "another program"),
        ):
            enter(sheet, wrong)
            assert sentence in await said_at(sheet, field)
            assert PASSWORD not in words(sheet)
        enter(sheet, right)
        await start.sheet("enterKey")
    cluster.drop(other)


async def test_a_database_where_nothing_may_be_made_is_said_before_a_name_is_asked_for(
    start: Start, keyring: Keyring, empty_url: str, cluster: Cluster
) -> None:
    name = location_of(empty_url).name
    cluster.run("DROP SCHEMA public", database=name)
    cluster.run("CREATE SCHEMA public", database=name)
    cluster.run("GRANT USAGE ON SCHEMA public TO PUBLIC", database=name)
    async with start.opening():
        sheet = await connecting(start)
        enter(sheet, address_of(empty_url))
        assert "may not make a workspace" in await said_at(sheet, "database")


async def test_connecting_is_stopped_by_escape(start: Start, keyring: Keyring, server_url: str) -> None:
    with silent_server() as port:
        async with start.opening():
            sheet = await connecting(start)
            enter(sheet, replace(address_of(server_url), port=port))
            await until(lambda: "Connecting to 127.0.0.1" in words(sheet))
            stop = sheet.findChild(QPushButton, "cancel")
            assert stop is not None
            assert stop.hasFocus()
            assert not edit(sheet, "server").isEnabled()
            QTest.keyClick(sheet, Qt.Key.Key_Escape)
            assert sheet.isVisible()
            assert edit(sheet, "server").isEnabled()
            assert "Connecting" not in words(sheet)
            enter(sheet, address_of(server_url))
            await start.sheet("enterKey")


async def test_a_server_that_is_away_at_the_start_is_tried_again_or_left(
    start: Start, keyring: Keyring, server_url: str, key: WorkspaceKey
) -> None:
    right = location_of(server_url)
    with silent_server() as port:
        unused = port
    away = replace(ServerAddress.of(right), port=unused).location()
    keyring.set_password(DATABASE_SERVICE, away.url, PASSWORD)
    keyring.set_password(SERVICE, workspace_id(right), key.recovery_text())
    async with start.opening(away.url) as task:
        sheet = await start.sheet("cannotOpen")
        assert "does not answer" in words(sheet)
        assert sheet.findChild(QPushButton, "openOther") is not None
        press(sheet, "confirm")  # try again
        await until(lambda: not sheet.isVisible())
        press(await start.sheet("cannotOpen"), "connect")
        sheet = await start.sheet("teamWorkspace")
        assert edit(sheet, "server").text() == "127.0.0.1"
        enter(sheet, ServerAddress.of(right))
        await result(task)


async def test_waiting_for_a_silent_server_at_the_start_can_be_stopped(
    start: Start, keyring: Keyring, server_url: str
) -> None:
    with silent_server() as port:
        silent = replace(address_of(server_url), port=port).location()
        async with start.opening(silent.url) as task:
            waiting = await start.sheet("waiting")
            assert "127.0.0.1" in words(waiting)
            QTest.keyClick(waiting, Qt.Key.Key_Escape)
            sheet = await start.sheet("cannotOpen")
            press(sheet, "cancel")
            with pytest.raises(Cancelled):
                await asyncio.wait_for(task, PATIENCE_S)


async def test_a_keyring_that_fails_in_that_moment_does_not_keep_anybody_out(
    start: Start, keyring: Keyring, server_url: str, key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_service: str, _username: str, _password: str) -> None:
        raise OSError("the keyring was locked")

    monkeypatch.setattr(keyring, "set_password", refuse)
    async with start.opening() as task:
        enter(await connecting(start), address_of(server_url))
        type_key(await start.sheet("enterKey"), key)
        await result(task)
