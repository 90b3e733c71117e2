"""What a mail may do while it is looked at: nothing."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.ui.preview_view import MailView, MailWidth
from tests.ui.waiting import signal_of, until


class Listener:
    """A server on loopback that writes down who came."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[str] = []
        self.port = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.requests.append((await reader.readline()).decode().strip())
        finally:
            writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
def view(qtbot: QtBot) -> MailView:
    made = MailView()
    made.resize(800, 600)
    qtbot.addWidget(made)
    made.show()
    return made


async def show(view: MailView, html: str) -> str:
    """Show *html* and return the words on the screen."""
    loaded = asyncio.ensure_future(signal_of(view.loaded))
    await asyncio.sleep(0)
    view.show_html(html)
    await loaded
    return await text_of(view)


async def text_of(view: MailView) -> str:
    text: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    view.read_text(text.set_result)
    return await asyncio.wait_for(text, 5)


async def test_a_mail_is_shown(view: MailView) -> None:
    assert await show(view, "<h1>Grüße aus Köln</h1>") == "Grüße aus Köln"


async def test_another_mail_takes_its_place(view: MailView) -> None:
    await show(view, "<p>first</p>")
    assert await show(view, "<p>second</p>") == "second"


async def test_nothing_reaches_the_network(view: MailView, listener: Listener) -> None:
    there = f"http://127.0.0.1:{listener.port}"
    await show(
        view,
        f"""<head>
        <link rel="preconnect" href="{there}"><link rel="dns-prefetch" href="{there}">
        <link rel="prefetch" href="{there}/prefetch"><link rel="preload" as="image" href="{there}/preload">
        <link rel="stylesheet" href="{there}/style.css"><link rel="icon" href="{there}/icon.png">
        <meta http-equiv="refresh" content="0; url={there}/refresh">
        <style>@import url("{there}/import.css"); @font-face {{ font-family: x; src: url("{there}/font.woff") }}
        p {{ font-family: x; background: url("{there}/background.png") }}</style></head>
        <p>words</p><img src="{there}/pixel.gif"><img srcset="{there}/big.png 2x">
        <iframe src="{there}/frame"></iframe><object data="{there}/object"></object><embed src="{there}/embed">
        <video src="{there}/video.mp4" autoplay poster="{there}/poster.png"></video><audio src="{there}/audio" autoplay>
        </audio><svg><image href="{there}/svg.png"/></svg><input type="image" src="{there}/input.png">
        <script src="{there}/script.js"></script><LINK/rel=preconnect href="{there}">
        <iframe srcdoc="&lt;link rel=preconnect href={there}&gt;"></iframe>
        <object data='data:text/html,%3Clink rel=preconnect href="{there}"%3E'></object>
        <form action="{there}/form"><input autofocus></form>""",
    )
    await asyncio.sleep(1)
    assert listener.requests == []
    assert listener.connections == 0


async def test_pictures_inside_the_mail_are_shown(view: MailView) -> None:
    square = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="80" height="80" fill="#ff0000"/></svg>'
    source = f"data:image/svg+xml;base64,{base64.b64encode(square).decode()}"
    await show(view, f'<body style="margin: 0"><img src="{source}">')
    await until(lambda: view.grab().toImage().pixelColor(40, 40).red() == 255)


async def test_no_script_runs(view: MailView) -> None:
    shown = await show(
        view,
        """<p id="it">untouched</p><script>document.getElementById("it").textContent = "changed"</script>
        <img src="x" onerror="document.body.textContent = 'changed'"><svg onload="document.body.textContent='changed'"/>
        <iframe srcdoc="<script>parent.document.body.textContent = 'changed'</script>"></iframe>""",
    )
    assert shown.strip() == "untouched"
    await asyncio.sleep(0.3)
    assert (await text_of(view)).strip() == "untouched"


async def test_files_stay_closed(view: MailView, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<p>the secret</p>", encoding="utf-8")
    await show(view, f'<p>mail</p><iframe src="{secret.as_uri()}"></iframe>')
    await asyncio.sleep(0.3)
    assert (await text_of(view)).strip() == "mail"


async def test_a_clicked_link_is_named_and_not_opened(view: MailView, listener: Listener, qtbot: QtBot) -> None:
    target = f"http://127.0.0.1:{listener.port}/offer"
    await show(view, f'<body style="margin: 0"><a href="{target}" style="display: block; height: 300px">Offer</a>')
    clicked = asyncio.ensure_future(signal_of(view.link_clicked))
    await asyncio.sleep(0.2)
    qtbot.mouseClick(_canvas(view), Qt.MouseButton.LeftButton, pos=QPoint(60, 60))
    assert await clicked == (target,)
    assert any(target in label.text() for label in view.findChildren(QLabel))
    assert (await text_of(view)) == "Offer"
    assert listener.connections == 0


async def test_a_phone_is_narrow(view: MailView) -> None:
    await show(view, "<p>words</p>")
    view.set_width(MailWidth.PHONE)
    await until(lambda: _canvas(view).width() == 375)
    view.set_width(MailWidth.DESKTOP)
    await until(lambda: _canvas(view).width() == 800)


async def test_a_mail_beyond_all_measure_is_refused_in_words(view: MailView) -> None:
    assert "too long" in await show(view, "x" * 3_000_000)


def test_making_a_view_does_not_start_the_browser() -> None:
    import subprocess

    code = (
        "import os; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from app.ui.application import App; app = App([])\n"
        "from app.ui.preview_view import MailView; view = MailView(); view.show()\n"
        "import sys; sys.exit('PySide6.QtWebEngineCore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def _canvas(view: MailView) -> QWidget:
    """The widget the browser paints on."""
    return view.findChild(QWidget, "mailCanvas").focusProxy()
