"""What is asked and shown before a workspace is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimeZone, Slot
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.ui.theme import Kind
from app.ui.widgets import Banner, Form, Sheet, label

if TYPE_CHECKING:
    from app.models.keys import WorkspaceKey


class NewWorkspaceSheet(Sheet):
    """Asks whose workspace it is to be.

    Attributes:
        organisation: What was entered, once the sheet is accepted.
        time_zone: The computer's IANA time zone.
    """

    def __init__(self, parent: QWidget, *, is_first: bool) -> None:
        super().__init__(
            parent,
            self.tr("Welcome") if is_first else self.tr("New workspace"),
            self.tr(
                "Your contacts, templates and reports live in one encrypted file on this computer: a workspace. "
                "Nothing is sent to anybody until you send it."
            ),
        )
        self.setObjectName("newWorkspace")
        self.organisation = ""
        self.time_zone = bytes(QTimeZone.systemTimeZoneId().data()).decode() or "UTC"
        self._name = QLineEdit()
        self._name.setObjectName("organisation")
        self._name.setPlaceholderText(self.tr("for example Blumen Berger"))
        self._name.setMaxLength(100)
        form = Form()
        form.add(
            self.tr("Name of your company or club"),
            self._name,
            help_text=self.tr("Your recipients see it as the sender. You can change it at any time."),
        )
        self.body.addLayout(form)
        self.add_buttons(self.tr("Create workspace"), cancel=self.tr("Quit") if is_first else None)
        self.confirm_button.setEnabled(False)
        self._name.textChanged.connect(self._on_text)
        self._name.setFocus()

    def accept(self) -> None:
        self.organisation = self._name.text().strip()
        super().accept()

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self.confirm_button.setEnabled(bool(text.strip()))


class RecoverySheet(Sheet):
    """Shows the recovery key, once."""

    def __init__(self, parent: QWidget, recovery_text: str, *, is_kept: bool) -> None:
        super().__init__(
            parent,
            self.tr("Keep this recovery key"),
            self.tr(
                "With it you open the workspace on another computer, or after a new installation. You see it only now, "
                "and without it a lost computer means lost contacts. Print it or keep it in a password manager."
            ),
            kind=Kind.WARNING,
        )
        self.setObjectName("recoveryKey")
        self._recovery_text = recovery_text
        shown = label(_two_lines(recovery_text))
        shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
        shown.setObjectName("recoveryText")
        shown.setFont(_fixed_font())
        shown.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        shown.setAccessibleName(self.tr("Recovery key"))
        box = QFrame()
        box.setProperty("role", "sunken")
        QVBoxLayout(box).addWidget(shown)
        self.body.addWidget(box)
        if not is_kept:
            self.body.addWidget(
                Banner(
                    self.tr("You will need it at every start"),
                    self.tr("This computer has no secure keyring that could remember it for you."),
                    Kind.WARNING,
                )
            )
        self._done = QCheckBox(self.tr("I have kept the key in a safe place"))
        self._done.setObjectName("kept")
        self.body.addWidget(self._done)
        self.add_buttons(self.tr("Continue"), cancel="")
        self.confirm_button.setEnabled(False)
        self._done.toggled.connect(self.confirm_button.setEnabled)
        copy = self.add_quiet_button(self.tr("Copy"), name="copyKey")
        copy.clicked.connect(self._on_copy)
        save = self.add_quiet_button(self.tr("Save as a file…"), name="saveKey")
        save.clicked.connect(self._on_save)

    def reject(self) -> None:
        """Escape must not throw the key away."""

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._recovery_text)

    @Slot()
    def _on_save(self) -> None:
        dialog = QFileDialog(self, self.tr("Save the recovery key"), str(Path.home() / "recovery key.txt"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self._save_to)
        dialog.open()

    @Slot(str)
    def _save_to(self, path: str) -> None:
        try:
            Path(path).write_text(f"{self._recovery_text}\n", encoding="utf-8")
        except OSError as error:
            self.set_words(self.windowTitle(), self.tr("The key could not be saved there: {0}").format(error.strerror))


class KeySheet(Sheet):
    """Asks for the recovery key.

    Attributes:
        key: What was entered, once the sheet is accepted.
    """

    key: WorkspaceKey

    def __init__(self, parent: QWidget, name: str, *, is_kept: bool, trouble: str = "") -> None:
        hint = (
            self.tr("It is remembered on this computer from then on.")
            if is_kept
            else self.tr("This computer has no secure keyring, so it is asked for at every start.")
        )
        super().__init__(
            parent,
            self.tr("Enter the recovery key of “{0}”").format(name),
            self.tr("It was shown when the workspace was made: 14 groups of four letters and digits. {0}").format(hint),
            kind=Kind.INFO,
        )
        self.setObjectName("enterKey")
        self._edit = QPlainTextEdit()
        self._edit.setObjectName("key")
        self._edit.setFixedHeight(72)
        self._edit.setFont(_fixed_font())
        self._edit.setTabChangesFocus(True)
        form = Form()
        self._field = form.add(self.tr("Recovery key"), self._edit)
        self._field.set_error(trouble)
        self.body.addLayout(form)
        self.add_buttons(self.tr("Open"), cancel=self.tr("Back"))
        self._edit.setFocus()

    def accept(self) -> None:
        from app.models.keys import BadRecoveryKey, WorkspaceKey

        try:
            self.key = WorkspaceKey.from_recovery_text(self._edit.toPlainText())
        except BadRecoveryKey as error:
            self._field.set_error(str(error))
            return
        super().accept()


class ChoiceSheet(Sheet):
    """Says why a workspace does not open, and offers the ways on.

    Attributes:
        path: Another workspace that was chosen, or the same one again; None if the user quits.
        wants_new: Whether a new workspace shall be made.
    """

    def __init__(self, parent: QWidget, error: UserFacingError) -> None:
        super().__init__(parent, error.title, error.hint, kind=Kind.BAD)
        self.setObjectName("cannotOpen")
        self.path: Path | None = None
        self.wants_new = False
        if error.detail:
            self.body.addWidget(label(error.detail, "caption", wrap=True))
        self.add_buttons(self.tr("Choose a workspace…"), cancel=self.tr("Quit"))
        new = self.add_quiet_button(self.tr("Make a new one"), name="newWorkspace")
        new.clicked.connect(self._on_new)

    def accept(self) -> None:
        dialog = QFileDialog(self, self.tr("Open a workspace"), "", self.tr("Workspaces (*.mailspace)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.open()

    @Slot(str)
    def _on_chosen(self, path: str) -> None:
        self.path = Path(path)
        super().accept()

    @Slot()
    def _on_new(self) -> None:
        self.wants_new = True
        super().accept()


def _two_lines(recovery_text: str) -> str:
    groups = recovery_text.split("-")
    half = len(groups) // 2
    return "-".join(groups[:half]) + "-\n" + "-".join(groups[half:])


def _fixed_font() -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPixelSize(15)
    return font
