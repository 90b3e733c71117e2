"""What every page shares: a header, and a body that is loading, empty, broken or there."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.errors import UserFacingError
from app.ui.operations import Operations
from app.ui.theme import Kind, Space
from app.ui.widgets.busy import Skeleton
from app.ui.widgets.buttons import secondary_button
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.page_header import PageHeader

# Most loads are over before this; a skeleton that flashes up would only unsettle.
_SKELETON_AFTER_MS = 150


class Page(QWidget):
    """A page of the main window. Subclasses build widgets in `__init__` and fill them in `load`.

    `load` runs when the page is first shown, and again when something it `watches` changed: at once if it is on
    show, otherwise at its next visit. A new load cancels one still running.

    Attributes:
        watches: Names of the things whose change makes the page load again.
        scrolls: Whether the body scrolls as a whole; pages with one big table let the table scroll.
        header: Title, subtitle, actions.
        content: The layout for the page's body.
    """

    watches: ClassVar[frozenset[str]] = frozenset()
    scrolls: ClassVar[bool] = False

    def __init__(self, operations: Operations, title: str = "") -> None:
        super().__init__()
        self.operations = operations
        self.setProperty("role", "ground")
        self.header = PageHeader(title)
        content = QWidget()
        self.content = QVBoxLayout(content)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(Space.L)
        self._content = _scrolling(content) if self.scrolls else content
        self._skeleton = Skeleton()
        self._empty: QWidget | None = None
        self._broken: QWidget | None = None
        self._body = QStackedWidget()
        self._body.addWidget(self._content)
        self._body.addWidget(self._skeleton)
        column = QVBoxLayout(self)
        # A scrolling body keeps its bar in the page's margin.
        side = 0 if self.scrolls else Space.PAGE
        column.setContentsMargins(side, Space.XXL, side, 0 if self.scrolls else Space.XXL)
        column.setSpacing(Space.L)
        head = QVBoxLayout()
        head.setContentsMargins(Space.PAGE - side, 0, Space.PAGE - side, 0)
        head.addWidget(self.header)
        column.addLayout(head)
        column.addWidget(self._body, 1)
        self._resting = self._content  # what is shown once nothing loads
        self._loaded = False
        self._stale = True
        self._loading: asyncio.Task[None] | None = None
        self._wait = QTimer(self, interval=_SKELETON_AFTER_MS, singleShot=True)
        self._wait.timeout.connect(self._on_slow)

    # What subclasses override

    async def load(self) -> None:
        """Fetch what the page shows and put it into the widgets."""

    def shown(self, **kwargs: Any) -> None:
        """The page came to the front, with what `show_page` was given (a contact to select, a filter)."""

    def refresh(self, changed: frozenset[str]) -> None:
        """Something changed while the page is on show."""
        if changed & self.watches:
            self.reload()

    # What subclasses call

    def reload(self) -> None:
        """Load again; the present content stays until the new one is there."""
        if self._loading is not None:
            self._loading.cancel()
        self._stale = False
        self._wait.start()
        task = self.operations.run(self._load(), on_error=self._show_error)
        self._loading = task
        task.add_done_callback(self._on_loaded)

    def set_empty(self, empty: EmptyState) -> None:
        """What `show_empty` shows."""
        self._empty = self._replace(self._empty, empty)

    def show_empty(self, empty: bool = True) -> None:
        """Show the empty state instead of the content, or the content again."""
        if empty and self._empty is None:
            raise LookupError("set_empty comes first")
        self._resting = self._empty if empty and self._empty is not None else self._content
        self._body.setCurrentWidget(self._resting)

    # What the shell calls

    def visit(self, **kwargs: Any) -> None:
        """The page came to the front."""
        if self._stale:
            self.reload()
        self.shown(**kwargs)

    def invalidate(self, changed: frozenset[str]) -> None:
        """Something changed while the page is out of sight: load at the next visit."""
        self._stale = self._stale or bool(changed & self.watches)

    async def _load(self) -> None:
        await self.load()
        self._loaded = True
        self._body.setCurrentWidget(self._resting)

    def _on_loaded(self, task: asyncio.Task[None]) -> None:
        if task is self._loading:
            self._loading = None
            self._wait.stop()
            if self._body.currentWidget() is self._skeleton:
                # A bug, already reported; the page must not pretend to be loading for ever.
                self._show_error(UserFacingError(self.tr("This page could not be loaded.")))

    @Slot()
    def _on_slow(self) -> None:
        if not self._loaded:
            self._body.setCurrentWidget(self._skeleton)

    def _show_error(self, error: UserFacingError) -> None:
        again = secondary_button(self.tr("Try again"), "refresh-cw", on_click=self.reload, name="tryAgain")
        state = EmptyState("circle-alert", error.title, error.hint, again, kind=Kind.BAD)
        state.setToolTip(error.detail)
        self._broken = self._replace(self._broken, state)
        self._body.setCurrentWidget(state)

    def _replace(self, old: QWidget | None, new: QWidget) -> QWidget:
        if old is not None:
            self._body.removeWidget(old)
            old.deleteLater()
        self._body.addWidget(new)
        return new


def _scrolling(content: QWidget) -> QScrollArea:
    content.setProperty("role", "scrolled")
    layout = content.layout()
    if layout is not None:
        layout.setContentsMargins(Space.PAGE, 0, Space.PAGE, Space.PAGE)
    area = QScrollArea(widgetResizable=True)
    area.setWidget(content)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    bar = area.verticalScrollBar()

    def keep_the_right_edge(_least: int, most: int) -> None:
        # The bar takes its width from the margin, so that the content stays in line with the header.
        if layout is not None:
            layout.setContentsMargins(Space.PAGE, 0, Space.PAGE - (bar.sizeHint().width() if most else 0), Space.PAGE)

    bar.rangeChanged.connect(keep_the_right_edge)
    return area
