"""Asks for the recovery key of a workspace that this computer does not remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.ui.start.key_text import key_font
from app.ui.widgets import Form, Sheet

if TYPE_CHECKING:
    from app.models.keys import WorkspaceKey


class _KeyEdit(QPlainTextEdit):
    """
    Signals:
        confirmed: Return was pressed; a key needs no lines of its own.
    """

    confirmed = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.confirmed.emit()
            return
        super().keyPressEvent(event)


class KeySheet(Sheet):
    """
    Attributes:
        key: What was entered, once the sheet is accepted.
        text: The same as it was typed, to go on with when the key turns out to be that of another workspace.
    """

    key: WorkspaceKey

    def __init__(
        self, parent: QWidget, name: str, *, is_kept: bool, is_shared: bool = False, trouble: str = "", text: str = ""
    ) -> None:
        hint = (
            self.tr("This computer will remember it.")
            if is_kept
            else self.tr("This computer has no safe place for passwords, so it is asked for at every start.")
        )
        super().__init__(
            parent,
            self.tr("Enter the recovery key of “{0}”").format(name),
            self.tr("{0} 14 groups of four letters and digits. Capitals, blanks and dashes do not matter. {1}").format(
                self.tr("It was shown to the one of you who made the workspace:")
                if is_shared
                else self.tr("You were shown it when the workspace was made:"),
                hint,
            ),
        )
        self.setObjectName("enterKey")
        self.text = text
        self._edit = _KeyEdit(text)
        self._edit.confirmed.connect(self._on_return)
        self._edit.setFixedHeight(76)
        self._edit.setFont(key_font())
        self._edit.setTabChangesFocus(True)
        self._edit.setPlaceholderText("ABCD-EFGH-IJKL-…")
        form = Form()
        self._field = form.add(self.tr("Recovery key"), self._edit, name="key")
        self._field.set_error(trouble)
        self.body.addLayout(form)
        self.add_buttons(self.tr("Open"), cancel=self.tr("Back"))
        self._edit.textChanged.connect(self._on_text)
        self.confirm_button.setEnabled(bool(text))
        self._edit.setFocus()
        self._edit.moveCursor(QTextCursor.MoveOperation.End)
        self.setMinimumWidth(560)

    def accept(self) -> None:
        from app.models.keys import BadRecoveryKey, WorkspaceKey

        self.text = self._edit.toPlainText()
        try:
            self.key = WorkspaceKey.from_recovery_text(self.text)
        except BadRecoveryKey as error:
            self._field.set_error(str(error))
            return
        super().accept()

    @Slot()
    def _on_return(self) -> None:
        if self.confirm_button.isEnabled():
            self.accept()

    @Slot()
    def _on_text(self) -> None:
        self._field.set_error("")
        self.confirm_button.setEnabled(bool(self._edit.toPlainText().strip()))
