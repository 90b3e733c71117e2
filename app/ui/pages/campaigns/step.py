"""One line of the composer's checklist: done or to do, what it is, and its fields."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.ui.theme import Kind, Space
from app.ui.widgets import Card, IconLabel, caption, heading


class Step(Card):
    """
    Attributes:
        fields: The layout for the step's inputs.
    """

    def __init__(self, title: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._name = title
        self.is_done = False
        self._mark = IconLabel("circle", size=20)
        self._note = caption(wrap=False)
        self._note.setObjectName(f"{name}Note")
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(heading(title))
        head.addStretch(1)
        head.addWidget(self._note)
        self.fields = QVBoxLayout()
        self.fields.setSpacing(Space.S)
        right = QVBoxLayout()
        right.setSpacing(Space.S)
        right.addLayout(head)
        right.addLayout(self.fields)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        self.body.addLayout(row)
        self.set_done(False)

    def set_done(self, done: bool, note: str = "") -> None:
        """*note*: a remark opposite the title, "still to do" unless given."""
        self.is_done = done
        self._mark.set_icon("circle-check" if done else "circle", Kind.GOOD if done else Kind.NEUTRAL)
        self._note.setText(note or ("" if done else self.tr("still to do")))
        self.setAccessibleName(
            self.tr("{0}: done").format(self._name) if done else self.tr("{0}: still to do").format(self._name)
        )

    @property
    def title(self) -> str:
        return self._name
