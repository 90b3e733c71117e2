"""Form rows: a label, a field, a sentence of help, and the error where the user looks."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QVBoxLayout, QWidget

from app.ui.theme import Space, set_property
from app.ui.widgets.labels import label


class FormField(QWidget):
    """
    Attributes:
        field: The input widget.
    """

    def __init__(
        self, text: str, field: QWidget, *, help_text: str = "", optional: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.field = field
        if isinstance(field, QAbstractSpinBox):
            # QSS cannot pad the text of a spin box whose buttons it styles.
            field.lineEdit().setTextMargins(11, 0, 0, 0)
        caption = self.tr("{0} (optional)").format(text) if optional else text
        self.label = QLabel(caption)
        self.label.setProperty("role", "strong")
        self.label.setBuddy(field)
        self._help = label(help_text, "caption", wrap=True)
        self._error = label(role="error", wrap=True)
        self._error.setObjectName(f"{field.objectName()}Error")
        field.setAccessibleName(caption)
        field.setAccessibleDescription(help_text)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self.label)
        column.addWidget(field)
        column.addWidget(self._help)
        column.addWidget(self._error)
        self._help.setVisible(bool(help_text))
        self._error.hide()

    @property
    def error(self) -> str:
        return self._error.text()

    def set_error(self, text: str) -> None:
        """Show what is wrong with the input; an empty *text* clears it."""
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._help.setVisible(bool(self._help.text()) and not text)
        set_property(self.field, "invalid", bool(text))
        self.field.setAccessibleDescription(text or self._help.text())
        if text:
            QAccessible.updateAccessibility(QAccessibleEvent(self.field, QAccessible.Event.DescriptionChanged))

    def set_text(self, text: str) -> None:
        """Call the field something else."""
        self.label.setText(text)
        self.field.setAccessibleName(text)

    def set_help(self, text: str) -> None:
        self._help.setText(text)
        self._help.setVisible(bool(text) and not self.error)
        self.field.setAccessibleDescription(self.error or text)


class Form(QVBoxLayout):
    """Form rows under each other at the distance forms keep.

    `form.add(self.tr("Server"), server)` returns the `FormField`, to hang errors on.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__()
        if parent is not None:
            parent.setLayout(self)
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(Space.L)

    def add(
        self, text: str, field: QWidget, *, name: str = "", help_text: str = "", optional: bool = False
    ) -> FormField:
        """*name* becomes the field's object name; its error label is then called "{name}Error"."""
        if name:
            field.setObjectName(name)
        row = FormField(text, field, help_text=help_text, optional=optional)
        self.addWidget(row)
        return row
