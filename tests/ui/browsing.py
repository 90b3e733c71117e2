"""The user's browser: catches what the application opens in it, and visits it where a test wants that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

_SCHEMES = ("http", "https")


class OpenedPages(QObject):
    """
    Attributes:
        urls: Every address that was opened, in order.
        visit: What else to do with each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.visit: Callable[[str], object] = lambda _url: None

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.urls.append(bytes(url.toEncoded().data()).decode())
        self.visit(self.urls[-1])


@pytest.fixture
def opened_pages(qapp: object) -> Iterator[OpenedPages]:
    pages = OpenedPages()
    for scheme in _SCHEMES:
        QDesktopServices.setUrlHandler(scheme, pages, "open")
    yield pages
    for scheme in _SCHEMES:
        QDesktopServices.unsetUrlHandler(scheme)
