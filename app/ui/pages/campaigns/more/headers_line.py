"""Headers of the user's own, for those who know why."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.option_checks import headers_fault
from app.ui.pages.campaigns.words import joined
from app.ui.theme import Space, set_property
from app.ui.widgets import caption, icon_button, label, quiet_button

Headers = tuple[tuple[str, str], ...]


class HeadersLine(Line):
    def __init__(self) -> None:
        super().__init__(self.tr("Headers"), "moreHeaders")
        self._rows: list[_Row] = []

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del around
        names = [name for name, _ in campaign.headers]
        return joined(names, most=3) if names else self.tr("none added; for experts")

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return not campaign.headers

    def build(self) -> None:
        self.body.addWidget(
            caption(
                self.tr(
                    "For experts: lines in the head of each message, such as one that your provider asks for. "
                    "Merge fields may stand in the values."
                )
            )
        )
        self._column = QVBoxLayout()
        self._column.setSpacing(Space.S)
        self._fault = label(role="error", wrap=True)
        self._fault.setObjectName("headersError")
        self._add = quiet_button(self.tr("Add a header"), "plus", on_click=self._on_add, name="addHeader")
        self.body.addLayout(self._column)
        self.body.addWidget(self._fault)
        row = QHBoxLayout()
        row.addWidget(self._add)
        row.addStretch(1)
        self.body.addLayout(row)

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del around
        if self._headers != campaign.headers:
            for row in list(self._rows):
                self._drop(row)
            for name, value in campaign.headers:
                self._put(name, value)
        fault = headers_fault(campaign.headers)
        self._fault.setText(fault)
        self._fault.setVisible(bool(fault))
        for row in self._rows:
            row.mark(bool(headers_fault(((row.name.text().strip(), row.value.text()),) if row.name.text() else ())))

    @property
    def _headers(self) -> Headers:
        return tuple((row.name.text().strip(), row.value.text()) for row in self._rows if row.name.text().strip())

    def _on_add(self) -> None:
        self._put("", "").name.setFocus()

    def _put(self, name: str, value: str) -> _Row:
        row = _Row(name, value, len(self._rows))
        row.name.textEdited.connect(self._on_edited)
        row.value.textEdited.connect(self._on_edited)
        row.remove.clicked.connect(lambda: self._on_remove(row))
        self._rows.append(row)
        self._column.addWidget(row)
        return row

    def _drop(self, row: _Row) -> None:
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _on_remove(self, row: _Row) -> None:
        self._drop(row)
        self._add.setFocus()
        self._on_edited()

    @Slot()
    def _on_edited(self) -> None:
        self.changed.emit({"headers": self._headers})


class _Row(QWidget):
    def __init__(self, name: str, value: str, number: int) -> None:
        super().__init__()
        self.name = self._field(name, f"headerName{number}", self.tr("X-Campaign"), self.tr("Name of the header"))
        self.value = self._field(value, f"headerValue{number}", self.tr("Value"), self.tr("Value of the header"))
        self.remove = icon_button("x", self.tr("Remove this header"), name=f"removeHeader{number}", small=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.name, 2)
        row.addWidget(self.value, 3)
        row.addWidget(self.remove)

    def mark(self, is_wrong: bool) -> None:
        set_property(self.name, "invalid", is_wrong)

    def _field(self, text: str, name: str, placeholder: str, words: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(name)
        field.setPlaceholderText(placeholder)
        field.setAccessibleName(words)
        return field
