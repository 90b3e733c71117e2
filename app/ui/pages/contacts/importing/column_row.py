"""One column of the file: its name and samples, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.audience.mapping import (
    CONSENT_AT,
    CONSENT_IP,
    CONSENT_SOURCE,
    FULL_NAME,
    IGNORE,
    TAGS,
    ColumnPlan,
    NewField,
    Target,
)
from app.audience.statuses import STATUS
from app.models.fields import FieldInfo
from app.models.states import FieldType
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.elided import ElidedLabel
from app.ui.theme import Space, set_property
from app.ui.widgets import IconLabel

_NEW = "new"
_LEAVE_OUT = "leave out"
# An address cannot be a second kind of field: there is one per person.
_KINDS = tuple(kind for kind in FieldType if kind is not FieldType.EMAIL)


class ColumnRow(QWidget):
    """
    Signals:
        targeted: Another target was chosen: the column's index in the file, and the target.
    """

    targeted = Signal(int, object)

    def __init__(
        self, plan: ColumnPlan, sample: str, fields: Sequence[FieldInfo], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._plan = plan
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(plan.header, "strong"))
        words.addWidget(ElidedLabel(sample or self.tr("(empty)"), "caption"))
        self._target = QComboBox()
        self._target.setObjectName(f"target-{plan.source_index}")
        self._target.setAccessibleName(self.tr("What becomes of the column {0}").format(plan.header))
        self._offer(fields)
        self._name = QLineEdit()
        self._name.setObjectName(f"newName-{plan.source_index}")
        self._name.setAccessibleName(self.tr("Name of the new field"))
        self._kind = QComboBox()
        self._kind.setObjectName(f"newKind-{plan.source_index}")
        self._kind.setAccessibleName(self.tr("What the new field holds"))
        for kind in _KINDS:
            self._kind.addItem(wording.field_type(FieldType(kind.value)), kind)
        self._show_target(plan.target)
        self._target.activated.connect(self._on_chosen)
        self._kind.activated.connect(self._tell)
        self._name.editingFinished.connect(self._tell)
        for box in (self._target, self._kind):
            # A wheel that means to scroll the rows must not change a choice.
            box.installEventFilter(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.S, Space.L, Space.S)
        row.setSpacing(Space.M)
        row.addLayout(words, 5)
        row.addWidget(IconLabel("chevron-right"))
        row.addWidget(self._target, 4)
        row.addWidget(self._name, 3)
        row.addWidget(self._kind, 2)

    def set_problem(self, has_problem: bool) -> None:
        set_property(self._target, "invalid", has_problem)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def _offer(self, fields: Sequence[FieldInfo]) -> None:
        box = self._target
        box.addItem(self.tr("Leave out"), _LEAVE_OUT)
        box.addItem(self.tr("New field"), _NEW)
        box.insertSeparator(box.count())
        for field in fields:
            box.addItem(field.label, field.key)
        box.insertSeparator(box.count())
        box.addItem(self.tr("First and last name"), FULL_NAME)
        box.addItem(self.tr("Can be mailed? (yes, no, unsubscribed …)"), STATUS)
        box.addItem(self.tr("Tags, several in a cell"), TAGS)
        box.addItem(self.tr("When they agreed to be mailed"), CONSENT_AT)
        box.addItem(self.tr("From which IP address they agreed"), CONSENT_IP)
        box.addItem(self.tr("By which form they agreed"), CONSENT_SOURCE)
        box.setMaxVisibleItems(20)

    def _show_target(self, target: Target) -> None:
        if isinstance(target, NewField):
            self._name.setText(target.label)
            self._kind.setCurrentIndex(max(0, self._kind.findData(target.kind)))
            key = _NEW
        else:
            key = _LEAVE_OUT if target is IGNORE else target
        self._target.setCurrentIndex(self._target.findData(key))
        is_new = isinstance(target, NewField)
        for widget in (self._name, self._kind):
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.setVisible(is_new)

    def _on_chosen(self) -> None:
        if self._target.currentData() == _NEW and not self._name.text():
            self._name.setText(self._plan.header)
        self._show_target(self._chosen())
        self._tell()

    def _chosen(self) -> Target:
        key = self._target.currentData()
        if key == _LEAVE_OUT:
            return IGNORE
        if key == _NEW:
            # Qt hands an enum's text back.
            kind = FieldType(self._kind.currentData())
            return NewField(self._name.text().strip() or self._plan.header, kind)
        return str(key)

    def _tell(self) -> None:
        self.targeted.emit(self._plan.source_index, self._chosen())
