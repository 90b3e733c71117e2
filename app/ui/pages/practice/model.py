"""The messages of the practice inbox as rows: thousands of them, the newest on top, new ones slipped in above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.sending.practice_inbox import PracticeEntry
from app.ui.pages.templates.when import exact, short_moment
from app.ui.widgets import CELL_ROLE, ROW_ROLE, TwoLines

MESSAGE, WHEN = range(2)
Index = QModelIndex | QPersistentModelIndex


class InboxModel(QAbstractTableModel):
    """Reads nothing itself: `replace` and `put_on_top` are told what there is."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[PracticeEntry] = []

    @property
    def newest(self) -> PracticeEntry | None:
        return self._entries[0] if self._entries else None

    def entry(self, row: int) -> PracticeEntry:
        return self._entries[row]

    def row_of(self, message_id: int) -> int | None:
        """Where the message stands; ids fall from top to bottom."""
        low, high = 0, len(self._entries)
        while low < high:
            middle = (low + high) // 2
            if self._entries[middle].id > message_id:
                low = middle + 1
            else:
                high = middle
        found = low < len(self._entries) and self._entries[low].id == message_id
        return low if found else None

    def replace(self, entries: Sequence[PracticeEntry]) -> None:
        """Show *entries* instead of what was there."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def put_on_top(self, entries: Sequence[PracticeEntry], *, keep: int) -> None:
        """Add newer messages above, and drop the oldest beyond *keep*; selection and scrolling stay."""
        if entries:
            self.beginInsertRows(QModelIndex(), 0, len(entries) - 1)
            self._entries[:0] = entries
            self.endInsertRows()
        if len(self._entries) > keep:
            self.beginRemoveRows(QModelIndex(), keep, len(self._entries) - 1)
            del self._entries[keep:]
            self.endRemoveRows()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        is_message = index.column() == MESSAGE
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.recipient if is_message else short_moment(entry.received_at)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry.recipient}, {_subject(entry, self)}" if is_message else exact(entry.received_at)
            case Qt.ItemDataRole.ToolTipRole:
                return _subject(entry, self) if is_message else exact(entry.received_at)
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if is_message else Qt.AlignmentFlag.AlignRight
                return side | Qt.AlignmentFlag.AlignVCenter
            case _ if role == CELL_ROLE and is_message:
                return TwoLines(entry.recipient, _subject(entry, self))
            case _ if role == ROW_ROLE:
                return entry
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return (self.tr("To"), self.tr("Arrived"))[section]
            if role == Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if section == MESSAGE else Qt.AlignmentFlag.AlignRight
                return side | Qt.AlignmentFlag.AlignVCenter
        return None


def _subject(entry: PracticeEntry, model: InboxModel) -> str:
    return entry.subject or model.tr("No subject")
