"""The accounts page in the states worth looking at."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QAbstractButton, QLineEdit, QScrollArea, QWidget

from app.ui.pages.accounts.account_sheet import AccountSheet
from app.ui.shell import MainWindow
from tools.screenshots import settled

_ADDRESS = "ines@gmail.com"


async def providers(window: MainWindow) -> None:
    """The gallery, with an address that proposes a tile."""
    sheet = await _new(window)
    sheet.gallery.address.setText(_ADDRESS)


async def sign_in(window: MainWindow) -> None:
    """A mailbox that is signed in to through the browser."""
    sheet = await _new(window)
    sheet.gallery.address.setText(_ADDRESS)
    _click(sheet, "provider-gmail")
    _click(sheet, "segment-oauth2")
    await settled(window.operations)


async def limits(window: MainWindow) -> None:
    """Warm-up and sending hours."""
    sheet = await _new(window)
    _click(sheet, "provider-brevo")
    _click(sheet, "advanced")
    sheet.form.warm_up.on.setChecked(True)
    sheet.form.hours.on.setChecked(True)
    await _scrolled_to(window, sheet, sheet.form.warm_up, sheet.form.hours)


async def signatures(window: MainWindow) -> None:
    """A second signature beside the first."""
    sheet = await _new(window)
    _click(sheet, "provider-own_server")
    _line(sheet, "senderAddress").setText("news@example.com")
    _line(sheet, "senderAddress").textEdited.emit("news@example.com")
    _click(sheet, "advanced")
    for name in ("createKey", "secondKey"):
        _click(sheet, name)
        await settled(window.operations)
    await _scrolled_to(window, sheet, sheet.form.signature)


async def _new(window: MainWindow) -> AccountSheet:
    window.show_page("accounts", new=True)
    await settled(window.operations)
    sheet = next(one for one in window.findChildren(AccountSheet) if one.isVisible())
    sheet.gallery.address.setText("news@example.com")
    return sheet


async def _scrolled_to(window: MainWindow, sheet: AccountSheet, *widgets: QWidget) -> None:
    """Show the last of *widgets*, and then as much as possible of the first."""
    await settled(window.operations)
    await asyncio.sleep(0.1)
    for area in sheet.form.findChildren(QScrollArea):
        for widget in reversed(widgets):
            area.ensureWidgetVisible(widget)


def _click(sheet: AccountSheet, name: str) -> None:
    button = sheet.findChild(QAbstractButton, name)
    if button is None:
        raise LookupError(name)
    button.click()


def _line(sheet: AccountSheet, name: str) -> QLineEdit:
    line = sheet.findChild(QLineEdit, name)
    if line is None:
        raise LookupError(name)
    return line
