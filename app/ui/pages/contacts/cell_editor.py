"""Editing a cell in place: an editor that fits the field's type and does not let go of what it cannot read."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.audience.cells import parse_cell
from app.errors import UserFacingError
from app.models.fields import FieldInfo
from app.models.states import FieldType
from app.ui.pages.contacts.grid_model import ContactGridModel
from app.ui.pages.contacts.wording import translate
from app.ui.theme import set_property

Index = QModelIndex | QPersistentModelIndex

_LEAVING = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab, Qt.Key.Key_Backtab})


def complaint(text: str, field: FieldInfo) -> str:
    """Why *text* does not fit *field*; empty if it does."""
    if field.type is FieldType.EMAIL and field.is_builtin and not text.strip():
        return translate("Contacts", "A contact needs an e-mail address.")
    try:
        parse_cell(text, field.type)
    except UserFacingError as error:
        return str(error)
    return ""


class CellEditorDelegate(QStyledItemDelegate):
    """
    Signals:
        refused: A text does not fit: the index, and a sentence that says why. The editor stays open after Return or
            Tab; when the user clicks elsewhere the cell keeps its value.
    """

    refused = Signal(object, str)

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        column = _model(index).columns[index.column()]
        field = column.field
        editor: QWidget
        if field is not None and field.type is FieldType.YES_NO:
            editor = _YesNoBox(parent)
        else:
            line = QLineEdit(parent)
            if column.is_number:
                line.setAlignment(Qt.AlignmentFlag.AlignRight)
            if field is not None and field.type is FieldType.DATE:
                line.setPlaceholderText(self.tr("2026-03-31"))
            editor = line
        editor.setObjectName("cellEditor")
        editor.setAccessibleName(column.title)
        editor.setProperty("cell", QPersistentModelIndex(index))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        # Asked again whenever the row is read again: what the user is typing must survive that.
        if editor.property("filled"):
            return
        editor.setProperty("filled", True)
        text = str(index.data(Qt.ItemDataRole.EditRole) or "")
        if isinstance(editor, _YesNoBox):
            editor.set_text(text)
        else:
            cast("QLineEdit", editor).setText(text)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        problem = self._problem(editor)
        if problem:
            self.refused.emit(index, problem)
        else:
            model.setData(model.index(index.row(), index.column()), _text(editor), Qt.ItemDataRole.EditRole)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        rect: QRect = getattr(option, "rect")  # noqa: B009 - missing in PySide's stubs
        editor.setGeometry(rect.adjusted(0, 0, 0, -1))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(editor, QWidget):
            if cast("QKeyEvent", event).key() in _LEAVING and (problem := self._problem(editor)):
                set_property(editor, "invalid", True)
                self.refused.emit(editor.property("cell"), problem)
                return True
            set_property(editor, "invalid", False)
        return super().eventFilter(editor, event)

    def _problem(self, editor: QWidget) -> str:
        cell = editor.property("cell")
        field = _model(cell).columns[cell.column()].field if cell is not None and cell.isValid() else None
        return complaint(_text(editor), field) if field is not None else ""


class _YesNoBox(QComboBox):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.addItem("", "")
        self.addItem(self.tr("Yes"), "yes")
        self.addItem(self.tr("No"), "no")

    def set_text(self, text: str) -> None:
        self.setCurrentIndex(max(0, self.findData(text)))


def _text(editor: QWidget) -> str:
    return str(editor.currentData()) if isinstance(editor, _YesNoBox) else cast("QLineEdit", editor).text()


def _model(index: Index) -> ContactGridModel:
    return cast("ContactGridModel", index.model())
