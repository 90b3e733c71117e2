"""Chosen things as small removable labels that flow over several lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from app.ui.theme import Size, Space
from app.ui.widgets import icon_button, label
from app.ui.widgets.flow import Flow


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
