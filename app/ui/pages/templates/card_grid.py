"""Cards in as many equal columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import Space

_LEAST_WIDTH = 220


class CardGrid(QWidget):
    """Places its cards itself, because Qt has no layout whose number of columns follows the width."""

    def __init__(self, card_height: int) -> None:
        super().__init__()
        self._card_height = card_height
        self._cards: list[QWidget] = []

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Show *cards* instead of those that were there; Tab visits them in this order."""
        for card in self._cards:
            card.hide()
            card.deleteLater()
        self._cards = list(cards)
        for card in cards:
            card.setParent(self)
            card.show()
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(3 * _LEAST_WIDTH, self._height(3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        gap = int(Space.L)
        columns = max(1, (self.width() + gap) // (_LEAST_WIDTH + gap))
        width = (self.width() - (columns - 1) * gap) // columns
        for number, card in enumerate(self._cards):
            row, column = divmod(number, columns)
            x = column * (width + gap)
            if self.isRightToLeft():
                x = self.width() - x - width
            card.setGeometry(x, row * (self._card_height + gap), width, self._card_height)
        self.setMinimumHeight(self._height(columns))

    def _height(self, columns: int) -> int:
        rows = -(-len(self._cards) // columns)
        return max(0, rows * (self._card_height + Space.L) - Space.L)
