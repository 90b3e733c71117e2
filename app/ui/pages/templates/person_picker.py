"""Whose eyes the preview is seen with: search for a contact, or go from one to the next."""

from __future__ import annotations

from array import array
from functools import partial

from PySide6.QtCore import QLocale, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.context import AppContext
from app.ui.pages.templates.draft import SAMPLE_PERSON, Person, find_people, read_person
from app.ui.theme import Space
from app.ui.widgets import SearchField, caption, icon_button, label


class PersonPicker(QWidget):
    """
    Signals:
        changed: `person` is somebody else now.

    Attributes:
        person: Whom to preview as.
    """

    changed = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self.person: Person = SAMPLE_PERSON
        self._people: array[int] = array("q")
        self._index = 0
        self._request = 0
        self.search = SearchField(self.tr("Preview as …"), name="previewAs")
        self.search.setAccessibleName(self.tr("Preview as: search for a contact"))
        self.search.setMinimumWidth(110)
        self.search.setMaximumWidth(200)
        self.search.searched.connect(self._on_searched)
        self._name = label(role="strong")
        self._name.setObjectName("previewPerson")
        self._place = caption(wrap=False)
        for line in (self._name, self._place):
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._back = icon_button(
            "chevron-left", self.tr("Previous person"), on_click=lambda: self.step(-1), name="previousPerson"
        )
        self._next = icon_button(
            "chevron-right", self.tr("Next person"), on_click=lambda: self.step(1), name="nextPerson"
        )
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._place)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addLayout(words, 1)
        row.addWidget(self.search, 1)
        row.addWidget(self._back)
        row.addWidget(self._next)
        self._show()

    def step(self, by: int) -> None:
        """Go *by* people further, round and round."""
        if self._people:
            self._index = (self._index + by) % len(self._people)
            self._context.operations.run(self._read())

    async def load(self) -> None:
        """Look again who there is; stays with the same person if they still are."""
        await self._find(self.search.text().strip(), keep=self.person.id)

    @Slot(str)
    def _on_searched(self, text: str) -> None:
        self._context.operations.run(self._find(text))

    async def _find(self, search: str, *, keep: int | None = None) -> None:
        self._request += 1
        request = self._request
        people = await self._context.operations.read(partial(find_people, self._context.workspace, search))
        if request != self._request:
            return
        self._people = people
        self._index = people.index(keep) if keep is not None and keep in people else 0
        await self._read()

    async def _read(self) -> None:
        self._request += 1
        request = self._request
        contact_id = self._people[self._index] if self._people else None
        person = await self._context.operations.read(partial(read_person, self._context.workspace, contact_id))
        if request == self._request:
            self.person = person
            self._show()
            self.changed.emit()

    def _show(self) -> None:
        many = len(self._people)
        searched = bool(self.search.text().strip())
        self.search.setVisible(many > 0 or searched)
        for button in (self._back, self._next):
            button.setVisible(self.search.isVisibleTo(self))
            button.setEnabled(many > 1)
        self._name.setText(self.person.name)
        self._name.setToolTip(str(self.person.values.get("email", "")))
        self._place.setText(self._place_words(many, searched=searched))

    def _place_words(self, many: int, *, searched: bool) -> str:
        if many:
            return self.tr("{0} of {1}").format(_number(self._index + 1), _number(many))
        return (
            self.tr("nobody found: a sample person")
            if searched
            else self.tr("a sample person, as you have no contacts")
        )


def _number(value: int) -> str:
    return QLocale().toString(value)
