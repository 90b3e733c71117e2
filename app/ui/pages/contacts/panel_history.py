"""What is known about the permission to mail a contact, and what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.audience.contacts import ConsentEntry, ContactDetail, DeliveryEntry
from app.models.states import ConsentAction, DeliveryState
from app.sending.wording import reason_words
from app.ui.pages.contacts import wording
from app.ui.theme import Kind, Space
from app.ui.widgets import IconLabel, caption, heading, muted
from app.ui.widgets.labels import label

_MOST_MESSAGES = 100


class HistoryView(QWidget):
    """Two lists, newest first: evidence of permission, and messages."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._content: QWidget | None = None

    def show_detail(self, detail: ContactDetail) -> None:
        if self._content is not None:
            self._column.removeWidget(self._content)
            self._content.deleteLater()
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(heading(self.tr("Permission")))
        self._add_consents(column, detail.consents)
        column.addSpacing(Space.M)
        column.addWidget(heading(self.tr("Messages")))
        self._add_deliveries(column, detail.deliveries)
        column.addSpacing(Space.M)
        column.addWidget(caption(self.tr("In your contacts since {0}").format(wording.day(detail.created_at))))
        self._column.addWidget(self._content)

    def _add_consents(self, column: QVBoxLayout, entries: Sequence[ConsentEntry]) -> None:
        if not entries:
            column.addWidget(muted(self.tr("Nothing recorded yet. Without a permission no mail goes to this person.")))
        for entry in entries:
            is_withdrawal = entry.action is ConsentAction.WITHDRAWN
            kind = Kind.WARNING if is_withdrawal else Kind.GOOD
            icon = "mail-x" if is_withdrawal else "shield-check"
            notes = [" · ".join(part for part in (wording.moment(entry.at), entry.source) if part)]
            if entry.wording:
                notes.append(f"“{entry.wording}”")
            column.addLayout(_event(icon, kind, wording.consent_entry(entry), *notes))

    def _add_deliveries(self, column: QVBoxLayout, entries: Sequence[DeliveryEntry]) -> None:
        if not entries:
            column.addWidget(muted(self.tr("Nothing was sent to this person yet.")))
        for entry in entries[:_MOST_MESSAGES]:
            look = wording.delivery_look(entry.state)
            when = wording.moment(entry.at) if entry.at else ""
            notes = [" · ".join(part for part in (look.text, when) if part)]
            if entry.reason and entry.state is not DeliveryState.SENT:
                notes.append(reason_words(entry.reason))
            column.addLayout(_event(look.icon_name, look.kind, entry.campaign, *notes))
        if len(entries) > _MOST_MESSAGES:
            rest = wording.number(len(entries) - _MOST_MESSAGES)
            column.addWidget(muted(self.tr("and {0} older ones").format(rest)))


def _event(icon: str, kind: Kind, title: str, *notes: str) -> QHBoxLayout:
    words = QVBoxLayout()
    words.setSpacing(1)
    words.addWidget(label(title, "strong", wrap=True))
    for note in notes:
        words.addWidget(caption(note))
    row = QHBoxLayout()
    row.setSpacing(Space.M)
    mark = IconLabel(icon, kind=kind, size=16, tile=32)
    row.addWidget(mark)
    row.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
    row.addLayout(words, 1)
    return row
