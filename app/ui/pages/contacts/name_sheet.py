"""A sheet that asks for one name: of a new list, of a tag that is renamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QLineEdit, QWidget

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.things import CONTACTS, LISTS
from app.ui.widgets import Form, Sheet, Toast

T = TypeVar("T")


class NameSheet(Sheet, Generic[T]):
    """Stays open, with the reason below the field, until the name is good."""

    def __init__(
        self,
        parent: QWidget | None,
        operations: Operations,
        *,
        title: str,
        confirm: str,
        save: Callable[[str], T],
        on_saved: Callable[[str, T], Toast | str | None],
        name: str = "",
        text: str = "",
    ) -> None:
        """*save* gets the name in the writer thread, *on_saved* in the UI thread; that returns what the toast says."""
        super().__init__(parent, title, text)
        self.setObjectName("nameSheet")
        self._operations = operations
        self._save = save
        self._on_saved = on_saved
        self._field = QLineEdit(name)
        self._field.selectAll()
        form = Form()
        self._row = form.add(self.tr("Name"), self._field, name="nameField")
        self.body.addLayout(form)
        self.add_buttons(confirm)
        self._field.setFocus()
        self._field.textChanged.connect(lambda: self._row.set_error(""))

    def accept(self) -> None:
        name = " ".join(self._field.text().split())

        def saved(result: T) -> Toast | str | None:
            super(NameSheet, self).accept()
            return self._on_saved(name, result)

        self._operations.run(
            lambda: self._save(name),
            busy=self.confirm_button,
            success=saved,
            refreshes=(CONTACTS, LISTS),
            on_error=self._on_error,
        )

    def _on_error(self, error: UserFacingError) -> None:
        self._row.set_error(str(error))
        self.fit()
        self._field.setFocus()
