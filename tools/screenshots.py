"""Render pages of the application, light and dark, without a display.

    uv run python -m tools.screenshots                      every page, to docs/screenshots
    uv run python -m tools.screenshots --only contacts      some of them
    uv run python -m tools.screenshots --gallery            every widget, to /tmp/gallery
    uv run python -m tools.screenshots --states             sheets and seldom states, to /tmp/states
    uv run python -m tools.screenshots --size 1366x768      in a window of that size
    QT_SCALE_FACTOR=1.5 uv run python -m tools.screenshots --gallery --out /tmp/gallery-1.5

A `Shot` names a page of the real shell and may `prepare` the window first: open a sheet, type into a field, drag a
file over it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QTWEBENGINE_CHROMIUM_FLAGS", "--disable-gpu")
if hasattr(os, "geteuid") and os.geteuid() == 0:
    os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QDialog

from app.settings import ThemeChoice
from app.ui.application import App, run
from app.ui.operations import Operations
from app.ui.shell import MainWindow

SIZE = QSize(1280, 800)
_SCREENSHOTS = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
_GALLERY, _STATES = Path("/tmp/gallery"), Path("/tmp/states")
_THEMES = (ThemeChoice.LIGHT, ThemeChoice.DARK)


@dataclass(frozen=True)
class Shot:
    """One picture in each theme.

    Attributes:
        name: The file's name without theme and suffix.
        page: The key of the page to show.
        prepare: Brings the window into the state to show; awaited after the page has loaded.
    """

    name: str
    page: str
    prepare: Callable[[MainWindow], Awaitable[None]] | None = None
    size: QSize | None = None
    right_to_left: bool = False


@dataclass(frozen=True)
class Studio:
    """A window and what it works with."""

    window: MainWindow
    operations: Operations


@dataclass(frozen=True)
class Order:
    """What is wanted of the pictures.

    Attributes:
        out: The folder for them.
        only: Those whose name contains this.
        themes: In which themes each is taken.
        size: The window of those that ask for no size of their own.
    """

    out: Path
    only: str = ""
    themes: Sequence[ThemeChoice] = _THEMES
    size: QSize = SIZE


async def photograph(app: App, build: Callable[[App], Awaitable[Studio]], shots: Sequence[Shot], order: Order) -> None:
    """Take every shot in every theme; each has a window of its own, so that they do not mix."""
    wanted = [shot for shot in shots if order.only in shot.name]
    for mode in order.themes:
        app.theme.set_mode(mode)
        for shot in wanted:
            right_to_left = Qt.LayoutDirection.RightToLeft if shot.right_to_left else Qt.LayoutDirection.LeftToRight
            app.setLayoutDirection(right_to_left)
            studio = await build(app)
            path = order.out / f"{shot.name}-{mode}.png"
            await _take(studio, shot, shot.size or order.size, path)
            await studio.operations.drain()
            studio.window.deleteLater()


async def _take(studio: Studio, shot: Shot, size: QSize, path: Path) -> None:
    window = studio.window
    window.resize(size)
    window.show()
    window.show_page(shot.page)
    await settled(studio.operations)
    if shot.prepare is not None:
        await shot.prepare(window)
        await asyncio.sleep(0.1)
    if not compose(window).save(str(path)):
        raise OSError(f"could not write {path}")
    print(path)


async def settled(operations: Operations) -> None:
    """Wait until nothing loads any more and the layout had its turns."""
    for _ in range(3):
        await asyncio.sleep(0.05)
        while not operations.is_idle:  # noqa: ASYNC110 - work may start more work
            await asyncio.sleep(0.02)


def compose(window: MainWindow) -> QPixmap:
    """The window with its open dialogs on it, as a desktop would show them."""
    picture = window.grab()
    dialogs = [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
    if not dialogs:
        return picture
    painter = QPainter(picture)
    painter.fillRect(window.rect(), QColor(0, 0, 0, 70))
    for dialog in dialogs:
        spot = window.rect().center() - QPoint(dialog.width() // 2, dialog.height() // 2)
        painter.drawPixmap(spot, dialog.grab())
        painter.setPen(QColor(128, 128, 128, 120))
        painter.drawRect(dialog.rect().translated(spot))
    painter.end()
    return picture


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--gallery", action="store_true", help="the widgets instead of the application")
    kind.add_argument("--states", action="store_true", help="sheets and seldom states instead of the pages")
    parser.add_argument("--out", type=Path, help="the folder for the pictures")
    parser.add_argument("--only", default="", help="only shots whose name contains this")
    parser.add_argument("--theme", choices=[one.value for one in _THEMES], help="one theme alone")
    parser.add_argument("--size", type=_size, default=SIZE, help="of the window, such as 1366x768")
    arguments = parser.parse_args()
    usual = _GALLERY if arguments.gallery else _STATES if arguments.states else _SCREENSHOTS
    themes = (ThemeChoice(arguments.theme),) if arguments.theme else _THEMES
    order = Order(arguments.out or usual, arguments.only, themes, arguments.size)
    order.out.mkdir(parents=True, exist_ok=True)
    if arguments.gallery:
        return run(lambda app: _take_gallery(app, order))
    return run(lambda app: _take_application(app, order, states=arguments.states))


def _size(text: str) -> QSize:
    width, _, height = text.partition("x")
    return QSize(int(width), int(height))


async def _take_gallery(app: App, order: Order) -> None:
    from tools.gallery_shots import SHOTS, build_gallery

    await photograph(app, build_gallery, SHOTS, order)


async def _take_application(app: App, order: Order, *, states: bool) -> None:
    from tools.app_shots import AppStudio
    from tools.demo_workspace import build_workspace
    from tools.states import shots

    with tempfile.TemporaryDirectory() as folder:
        workspace = await build_workspace(Path(folder))
        studio = AppStudio(workspace)
        await photograph(app, studio.build, shots(workspace) if states else studio.shots, order)
        workspace.close()


if __name__ == "__main__":
    raise SystemExit(main())
