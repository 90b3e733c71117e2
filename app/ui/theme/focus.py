"""Shows the focus ring to those who use the keyboard.

QSS has no `:focus-visible`. A widget that gets the focus while no mouse button is down carries the property
`focusVisible`, which the stylesheet turns into a ring, and is scrolled to.
"""

from __future__ import annotations

import shiboken6
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

FOCUS_VISIBLE = "focusVisible"


class FocusRing(QObject):
    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._ringed: QWidget | None = None
        app.focusChanged.connect(self._on_focus_changed)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self._ringed is not None and shiboken6.isValid(self._ringed):
            set_property(self._ringed, FOCUS_VISIBLE, False)
        self._ringed = None
        if new is not None and QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            set_property(new, FOCUS_VISIBLE, True)
            self._ringed = new
            _bring_into_view(new)


def _bring_into_view(widget: QWidget) -> None:
    """Scroll to what has the focus; Qt itself does so only for a step that began inside the same area."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea) and parent.viewport().isAncestorOf(widget):
            is_hidden = widget.visibleRegion().boundingRect() != widget.rect()
            if is_hidden and widget.height() <= parent.viewport().height():
                parent.ensureWidgetVisible(widget)
        parent = parent.parentWidget()


def has_visible_focus(widget: QWidget) -> bool:
    """For widgets that paint their own ring."""
    return widget.hasFocus() and bool(widget.property(FOCUS_VISIBLE))


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a dynamic property the stylesheet selects on, and restyle the widget if it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
