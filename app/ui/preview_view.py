"""Shows the HTML of a mail, and nothing else happens: no network, no script, no file, no link that opens.

WebEngine is imported when the first mail is shown; until then a `MailView` costs as much as an empty frame.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.theme import LIGHT, Space
from app.ui.widgets.labels import caption
from app.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from PySide6.QtWebEngineWidgets import QWebEngineView

    from app.ui.sealed_web import SealedPage

_PHONE_WIDTH = 375
# Chromium refuses data: URLs beyond two megabytes, and percent-encoding makes up to three bytes of one.
_MOST_BYTES = 2_000_000 // 3


class MailWidth(StrEnum):
    """How wide the reader's window is."""

    DESKTOP = "desktop"
    PHONE = "phone"


class MailView(QWidget):
    """A mail as its reader sees it.

    Signals:
        loaded: The last `show_html` is on the screen.
        link_clicked: The target of a link that was clicked. It was not opened, only named at the foot of the view.
    """

    loaded = Signal()
    link_clicked = Signal(str)

    def __init__(self, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mailView")
        self._view: QWebEngineView | None = None
        self._page: SealedPage | None = None
        self._width = MailWidth.DESKTOP
        table = QFrame()
        table.setProperty("role", "sunken")
        self._stage = QHBoxLayout(table)
        self._stage.setContentsMargins(0, 0, 0, 0)
        self._foot = QFrame()
        self._foot.setProperty("role", "footer")
        self._target = caption(wrap=False)
        self._target.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(Space.M, Space.XS, Space.M, Space.XS)
        foot.addWidget(self._target)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(table, 1)
        column.addWidget(self._foot)
        self._name_target("")

    def show_html(self, html: str) -> None:
        """Show *html* instead of what was there."""
        view, page = self._web()
        self._name_target("")
        if len(html.encode()) > _MOST_BYTES:
            html = _note(self.tr("This message is too long to be shown here, and too long for most mail programs."))
        page.show_html(html)
        view.show()

    def set_width(self, width: MailWidth) -> None:
        """Show the mail as wide as there is room, or as on a phone."""
        self._width = width
        if self._view is not None:
            self._apply_width(self._view)

    def width_choice(self) -> Segmented:
        """A new control that switches this view between desktop and phone."""
        choice = Segmented(
            self.tr("Width of the preview"),
            [(MailWidth.DESKTOP, self.tr("Desktop")), (MailWidth.PHONE, self.tr("Phone"))],
        )
        choice.choose(self._width)
        choice.chosen.connect(lambda key: self.set_width(MailWidth(key)))
        return choice

    def read_text(self, tell: Callable[[str], None]) -> None:
        """Hand the words that are on the screen to *tell*, later."""
        self._web()[1].toPlainText(tell)

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def _web(self) -> tuple[QWebEngineView, SealedPage]:
        if self._view is None or self._page is None:
            self._view, self._page = self._build()
        return self._view, self._page

    def _build(self) -> tuple[QWebEngineView, SealedPage]:
        from PySide6.QtWebEngineWidgets import QWebEngineView

        from app.ui.sealed_web import SealedPage

        view = QWebEngineView()
        view.setObjectName("mailCanvas")
        page = SealedPage(view)
        # Mails are designed on white; a dark window does not change what their readers see.
        page.setBackgroundColor(QColor(LIGHT.surface))
        page.link_refused.connect(self._on_link_clicked)
        page.linkHovered.connect(self._name_target)
        page.loadFinished.connect(self._on_loaded)
        view.setPage(page)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        view.setAccessibleName(self.tr("The message"))
        view.setMinimumWidth(0)
        self._stage.addWidget(view)
        self._apply_width(view)
        return view, page

    def _apply_width(self, view: QWebEngineView) -> None:
        is_phone = self._width is MailWidth.PHONE
        view.setMaximumWidth(_PHONE_WIDTH if is_phone else 16_777_215)
        self._stage.setAlignment(view, Qt.AlignmentFlag.AlignHCenter if is_phone else Qt.AlignmentFlag(0))
        view.setMinimumWidth(_PHONE_WIDTH if is_phone else 0)

    @Slot(bool)
    def _on_loaded(self, _ok: bool) -> None:
        self.loaded.emit()

    @Slot(str)
    def _on_link_clicked(self, url: str) -> None:
        self._name_target(self.tr("In the mail this opens {0}").format(url))
        self.link_clicked.emit(url)

    @Slot(str)
    def _name_target(self, text: str) -> None:
        self._target.setText(text)
        self._target.setToolTip(text)
        self._foot.setVisible(bool(text))


def _note(text: str) -> str:
    return f'<p style="font: 14px sans-serif; color: {LIGHT.muted}; text-align: center; padding: 48px">{text}</p>'
