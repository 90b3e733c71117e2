"""What a user does, for the pictures: presses, types, scrolls, waits."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QScrollArea, QWidget

from app.ui.shell import MainWindow
from tools.screenshots import settled

Found = TypeVar("Found", bound=QWidget)


def find(within: QObject, kind: type[Found], name: str = "") -> Found:
    """The widget called *name* that is on the screen, or else one that is not."""
    found = within.findChildren(kind, name) if name else within.findChildren(kind)
    best = sorted(found, key=lambda one: one.isVisible(), reverse=True)
    if not best:
        raise LookupError(f"{kind.__name__} {name}")
    return best[0]


def click(within: QObject, name: str) -> None:
    find(within, QAbstractButton, name).click()


def type_into(within: QObject, name: str, text: str) -> None:
    line = find(within, QLineEdit, name)
    line.setText(text)
    line.textEdited.emit(text)
    line.editingFinished.emit()


async def rest(window: MainWindow, seconds: float = 0.15) -> None:
    """Let what was begun come to its end, and the layout have its turns."""
    await settled(window.operations)
    await asyncio.sleep(seconds)


async def asked() -> None:
    """Let a sheet come up whose answer is being waited for, so that nothing comes to an end."""
    await asyncio.sleep(0.6)


async def scroll_to(window: MainWindow, within: QWidget, *widgets: QWidget) -> None:
    """Show the last of *widgets*, and then as much as possible of the first."""
    await rest(window)
    for area in within.findChildren(QScrollArea):
        for widget in reversed(widgets):
            if area.isAncestorOf(widget):
                area.ensureWidgetVisible(widget)
    await asyncio.sleep(0.05)


async def scroll_down(window: MainWindow, within: QWidget) -> None:
    """Show the foot of all that scrolls."""
    await rest(window)
    for area in within.findChildren(QScrollArea):
        area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    await asyncio.sleep(0.05)
