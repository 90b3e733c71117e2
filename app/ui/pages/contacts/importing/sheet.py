"""The wizard: a file, its columns, its people, what would become of them, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.audience import undo
from app.audience.fields import list_fields
from app.audience.import_plan import ImportPlan, ImportReport
from app.audience.import_process import ImportProcess
from app.audience.importer import write_refused
from app.audience.lists import ListInfo
from app.audience.pasted import MOST_CHARS, Rows, table_in
from app.errors import Cancelled, UserFacingError
from app.models.workspace import Workspace
from app.ui.operations import Lane, Operations
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.export_flow import ask_where
from app.ui.pages.contacts.importing.columns_step import ColumnsStep
from app.ui.pages.contacts.importing.draft import Draft, Reading
from app.ui.pages.contacts.importing.file_step import FileStep
from app.ui.pages.contacts.importing.people_step import PeopleStep
from app.ui.pages.contacts.importing.result_step import ResultStep
from app.ui.pages.contacts.importing.run_step import RunStep
from app.ui.theme import Kind, Space
from app.ui.things import CONTACTS, LISTS
from app.ui.widgets import Banner, BusyOverlay, Sheet, StepBar

_SIZE = QSize(940, 690)
_MARGIN = 32
_UNLIMITED = 16_777_215


class ImportSheet(Sheet):
    """
    Signals:
        see_asked: The user wants to see who was imported: the id of their list, or None.
    """

    see_asked = Signal(object)

    def __init__(
        self, parent: QWidget, workspace: Workspace, operations: Operations, lists: Sequence[ListInfo]
    ) -> None:
        super().__init__(parent)
        self.setObjectName("importSheet")
        self.setMaximumWidth(_UNLIMITED)
        room = parent.window().size() - QSize(_MARGIN, _MARGIN)
        self.resize(_SIZE.boundedTo(room))
        self._workspace = workspace
        self._operations = operations
        self._draft: Draft | None = None
        self._process: ImportProcess | None = None
        self._report: ImportReport | None = None
        self._has_permission = False
        self._steps = StepBar(
            [self.tr("File"), self.tr("Columns"), self.tr("People"), self.tr("Check"), self.tr("Import")]
        )
        self._notice = Banner()
        self._notice.setObjectName("importNotice")
        self._file = FileStep()
        self._columns = ColumnsStep()
        self._people = PeopleStep(lists)
        self._run = RunStep()
        self._check = ResultStep()
        self._check.setObjectName("checkStep")
        self._result = ResultStep()
        self._stack = QStackedWidget()
        for step in (self._file, self._columns, self._people, self._run, self._check, self._result):
            self._stack.addWidget(step)
        self._busy = BusyOverlay(self._stack)
        self.body.setSpacing(Space.M)
        self.body.addWidget(self._steps)
        self.body.addWidget(self._notice)
        self.body.addWidget(self._stack, 1)
        self.add_buttons(self.tr("Next"))
        self._back = self.add_quiet_button(self.tr("Back"), name="back")
        self._back.clicked.connect(self._on_back)
        self._undo = self.add_quiet_button(self.tr("Take it back"), name="undoImport")
        self._undo.clicked.connect(self._on_undo)
        self._file.chosen.connect(self.take_file)
        self._file.paste_asked.connect(self.paste)
        self._file.reading_changed.connect(self._on_reading_changed)
        self._columns.changed.connect(self._on_columns_changed)
        for step in (self._check, self._result):
            step.save_asked.connect(self._on_save_refused)
        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), self._file)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)
        self._go(self._file)

    def take_file(self, path: Path) -> None:
        """Read *path*, and go on to its columns if there is nothing to ask about the file itself."""

        def opened(draft: Draft) -> None:
            self._take(draft)
            self._go(self._columns if draft.needs_no_look else self._file)

        self._open(path, Reading(), opened)

    def paste(self) -> None:
        """Read the table on the clipboard, if there is one."""
        # The typing says there always is one; an empty clipboard has none.
        mime = cast("QMimeData | None", QGuiApplication.clipboard().mimeData()) or QMimeData()
        text, html = mime.text(), mime.html()
        if len(text) + len(html) > MOST_CHARS:
            self._on_unreadable(
                UserFacingError(self.tr("This is too much for the clipboard."), self.tr("Save it as a file first."))
            )
            return

        def opened(draft: Draft) -> None:
            self._take(draft)
            self._go(self._columns if draft.needs_no_look else self._file)

        self._say("")
        self._busy.start(self.tr("Reading what was copied …"))
        name = Path(self.tr("Pasted table"))

        def read() -> Draft:
            rows = table_in(text, html)
            if not rows:
                raise UserFacingError(
                    self.tr("There is no table on the clipboard."),
                    self.tr("Copy the rows in your spreadsheet first, with their headings."),
                )
            return Draft.open(name, list_fields(self._workspace), Reading(), rows)

        self._operations.run(self._operations.read(read), success=opened, on_error=self._on_unreadable)

    def accept(self) -> None:
        """The way onward, whatever it is here."""
        match self._stack.currentWidget():
            case self._file:
                self._go(self._columns)
            case self._columns:
                self._go(self._people)
            case self._people:
                self._start()
            case self._check:
                self._commit()
            case self._result:
                super().accept()
                self.see_asked.emit(self._report.list_id if self._report else None)

    def reject(self) -> None:
        """Close; while the import runs, stop it instead."""
        if self._process is not None and self._stack.currentWidget() is self._run:
            self._process.cancel()
            self._run.show_stopping()
            self.cancel_button.setEnabled(False)
        elif self._stack.currentWidget() is not self._run:
            super().reject()

    # The file

    def _open(self, path: Path, reading: Reading, then: Callable[[Draft], None], pasted: Rows | None = None) -> None:
        self._say("")
        self._busy.start(self.tr("Reading “{0}” …").format(path.name))
        work = self._operations.read(lambda: Draft.open(path, list_fields(self._workspace), reading, pasted))
        self._operations.run(work, success=then, on_error=self._on_unreadable)

    def _take(self, draft: Draft) -> None:
        self._busy.stop()
        self._draft = draft
        self._file.show_draft(draft)
        self._columns.show_draft(draft)
        self._people.propose_name(draft.name)

    def _on_reading_changed(self, reading: Reading) -> None:
        def opened(draft: Draft) -> None:
            self._take(draft)
            self._go(self._file)

        if self._draft is not None:
            self._open(self._draft.table.path, reading, opened, self._draft.pasted)

    def _on_unreadable(self, error: UserFacingError) -> None:
        self._busy.stop()
        self._go(self._file)
        self._file.show_error(error)

    # The import

    def _on_columns_changed(self, draft: Draft) -> None:
        self._draft = draft
        self.confirm_button.setEnabled(not draft.problems)

    def _start(self) -> None:
        people = self._people.answers()
        if people is None or self._draft is None:
            return
        plan = self._draft.plan(people)
        self._report = None
        self._run.start(plan.path.name)
        self._go(self._run)
        self._has_permission = people.basis is not None
        self._operations.run(self._look(plan), success=self._on_looked, on_error=self._on_failed)

    async def _look(self, plan: ImportPlan) -> ImportReport:
        """Read the file, and tell what would become of it; what was read waits in the other process."""
        self._process = ImportProcess.start(self._workspace, plan, asks_first=True, on_progress=self._on_progress)
        return await self._finished(self._process.forecast())

    async def _store(self, process: ImportProcess) -> ImportReport:
        process.commit()
        report = await self._finished(process.result())
        self._process = None
        return report

    async def _finished(self, work: Coroutine[object, object, ImportReport]) -> ImportReport:
        try:
            return await work
        except Cancelled:
            self._process = None
            self._go(self._people)
            self._say(self.tr("The import was stopped. Your contacts are as they were."), Kind.INFO)
            raise
        except BaseException:
            self._process = None
            self._go(self._people)
            raise

    def _on_looked(self, report: ImportReport) -> None:
        self._report = report
        self._check.show_report(report, has_permission=self._has_permission)
        self._go(self._check)

    def _commit(self) -> None:
        if self._process is None or self._draft is None:
            return
        self._run.show_storing(self._draft.table.path.name)
        self._go(self._run)
        self._operations.run(
            self._store(self._process),
            success=self._on_imported,
            refreshes=(CONTACTS, LISTS),
            on_error=self._on_failed,
        )

    def _drop(self) -> None:
        """Let go of what was read and not stored."""
        if self._process is not None:
            self._process.cancel()
            self._process = None

    def hideEvent(self, event: QHideEvent) -> None:
        if self._stack.currentWidget() is self._check:
            self._drop()
        super().hideEvent(event)

    def _on_progress(self, done: int, total: int | None) -> None:
        if self.cancel_button.isEnabled():
            self._run.show_progress(done, total)

    def _on_failed(self, error: UserFacingError) -> None:
        self._say(error.title, Kind.BAD, error.hint)

    def _on_imported(self, report: ImportReport) -> None:
        self._report = report
        self._result.show_report(report, has_permission=self._has_permission)
        self._go(self._result)

    def _on_undo(self) -> None:
        """Take back what was done last: nothing came between, as the sheet stands before everything else."""
        super().accept()
        self._operations.run(
            partial(undo.undo, self._workspace),
            success=lambda label: self.tr("Undone: {0}").format(label) if label else None,
            refreshes=(CONTACTS, LISTS),
        )

    def _on_save_refused(self) -> None:
        report, draft = self._report, self._draft
        if report is None or draft is None:
            return

        def save(path: Path) -> None:
            told = self.tr("Saved in “{0}”. Correct the addresses there, and import that file.").format(path.name)
            self._operations.run(
                partial(write_refused, report, path),
                lane=Lane.READ,
                success=lambda _: self._say(told, Kind.GOOD),
                on_error=self._on_failed,
            )

        ask_where(self, self.tr("Save the rows that were left out"), self.tr("{0} left out").format(draft.name), save)

    # Moving

    def _go(self, step: QWidget) -> None:
        self._say("")
        self._stack.setCurrentWidget(step)
        shown = (self._file, self._columns, self._people, self._check, self._result)
        self._steps.set_current(shown.index(step) if step in shown else 3 if self._report is None else 4)
        self._back.setVisible(step in (self._columns, self._people, self._check))
        self._undo.setVisible(step is self._result)
        self.confirm_button.setVisible(step is not self._run)
        self.cancel_button.setEnabled(True)
        self.cancel_button.setText(self.tr("Close") if step is self._result else self.tr("Cancel"))
        self._word(step)
        self.confirm_button.setEnabled(self._can_go_on(step))
        if self.confirm_button.isVisibleTo(self):
            self.confirm_button.setDefault(True)
            if step is not self._people and self.confirm_button.isEnabled():
                self.confirm_button.setFocus()

    def _can_go_on(self, step: QWidget) -> bool:
        draft = self._draft
        if step is self._file:
            return draft is not None
        return step is not self._columns or (draft is not None and not draft.problems)

    def _word(self, step: QWidget) -> None:
        """The heading, the sentence under it, and what the button says."""
        title, sentence, onward = self.tr("Import contacts"), "", self.tr("Next")
        draft = self._draft
        if step is self._file and draft is not None:
            sentence = self.tr("This is how the file was read.")
        elif step is self._columns and draft is not None:
            sentence = self.tr("What stands in the columns of “{0}”? Most of it was recognised.").format(
                draft.table.path.name
            )
        elif step is self._people and draft is not None:
            sentence = self.tr("Nothing is stored before you have seen what would change.")
            onward = self.tr("Check")
        elif step is self._check and self._report is not None:
            sentence = self.tr("This is what the import would do. Nothing is stored yet.")
            onward = self.tr("Import {0}").format(wording.people(self._report.accepted))
        elif step is self._result and self._report is not None:
            title = self.tr("{0} imported").format(wording.people(self._report.accepted))
            onward = self.tr("See these contacts")
        self.set_words(title, sentence)
        self.confirm_button.setText(onward)

    def _on_back(self) -> None:
        match self._stack.currentWidget():
            case self._check:
                self._drop()
                self._go(self._people)
            case self._people:
                self._go(self._columns)
            case _:
                self._go(self._file)

    def _say(self, text: str, kind: Kind = Kind.INFO, hint: str = "") -> None:
        """Show something above the step; an empty text takes it away."""
        self._notice.set_message(text, hint, kind)
        self._notice.setVisible(bool(text))
