"""The rail beside the grid: everybody, who can be mailed, the lists and the tags, each with its size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.audience.contacts import MailStatus
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.choice import EVERYBODY, MAILABLE, NOT_MAILABLE, Choice, Numbers
from app.ui.theme import Radius, Space, Type, paint_icon, tabular, tokens

RAIL_WIDTH = 212
_ROW_HEIGHT = 32
_HEADING_HEIGHT = 40
_CHOICE_ROLE = int(Qt.ItemDataRole.UserRole) + 1

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row of the rail; a heading has no choice."""

    text: str
    choice: Choice | None = None
    size: int | None = None
    icon: str = ""
    is_indented: bool = False


class GroupRail(QListView):
    """
    Signals:
        chosen: The user picked another `Choice`.
        menu_asked: A menu is wanted for the `Choice` of a list or tag, at a global point.
        rename_asked, delete_asked: F2 or Delete was pressed on the `Choice` of a list or tag.
    """

    chosen = Signal(object)
    menu_asked = Signal(object, object)
    rename_asked = Signal(object)
    delete_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("groupRail")
        self.setAccessibleName(self.tr("Which contacts"))
        self.setProperty("role", "bare")
        self.setFixedWidth(RAIL_WIDTH)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self._entries = _RailModel(self)
        self._numbers = Numbers()
        self._current = EVERYBODY
        self.setModel(self._entries)
        self.setItemDelegate(_RailDelegate(self))
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def current(self) -> Choice:
        return self._current

    @property
    def current_name(self) -> str:
        """How the choice is called: "Everybody", "Newsletter"."""
        return str(self.currentIndex().data() or "")

    def set_numbers(self, numbers: Numbers) -> None:
        """Show these lists, tags and sizes; what is chosen stays chosen."""
        self._numbers = numbers
        self._fill()

    def choose(self, choice: Choice) -> None:
        """Set the choice without telling anyone."""
        self._current = choice
        self._fill()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_group(self._current) and event.key() == Qt.Key.Key_F2:
            self.rename_asked.emit(self._current)
        elif _is_group(self._current) and event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit(self._current)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        choice = index.data(_CHOICE_ROLE)
        if choice is not None and _is_group(choice):
            spot = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft()) if by_key else event.globalPos()
            self.menu_asked.emit(choice, spot)

    def _fill(self) -> None:
        entries = list(_entries(self._numbers, self._current, self))
        blocked = self.selectionModel().blockSignals(True)
        self._entries.set_entries(entries)
        place = next((at for at, entry in enumerate(entries) if entry.choice == self._current), 0)
        self.setCurrentIndex(self._entries.index(place))
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()

    @Slot(QModelIndex)
    def _on_current_changed(self, index: QModelIndex) -> None:
        choice = index.data(_CHOICE_ROLE)
        if choice is not None and choice != self._current:
            self._current = choice
            self._fill()
            self.chosen.emit(choice)


def _is_group(choice: Choice) -> bool:
    return choice.list_id is not None or choice.tag_id is not None


def _entries(numbers: Numbers, current: Choice, rail: QObject) -> Iterator[_Entry]:
    counts = numbers.counts
    yield _Entry(rail.tr("Everybody"), EVERYBODY, counts.total, "users")
    yield _Entry(rail.tr("Can be mailed"), MAILABLE, counts.mailable, "mail-check")
    yield _Entry(rail.tr("Cannot be mailed"), NOT_MAILABLE, counts.not_mailable, "mail-x")
    if current == NOT_MAILABLE or current.status is not None:
        # The reasons are of interest to those alone who look for them.
        for status in MailStatus:
            size = numbers.statuses.get(status, 0)
            if status is not MailStatus.MAILABLE and (size or current.status is status):
                yield _Entry(wording.status_look(status).text, Choice(status=status), size, is_indented=True)
    yield _Entry(rail.tr("Lists"))
    for group in numbers.lists:
        yield _Entry(group.name, Choice(list_id=group.id), group.size, "list")
    if numbers.tags:
        yield _Entry(rail.tr("Tags"))
        for group in numbers.tags:
            yield _Entry(group.name, Choice(tag_id=group.id), group.size, "tag")


