"""Opens a page in the user's own browser."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def open_page(url: str) -> None:
    """Hand *url* to the browser the user has chosen in their system."""
    QDesktopServices.openUrl(QUrl(url))
