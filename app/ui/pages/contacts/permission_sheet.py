"""The sheet that records a permission for people who are contacts already."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from app.audience.contacts import Permission
from app.models.states import LawfulBasis
from app.ui.pages.contacts.permission_form import PermissionForm
from app.ui.widgets import Sheet


class PermissionSheet(Sheet):
    def __init__(
        self,
        parent: QWidget | None,
        who: str,
        record: Callable[[Permission], object],
        *,
        only_new_consent: bool = False,
    ) -> None:
        """*only_new_consent*: they said no before, so nothing but their own new yes counts."""
        text = self.tr("They said no before. Only if they themselves asked for your mail again may it go to them.")
        super().__init__(parent, self.tr("Record a permission for {0}").format(who), text if only_new_consent else "")
        self.setObjectName("permissionSheet")
        self.setMinimumWidth(520)
        self._record = record
        grounds = (LawfulBasis.CONSENT,) if only_new_consent else tuple(LawfulBasis)
        self.form = PermissionForm(grounds=grounds)
        self.body.addWidget(self.form)
        self.add_buttons(self.tr("Record permission"))
        self.confirm_button.setEnabled(self.form.is_answered)
        self.form.changed.connect(lambda: self.confirm_button.setEnabled(True))

    def accept(self) -> None:
        permission = self.form.permission
        if permission is not None:
            super().accept()
            self._record(permission)
