"""The window on a workspace that has no file: a database on a server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.keys import WorkspaceKey
from app.models.workspace import Workspace
from app.ui.pages import page_specs
from app.ui.start.server_address import place_words
from tests.ui.app_window import AppWindow, app_window


@pytest.fixture
async def app(
    server_url: str, key: WorkspaceKey, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AppWindow]:
    monkeypatch.setattr("app.ui.pages.settings.key_card.open_vault", lambda: None)
    workspace = Workspace.open(server_url, key)
    async with app_window(workspace) as made:
        yield made
    workspace.close()


async def test_every_page_opens(app: AppWindow) -> None:
    for spec in page_specs(lambda: app.context):
        await app.go_to(spec.key)


async def test_the_settings_name_the_database_and_leave_backups_to_its_server(app: AppWindow) -> None:
    page = await app.go_to("settings")
    words = "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
    assert str(app.workspace.location) in words
    assert "administers the server" in words
    assert not app.find(QPushButton, "backUp").isVisible()


async def test_a_new_name_leaves_the_server_in_the_sidebar_and_no_word_of_a_file(app: AppWindow) -> None:
    page = await app.go_to("settings")
    app.find(QLineEdit, "organisationName").setText("Blumen Berger & Söhne")
    app.find(QPushButton, "saveOrganisation").click()
    await app.settled()
    button = app.window.sidebar.workspace
    assert button.toolTip() == f"Blumen Berger & Söhne\n{place_words(app.workspace.location)}"
    assert "on this computer" not in button.toolTip()
    words = "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
    assert "file can read" not in words
    assert "Your colleagues need it once" in words
