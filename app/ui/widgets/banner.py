"""A message that stays in the page until its cause is gone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import Kind, Space, set_property
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import label


class Banner(QFrame):
    def __init__(
        self,
        title: str = "",
        text: str = "",
        kind: Kind = Kind.INFO,
        *actions: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        self._icon = IconLabel(kind.icon, kind=kind, size=18)
        self._title = label(role="strong", wrap=True)
        self._text = label(wrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        row.setSpacing(Space.M)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        for action in actions:
            row.addWidget(action, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.set_message(title, text, kind)

    def set_message(self, title: str, text: str = "", kind: Kind = Kind.INFO) -> None:
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._icon.set_icon(kind.icon, kind)
        two_lines = bool(title and text)
        self._row.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop if two_lines else Qt.AlignmentFlag.AlignVCenter)
        set_property(self, "kind", kind.value)
        self.setAccessibleName(title or text)
