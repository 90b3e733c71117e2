"""Chosen things as small removable labels that flow over several lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QLayoutItem, QSizePolicy, QStyle, QWidget

from app.ui.theme import Size, Space
from app.ui.widgets import icon_button, label


class Flow(QLayout):
    """Puts widgets side by side and begins a new line when one does not fit."""

    def __init__(self, parent: QWidget | None = None, *, spacing: int = Space.S) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins())
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        return size

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        """Place the items and return the height they need."""
        x, y, line = rect.x(), rect.y(), 0
        parent = self.parentWidget()
        direction = parent.layoutDirection() if parent else Qt.LayoutDirection.LeftToRight
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + self.spacing(), 0
            if move:
                item.setGeometry(QStyle.visualRect(direction, rect, QRect(QPoint(x, y), size)))
            x += size.width() + self.spacing()
            line = max(line, size.height())
        return y + line - rect.y()


class Chip(QFrame):
    """A chosen thing; its cross takes it away.

    Signals:
        removed: The cross was pressed.
    """

    removed = Signal()

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("role", "chip")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(Size.CONTROL)
        self.text = text
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, 0, Space.XS, 0)
        row.setSpacing(2)
        row.addWidget(label(text))
        row.addWidget(
            icon_button("x", self.tr("Remove {0}").format(text), on_click=self.removed.emit, name="remove", small=True)
        )


class Chips(QWidget):
    """Chips followed by whatever adds more of them.

    Signals:
        removed: The key of the chip to take away.
    """

    removed = Signal(object)

    def __init__(self, *tail: QWidget) -> None:
        super().__init__()
        self._flow = Flow(self)
        self._tail = tail
        self._chips: list[Chip] = []
        for widget in tail:
            self._flow.addWidget(widget)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_chips(self, chips: Sequence[tuple[object, str]]) -> None:
        """*chips*: (key, text) pairs."""
        if [chip.text for chip in self._chips] == [text for _, text in chips]:
            return
        for chip in self._chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        for widget in self._tail:
            self._flow.removeWidget(widget)
        self._chips = [self._chip(key, text) for key, text in chips]
        for widget in (*self._chips, *self._tail):
            self._flow.addWidget(widget)
            widget.show()
        self.updateGeometry()

    @property
    def texts(self) -> list[str]:
        return [chip.text for chip in self._chips]

    def _chip(self, key: object, text: str) -> Chip:
        chip = Chip(text)
        chip.removed.connect(lambda: self.removed.emit(key))
        return chip
