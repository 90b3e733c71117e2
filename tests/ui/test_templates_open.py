"""One template, opened: seen as people will see it, corrected in words and in source, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMenu, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.audience import contacts
from app.content.library import TemplateInfo, add_template, delete_templates, get_template
from app.models.workspace import Workspace
from app.settings import ThemeChoice
from app.ui.pages.templates import TemplatesPage
from app.ui.pages.templates.code_editor import CodeEditor
from app.ui.pages.templates.open_template import OpenTemplate
from app.ui.pages.templates.unsaved import UnsavedDrafts
from tests.ui.accessible import nameless
from tests.ui.app_window import AppWindow, app_window
from tests.ui.waiting import until

MJML = """<mjml>
  <mj-body>
    <mj-section><mj-column>
      <mj-text>Dear {{ first_name|default("friend") }} from {{ city }},</mj-text>
      <mj-text>no\u00a0break. <a href="https://www.example.org/">A link</a></mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>
"""
BROKEN = MJML.replace("</mj-text>", "</mj-txt>", 1)


@pytest.fixture
def template_id(workspace: Workspace) -> int:
    return add_template(workspace, name="Spring", mjml=MJML, subject="Hello {{ first_name }}", preheader="Roses")


@pytest.fixture
async def app(workspace: Workspace, qtbot: QtBot, template_id: int) -> AsyncIterator[AppWindow]:
    async with app_window(workspace) as made:
        yield made


async def opened(app: AppWindow, template_id: int) -> OpenTemplate:
    page = await app.go_to("templates", template=template_id)
    assert isinstance(page, TemplatesPage)
    await looked(app)
    return page.opened


async def looked(app: AppWindow) -> None:
    """Wait until what was typed has been looked at."""
    page = app.window.current_page
    assert isinstance(page, TemplatesPage)
    await until(lambda: not page.opened._pause.isActive())
    await app.settled()


def label(app: AppWindow, name: str) -> QLabel:
    return app.find(QLabel, name)


def button(app: AppWindow, name: str) -> QAbstractButton:
    return app.find(QAbstractButton, name)


def source(app: AppWindow) -> CodeEditor:
    if not app.find(CodeEditor, "source").isVisible():
        button(app, "editSource").click()
    return app.find(CodeEditor, "source")


def write(editor: CodeEditor, text: str) -> None:
    """Replace everything, as somebody who pastes does."""
    editor.setFocus()
    editor.selectAll()
    editor.insertPlainText(text)


def stored(app: AppWindow, template_id: int) -> TemplateInfo:
    return get_template(app.workspace, template_id)


async def text_on_screen(view: OpenTemplate) -> str:
    text: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    view.preview.mail.read_text(text.set_result)
    return await asyncio.wait_for(text, 5)


async def test_a_sample_person_stands_in_while_there_are_no_contacts(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    assert label(app, "previewPerson").text() == "Ann Baker"
    assert label(app, "previewSubject").text() == "Hello Ann"
    await until(view.preview.mail.isVisible)
    assert "Dear Ann from Springfield," in view.preview.text.edit.toPlainText()
    assert not app.find(QLineEdit, "previewAs").isVisible()


async def test_the_preview_is_that_of_any_contact(app: AppWindow, template_id: int) -> None:
    for name, city in (("Cem", "Köln"), ("Dora", "Bonn"), ("Emil", "")):
        values = {"email": f"{name.lower()}@example.com", "first_name": name, "city": city}
        contacts.create(app.workspace, values)
    view = await opened(app, template_id)
    assert label(app, "previewPerson").text() == "Cem"
    button(app, "nextPerson").click()
    await looked(app)
    assert label(app, "previewSubject").text() == "Hello Dora"
    button(app, "previousPerson").click()
    button(app, "previousPerson").click()
    await looked(app)
    assert label(app, "previewSubject").text() == "Hello Emil"
    assert "City" in app.find(QWidget, "previewTrouble").findChildren(QLabel)[1].text()
    search = app.find(QLineEdit, "previewAs")
    QTest.keyClicks(search, "bonn")
    QTest.keyClick(search, Qt.Key.Key_Return)
    await looked(app)
    assert view.preview.picker.person.values["email"] == "dora@example.com"
    assert "Dear Dora from Bonn," in view.preview.text.edit.toPlainText()


async def test_it_is_seen_on_a_desktop_on_a_phone_and_as_text(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    button(app, "segment-phone").click()
    await app.settled()
    canvas = app.find(QWidget, "mailCanvas")
    await until(lambda: canvas.width() == 375)
    button(app, "segment-text").click()
    assert view.preview.text.isVisible()
    assert "Dear Ann" in app.find(QPlainTextEdit, "previewText").toPlainText()
    button(app, "segment-desktop").click()
    await until(lambda: canvas.width() > 375)
    assert "Dear Ann from Springfield," in await text_on_screen(view)


async def test_opening_a_template_does_not_change_it(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    assert not view.is_changed
    assert not button(app, "saveTemplate").isEnabled()
    assert "no\u00a0break" in view.source.editor.text()


async def test_a_new_subject_is_seen_at_once_and_stored_when_saved(app: AppWindow, template_id: int) -> None:
    await opened(app, template_id)
    subject = app.find(QLineEdit, "templateSubject")
    subject.selectAll()
    QTest.keyClicks(subject, "Roses for {{ first_name }}")
    assert label(app, "templateState").text() == "Unsaved changes"
    await looked(app)
    assert label(app, "previewSubject").text() == "Roses for Ann"
    assert stored(app, template_id).subject == "Hello {{ first_name }}"
    QTest.keyClick(subject, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    await app.settled()
    assert stored(app, template_id).subject == "Roses for {{ first_name }}"
    assert label(app, "templateState").text().startswith("Saved today")
    assert UnsavedDrafts(app.workspace).get(template_id) is None


async def test_findings_are_said_in_words_and_lead_to_their_line(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    assert "This link still leads to the placeholder example.org." in view.details.findings.texts
    link = next(
        found
        for found in view.details.findings.findChildren(QPushButton)
        if found.accessibleName() == "Show line 5 in the source"
    )
    link.click()
    editor = app.find(CodeEditor, "source")
    assert editor.isVisible()
    assert editor.textCursor().blockNumber() == 4


async def test_a_syntax_error_is_marked_and_the_last_good_preview_stays(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    editor = source(app)
    write(editor, BROKEN)
    await looked(app)
    assert editor.marked_line == 4
    fault = app.find(QWidget, "sourceFault")
    assert fault.isVisible()
    assert "Line 4" in fault.accessibleName()
    assert "Dear Ann" in view.preview.text.edit.toPlainText()
    assert app.find(QWidget, "previewTrouble").isVisible()
    editor.undo()
    await looked(app)
    assert editor.marked_line is None
    assert not fault.isVisible()
    assert not view.is_changed


async def test_a_broken_template_is_stored_only_if_the_user_insists(app: AppWindow, template_id: int) -> None:
    await opened(app, template_id)
    write(source(app), BROKEN)
    await looked(app)
    button(app, "saveTemplate").click()
    sheet = await app.opened("ask")
    app.find(QPushButton, "cancel", within=sheet).click()
    await app.settled()
    assert stored(app, template_id).mjml == MJML
    assert source(app).text() == BROKEN
    button(app, "saveTemplate").click()
    sheet = await app.opened("ask")
    app.find(QPushButton, "confirm", within=sheet).click()
    await app.settled()
    assert stored(app, template_id).mjml == BROKEN


async def test_leaving_asks_what_becomes_of_the_edits(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    editor = source(app)
    editor.go_to(4)
    QTest.keyClicks(editor, "<!-- a remark -->")
    button(app, "back").click()
    sheet = await app.opened("leaveTemplate")
    app.find(QPushButton, "cancel", within=sheet).click()
    await app.settled()
    assert view.isVisible()
    button(app, "back").click()
    sheet = await app.opened("leaveTemplate")
    app.find(QPushButton, "confirm", within=sheet).click()
    await app.settled()
    assert not view.isVisible()
    assert "a remark" in stored(app, template_id).mjml


async def test_edits_can_be_thrown_away(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    write(source(app), BROKEN)
    await looked(app)
    button(app, "back").click()
    sheet = await app.opened("leaveTemplate")
    app.find(QPushButton, "discard", within=sheet).click()
    await app.settled()
    assert not view.isVisible()
    assert stored(app, template_id).mjml == MJML
    assert UnsavedDrafts(app.workspace).get(template_id) is None


async def test_an_edit_survives_the_end_of_the_program(workspace: Workspace, template_id: int, qtbot: QtBot) -> None:
    async with app_window(workspace) as app:
        await opened(app, template_id)
        write(source(app), BROKEN)
        await looked(app)
    assert BROKEN.encode() not in UnsavedDrafts(workspace).path.read_bytes()
    async with app_window(workspace) as app:
        view = await opened(app, template_id)
        assert app.find(QWidget, "leftBehind").isVisible()
        assert view.source.editor.text() == BROKEN
        assert view.is_changed
        button(app, "throwAway").click()
        await app.settled()
        assert view.source.editor.text() == MJML
        assert not app.find(QWidget, "leftBehind").isVisible()


async def test_quitting_in_the_middle_of_a_word_keeps_it(workspace: Workspace, template_id: int, qtbot: QtBot) -> None:
    async with app_window(workspace) as app:
        await opened(app, template_id)
        QTest.keyClicks(source(app), "half a w")
    async with app_window(workspace) as app:
        view = await opened(app, template_id)
        assert view.source.editor.text().startswith("half a w")


async def test_opening_another_template_keeps_the_edits_of_the_first(app: AppWindow, template_id: int) -> None:
    other = add_template(app.workspace, name="Autumn", mjml=MJML, subject="Leaves")
    await opened(app, template_id)
    QTest.keyClicks(source(app), "half a w")
    view = await opened(app, other)
    assert app.find(QLineEdit, "templateSubject").text() == "Leaves"
    assert not view.is_changed
    view = await opened(app, template_id)
    assert view.source.editor.text().startswith("half a w")


async def test_a_template_deleted_elsewhere_leads_back_to_the_gallery(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    delete_templates(app.workspace, [template_id])
    app.operations.announce("templates")
    await app.settled()
    assert not view.isVisible()
    assert app.window.toasts.texts == ["This template was deleted."]


@pytest.mark.qt_log_ignore("does not support")  # what offscreen says of every popup
async def test_merge_fields_are_inserted_where_the_cursor_is(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    editor = source(app)
    editor.go_to(1)
    button(app, "insertField").click()
    menu = view.source.findChild(QMenu)
    assert menu is not None
    company = next(action for action in menu.actions() if action.text() == "Company")
    company.trigger()
    menu.hide()
    assert editor.text().startswith("{{ company }}<mjml>")
    editor.undo()
    assert editor.text() == MJML


async def test_a_change_elsewhere_does_not_overwrite_what_is_being_typed(app: AppWindow, template_id: int) -> None:
    view = await opened(app, template_id)
    subject = app.find(QLineEdit, "templateSubject")
    QTest.keyClick(subject, Qt.Key.Key_End)
    QTest.keyClicks(subject, "!")
    app.operations.announce("templates", "contacts")
    await looked(app)
    assert subject.text() == "Hello {{ first_name }}!"
    assert view.is_changed


async def test_the_editor_keeps_the_indentation_and_can_be_left_with_the_keyboard(
    app: AppWindow, template_id: int
) -> None:
    await opened(app, template_id)
    editor = source(app)
    editor.go_to(3)
    QTest.keyClick(editor, Qt.Key.Key_End)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    QTest.keyClicks(editor, "x")
    assert editor.text().splitlines()[3] == "      x"
    QTest.keyClick(editor, Qt.Key.Key_Backtab)
    assert not editor.hasFocus()


async def test_everything_has_a_name_in_both_modes_and_themes(app: AppWindow, template_id: int, qapp: object) -> None:
    await opened(app, template_id)
    assert nameless(app.window) == []
    source(app)
    assert nameless(app.window) == []
    qapp.theme.set_mode(ThemeChoice.DARK)  # type: ignore[attr-defined]
    await app.settled()
    assert app.find(CodeEditor, "source").isVisible()
