"""The main window: the sidebar, the pages, and what lies over all of them.

Pages are imported and built on their first visit. Importing this module must stay cheap: nothing here may reach for
pyqtgraph, openpyxl, SQLAlchemy, keyring or WebEngine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, QSize, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.ui.actions import Action, Actions
from app.ui.feedback import Feedback
from app.ui.operations import Operations
from app.ui.page import Page
from app.ui.palette import CommandPalette
from app.ui.sidebar import Sidebar
from app.ui.widgets.drop_overlay import DropOverlay
from app.ui.widgets.toast import ToastStack

MINIMUM_SIZE = QSize(960, 640)
_USUAL_SIZE = QSize(1280, 800)
_FRAME = QSize(16, 48)
"""What the system's frame and title bar take at most; Qt knows their size only once the window stands."""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page of the sidebar, before it exists.

    Attributes:
        factory: Builds the page; import the page's module inside it.
        shortcut: Ctrl+1, Ctrl+2, … in the order of the pages unless given.
        foot: Whether it stands at the foot of the sidebar (settings).
        keywords: What else people call it, for the palette.
    """

    key: str
    title: str
    icon: str
    factory: Callable[[], Page]
    shortcut: str = ""
    foot: bool = False
    keywords: str = ""


class MainWindow(QMainWindow):
    """
    Signals:
        files_dropped: A list of `Path`, dropped anywhere on the window.
        page_shown: The key of the page that came to the front.

    Attributes:
        actions: The registry of what can be done from anywhere.
        sidebar, toasts, palette: Parts others talk to.
    """

    files_dropped = Signal(object)
    page_shown = Signal(str)

    def __init__(
        self,
        operations: Operations,
        pages: Sequence[PageSpec],
        *,
        settings: QSettings | None = None,
    ) -> None:
        """*settings* keeps the window's geometry and nothing else; None keeps nothing."""
        super().__init__()
        self.operations = operations
        self._specs = {spec.key: spec for spec in pages}
        self._pages: dict[str, Page] = {}
        self._settings = settings
        self.setObjectName("mainWindow")
        self.setWindowTitle("Mass Mail Dispatcher")
        self.setMinimumSize(MINIMUM_SIZE)
        self.setAcceptDrops(True)
        self.action_registry = Actions(self)
        self.sidebar = Sidebar()
        self._stack = QStackedWidget()
        self._stack.setObjectName("pages")
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(self._stack, 1)
        self.setCentralWidget(body)
        self.toasts = ToastStack(self)
        self.command_palette = CommandPalette(self, self.action_registry)
        self._drop_overlay = DropOverlay(self)
        self._feedback = Feedback(operations, self, self.toasts)
        self.action_registry.added.connect(self._on_action_added)
        self.sidebar.chosen.connect(self.show_page)
        operations.changed.connect(self._on_changed)
        self._add_pages()
        self.action_registry.add(
            "palette", self.tr("Search or run a command"), self.command_palette.open, shortcut="Ctrl+K", listed=False
        )
        self.action_registry.add(
            "quit", self.tr("Quit"), self.close, icon="log-out", shortcut="Ctrl+Q", keywords=self.tr("exit close end")
        )
        self._restore_geometry()

    @Slot(str)
    def show_page(self, key: str, **kwargs: Any) -> Page:
        """Bring the page *key* to the front, building it on its first visit; *kwargs* go to its `shown`."""
        page = self.page(key)
        self.sidebar.select(key)
        self._stack.setCurrentWidget(page)
        self.setWindowTitle(f"{self._specs[key].title} – Mass Mail Dispatcher")
        page.visit(**kwargs)
        self.page_shown.emit(key)
        return page

    def page(self, key: str) -> Page:
        if key not in self._pages:
            page = self._specs[key].factory()
            page.setObjectName(f"page-{key}")
            self._pages[key] = page
            self._stack.addWidget(page)
        return self._pages[key]

    @property
    def current_page(self) -> Page | None:
        page = self._stack.currentWidget()
        return page if isinstance(page, Page) else None

    @property
    def page_keys(self) -> list[str]:
        return list(self._specs)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusWidget() is None:
            # Otherwise Qt gives the focus, with its ring, to the first button there is.
            self._stack.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._settings is not None:
            self._settings.setValue("window/geometry", self.saveGeometry())
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _local_files(event):
            event.acceptProposedAction()
            self._drop_overlay.cover()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._drop_overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self._drop_overlay.hide()
        event.acceptProposedAction()
        self.files_dropped.emit(_local_files(event))

    def _add_pages(self) -> None:
        for number, spec in enumerate(self._specs.values(), start=1):
            shortcut = spec.shortcut or (f"Ctrl+{number}" if number <= 9 else "")
            action = self.action_registry.add(
                f"go-{spec.key}",
                spec.title,
                partial(self.show_page, spec.key),
                icon=spec.icon,
                shortcut=shortcut,
                section=self.tr("Go to"),
                keywords=spec.keywords,
            )
            hint = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
            self.sidebar.add(spec.key, spec.title, spec.icon, foot=spec.foot, hint=hint)

    def _restore_geometry(self) -> None:
        # What hangs below the edge of a laptop's screen (the settings, every "Undo") would not be seen.
        self.resize(usual_size(self.screen().availableSize()))
        if self._settings is not None:
            geometry = self._settings.value("window/geometry")
            if geometry is not None:
                self.restoreGeometry(geometry)

    @Slot(object)
    def _on_action_added(self, action: Action) -> None:
        self.addAction(action)

    @Slot(object)
    def _on_changed(self, things: frozenset[str]) -> None:
        for page in self._pages.values():
            if page is self.current_page:
                page.refresh(things)
            else:
                page.invalidate(things)


def usual_size(screen: QSize) -> QSize:
    """The size of a first window on a screen with that much room: all of it is to be seen."""
    return _USUAL_SIZE.boundedTo(screen - _FRAME).expandedTo(MINIMUM_SIZE)


def _local_files(event: QDropEvent) -> list[Path]:
    mime = event.mimeData()
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []
