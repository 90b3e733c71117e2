"""Drives the sheets that come before a workspace is open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QLineEdit

from app.ui.shell import MainWindow
from app.ui.start.opened import Opened
from app.ui.start.opening import Opener
from tests.ui.accessible import nameless
from tests.ui.waiting import until

PATIENCE_S = 20
"""A server is asked meanwhile, and the machine may be busy."""


class Keyring:
    """The backend of a system's keyring, as the library `keyring` sees one."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service, username]


@dataclass
class Start:
    window: MainWindow
    opener: Opener

    async def sheet(self, name: str) -> QDialog:
        """Wait for the sheet called *name*."""

        def found() -> QDialog | None:
            sheets = self.window.findChildren(QDialog, name)
            return next((sheet for sheet in sheets if sheet.isVisible()), None)

        async with asyncio.timeout(PATIENCE_S):
            while found() is None:  # noqa: ASYNC110 - a server is asked meanwhile
                await asyncio.sleep(0.01)
        sheet = found()
        assert sheet is not None
        sheet.activateWindow()
        await until(sheet.isActiveWindow)
        assert nameless(sheet) == []
        return sheet

    @asynccontextmanager
    async def opening(self, last: str = "") -> AsyncIterator[asyncio.Task[Opened]]:
        """The opener at work; in the end what it opened is closed."""
        task = asyncio.ensure_future(self.opener.open(last))
        yield task
        if not task.done():
            task.cancel()
        for result in await asyncio.gather(task, return_exceptions=True):
            if isinstance(result, Opened):
                result.hold.close()


def press(sheet: QDialog, name: str) -> None:
    button = sheet.findChild(QAbstractButton, name)
    assert button is not None
    assert button.isEnabled()
    button.click()


def words(sheet: QDialog) -> str:
    return "\n".join(label.text() for label in sheet.findChildren(QLabel) if label.isVisible())


def edit(sheet: QDialog, name: str) -> QLineEdit:
    found = sheet.findChild(QLineEdit, name)
    assert found is not None
    return found


def paste(field: QLineEdit, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    field.setFocus()
    field.selectAll()
    QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.Paste))
