"""True pictures of templates: the mail itself, drawn by the one hidden view and kept in memory."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from app.content.errors import TemplateError
from app.content.library import TemplateInfo
from app.models.workspace import Workspace
from app.ui.operations import Operations
from app.ui.pages.templates.draft import SAMPLE_PERSON, Draft, Surroundings, read_surroundings, render
from app.ui.preview_view import MailView

_MOST = 150
_MAIL = QSize(640, 720)
_SCROLL_BAR = 17
_PATIENCE_S = 5.0
# A page says it is loaded some frames before it is painted, and it is painted in pieces.
_FRAME_S = 0.03
_MOST_FRAMES = 30

_Key = tuple[int, datetime]


class Thumbnails(QObject):
    """Draws what is asked for, one after the other, and remembers the latest pictures.

    Signals:
        ready: The id of a template whose picture is there now.
    """

    ready = Signal(int)

    def __init__(self, workspace: Workspace, operations: Operations, page: QWidget) -> None:
        """*page* owns the pictures; while it is out of sight none is begun."""
        super().__init__(page)
        self._page = page
        self._workspace = workspace
        self._operations = operations
        self._pictures: OrderedDict[_Key, QPixmap] = OrderedDict()
        self._wanted: dict[_Key, TemplateInfo] = {}
        self._is_drawing = False
        self._view: MailView | None = None

    def picture(self, template: TemplateInfo) -> QPixmap | None:
        """The picture, or None until `ready`; an empty one if the template cannot be turned into a mail."""
        key = _key(template)
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        self._want(template)
        return None

    def forget(self) -> None:
        """Every picture is out of date: the organisation has another name."""
        self._pictures.clear()

    def _want(self, template: TemplateInfo) -> None:
        self._wanted[_key(template)] = template
        # Not when the window was closed: what is painted on the way out must begin nothing.
        if not self._is_drawing and self._page.isVisible():
            self._is_drawing = True
            self._operations.run(self._draw_all())

    async def _draw_all(self) -> None:
        view = self._shown_view()
        try:
            around = await self._operations.read(partial(read_surroundings, self._workspace))
            while self._wanted:
                key = next(iter(self._wanted))
                template = self._wanted.pop(key)
                self._keep(key, await self._draw(view, template, around))
                self.ready.emit(template.id)
        finally:
            self._is_drawing = False
            view.hide()

    async def _draw(self, view: MailView, template: TemplateInfo, around: Surroundings) -> QPixmap:
        try:
            made = await self._operations.read(partial(render, Draft.of(template), SAMPLE_PERSON, around))
        except TemplateError:
            return QPixmap()
        # An empty page between two mails, so that no trace of one is taken for the other.
        await _loaded(view, "")
        await _painted(view, _is_blank)
        await _loaded(view, made.html)
        return await _painted(view, lambda picture: not _is_blank(picture))

    def _keep(self, key: _Key, picture: QPixmap) -> None:
        self._pictures[key] = picture
        while len(self._pictures) > _MOST:
            self._pictures.popitem(last=False)

    def _shown_view(self) -> MailView:
        """A view counts as shown, or Chromium would not draw it, but no screen ever shows it."""
        if self._view is None:
            self._view = MailView()
            self._view.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
            self._view.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
            self._view.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
            self._view.resize(_MAIL + QSize(_SCROLL_BAR, 0))
            self.destroyed.connect(self._view.deleteLater)
        self._view.show()
        return self._view


def _key(template: TemplateInfo) -> _Key:
    return template.id, template.updated_at


def _grab(view: MailView) -> QPixmap:
    return view.grab(QRect(0, 0, _MAIL.width(), _MAIL.height()))


async def _painted(view: MailView, is_right: Callable[[QPixmap], bool]) -> QPixmap:
    """What the view shows once that is right and stays the same, or after a while whatever it shows."""
    picture, before = _grab(view), None
    for _ in range(_MOST_FRAMES):
        image = picture.toImage()
        if is_right(picture) and image == before:
            break
        before = image
        await asyncio.sleep(_FRAME_S)
        picture = _grab(view)
    return picture


def _is_blank(picture: QPixmap) -> bool:
    image = picture.toImage().scaled(24, 24, mode=Qt.TransformationMode.SmoothTransformation)
    return len({image.pixel(x, y) for x in range(24) for y in range(24)}) < 2


async def _loaded(view: MailView, html: str) -> None:
    """Show *html* and wait until the view has read it, within reason."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    view.loaded.connect(finish)
    try:
        view.show_html(html)
        async with asyncio.timeout(_PATIENCE_S):
            await done
    except TimeoutError:
        return
    finally:
        view.loaded.disconnect(finish)
