"""A web page that is shut in: it may draw what it was handed, and reach nothing outside.

Importing this imports WebEngine.
"""

from __future__ import annotations

import re
from functools import cache

from PySide6.QtCore import QCoreApplication, QObject, QUrl, Signal
from PySide6.QtWebEngineCore import (
    QWebEngineDownloadRequest,
    QWebEnginePage,
    QWebEngineProfile,
    QWebEngineSettings,
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
)

# <link rel="preconnect"> opens a connection that no interceptor sees, also from inside a frame. Without a network
# none of these can show anything. Putting letters in cannot make a new tag of the rest, taking some out could.
_OUTWARD_TAG = re.compile("<(link|i?frame|object|embed)", re.IGNORECASE)

_Attribute = QWebEngineSettings.WebAttribute

_OFF = (
    _Attribute.JavascriptEnabled,
    _Attribute.LocalStorageEnabled,
    _Attribute.LocalContentCanAccessRemoteUrls,
    _Attribute.LocalContentCanAccessFileUrls,
    _Attribute.PluginsEnabled,
    _Attribute.AutoLoadIconsForPage,
    _Attribute.DnsPrefetchEnabled,
    _Attribute.HyperlinkAuditingEnabled,
    _Attribute.FullScreenSupportEnabled,
    _Attribute.PdfViewerEnabled,
    _Attribute.FocusOnNavigationEnabled,
    _Attribute.ErrorPageEnabled,
)


class SealedPage(QWebEnginePage):
    """Shows what `show_html` is given and refuses every other navigation.

    Signals:
        link_refused: Where a clicked link would have led.
    """

    link_refused = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(_profile(), parent)
        for attribute in _OFF:
            self.settings().setAttribute(attribute, False)

    def show_html(self, html: str) -> None:
        self._expected = True
        self.setHtml(_OUTWARD_TAG.sub(r"<no-\1", html))

    def acceptNavigationRequest(
        self, url: QUrl | str, kind: QWebEnginePage.NavigationType, _is_main_frame: bool
    ) -> bool:
        expected, self._expected = self._expected, False
        if expected and kind == QWebEnginePage.NavigationType.NavigationTypeTyped:
            return True
        if kind == QWebEnginePage.NavigationType.NavigationTypeLinkClicked:
            self.link_refused.emit(QUrl(url).toDisplayString())
        return False

    _expected = False


class _NoRequests(QWebEngineUrlRequestInterceptor):
    """Lets through what is part of the page itself (data: URLs), and nothing that leaves it."""

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        info.block(info.requestUrl().scheme() != "data")


class _SealedProfile(QWebEngineProfile):
    """Off the record: no cookie, no cache, no download, no request."""

    def __init__(self, parent: QObject | None) -> None:
        super().__init__(parent)
        # Kept here, because its parent does not keep it: PySide would delete it at once, and everything would get out.
        self._guard = _NoRequests(self)
        self.setUrlRequestInterceptor(self._guard)
        self.setHttpCacheType(QWebEngineProfile.HttpCacheType.NoCache)
        self.setPersistentCookiesPolicy(QWebEngineProfile.PersistentCookiesPolicy.NoPersistentCookies)
        self.downloadRequested.connect(_refuse_download)


@cache
def _profile() -> QWebEngineProfile:
    """The one profile of all sealed pages. It must outlive them, so the application owns it."""
    return _SealedProfile(QCoreApplication.instance())


def _refuse_download(download: QWebEngineDownloadRequest) -> None:
    download.cancel()
