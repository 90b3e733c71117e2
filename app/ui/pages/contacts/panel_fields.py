"""The fields of one contact, each saved when the user leaves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from app.audience.cells import CellValue
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.states import FieldType
from app.ui.pages.contacts import cell_text
from app.ui.pages.contacts.cell_editor import complaint
from app.ui.theme import Space
from app.ui.widgets import FormField

_NOTES = "notes"
_NOTES_HEIGHT = 88

Save = Callable[[str, str, Callable[[UserFacingError], object]], object]


class FieldForm(QWidget):
    """One row per field. *save* is given the field's key, the text, and what to call if it is refused."""

    def __init__(self, save: Save, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._save = save
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.M)
        self._fields: tuple[FieldInfo, ...] = ()
        self._rows: dict[str, _FieldRow] = {}

    def show_values(
        self, fields: Sequence[FieldInfo], values: Mapping[str, CellValue], *, is_same_contact: bool
    ) -> None:
        """What the user is typing right now is left alone if it still is the same contact."""
        if tuple(fields) != self._fields:
            self._build(fields)
        for key, row in self._rows.items():
            text = cell_text.typed(values.get(key))
            if not (is_same_contact and row.is_being_edited):
                row.show_text(text)

    def _build(self, fields: Sequence[FieldInfo]) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row.form_field)
            row.form_field.deleteLater()
        self._fields = tuple(fields)
        self._rows = {field.key: _FieldRow(field, self._save) for field in fields}
        for row in self._rows.values():
            self._column.addWidget(row.form_field)


class _FieldRow(QObject):
    def __init__(self, field: FieldInfo, save: Save) -> None:
        super().__init__()
        self._field = field
        self._save = save
        self._saved = ""
        self._editor = _editor_for(field)
        self._editor.setObjectName(f"field-{field.key}")
        self.form_field = FormField(field.label, self._editor)
        self._editor.installEventFilter(self)
        if isinstance(self._editor, QComboBox):
            self._editor.activated.connect(lambda _index: self._commit())

    @property
    def is_being_edited(self) -> bool:
        return self._editor.hasFocus() and self._text() != self._saved

    def show_text(self, text: str) -> None:
        self._saved = text
        self.form_field.set_error("")
        if self._text() == text:
            return
        if isinstance(self._editor, QComboBox):
            self._editor.setCurrentIndex(max(0, self._editor.findData(text)))
        elif isinstance(self._editor, QPlainTextEdit):
            self._editor.setPlainText(text)
        elif isinstance(self._editor, QLineEdit):
            self._editor.setText(text)
            self._editor.setCursorPosition(0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if event.key() == Qt.Key.Key_Escape and self._text() != self._saved:
                self.show_text(self._saved)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QLineEdit) and is_plain:
                self._commit()
                return True
        # A menu (copy, paste) or another program takes the focus only for a while.
        passing = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in passing:
            self._commit()
        return super().eventFilter(watched, event)

    def _commit(self) -> None:
        text = self._text().strip()
        if text == self._saved:
            self.form_field.set_error("")
            return
        problem = complaint(text, self._field)
        self.form_field.set_error(problem)
        if not problem:
            self._saved, before = text, self._saved
            self._save(self._field.key, text, lambda error: self._refused(error, before))

    def _refused(self, error: UserFacingError, before: str) -> None:
        self._saved = before
        self.form_field.set_error(str(error))

    def _text(self) -> str:
        match self._editor:
            case QComboBox():
                return str(self._editor.currentData())
            case QPlainTextEdit():
                return self._editor.toPlainText()
            case QLineEdit():
                return self._editor.text()
        return ""


def _editor_for(field: FieldInfo) -> QWidget:
    if field.type is FieldType.YES_NO:
        box = QComboBox()
        box.addItem("–", "")
        box.addItem(cell_text.shown(True), "yes")
        box.addItem(cell_text.shown(False), "no")
        return box
    if field.key == _NOTES:
        notes = QPlainTextEdit()
        notes.setFixedHeight(_NOTES_HEIGHT)
        notes.setTabChangesFocus(True)
        return notes
    line = QLineEdit()
    if field.type is FieldType.DATE:
        line.setPlaceholderText("2026-03-31")
    return line
