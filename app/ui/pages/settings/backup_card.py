"""Where the workspace lies, its backups, and whether it is sound."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.models.backup import KEPT, CheckReport, check, make_backup
from app.ui.context import AppContext
from app.ui.operations import Lane
from app.ui.pages.settings.backups import Backup, read_backups
from app.ui.pages.settings.reveal import reveal
from app.ui.pages.settings.row import SettingRow
from app.ui.pages.templates.when import moment
from app.ui.progress import CancelToken, Job, Progress, Report
from app.ui.theme import Kind, Space
from app.ui.widgets import (
    Banner,
    Card,
    Spinner,
    Toast,
    caption,
    icon_button,
    label,
    leading,
    link_button,
    secondary_button,
)

_SHOWN_AT_FIRST = 3
_STEPS = 1000


class BackupCard(Card):
    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setObjectName("backupCard")
        self._context = context
        self._backups: list[Backup] = []
        self._shows_all = False
        self._where = self._where_it_is()
        self._back_up = secondary_button(self.tr("Back up now"), "archive", on_click=self.back_up, name="backUp")
        self._backup_row = SettingRow(self.tr("Backups"), "", self._back_up)
        self._progress = JobBar()
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.XS)
        self._rows: list[QWidget] = []
        self._more = link_button("", on_click=self._show_all, name="allBackups")
        self._check = secondary_button(self.tr("Check now"), "shield-check", on_click=self.check, name="checkWorkspace")
        self._spinner = Spinner(18)
        self._spinner.hide()
        check_row = SettingRow(
            self.tr("Is everything sound?"),
            self.tr("Reads everything and looks for damage. You can go on working meanwhile."),
            self._spinner,
            self._check,
        )
        self._report = Banner()
        self._report.setObjectName("checkReport")
        self._report.hide()
        if context.workspace.is_shared:
            self._back_up.hide()
        self.body.setSpacing(Space.L)
        for part in (self._where, self._backup_row, self._progress):
            self.body.addWidget(part)
        self.body.addLayout(self._list)
        self.body.addLayout(leading(self._more))
        self.body.addWidget(check_row)
        self.body.addWidget(self._report)

    def _where_it_is(self) -> SettingRow:
        workspace = self._context.workspace
        if workspace.is_shared:
            row = SettingRow(self.tr("Database"), str(workspace.location))
        else:
            show = partial(reveal, workspace.path)
            row = SettingRow(
                self.tr("Workspace file"),
                str(workspace.path),
                secondary_button(self.tr("Show in folder"), "folder-open", on_click=show, name="showWorkspace"),
            )
        row.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.text.setToolTip(str(workspace.location))
        return row

    async def load(self) -> None:
        """List the backups there are."""
        self._backups = await self._context.operations.read(partial(read_backups, self._context.workspace))
        self._show_backups()

    @Slot()
    def back_up(self) -> None:
        """Copy the workspace while it is in use."""
        self._context.operations.run_with_progress(
            self._copy,
            title=self.tr("Backing up"),
            busy=self._back_up,
            lane=Lane.READ,  # reading the pages is long; the writer must not wait for it
            success=self._on_backed_up,
            shown_by=self._progress.follow,
        )

    @Slot()
    def check(self) -> None:
        """Look whether the file is sound."""
        self._report.hide()
        self._spinner.show()
        self._context.operations.run(
            partial(check, self._context.workspace),
            lane=Lane.READ,
            busy=self._check,
            success=self._show_report,
            on_error=self._show_trouble,
        )

    def _copy(self, report: Report, cancel: CancelToken) -> Path:
        def tell(done: int, total: int) -> None:
            report(Progress(done, total))

        return make_backup(self._context.workspace, progress=tell, is_cancelled=lambda: cancel.cancelled)

    def _on_backed_up(self, path: Path) -> Toast:
        self._context.operations.run(self.load())
        return Toast(self.tr("Backed up"), action=self.tr("Show in folder"), on_action=lambda: reveal(path))

    def _show_report(self, report: CheckReport) -> None:
        self._spinner.hide()
        if report.is_sound:
            self._report.set_message(self.tr("Everything is as it should be."), "", Kind.GOOD)
        else:
            self._report.set_message(
                self.tr("The workspace is damaged."),
                self.tr("Tell whoever runs the server: it is to go back to a backup.")
                if self._context.workspace.is_shared
                else self.tr("Make a copy of its file as it is, then go back to your latest backup."),
                Kind.BAD,
            )
            self._report.setToolTip("\n".join(report.problems[:20]))
        self._report.show()

    def _show_trouble(self, error: UserFacingError) -> None:
        self._spinner.hide()
        self._report.set_message(error.title, error.hint, Kind.BAD)
        self._report.show()

    def _show_all(self) -> None:
        self._shows_all = True
        self._show_backups()

    def _show_backups(self) -> None:
        for row in self._rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        shown = self._backups if self._shows_all else self._backups[:_SHOWN_AT_FIRST]
        self._rows = [_backup_line(backup) for backup in shown]
        for row in self._rows:
            self._list.addWidget(row)
        hidden = len(self._backups) - len(shown)
        self._more.setVisible(hidden > 0)
        self._more.setText(self.tr("Show {0} more").format(hidden))
        if self._context.workspace.is_shared:
            self._backup_row.set_texts(self.tr("Backups"), self.tr("Who administers the server backs it up there."))
            return
        self._backup_row.set_texts(
            self.tr("Backups"),
            self.tr(
                "The latest {0} are kept beside the workspace, encrypted as it is. Copy them to another disk from time "
                "to time. A backup opens like a workspace, with the same key."
            ).format(KEPT)
            if self._backups
            else self.tr("There is none yet. A backup is a complete, encrypted copy beside the workspace."),
        )


class JobBar(QWidget):
    """How far a job is, with a way to stop it; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._job: Job | None = None
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self._bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._words = caption(wrap=False)
        stop = link_button(self.tr("Stop"), on_click=self._stop, name="stopJob")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self._bar, 1)
        row.addWidget(self._words)
        row.addWidget(stop)
        self.hide()

    def follow(self, job: Job) -> None:
        """Show *job* until it is over."""
        self._job = job
        self._bar.setRange(0, 0)
        self._bar.setAccessibleName(job.title)
        self._words.setText(job.title)
        job.progressed.connect(self._on_progress)
        job.finished.connect(self.hide)
        self.show()

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        if progress.fraction is not None:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(progress.fraction * _STEPS))

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()


def _backup_line(backup: Backup) -> QWidget:
    line = QWidget()
    line.setObjectName("backup")
    words = moment(backup.made_at)
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(Space.M)
    row.addWidget(label(words))
    size = QLocale().formattedDataSize(backup.size_bytes, 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat)
    row.addWidget(caption(size, wrap=False))
    row.addStretch(1)
    row.addWidget(
        icon_button(
            "folder-open",
            line.tr("Show the backup of {0} in its folder").format(words),
            on_click=lambda: reveal(backup.path),
            small=True,
        )
    )
    return line
