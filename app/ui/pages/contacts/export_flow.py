"""Saving contacts as a spreadsheet: what is selected, or what the grid shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QLocale, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.audience.contacts import ContactQuery
from app.audience.export import export_contacts
from app.models.workspace import Workspace
from app.ui.operations import Lane, Operations
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.wording import translate
from app.ui.progress import CancelToken, Progress, Report


def ask_where(parent: QWidget, title: str, name: str, on_path: Callable[[Path], object]) -> QFileDialog:
    """Open the system's dialog for saving a table called *name*; *on_path* gets what the user chose."""
    excel = translate("Contacts", "Excel workbook (*.xlsx)")
    csv = translate("Contacts", "CSV file (*.csv)")
    dialog = QFileDialog(parent, title)
    dialog.setObjectName("saveTable")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([excel, csv])
    dialog.setDefaultSuffix("xlsx")
    dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix("csv" if chosen == csv else "xlsx"))
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog.setDirectory(documents)
    dialog.selectFile(f"{_file_name(name)}.xlsx")
    dialog.fileSelected.connect(lambda path: on_path(Path(path)))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


def export(workspace: Workspace, operations: Operations, path: Path, chosen: ContactQuery | Sequence[int]) -> None:
    """Write the contacts to *path*, with progress, and say where they are."""

    def work(report: Report, cancel: CancelToken) -> int:
        return export_contacts(
            workspace,
            path,
            chosen,
            delimiter=csv_delimiter(),
            progress=lambda done, total: report(Progress(done, total)),
            is_cancelled=lambda: cancel.cancelled,
        )

    operations.run_with_progress(
        work,
        title=translate("Contacts", "Saving “{0}”").format(path.name),
        lane=Lane.READ,
        success=partial(_told, path),
    )


def csv_delimiter() -> str:
    """What the Excel of this country expects: a semicolon where the comma parts decimals."""
    return ";" if QLocale().decimalPoint() == "," else ","


def _told(path: Path, number: int) -> str:
    return translate("Contacts", "{0} saved in “{1}”").format(wording.contacts(number), path.name)


def _file_name(name: str) -> str:
    """*name* without what no system allows in the name of a file."""
    return "".join("-" if character in '\\/:*?"<>|' else character for character in name).strip(" .") or "contacts"
