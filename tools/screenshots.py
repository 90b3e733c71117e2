"""Render pages of the application, light and dark, without a display.

    uv run python -m tools.screenshots                      every page, to docs/screenshots
    uv run python -m tools.screenshots --only contacts      some of them
    uv run python -m tools.screenshots --gallery            every widget, to /tmp/gallery
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
    size: QSize = SIZE
    right_to_left: bool = False


@dataclass(frozen=True)
class Studio:
    """A window and what it works with."""

    window: MainWindow
    operations: Operations


async def photograph(app: App, build: Callable[[App], Awaitable[Studio]], shots: Sequence[Shot], out: Path) -> None:
    """Take every shot in light and dark; each has a window of its own, so that they do not mix."""
    for mode in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        app.theme.set_mode(mode)
        for shot in shots:
            right_to_left = Qt.LayoutDirection.RightToLeft if shot.right_to_left else Qt.LayoutDirection.LeftToRight
            app.setLayoutDirection(right_to_left)
            studio = await build(app)
            await _take(studio, shot, out / f"{shot.name}-{mode}.png")
            await studio.operations.drain()
            studio.window.deleteLater()


async def _take(studio: Studio, shot: Shot, path: Path) -> None:
    window = studio.window
    window.resize(shot.size)
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
    parser.add_argument("--gallery", action="store_true", help="the widgets instead of the application")
    parser.add_argument("--out", type=Path, help="the folder for the pictures")
    parser.add_argument("--only", default="", help="only shots whose name contains this")
    arguments = parser.parse_args()
    out: Path = arguments.out or (Path("/tmp/gallery") if arguments.gallery else _SCREENSHOTS)
    out.mkdir(parents=True, exist_ok=True)
    take = _take_gallery if arguments.gallery else _take_application
    return run(lambda app: take(app, arguments.only, out))


async def _take_gallery(app: App, only: str, out: Path) -> None:
    from tools.gallery_shots import SHOTS, build_gallery

    await photograph(app, build_gallery, [shot for shot in SHOTS if only in shot.name], out)


async def _take_application(app: App, only: str, out: Path) -> None:
    from tools.app_shots import AppStudio
    from tools.demo_workspace import build_workspace

    with tempfile.TemporaryDirectory() as folder:
        workspace = await build_workspace(Path(folder))
        studio = AppStudio(workspace)
        await photograph(app, studio.build, [shot for shot in studio.shots if only in shot.name], out)
        workspace.close()


if __name__ == "__main__":
    raise SystemExit(main())
