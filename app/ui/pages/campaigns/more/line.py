"""One option of a campaign: what it is called, its present value in words, and, unfolded, the fields to change it."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.theme import Space, icon
from app.ui.widgets import label, quiet_button

_TITLE_WIDTH = 144
INSET = 10
"""A quiet button's text begins that far inside its invisible border."""
_VALUE_TOP = 8


class Line(QWidget):
    """Subclasses say the value in `words`, make the fields in `build` when they are first wanted, set them in `fill`.

    Signals:
        changed: A dict of the campaign's attributes that have new values.
        toggled: Whether it is open now.

    Attributes:
        body: The layout for the fields.
    """

    changed = Signal(object)
    toggled = Signal(bool)

    def __init__(self, title: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._title = title
        self._is_built = False
        self._draft: tuple[CampaignInfo, Surroundings] | None = None
        self.button = quiet_button(title, "chevron-right", name=f"{name}Fold")
        self.button.setCheckable(True)
        self.button.toggled.connect(self._on_toggled)
        self.value = label(role="muted", wrap=True)
        self.value.setObjectName(f"{name}Value")
        # Keeps the values below each other.
        place = QWidget()
        place.setFixedWidth(_TITLE_WIDTH)
        left = QHBoxLayout(place)
        left.setContentsMargins(0, 0, 0, 0)
        left.addWidget(self.button)
        left.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(place, 0, Qt.AlignmentFlag.AlignTop)
        # In line with the button's text, also if there are two lines of it.
        self.value.setContentsMargins(0, _VALUE_TOP, 0, _VALUE_TOP)
        head.addWidget(self.value, 1, Qt.AlignmentFlag.AlignTop)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(Space.XXL + INSET, 0, 0, Space.M)
        self.body.setSpacing(Space.S)
        self._content.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self._content)

    @property
    def is_open(self) -> bool:
        return self.button.isChecked()

    def set_open(self, is_open: bool) -> None:
        self.button.setChecked(is_open)

    def show_draft(self, campaign: CampaignInfo, around: Surroundings) -> None:
        self._draft = (campaign, around)
        self.refresh()

    def refresh(self) -> None:
        """Say the value again, and set the fields if they are there."""
        if self._draft is None:
            return
        words = self.words(*self._draft)
        self.value.setText(words)
        self.button.setAccessibleName(f"{self._title}: {words}")
        if self._is_built:
            self.fill(*self._draft)

    @abstractmethod
    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        """The value in words."""

    @abstractmethod
    def is_usual(self, campaign: CampaignInfo) -> bool:
        """Whether nothing was chosen here."""

    @abstractmethod
    def build(self) -> None:
        """Make the fields."""

    @abstractmethod
    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        """Set the fields, without disturbing the one that is being typed into."""

    @Slot(bool)
    def _on_toggled(self, is_open: bool) -> None:
        if is_open and not self._is_built:
            self._is_built = True
            self.build()
            self.refresh()
        self._content.setVisible(is_open)
        self.button.setIcon(icon("chevron-down" if is_open else "chevron-right", "muted"))
        self.toggled.emit(is_open)
