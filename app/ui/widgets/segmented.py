"""A choice between two to five views, of which one always holds."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QSizePolicy, QWidget


class Segmented(QFrame):
    """One Tab stop; the arrow keys move the choice.

    Signals:
        chosen: The key of the segment the user picked.
    """

    chosen = Signal(str)

    def __init__(self, label: str, choices: Sequence[tuple[str, str]], *, parent: QWidget | None = None) -> None:
        """*label*: what is chosen, for screen readers. *choices*: (key, text) pairs; the first one holds."""
        super().__init__(parent)
        self.setProperty("role", "segments")
        self.setAccessibleName(label)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        for key, text in choices:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setObjectName(f"segment-{key}")
            button.toggled.connect(lambda on, key=key: self.chosen.emit(key) if on else None)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
        self.choose(choices[0][0])

    @property
    def current(self) -> str:
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def choose(self, key: str) -> None:
        """Set the choice without telling anyone."""
        blocked = self.blockSignals(True)
        self._buttons[key].setChecked(True)
        self.blockSignals(blocked)

    def set_text(self, key: str, text: str) -> None:
        """Call the choice *key* something else, for counts that change."""
        self._buttons[key].setText(text)

    def set_shown(self, key: str, shown: bool) -> None:
        """Offer the choice *key*, or not for now."""
        self._buttons[key].setVisible(shown)
