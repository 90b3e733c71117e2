"""The version, and on whose work the program stands."""

from __future__ import annotations

import platform

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from app import __version__
from app.ui.pages.settings.licences_sheet import LicencesSheet
from app.ui.pages.settings.row import SettingRow
from app.ui.widgets import Card, quiet_button, secondary_button


class AboutCard(Card):
    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("aboutCard")
        self._facts = self.tr("Version {0} · Python {1} · Qt {2} · {3}").format(
            __version__, platform.python_version(), qVersion(), platform.system()
        )
        copy = quiet_button(self.tr("Copy"), "copy", on_click=self._copy, name="copyVersion")
        copy.setAccessibleName(self.tr("Copy the version"))
        licences = secondary_button(self.tr("Licences"), "scroll-text", on_click=self._show, name="licences")
        self.body.addWidget(SettingRow("Mass Mail Dispatcher", self._facts, copy, licences))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(f"Mass Mail Dispatcher: {self._facts}")

    def _show(self) -> None:
        LicencesSheet(self).open()
