"""Asks for a template's new name."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLineEdit, QWidget

from app.content.library import TemplateInfo, change_template
from app.errors import UserFacingError
from app.ui import things
from app.ui.context import AppContext
from app.ui.widgets import Form, Sheet


class RenameSheet(Sheet):
    def __init__(self, parent: QWidget, context: AppContext, template: TemplateInfo) -> None:
        super().__init__(parent, self.tr("Rename template"))
        self.setObjectName("renameTemplate")
        self._context = context
        self._template = template
        self._name = QLineEdit(template.name)
        self._name.setMaxLength(100)
        self._name.selectAll()
        form = Form()
        self._field = form.add(self.tr("Name"), self._name, name="templateName")
        self.body.addLayout(form)
        self.add_buttons(self.tr("Rename"))
        self._name.textChanged.connect(self._on_text)
        self._name.setFocus()

    def accept(self) -> None:
        """Closes once the name is stored; a reason against it appears below the field."""
        name = " ".join(self._name.text().split())
        self._context.operations.run(
            partial(change_template, self._context.workspace, self._template.id, name=name),
            busy=self.confirm_button,
            success=lambda _: super(RenameSheet, self).accept(),
            refreshes=[things.TEMPLATES],
            on_error=self._on_error,
        )

    def _on_text(self, text: str) -> None:
        self.confirm_button.setEnabled(bool(text.strip()))
        self._field.set_error("")

    def _on_error(self, error: UserFacingError) -> None:
        self._field.set_error(str(error))
