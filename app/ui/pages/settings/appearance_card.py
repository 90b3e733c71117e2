"""Light, dark, or as the system."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication

from app.settings import ThemeChoice
from app.ui.application import App
from app.ui.context import AppContext
from app.ui.pages.settings.row import SettingRow
from app.ui.widgets import Card, Segmented


class AppearanceCard(Card):
    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._settings = context.settings
        self.choice = Segmented(
            self.tr("Appearance"),
            [
                (ThemeChoice.SYSTEM, self.tr("As the system")),
                (ThemeChoice.LIGHT, self.tr("Light")),
                (ThemeChoice.DARK, self.tr("Dark")),
            ],
        )
        self.choice.chosen.connect(self._on_chosen)
        self.body.addWidget(
            SettingRow(
                self.tr("Appearance"),
                self.tr("Only of this program; your mails look the same to their readers."),
                self.choice,
            )
        )
        self.show_choice()

    def show_choice(self) -> None:
        """Show what is set."""
        self.choice.choose(self._settings.get().theme)

    @Slot(str)
    def _on_chosen(self, key: str) -> None:
        self._settings.change(replace(self._settings.get(), theme=ThemeChoice(key)))
        app = QApplication.instance()
        if isinstance(app, App):
            app.theme.set_mode(ThemeChoice(key))
