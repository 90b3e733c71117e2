"""Short messages at the lower edge of the window that go away by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QEnterEvent, Qt
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import Kind, Space, tokens
from app.ui.widgets.buttons import icon_button, link_button
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import label

_SHORT_MS = 5_000
_LONG_MS = 8_000
_MOST = 3


@dataclass(frozen=True, slots=True)
class Toast:
    """What to say.

    Attributes:
        hint: A second line; what to do about it.
        action: The text of a button, such as "Undo"; *on_action* runs when it is pressed.
    """

    text: str
    kind: Kind = Kind.GOOD
    hint: str = ""
    action: str = ""
    on_action: Callable[[], object] | None = None

    @property
    def stays_ms(self) -> int | None:
        """None: until it is dismissed, since a failure must not vanish while one looks elsewhere."""
        if self.kind is Kind.BAD:
            return None
        return _LONG_MS if self.action or self.hint else _SHORT_MS


class ToastStack(QWidget):
    """The newest toast is the lowest; there are three at most."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("toasts")
        self._column = QVBoxLayout(self)
        # Room for the shadow.
        self._column.setContentsMargins(Space.XXL, Space.M, Space.XXL, Space.XXL)
        self._column.setSpacing(Space.S)
        self._cards: list[_ToastCard] = []
        window.installEventFilter(self)
        self.hide()

    def show_toast(self, toast: Toast) -> None:
        while len(self._cards) >= _MOST:
            self._remove(self._cards[0])
        card = _ToastCard(toast, self)
        card.closed.connect(lambda: self._remove(card))
        self._cards.append(card)
        self._column.addWidget(card, 0, Qt.AlignmentFlag.AlignTrailing)
        self.show()
        self._place()
        self._announce(toast)

    def clear(self) -> None:
        for card in list(self._cards):
            self._remove(card)

    @property
    def texts(self) -> list[str]:
        """What is on show, oldest first."""
        return [card.toast.text for card in self._cards]

    def event(self, event: QEvent) -> bool:
        # A toast knows its size only after it is styled.
        if event.type() == QEvent.Type.LayoutRequest:
            self._place()
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutDirectionChange):
            self._place()
        return super().eventFilter(watched, event)

    def _remove(self, card: _ToastCard) -> None:
        if card not in self._cards:
            return
        self._cards.remove(card)
        self._column.removeWidget(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self._cards))
        self._place()

    def _place(self) -> None:
        if not self._cards:
            return
        self._column.activate()
        size = self.sizeHint()
        x = 0 if self.isRightToLeft() else self._window.width() - size.width()
        self.setGeometry(x, self._window.height() - size.height(), size.width(), size.height())
        self.raise_()

    def _announce(self, toast: Toast) -> None:
        event = QAccessibleAnnouncementEvent(self, " ".join(part for part in (toast.text, toast.hint) if part))
        if toast.kind is Kind.BAD:
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)


class _ToastCard(QFrame):
    closed = Signal()

    def __init__(self, toast: Toast, parent: QWidget) -> None:
        super().__init__(parent)
        self.toast = toast
        self.setProperty("role", "floating")
        self.setObjectName("toast")
        self.setMaximumWidth(480)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.S, Space.S, Space.S)
        row.setSpacing(Space.M)
        row.addWidget(IconLabel(toast.kind.icon, kind=toast.kind, size=18))
        row.addLayout(self._words(toast), 1)
        if toast.action:
            row.addWidget(link_button(toast.action, on_click=self._on_action, name="toastAction"))
        row.addWidget(icon_button("x", self.tr("Dismiss"), on_click=self.closed.emit, name="toastClose", small=True))
        shadow = QGraphicsDropShadowEffect(self, blurRadius=24, xOffset=0, yOffset=6)
        color = QColor(tokens().shadow)
        color.setAlpha(130 if tokens().is_dark else 45)
        shadow.setColor(color)
        self.setGraphicsEffect(shadow)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._on_time)
        self._start_timer()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._start_timer()
        super().leaveEvent(event)

    def _words(self, toast: Toast) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addStretch(1)
        for text, role in ((toast.text, "strong" if toast.hint else ""), (toast.hint, "muted")):
            if text:
                line = label(text, role)
                # Only long texts wrap: a wrapping label asks for less width than its words need.
                line.setWordWrap(line.sizeHint().width() > 320)
                if line.wordWrap():
                    line.setMinimumWidth(320)
                column.addWidget(line)
        column.addStretch(1)
        return column

    @Slot()
    def _on_time(self) -> None:
        # Someone who reached the toast with the keyboard is still deciding.
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self._start_timer()
        else:
            self.closed.emit()

    def _start_timer(self) -> None:
        if self.toast.stays_ms is not None:
            self._timer.start(self.toast.stays_ms)

    def _on_action(self) -> None:
        self.closed.emit()
        if self.toast.on_action is not None:
            self.toast.on_action()
