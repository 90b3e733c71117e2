"""The card for other programs: off at first, a token that is shown once, and the truth about who answers."""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app.content.library import add_template
from app.models.group_writer import GroupWriter
from app.models.workspace import Workspace
from app.sending.accounts import list_identities
from app.sending.api_access import DEFAULT_PORT, Access, Listening, allow, get_access, token_hash
from app.sending.http_api import HttpApi
from app.ui.pages.settings.api_example import TOKEN, ApiState, curl_line
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AppWindow]:
    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", lambda: None)
    monkeypatch.setattr("app.ui.pages.settings.api_card._LOOK_AGAIN_MS", 50)
    async with app_window(workspace) as made:
        yield made


@asynccontextmanager
async def agent_door(workspace: Workspace) -> AsyncIterator[None]:
    """What an agent at work does for this card. Not a fixture: between two of these Qt runs, but not asyncio."""
    writer = GroupWriter(workspace.database)
    keeping = asyncio.create_task(HttpApi(workspace, writer).keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def said(app: AppWindow) -> str:
    return app.find(QLabel, "apiState").text()


async def choose_port(app: AppWindow, port: int) -> None:
    spin = app.find(QSpinBox, "apiPort")
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, str(port))
    spin.editingFinished.emit()
    await app.settled()


async def test_it_is_off_at_first_and_says_so(app: AppWindow) -> None:
    await app.go_to("settings")
    assert "As long as this is off, none can." in said(app)
    assert app.find(QPushButton, "apiSwitch").text() == "Let them in"
    assert not app.find(QPlainTextEdit, "apiExample").isVisible()
    assert get_access(app.workspace) is None


async def test_switching_on_shows_a_token_once_and_stores_its_hash(app: AppWindow) -> None:
    await app.go_to("settings")
    app.find(QPushButton, "apiSwitch").click()
    sheet = await app.opened("apiToken")
    token = app.find(QLabel, "tokenText", within=sheet).text()
    access = get_access(app.workspace)
    assert access == Access(DEFAULT_PORT, token_hash(token))
    app.find(QPushButton, "copyToken", within=sheet).click()
    assert QGuiApplication.clipboard().text() == token
    app.find(QPushButton, "confirm", within=sheet).click()
    await until(lambda: app.sheet("apiToken") is None)
    await app.settled()
    assert app.find(QPushButton, "apiSwitch").text() == "Turn off…"
    page = app.find(QWidget, "apiCard")
    assert token not in "\n".join(one.text() for one in page.findChildren(QLabel))
    assert token not in app.find(QPlainTextEdit, "apiExample").toPlainText()
    assert "Nobody answers at this port yet" in said(app)


async def test_it_says_when_the_agent_answers_and_follows_a_change_of_the_port(app: AppWindow) -> None:
    allow(app.workspace, port=free_port())
    await app.go_to("settings")
    assert "Nobody answers" in said(app)
    async with agent_door(app.workspace):
        await until(lambda: "know the token" in said(app))
        port = free_port()
        await choose_port(app, port)
        access = get_access(app.workspace)
        assert access is not None
        assert access.port == port
        assert f"127.0.0.1:{port}/" in app.find(QPlainTextEdit, "apiExample").toPlainText()
        await until(lambda: "know the token" in said(app))


async def test_a_port_of_another_program_is_said(app: AppWindow) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        allow(app.workspace, port=port)
        app.window.show_page("settings")
        await until(lambda: f"uses port {port}" in said(app))


async def test_a_new_token_is_made_after_a_question(app: AppWindow) -> None:
    old = allow(app.workspace, port=free_port())
    await app.go_to("settings")
    for answer, is_new in (("cancel", False), ("confirm", True)):
        app.find(QPushButton, "apiRenew").click()
        question = await app.opened("ask")
        app.find(QPushButton, answer, within=question).click()
        await until(lambda: app.sheet("ask") is None)
        await app.settled()
        access = get_access(app.workspace)
        assert access is not None
        assert (access.token_sha256 != token_hash(old)) is is_new
    sheet = await app.opened("apiToken")
    assert token_hash(app.find(QLabel, "tokenText", within=sheet).text()) == access.token_sha256


async def test_turning_off_asks_and_forgets_the_token(app: AppWindow) -> None:
    allow(app.workspace, port=free_port())
    await app.go_to("settings")
    app.find(QPushButton, "apiSwitch").click()
    question = await app.opened("ask")
    app.find(QPushButton, "confirm", within=question).click()
    await until(lambda: get_access(app.workspace) is None)
    await app.settled()
    assert "As long as this is off, none can." in said(app)
    assert not app.find(QPlainTextEdit, "apiExample").isVisible()


async def test_the_example_names_a_template_of_the_workspace_and_can_be_copied(app: AppWindow) -> None:
    add_template(app.workspace, name="Anna’s “receipt”", mjml="<mjml><mj-body/></mjml>")
    allow(app.workspace, port=free_port())
    await app.go_to("settings")
    app.find(QAbstractButton, "apiCopy").click()
    line = QGuiApplication.clipboard().text()
    assert line == app.find(QPlainTextEdit, "apiExample").toPlainText()
    assert TOKEN in line
    if sys.platform != "win32":
        words = shlex.split(line)
        assert words[0] == "curl"
        assert json.loads(words[-1])["template"] == "Anna’s “receipt”"
    assert list_identities(app.workspace) == ()


def test_the_example_is_quoted_for_the_command_prompt_too() -> None:
    state = ApiState(None, Listening.NOBODY, '50 % "off"', "shop@example.com")
    line = curl_line(state, port=8425, is_windows=True)
    assert r"\"template\": \"50 %% \\\"off\\\"\"" in line
    assert r"\"from\": \"shop@example.com\"" in line
    assert "'" not in line


async def test_everything_has_a_name(app: AppWindow) -> None:
    allow(app.workspace, port=free_port())
    await app.go_to("settings")
    assert nameless(app.window) == []
