"""Drives the contacts page as a user would: by clicks and keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget

from app.audience import contacts
from app.models.states import LawfulBasis
from app.models.workspace import Workspace
from app.ui.pages.contacts import ContactsPage
from app.ui.pages.contacts.grid import ContactGrid
from app.ui.pages.contacts.grid_model import ContactGridModel
from tests.ui.app_window import AppWindow
from tests.ui.waiting import until

IN_A_FORM = contacts.Permission(LawfulBasis.CONSENT, "Form on the website")

PEOPLE = (
    ("anna@example.com", "Anna", "Berger", "Köln"),
    ("ben@example.com", "Ben", "Weber", "Bonn"),
    ("carla@example.com", "Carla", "Abel", "Berlin"),
)


def some_people(workspace: Workspace) -> list[int]:
    """Anna, Ben and Carla, who may all be mailed."""
    return [
        contacts.create(
            workspace, {"email": email, "first_name": first, "last_name": last, "city": city}, permission=IN_A_FORM
        )
        for email, first, last, city in PEOPLE
    ]


def many_people(workspace: Workspace, number: int) -> None:
    """So many people with addresses in order, straight into the table."""
    rows = [(f"p{at:06}@example.com", at.to_bytes(16, "big"), f"Person {at}", "given") for at in range(number)]
    with workspace.write() as session:
        session.connection().exec_driver_sql(
            "INSERT INTO contact (email, address_hash, first_name, consent, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, 0, 0)",
            rows,
        )


def value_of(workspace: Workspace, contact_id: int, key: str) -> object:
    return contacts.get(workspace, contact_id).values[key]


@dataclass
class ContactsDriver:
    app: AppWindow
    page: ContactsPage

    @classmethod
    async def open(cls, app: AppWindow, **kwargs: object) -> ContactsDriver:
        app.window.activateWindow()
        page = await app.go_to("contacts", **kwargs)
        assert isinstance(page, ContactsPage)
        return cls(app, page)

    @property
    def grid(self) -> ContactGrid:
        return self.page.grid

    @property
    def model(self) -> ContactGridModel:
        return self.page.model

    @property
    def toasts(self) -> list[str]:
        return self.app.window.toasts.texts

    def cell(self, row: int, key: str) -> QModelIndex:
        section = next(at for at, column in enumerate(self.model.columns) if column.key == key)
        return self.model.index(row, section)

    def text(self, row: int, key: str) -> str:
        return str(self.cell(row, key).data())

    def column(self, key: str) -> list[str]:
        return [self.text(row, key) for row in range(self.model.rowCount())]

    async def select(self, *rows: int) -> None:
        """Click the first row, Ctrl+click the others."""
        for at, row in enumerate(rows):
            spot = self.grid.visualRect(self.model.index(row, 0)).center()
            keys = Qt.KeyboardModifier.ControlModifier if at else Qt.KeyboardModifier.NoModifier
            QTest.mouseClick(self.grid.viewport(), Qt.MouseButton.LeftButton, keys, spot)
        self.grid.setFocus()
        await self.app.settled()

    async def start_editing(self, row: int, key: str) -> QLineEdit:
        self.grid.setFocus()
        self.grid.setCurrentIndex(self.cell(row, key))
        QTest.keyClick(self.grid, Qt.Key.Key_F2)
        return self.app.find(QLineEdit, "cellEditor", within=self.grid)

    async def type_into(self, row: int, key: str, text: str) -> None:
        """F2, the text, Return, and until it is stored or refused."""
        editor = await self.start_editing(row, key)
        editor.selectAll()
        QTest.keyClicks(editor, text) if text else editor.clear()
        QTest.keyClick(editor, Qt.Key.Key_Return)
        await self.app.settled()

    async def press(self, key: Qt.Key, *, ctrl: bool = False, shift: bool = False, on: QWidget | None = None) -> None:
        keys = Qt.KeyboardModifier.NoModifier
        if ctrl:
            keys |= Qt.KeyboardModifier.ControlModifier
        if shift:
            keys |= Qt.KeyboardModifier.ShiftModifier
        self.app.window.activateWindow()
        await until(self.app.window.isActiveWindow)
        QTest.keyClick(on or self.grid, key, keys)
        await self.app.settled()

    async def click(self, name: str, *, within: QWidget | None = None) -> None:
        """Click a button; sheets that wait for an answer do not keep this from returning."""
        button = self.app.find(QAbstractButton, name, within=within)
        assert button.isEnabled(), f"{name} cannot be clicked"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        await asyncio.sleep(0.05)

    async def pick(self, menu_text: str) -> None:
        """Choose an entry of the menu that is open."""
        menu = cast("QMenu", QApplication.activePopupWidget())
        action = next(action for action in menu.actions() if action.text() == menu_text)
        menu.close()
        action.trigger()
        await self.app.settled()

    async def answer(self, sheet_name: str, button: str = "confirm") -> None:
        sheet = await self.app.opened(sheet_name)
        await self.click(button, within=sheet)
        await self.app.settled()

    async def search(self, text: str) -> None:
        field = self.app.find(QLineEdit, "searchContacts")
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, text) if text else field.clear()
        QTest.keyClick(field, Qt.Key.Key_Return)
        await self.app.settled()

    async def click_header(self, key: str) -> None:
        head = self.grid.horizontalHeader()
        section = self.cell(0, key).column()
        spot = QPoint(head.sectionViewportPosition(section) + 20, head.height() // 2)
        QTest.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
        await self.app.settled()

    async def undo_by_toast(self) -> None:
        buttons = self.app.window.toasts.findChildren(QAbstractButton, "toastAction")
        QTest.mouseClick(buttons[-1], Qt.MouseButton.LeftButton)
        await self.app.settled()

    @property
    def complaint(self) -> str:
        """What the bubble beside a cell says; empty if there is none."""
        bubble = self.grid.bubble
        return bubble.text if bubble.isVisible() else ""

    def label(self, name: str) -> str:
        return self.app.find(QLabel, name).text()

    async def shows(self, number: int) -> None:
        await until(lambda: self.model.rowCount() == number)
        await self.app.settled()
