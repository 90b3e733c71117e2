"""A test mail to oneself: it is really sent, each step is told, and what happened is remembered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.models.workspace import Workspace
from app.sending.accounts import add_account, note_problem
from app.ui import things
from app.ui.widgets import Pill
from tests.sending.smtp_server import SILENCE, SmtpServer, Step, answer
from tests.ui.accounting import (
    PASSWORD,
    USER,
    click,
    everything_said,
    fill,
    local,
    only_account,
    only_this_computer,
    shown_card,
    stored,
    trigger,
)
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until

__all__ = ["only_this_computer"]


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, only_this_computer: None) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


def steps(app: AppWindow) -> list[str]:
    """What each step says, to eyes."""
    shown = [one for one in shown_card(app).findChildren(QWidget, "testStep") if one.isVisible()]
    return [" ".join(words.text() for words in one.findChildren(QLabel)) for one in shown]


async def over(app: AppWindow, count: int) -> None:
    await until(lambda: len(steps(app)) == count)
    await app.settled()


async def test_it_arrives_and_each_step_is_told(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        click(shown_card(app), "sendTest")
        await over(app, 2)
        first, second = steps(app)
        assert "ready to send" in first
        assert f"on its way to {USER}" in second
        assert "spam folder" in second
        assert "250 2.0.0 Queued" in second
        assert [mail.recipient for mail in server.mails] == [USER]
        assert b"Shop" in server.mails[0].content


async def test_a_wrong_password_ends_it_at_the_first_step(app: AppWindow) -> None:
    async with SmtpServer(users={USER: "another"}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        click(shown_card(app), "sendTest")
        await over(app, 1)
        assert f"refused the password for {USER}" in steps(app)[0]
        assert [pill.accessibleName() for pill in shown_card(app).findChildren(Pill)] == ["Cannot send"]
        assert PASSWORD not in everything_said(app.window)


async def test_a_refusal_tells_what_to_do(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}, always={Step.MAIL: answer("553 5.7.1 Sender not allowed")}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        click(shown_card(app), "sendTest")
        await over(app, 2)
        assert f"does not let this account send from {USER}" in steps(app)[1]
        assert "verified by your provider" in steps(app)[1]
        assert "553 5.7.1" in steps(app)[1]


async def test_it_can_be_stopped(app: AppWindow) -> None:
    async with SmtpServer(always={Step.GREETING: SILENCE}) as server:
        add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        click(shown_card(app), "sendTest")
        await until(lambda: server.sessions == 1)
        click(shown_card(app), "stopMailTest")
        await app.settled()
        assert app.operations.is_idle
        assert not app.find(QWidget, "mailTest", within=shown_card(app)).isVisible()


async def test_the_result_is_remembered_until_it_is_read_or_the_account_changes(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        account_id = add_account(app.workspace, local(server.port))
        await app.go_to("accounts")
        click(shown_card(app), "sendTest")
        await over(app, 2)
        with app.workspace.write() as session:
            note_problem(session, account_id, "something else")
        app.operations.announce(things.ACCOUNTS)
        await app.settled()
        assert len(steps(app)) == 2  # on the new card
        click(shown_card(app), "closeMailTest")
        with app.workspace.write() as session:
            note_problem(session, account_id, "")
        app.operations.announce(things.ACCOUNTS)
        await app.settled()
        assert steps(app) == []
        click(shown_card(app), "sendTest")
        await over(app, 2)
        click(shown_card(app), "editAccount")
        sheet = await app.opened("accountSheet")
        fill(sheet, senderName="Another")
        await stored(app, sheet)
        assert steps(app) == []


async def test_an_account_in_trouble_works_again_after_a_test_mail(app: AppWindow) -> None:
    async with SmtpServer(users={USER: PASSWORD}) as server:
        account_id = add_account(app.workspace, local(server.port))
        with app.workspace.write() as session:
            note_problem(session, account_id, "The server was full.")
        await app.go_to("accounts")
        trigger(shown_card(app), "sendTestMail")
        await until(lambda: not only_account(app).problem)
        await app.settled()
        assert app.window.toasts.texts == ["“Shop” works again"]
        assert app.window.findChild(QPushButton, "tryAccount") is None or len(steps(app)) == 2
