"""Adds files to a draft and takes them out again: at once, not with the typing that is saved later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from app.sending.attachments import CampaignFile, RemovedFile, add_files, remove_files, restore_files
from app.sending.personal_files import PersonalFindings, forget_personal, import_personal
from app.ui import things
from app.ui.context import AppContext
from app.ui.pages.campaigns.more.step import MoreStep
from app.ui.pages.campaigns.words import people
from app.ui.progress import CancelToken, Progress, Report
from app.ui.widgets import Toast


class DraftFiles(QObject):
    def __init__(
        self, context: AppContext, step: MoreStep, campaign_id: Callable[[], int], reload: Callable[[], object]
    ) -> None:
        """*reload* shows the draft as it is in the workspace now."""
        super().__init__(step)
        self._context = context
        self._campaign_id = campaign_id
        self._reload = reload
        step.files.files_chosen.connect(self._on_add)
        step.files.remove_wanted.connect(self._on_remove)
        step.personal.folder_chosen.connect(self._on_folder)
        step.personal.forget_wanted.connect(self._on_forget)

    def _on_add(self, paths: Sequence[Path]) -> None:
        self._run(partial(add_files, self._context.workspace, self._campaign_id(), list(paths)))

    def _on_remove(self, file: CampaignFile) -> None:
        self._context.operations.run(
            partial(remove_files, self._context.workspace, self._campaign_id(), [file.id]),
            success=partial(self._on_removed, file.name),
            refreshes=[things.CAMPAIGNS],
        )

    def _on_removed(self, name: str, removed: tuple[RemovedFile, ...]) -> Toast:
        self._reload()
        return Toast(
            self.tr("“{0}” is no longer attached").format(name),
            action=self.tr("Undo"),
            on_action=lambda: self._run(partial(restore_files, self._context.workspace, removed)),
        )

    def _on_folder(self, folder: Path, field: str) -> None:
        workspace, campaign_id = self._context.workspace, self._campaign_id()

        def work(report: Report, cancel: CancelToken) -> PersonalFindings:
            return import_personal(
                workspace,
                campaign_id,
                folder,
                field,
                progress=lambda done, total: report(Progress(done, total)),
                is_cancelled=lambda: cancel.cancelled,
            )

        self._context.operations.run_with_progress(
            work, title=self.tr("Taking the files of “{0}”").format(folder.name), success=self._on_imported
        )

    def _on_imported(self, found: PersonalFindings) -> str:
        self._reload()
        return self.tr("The files are there, for {0}").format(people(found.served))

    def _on_forget(self) -> None:
        self._run(partial(forget_personal, self._context.workspace, self._campaign_id()))

    def _run(self, work: Callable[[], object]) -> None:
        self._context.operations.run(work, success=self._on_done, refreshes=[things.CAMPAIGNS])

    def _on_done(self, _result: object) -> None:
        self._reload()
