"""Shows the recovery key: to a newcomer, who must put it somewhere safe, or again from the settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QPushButton, QVBoxLayout, QWidget

from app.ui.start.key_text import key_font, two_lines
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Sheet, label

_SAID_FOR_MS = 4000


class RecoverySheet(Sheet):
    def __init__(
        self, parent: QWidget, recovery_text: str, *, is_kept: bool, is_first: bool = True, is_shared: bool = False
    ) -> None:
        """
        Args:
            is_kept: This computer remembers it.
            is_first: It was made just now, and must not be dismissed unread.
            is_shared: The workspace is a team's.
        """
        super().__init__(
            parent,
            self.tr("Keep this recovery key") if is_first else self.tr("Your recovery key"),
            self.tr(
                "With it your colleagues open the workspace on their computers, and you on another one. Nobody else "
                "has it, not even who runs the server, nor we: put it into a password manager, or on paper in a safe "
                "place, and give it to your colleagues in person."
            )
            if is_shared
            else self.tr(
                "With it you open your workspace on another computer, or on this one after a repair. Without it, a "
                "lost computer means lost contacts. Nobody else has it, not even we: put it into a password manager, "
                "or on paper in a safe place."
            ),
            kind=Kind.WARNING if is_first else None,
        )
        self.setObjectName("recoveryKey")
        self._recovery_text = recovery_text
        self._is_first = is_first
        self._is_shared = is_shared
        self.body.addWidget(self._shown_key())
        self._message = Banner()
        self._message.setObjectName("recoveryMessage")
        self._message.hide()
        self.body.addWidget(self._message)
        if not is_kept:
            self.body.addWidget(
                Banner(
                    self.tr("You will need it at every start"),
                    self.tr("This computer has no safe place for passwords, a keyring, that could remember it."),
                    Kind.WARNING,
                )
            )
        self.add_quiet_button(self.tr("Save as a file…"), name="saveKey").clicked.connect(self._on_save)
        self._copy = _Saying(self.add_quiet_button(self.tr("Copy"), name="copyKey"))
        self._copy.button.clicked.connect(self._on_copy)
        self._add_way_out()
        self.setMinimumWidth(560)

    def reject(self) -> None:
        """Escape must not throw a new key away."""
        if not self._is_first:
            super().reject()

    def _add_way_out(self) -> None:
        if not self._is_first:
            self.add_buttons(self.tr("Close"), cancel="")
            return
        done = QCheckBox(self.tr("I have put the key in a safe place"))
        done.setObjectName("kept")
        self.body.addWidget(done)
        self.add_buttons(self.tr("Continue"), cancel="")
        self.confirm_button.setEnabled(False)
        done.toggled.connect(self.confirm_button.setEnabled)
        done.setFocus()

    def _shown_key(self) -> QFrame:
        shown = label(two_lines(self._recovery_text), "heading")
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setObjectName("recoveryText")
        shown.setFont(key_font())
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        shown.setAccessibleName(self.tr("Recovery key"))
        shown.setAccessibleDescription(self._recovery_text)
        box = QFrame()
        box.setProperty("role", "sunken")
        column = QVBoxLayout(box)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.addWidget(shown)
        return box

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._recovery_text)
        self._copy.say(self.tr("Copied"))

    @Slot()
    def _on_save(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the recovery key"), str(Path.home() / self.tr("recovery key.txt")))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self.save_to)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the key to *path* and say where it is, or why it is not."""
        try:
            Path(path).write_text(f"{self._recovery_text}\n", encoding="utf-8")
        except OSError as error:
            self._message.set_message(
                self.tr("The key could not be saved there."), str(error.strerror or error), Kind.BAD
            )
        else:
            self._message.set_message(
                self.tr("Saved as “{0}”.").format(Path(path).name),
                self.tr("Move it off this computer: together with the server’s password it opens everything.")
                if self._is_shared
                else self.tr("Move it off this computer: together with the workspace it opens everything."),
                Kind.GOOD,
            )
        self._message.show()


class _Saying:
    """A button that says for a moment what it did."""

    def __init__(self, button: QPushButton) -> None:
        self.button = button
        self._text = button.text()
        self._timer = QTimer(button, interval=_SAID_FOR_MS, singleShot=True)
        self._timer.timeout.connect(lambda: button.setText(self._text))

    def say(self, text: str) -> None:
        self.button.setText(text)
        self._timer.start()
