"""Step 3: into which list, with which tags, on what ground, and what becomes of those who are there already."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.audience.import_plan import DuplicateRule
from app.audience.lists import ListInfo
from app.ui.pages.contacts.importing.draft import People
from app.ui.pages.contacts.permission_form import PermissionForm
from app.ui.theme import Space
from app.ui.widgets import Form, caption, heading
from app.ui.widgets.labels import label

_NEW_LIST = -1
_NO_LIST = -2


class PeopleStep(QWidget):
    """
    Signals:
        changed: Something else was chosen.
    """

    changed = Signal()

    def __init__(self, lists: Sequence[ListInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = QComboBox()
        self._list.addItem(self.tr("A new list"), _NEW_LIST)
        self._list.addItem(self.tr("No list"), _NO_LIST)
        if lists:
            self._list.insertSeparator(2)
        for group in lists:
            self._list.addItem(group.name, group.id)
        self._list.activated.connect(self._on_list)
        self._list_name = QLineEdit()
        self._tags = QLineEdit()
        self._tags.setPlaceholderText(self.tr("VIP, Fair 2026"))
        self._rules = QButtonGroup(self)
        self.permission = PermissionForm(
            unsure=self.tr("They are stored, but get no mail until you record a permission for them."),
        )
        self.permission.changed.connect(self._on_answered)
        self._missing = label(role="error", wrap=True)
        self._missing.setObjectName("permissionMissing")
        self._missing.hide()
        left, right = QWidget(), QWidget()
        self._fill_left(left)
        self._fill_right(right)
        body = QWidget()
        body.setProperty("role", "scrolled")
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, Space.S, 0)
        row.setSpacing(Space.PAGE)
        row.addWidget(left, 1, Qt.AlignmentFlag.AlignTop)
        row.addWidget(right, 1, Qt.AlignmentFlag.AlignTop)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)

    def propose_name(self, name: str) -> None:
        """The name of the new list, unless the user typed another."""
        if not self._list_name.isModified():
            self._list_name.setText(name)

    def answers(self) -> People | None:
        """What was decided; None, saying so in place, while the question of permission is open."""
        if not self.permission.is_answered:
            self._missing.setText(self.tr("Please answer this: it decides whether these people may be mailed at all."))
            self._missing.show()
            self.permission.ask()
            return None
        chosen: int = self._list.currentData()
        is_new = chosen == _NEW_LIST
        tags = dict.fromkeys(" ".join(tag.split()) for tag in self._tags.text().split(","))
        return People(
            list_id=chosen if chosen >= 0 else None,
            new_list_name=self._list_name.text().strip() if is_new else "",
            tags=tuple(tag for tag in tags if tag),
            on_duplicate=list(DuplicateRule)[self._rules.checkedId()],
            basis=self.permission.basis,
            source=self.permission.source.text().strip(),
        )

    def _fill_left(self, side: QWidget) -> None:
        form = Form()
        form.add(self.tr("Put them into"), self._list, name="importList")
        self._name_field = form.add(self.tr("Name of the new list"), self._list_name, name="importListName")
        form.add(
            self.tr("Tags"), self._tags, name="importTags", optional=True, help_text=self.tr("Separate them by commas.")
        )
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(form)
        column.addSpacing(Space.M)
        column.addWidget(heading(self.tr("Who is in your contacts already")))
        for rule, text in (
            (DuplicateRule.UPDATE, self.tr("is brought up to date with what the file says")),
            (DuplicateRule.FILL, self.tr("gets only what was empty until now")),
            (DuplicateRule.KEEP, self.tr("stays as they are, and is only put into the list")),
        ):
            button = QRadioButton(text)
            button.setObjectName(f"rule-{rule.value}")
            self._rules.addButton(button, list(DuplicateRule).index(rule))
            column.addWidget(button)
        self._rules.buttons()[0].setChecked(True)
        column.addWidget(
            caption(self.tr("People are recognised by their address. No empty cell of the file ever deletes anything."))
        )

    def _fill_right(self, side: QWidget) -> None:
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        question = heading(self.tr("How did these people agree to get mail from you?"))
        question.setWordWrap(True)
        column.addWidget(question)
        column.addWidget(
            caption(
                self.tr("The law asks for a reason to mail somebody. Who said no before stays unmailed in any case.")
            )
        )
        column.addWidget(self._missing)
        column.addWidget(self.permission)

    def _on_list(self) -> None:
        self._name_field.setVisible(self._list.currentData() == _NEW_LIST)

    def _on_answered(self) -> None:
        self._missing.hide()
        self.changed.emit()
