"""The foot of the grid: how many are shown and selected, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.ui.pages.contacts import wording
from app.ui.theme import Size, Space
from app.ui.widgets import muted, quiet_button


class SelectionBar(QWidget):
    """
    Signals:
        list_asked, tag_asked: A menu is wanted at the button given.
        block_asked, delete_asked: The deed is wanted for the selected.
    """

    list_asked = Signal(object)
    tag_asked = Signal(object)
    block_asked = Signal()
    delete_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("selectionBar")
        self._words = muted(wrap=False)
        self._words.setObjectName("selectionWords")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self._words, 1)
        to_list = quiet_button(self.tr("Add to list"), "list", name="selectionList")
        to_list.clicked.connect(lambda: self.list_asked.emit(to_list))
        tag = quiet_button(self.tr("Tag"), "tag", name="selectionTag")
        tag.clicked.connect(lambda: self.tag_asked.emit(tag))
        block = quiet_button(self.tr("Never mail"), "ban", on_click=self.block_asked.emit, name="selectionBlock")
        delete = quiet_button(self.tr("Delete"), "trash-2", on_click=self.delete_asked.emit, name="selectionDelete")
        for button in (to_list, tag, block, delete):
            row.addWidget(button)
        self.setFixedHeight(Size.CONTROL)
        self._by_need = (to_list, delete, tag, block)
        self._selected = 0
        self.set_numbers(0, 0)

    def set_numbers(self, shown: int, selected: int) -> None:
        if selected:
            self._words.setText(self.tr("{0} selected").format(wording.number(selected)))
        else:
            self._words.setText(wording.people(shown))
        self._selected = selected
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Where there is little room, what the menu offers as well gives way to the words."""
        room = self.width() - self._words.sizeHint().width()
        for button in self._by_need:
            room -= button.sizeHint().width() + Space.XS
            button.setVisible(bool(self._selected) and room >= 0)
