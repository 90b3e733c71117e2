"""Drives the accounts page as its user would, and looks at what it says."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QTextEdit,
    QWidget,
)

from app.models.states import AccountKind, TlsMode
from app.sending.accounts import AccountDraft, AccountInfo, list_accounts
from app.ui.pages.accounts.account_card import AccountCard
from tests.ui.app_window import AppWindow
from tests.ui.waiting import until

PASSWORD = "correct horse battery"
USER = "news@blumen.example"


@pytest.fixture
def only_this_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stored account is tried at once; servers out there are not to be asked by tests."""
    look_up = socket.getaddrinfo

    def within(host: str | bytes | None, *rest: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in (None, "127.0.0.1", "localhost", "::1"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *rest, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", within)


def draft(port: int = 465, *, tls: TlsMode = TlsMode.IMPLICIT, host: str = "smtp.blumen.example") -> AccountDraft:
    return AccountDraft("Shop", host, port, tls, USER, "Blumen Berger", USER, password=PASSWORD)


def local(port: int) -> AccountDraft:
    return draft(port, tls=TlsMode.NONE_ON_LOOPBACK, host="127.0.0.1")


def only_account(app: AppWindow) -> AccountInfo:
    (account,) = [one for one in list_accounts(app.workspace) if one.kind is not AccountKind.PRACTICE]
    return account


def shown_card(app: AppWindow) -> AccountCard:
    """The card of the account; one that was replaced may not be gone yet."""
    return next(
        card
        for card in app.window.findChildren(AccountCard)
        if card.isVisible() and card.account.kind is not AccountKind.PRACTICE
    )


async def new_sheet(app: AppWindow, provider: str = "smtp") -> QDialog:
    """The sheet of a new account, after this provider was chosen."""
    await app.go_to("accounts")
    app.find(QPushButton, "addAccount").click()
    sheet = await app.opened("accountSheet")
    click(sheet, f"provider-{provider}")
    await app.settled()
    return sheet


def line(sheet: QWidget, name: str) -> QLineEdit:
    found = sheet.findChild(QLineEdit, name)
    assert found is not None
    return found


def fill(sheet: QWidget, **texts: str) -> None:
    for name, text in texts.items():
        field = line(sheet, name)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text)


def spin(sheet: QWidget, name: str) -> QSpinBox:
    found = sheet.findChild(QSpinBox, name)
    assert found is not None
    return found


def choose_security(sheet: QWidget, mode: TlsMode) -> None:
    box = sheet.findChild(QComboBox, "security")
    assert box is not None
    box.setCurrentIndex(box.findData(mode))


def errors(sheet: QWidget) -> dict[str, str]:
    labels = [one for one in sheet.findChildren(QLabel) if one.objectName().endswith("Error")]
    return {one.objectName(): one.text() for one in labels if one.text()}


def click(sheet: QWidget, name: str) -> None:
    found = sheet.findChild(QAbstractButton, name)
    assert found is not None
    found.click()


def trigger(widget: QWidget, name: str) -> None:
    found = widget.findChild(QAction, name)
    assert found is not None
    found.trigger()


def everything_said(widget: QWidget) -> str:
    """All texts a widget and its children show or tell a screen reader; of password fields what they display."""
    parts: list[str] = []
    for one in [widget, *widget.findChildren(QWidget)]:
        parts += [one.accessibleName(), one.accessibleDescription(), one.toolTip(), one.windowTitle()]
        if isinstance(one, QLineEdit):
            parts += [one.displayText(), one.placeholderText()]
        elif isinstance(one, QPlainTextEdit | QTextEdit):
            parts.append(one.toPlainText())
        elif isinstance(one, QLabel | QAbstractButton):
            parts.append(one.text())
    return "\n".join(parts)


async def result_of_test(app: AppWindow, within: QWidget) -> str:
    banner = app.find(QWidget, "testResult", within=within)
    await until(banner.isVisible)
    return " ".join(one.text() for one in banner.findChildren(QLabel) if one.text())


async def stored(app: AppWindow, sheet: QDialog) -> AccountInfo:
    """Confirm *sheet*, wait until it has closed, and give the account."""
    click(sheet, "confirm")
    await until(lambda: app.sheet("accountSheet") is None)
    await app.settled()
    return only_account(app)
