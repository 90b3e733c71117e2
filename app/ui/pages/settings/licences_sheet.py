"""The licences of the program and its parts, to be read."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QWidget

from app.ui.pages.settings.licences import Licence, read_licences
from app.ui.theme import Space
from app.ui.widgets import Sheet

_SIZE = QSize(900, 620)


class LicencesSheet(Sheet):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(
            parent,
            self.tr("Licences"),
            self.tr(
                "This program is free software, made of the work of many. It uses Qt under the LGPL: you may replace "
                "its libraries, and its sources are at download.qt.io."
            ),
        )
        self.setObjectName("licencesSheet")
        self._licences = read_licences()
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Parts of the program"))
        self._list.setFixedWidth(260)
        for licence in self._licences:
            item = QListWidgetItem(f"{licence.part} {licence.version}".strip(), self._list)
            item.setToolTip(licence.name)
        self._licence = QPlainTextEdit()
        self._licence.setReadOnly(True)
        self._licence.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._licence.setAccessibleName(self.tr("Licence"))
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(self._list)
        row.addWidget(self._licence, 1)
        self.body.addLayout(row, 1)
        self.add_buttons(self.tr("Close"), cancel="")
        self.resize(_SIZE)
        self._list.currentRowChanged.connect(self._on_row)
        self._list.setCurrentRow(0)

    @Slot(int)
    def _on_row(self, row: int) -> None:
        if row >= 0:
            self._licence.setPlainText(_words(self._licences[row]))


def _words(licence: Licence) -> str:
    head = " ".join(part for part in (licence.part, licence.version) if part)
    return "\n\n".join(part for part in (f"{head}: {licence.name}" if licence.name else head, licence.text) if part)