class _RailModel(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._entries: list[_Entry] = []

    def set_entries(self, entries: list[_Entry]) -> None:
        self.beginResetModel()
        self._entries = entries
        self.endResetModel()

    def entry(self, row: int) -> _Entry:
        return self._entries[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._entries)

    def flags(self, index: Index) -> Qt.ItemFlag:
        is_heading = index.isValid() and self._entries[index.row()].choice is None
        return Qt.ItemFlag.NoItemFlags if is_heading else super().flags(index)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return entry.text
            case Qt.ItemDataRole.AccessibleTextRole:
                return entry.text if entry.size is None else f"{entry.text}, {wording.contacts(entry.size)}"
            case _ if role == _CHOICE_ROLE:
                return entry.choice
        return None


class _RailDelegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        is_heading = index.data(_CHOICE_ROLE) is None
        return QSize(RAIL_WIDTH, _HEADING_HEIGHT if is_heading else _ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, _RailModel):
            return
        rect: QRect = getattr(option, "rect")  # noqa: B009 - missing in PySide's stubs
        state: QStyle.StateFlag = getattr(option, "state")  # noqa: B009
        view = self.parent()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rtl = isinstance(view, QWidget) and view.isRightToLeft()
        entry = model.entry(index.row())
        if entry.choice is None:
            self._paint_heading(painter, rect, entry, rtl=rtl)
        else:
            ringed = isinstance(view, QWidget) and bool(view.property("focusVisible")) and view.hasFocus()
            self._paint_entry(painter, rect, entry, state, rtl=rtl, ringed=ringed)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, entry: _Entry, *, rtl: bool) -> None:
        font = _font(painter.font(), Type.CAPTION, strong=True)
        painter.setFont(font)
        painter.setPen(QColor(tokens().muted))
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        painter.drawText(
            rect.adjusted(Space.M, 0, -Space.M, -Space.XS), side | Qt.AlignmentFlag.AlignBottom, entry.text
        )

    def _paint_entry(
        self, painter: QPainter, rect: QRect, entry: _Entry, state: QStyle.StateFlag, *, rtl: bool, ringed: bool
    ) -> None:
        current = tokens()
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        box = rect.adjusted(0, 1, 0, -1)
        if is_chosen or is_hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(current.accent_tint if is_chosen else current.neutral_tint))
            painter.drawRoundedRect(box, Radius.ITEM, Radius.ITEM)
        if is_chosen and ringed:
            painter.setPen(QColor(current.focus))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 0, -1, -1), Radius.ITEM, Radius.ITEM)
        ink = current.on_accent_tint if is_chosen else current.text
        inner = rect.adjusted(Space.M, 0, -Space.M, 0)
        mark = QRect(inner.left(), rect.center().y() - 7, 16, 16)
        if entry.icon:
            paint_icon(painter, entry.icon, _mirrored(mark, inner, rtl), ink if is_chosen else current.muted)
        size = wording.number(entry.size or 0)
        numbers = tabular(_font(painter.font(), Type.CAPTION, strong=False))
        room = QFontMetrics(numbers).horizontalAdvance(size) + 2
        painter.setFont(numbers)
        painter.setPen(QColor(ink if is_chosen else current.muted))
        place = QRect(inner.right() - room + 1, rect.top(), room, rect.height())
        painter.drawText(_mirrored(place, inner, rtl), Qt.AlignmentFlag.AlignCenter, size)
        font = _font(painter.font(), Type.BODY, strong=is_chosen)
        start = inner.left() + 16 + Space.S
        words = QRect(start, rect.top(), inner.right() - room - Space.S - start, rect.height())
        text = QFontMetrics(font).elidedText(entry.text, Qt.TextElideMode.ElideRight, words.width())
        painter.setFont(font)
        painter.setPen(QColor(ink))
        side = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        painter.drawText(_mirrored(words, inner, rtl), side | Qt.AlignmentFlag.AlignVCenter, text)


def _mirrored(rect: QRect, inside: QRect, rtl: bool) -> QRect:
    direction = Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight
    return QStyle.visualRect(direction, inside, rect)


def _font(base: QFont, size: int, *, strong: bool) -> QFont:
    font = QFont(base)
    font.setPixelSize(size)
    font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
    return font
