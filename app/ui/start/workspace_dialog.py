"""The system's dialog for choosing a workspace file."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget


def choose_workspace(parent: QWidget, chosen: Callable[[str], object]) -> None:
    """Open the dialog; *chosen* gets the path."""
    title = QCoreApplication.translate("Start", "Open a workspace")
    kinds = QCoreApplication.translate("Start", "Workspaces (*.mailspace)")
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(chosen)
    dialog.open()
