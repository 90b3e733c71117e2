"""A search box that waits until the typing pauses."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeyEvent, Qt
from PySide6.QtWidgets import QLineEdit, QToolButton, QWidget

from app.ui.theme import icon

_PAUSE_MS = 200


class SearchField(QLineEdit):
    """
    Signals:
        searched: The text, stripped, once typing paused or Return was pressed; each text once.
    """

    searched = Signal(str)

    def __init__(self, placeholder: str, *, name: str = "search", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", "search")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setClearButtonEnabled(True)
        self._magnifier = QAction(icon("search", "faint"), "", self)
        self.addAction(self._magnifier, QLineEdit.ActionPosition.LeadingPosition)
        clear = self.findChild(QAction, "_q_qlineeditclearaction")
        if clear is not None:
            clear.setIcon(icon("x", "muted"))
        self._last = ""
        self._pause = QTimer(self, interval=_PAUSE_MS, singleShot=True)
        self._pause.timeout.connect(self._emit)
        self.textChanged.connect(self._pause.start)
        self.returnPressed.connect(self._emit)
        self._name_inner_buttons(placeholder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            self._emit()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._name_inner_buttons(self.placeholderText())

    def _name_inner_buttons(self, placeholder: str) -> None:
        """Qt's two inner buttons come without names."""
        for button in self.findChildren(QToolButton):
            is_magnifier = button.defaultAction() is self._magnifier
            button.setAccessibleName(placeholder if is_magnifier else self.tr("Clear the search"))

    @Slot()
    def _emit(self) -> None:
        self._pause.stop()
        text = self.text().strip()
        if text != self._last:
            self._last = text
            self.searched.emit(text)
