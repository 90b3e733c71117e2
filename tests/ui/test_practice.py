"""The practice inbox: what arrives is seen at once, and nothing moves under the reader's eyes."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.models.group_writer import GroupWriter
from app.models.tables import PracticeMessage
from app.models.workspace import Workspace
from app.sending.practice import PracticeServer
from app.sending.practice_inbox import PracticeInbox, count_practice
from app.ui.pages.practice import PracticePage
from app.ui.pages.practice.model import InboxModel
from app.ui.widgets import DataTable, EmptyState
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


def mail(recipient: str, subject: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@practice.example", recipient, subject
    message.set_content(f"Plain words for {recipient}")
    message.add_alternative(f"<h1>Big words for {recipient}</h1>", subtype="html")
    return message.as_bytes().replace(b"\n", b"\r\n")


def put(workspace: Workspace, *recipients: str, subject: str = "Spring") -> None:
    with workspace.write() as session:
        for recipient in recipients:
            session.add(
                PracticeMessage(
                    received_at=NOON,
                    sender="hello@practice.example",
                    recipient=recipient,
                    subject=subject,
                    content=mail(recipient, subject),
                )
            )


def table(app: AppWindow) -> DataTable:
    return app.find(DataTable, "practiceMessages")


def model(app: AppWindow) -> InboxModel:
    page = app.window.current_page
    assert isinstance(page, PracticePage)
    return page.model


def recipients(app: AppWindow) -> list[str]:
    return [model(app).entry(row).recipient for row in range(model(app).rowCount())]


async def arrived(app: AppWindow) -> None:
    """What the watcher says when something has arrived."""
    app.operations.announce("practice")
    await app.settled()


async def test_an_empty_inbox_says_what_it_is_for_and_what_to_do(app: AppWindow) -> None:
    page = await app.go_to("practice")
    assert any(one.isVisible() for one in page.findChildren(EmptyState))
    app.find(QPushButton, "howToPractise").click()
    sheet = await app.opened("outcomes")
    words = " ".join(one.text() for one in sheet.findChildren(QLabel))
    assert all(address in words for address in ("bounce…@", "full…@", "slow…@"))


async def test_the_newest_message_is_on_top_and_open(app: AppWindow) -> None:
    put(app.workspace, "ann@example.com", "ben@example.com")
    await app.go_to("practice")
    assert recipients(app) == ["ben@example.com", "ann@example.com"]
    assert app.find(QLabel, "practiceSubject").text() == "Spring"
    assert app.find(QLabel, "pageSubtitle", within=app.window.current_page).text().startswith("2 messages · nothing")


async def test_a_message_is_seen_as_mail_as_text_and_as_source(app: AppWindow) -> None:
    put(app.workspace, "ann@example.com")
    page = await app.go_to("practice")
    assert isinstance(page, PracticePage)
    shown: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    await asyncio.sleep(0.2)
    page.message.mail.read_text(shown.set_result)
    assert await asyncio.wait_for(shown, 5) == "Big words for ann@example.com"
    app.find(QAbstractButton, "segment-text").click()
    assert app.find(QPlainTextEdit, "practiceText").toPlainText().strip() == "Plain words for ann@example.com"
    app.find(QAbstractButton, "segment-source").click()
    source = app.find(QPlainTextEdit, "practiceSource")
    assert source.isVisible()
    assert "Subject: Spring" in source.toPlainText()
    assert "multipart/alternative" in source.toPlainText()


async def test_what_arrives_slips_in_above_what_is_being_read(app: AppWindow) -> None:
    put(app.workspace, *(f"{number}@example.com" for number in range(50)))
    await app.go_to("practice")
    table(app).selectRow(30)
    chosen = model(app).entry(30)
    top = table(app).rowAt(0)
    put(app.workspace, "new@example.com")
    await arrived(app)
    assert recipients(app)[0] == "new@example.com"
    assert model(app).entry(table(app).currentIndex().row()) == chosen
    assert table(app).rowAt(0) in (top, top + 1)


async def test_a_real_delivery_to_the_practice_server_appears(app: AppWindow) -> None:
    await app.go_to("practice")
    writer = GroupWriter(app.workspace.database)
    async with PracticeServer(PracticeInbox(writer).accept) as server:

        def send() -> None:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.sendmail("hello@practice.example", ["ann@example.com"], mail("ann@example.com", "Grüße"))

        await asyncio.to_thread(send)
    await writer.close()
    await arrived(app)
    assert recipients(app) == ["ann@example.com"]
    assert app.find(QLabel, "practiceSubject").text() == "Grüße"


async def test_search_finds_recipients_and_subjects(app: AppWindow) -> None:
    put(app.workspace, "ann@example.com", "ben@example.com")
    put(app.workspace, "cem@example.com", subject="Autumn")
    await app.go_to("practice")
    search = app.find(QLineEdit, "searchPractice")
    QTest.keyClicks(search, "autumn")
    QTest.keyClick(search, Qt.Key.Key_Return)
    await app.settled()
    assert recipients(app) == ["cem@example.com"]
    put(app.workspace, "dora@example.com", subject="Autumn too")
    put(app.workspace, "emil@example.com")
    await arrived(app)
    assert recipients(app) == ["dora@example.com", "cem@example.com"]
    search.clear()
    await until(lambda: len(recipients(app)) == 5)


async def test_clearing_asks_first(app: AppWindow) -> None:
    put(app.workspace, "ann@example.com")
    await app.go_to("practice")
    app.find(QPushButton, "clearPractice").click()
    sheet = await app.opened("ask")
    QTest.keyClick(sheet, Qt.Key.Key_Return)  # the safe answer is the one Return gives
    await app.settled()
    assert count_practice(app.workspace) == 1
    app.find(QPushButton, "clearPractice").click()
    sheet = await app.opened("ask")
    app.find(QPushButton, "confirm", within=sheet).click()
    await app.settled()
    assert count_practice(app.workspace) == 0
    assert recipients(app) == []
    put(app.workspace, "ben@example.com")
    await arrived(app)
    assert recipients(app) == ["ben@example.com"]


async def test_twenty_thousand_messages_open_without_a_pause(app: AppWindow) -> None:
    with app.workspace.write() as session:
        session.add_all(
            PracticeMessage(
                received_at=NOON + timedelta(seconds=number),
                sender="hello@practice.example",
                recipient=f"{number}@example.com",
                subject="Spring",
                content=b"Subject: Spring\r\n\r\nHello\r\n",
            )
            for number in range(20_000)
        )
    await app.go_to("practice")
    assert model(app).rowCount() == 20_000
    loop = asyncio.get_running_loop()
    put(app.workspace, "new@example.com")
    began = loop.time()
    await arrived(app)
    assert recipients(app)[0] == "new@example.com"
    assert model(app).rowCount() == 20_000
    assert loop.time() - began < 1


async def test_everything_has_a_name(app: AppWindow) -> None:
    await app.go_to("practice")
    assert nameless(app.window) == []
    put(app.workspace, "ann@example.com")
    await arrived(app)
    assert nameless(app.window) == []
