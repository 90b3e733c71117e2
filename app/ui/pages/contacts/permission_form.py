"""The question of permission: on what ground may these people be mailed?"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from app.audience.contacts import Permission
from app.models.states import LawfulBasis
from app.ui.pages.contacts import wording
from app.ui.theme import Space
from app.ui.widgets import Form
from app.ui.widgets.labels import Explanation

_INDENT = 24


class PermissionForm(QWidget):
    """Three lawful grounds in plain words, each with its explanation, and the honest fourth answer.

    Signals:
        changed: Another answer was given.
    """

    changed = Signal()

    def __init__(
        self,
        *,
        grounds: tuple[LawfulBasis, ...] = tuple(LawfulBasis),
        unsure: str = "",
        example: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """*unsure* explains what follows from "I do not know"; that answer is offered only if given."""
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        self._answers = QButtonGroup(self)
        self._grounds: list[LawfulBasis | None] = []
        for ground in grounds:
            self._offer(column, wording.basis(ground), wording.basis_explained(ground), ground)
        if unsure:
            self._offer(column, self.tr("I do not know"), unsure, None)
        self.source = QLineEdit()
        self.source.setPlaceholderText(example or self.tr("Form on our website, guest book, order by phone …"))
        form = Form()
        self._source_row = form.add(
            self.tr("Where or how, in your words"),
            self.source,
            name="permissionSource",
            optional=True,
            help_text=self.tr("Kept with each person as evidence, should anybody ever ask."),
        )
        column.addSpacing(Space.XS)
        column.addLayout(form)
        self._answers.idToggled.connect(self._on_toggled)
        if len(self._grounds) == 1:
            self._answers.buttons()[0].setChecked(True)

    @property
    def is_answered(self) -> bool:
        return self._answers.checkedId() >= 0

    @property
    def basis(self) -> LawfulBasis | None:
        """The ground that was chosen; None for "I do not know", and while nothing is answered."""
        return self._grounds[self._answers.checkedId()] if self.is_answered else None

    @property
    def permission(self) -> Permission | None:
        basis = self.basis
        return Permission(basis, self.source.text().strip()) if basis is not None else None

    def ask(self) -> None:
        """Put the focus where the answer is to be given."""
        self._answers.buttons()[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _offer(self, column: QVBoxLayout, text: str, explanation: str, ground: LawfulBasis | None) -> None:
        button = QRadioButton(text)
        button.setObjectName(f"permission-{ground.value if ground else 'unknown'}")
        answer = QVBoxLayout()
        answer.setSpacing(0)
        answer.addWidget(button)
        answer.addWidget(Explanation(button, explanation, indent=_INDENT))
        column.addLayout(answer)
        self._answers.addButton(button, len(self._grounds))
        self._grounds.append(ground)

    def _on_toggled(self, _answer: int, on: bool) -> None:
        if on:
            self._source_row.setVisible(self.basis is not None)
            self.changed.emit()
