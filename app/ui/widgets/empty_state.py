"""What a page says when there is nothing yet: one sentence, one way to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import Kind, Space
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import heading, muted


class EmptyState(QWidget):
    def __init__(
        self,
        icon: str,
        title: str,
        sentence: str,
        *actions: QWidget,
        kind: Kind = Kind.ACCENT,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self._icon = IconLabel(icon, kind=kind, size=24, tile=56)
        self._title = heading(title)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence = muted(sentence)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence.setFixedWidth(400)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.XS)
        column.addStretch(2)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.M)
        column.addWidget(self._title)
        # Centred by stretches: with an alignment flag Qt forgets that the wrapped sentence needs several lines.
        column.addLayout(_centred(self._sentence))
        column.addSpacing(Space.L)
        column.addLayout(_centred(*actions))
        column.addStretch(3)

    def set_text(self, title: str, sentence: str) -> None:
        self._title.setText(title)
        self._sentence.setText(sentence)


def _centred(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(Space.S)
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
