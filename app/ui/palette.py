"""The command palette: type a few letters, press Return."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import Action, Actions
from app.ui.theme import Size, Space, tokens
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import caption, label

_WIDTH = 560
_ROWS = 9
_ROW_HEIGHT = 40


class CommandPalette(QWidget):
    """A veil over the window with the palette on it; it gives back the focus when it closes."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window)
        self.setObjectName("palette")
        self._window = window
        self._actions = actions
        self._focus_before: QWidget | None = None
        self._panel = QFrame(self)
        self._panel.setProperty("role", "floating")
        self._panel.setFixedWidth(_WIDTH)
        shadow = QGraphicsDropShadowEffect(self._panel, blurRadius=40, xOffset=0, yOffset=12)
        shadow.setColor(QColor(0, 0, 0, 70))
        self._panel.setGraphicsEffect(shadow)
        self.field = QLineEdit()
        self.field.setObjectName("paletteField")
        self.field.setProperty("role", "bare")
        self.field.setPlaceholderText(self.tr("Where to, or what to do?"))
        self.field.setAccessibleName(self.tr("Search pages and commands"))
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.list = QListWidget()
        self.list.setObjectName("paletteList")
        self.list.setProperty("role", "bare")
        self.list.setAccessibleName(self.tr("Matching commands"))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._on_clicked)
        self._nothing = caption(self.tr("Nothing fits. Try another word."))
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setFixedHeight(_ROW_HEIGHT)
        self._build()
        window.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        self._focus_before = self.window().focusWidget()
        self.field.clear()
        self._fill("")
        self._place()
        self.raise_()
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)
        self._focus_before = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if watched is self.field and event.type() == QEvent.Type.FocusOut and self.isVisible():
            self.hide()
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.dismiss()

    def paintEvent(self, _event: QPaintEvent) -> None:
        veil = QColor(tokens().shadow)
        veil.setAlphaF(0.45 if tokens().is_dark else 0.18)
        QPainter(self).fillRect(self.rect(), veil)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(Space.L, 0, Space.L, 0)
        top.setSpacing(Space.M)
        top.addWidget(IconLabel("search", size=Size.ICON_LARGE))
        top.addWidget(self.field, 1)
        top.addWidget(label("Esc", "key"), 0, Qt.AlignmentFlag.AlignVCenter)
        line = QFrame()
        line.setProperty("role", "line")
        rows = QVBoxLayout()
        rows.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        rows.addWidget(self.list)
        rows.addWidget(self._nothing)
        column = QVBoxLayout(self._panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(line)
        column.addLayout(rows)

    @Slot(str)
    def _fill(self, query: str) -> None:
        self.list.clear()
        for action in self._actions.search(query):
            item = QListWidgetItem(self.list)
            item.setData(Qt.ItemDataRole.UserRole, action)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, action.plain_text)
            item.setSizeHint(QSize(0, _ROW_HEIGHT))
            self.list.setItemWidget(item, _Row(action))
        count = self.list.count()
        self.list.setVisible(count > 0)
        self._nothing.setVisible(count == 0)
        self.list.setFixedHeight(min(count, _ROWS) * _ROW_HEIGHT)
        if count:
            self.list.setCurrentRow(0)
        self._panel.adjustSize()

    def _place(self) -> None:
        self.setGeometry(self._window.rect())
        self._panel.adjustSize()
        self._panel.move((self.width() - _WIDTH) // 2, max(Space.PAGE, self.height() // 7))

    def _on_key(self, event: QKeyEvent) -> bool:
        key, count = event.key(), self.list.count()
        if key == Qt.Key.Key_Escape:
            self.dismiss()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Tab) and count:
            self.list.setCurrentRow((self.list.currentRow() + 1) % count)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Backtab) and count:
            self.list.setCurrentRow((self.list.currentRow() - 1) % count)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentItem())
        else:
            return False
        return True

    @Slot(QListWidgetItem)
    def _on_clicked(self, item: QListWidgetItem) -> None:
        self._run(item)

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            action: Action = item.data(Qt.ItemDataRole.UserRole)
            self.dismiss()
            action.trigger()


class _Row(QWidget):
    def __init__(self, action: Action) -> None:
        super().__init__()
        self.setFixedHeight(_ROW_HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, 0, Space.S, 0)
        row.setSpacing(Space.M)
        picture = label()
        picture.setFixedWidth(Size.ICON_LARGE)
        picture.setPixmap(action.icon().pixmap(Size.ICON_LARGE, Size.ICON_LARGE))
        row.addWidget(picture)
        row.addWidget(label(action.plain_text))
        row.addWidget(caption(action.section, wrap=False))
        row.addStretch(1)
        if not action.shortcut().isEmpty():
            keys = label(action.shortcut().toString(QKeySequence.SequenceFormat.NativeText), "key")
            row.addWidget(keys, 0, Qt.AlignmentFlag.AlignVCenter)
