"""The place for a file: drop it here, or choose it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.theme import Kind, Radius, Space, tokens
from app.ui.widgets import IconLabel, heading, link_button, muted, primary_button


class DropZone(QWidget):
    """
    Signals:
        dropped: The `Path` of the file.
        choose_asked: The user wants to look for it.
        paste_asked: The user copied a table elsewhere.
    """

    dropped = Signal(object)
    choose_asked = Signal()
    paste_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dropZone")
        self.setAcceptDrops(True)
        self._is_hovered = False
        self.choose = primary_button(
            self.tr("Choose a file"), "folder-open", on_click=self.choose_asked.emit, name="chooseFile"
        )
        self.paste = link_button(self.tr("Paste a table"), on_click=self.paste_asked.emit, name="pasteTable")
        words = heading(self.tr("Drop your file here"))
        kinds = muted(
            self.tr("Excel, OpenDocument, CSV, address cards (vCard), or the export of another newsletter program.")
        )
        column = QVBoxLayout(self)
        column.setSpacing(Space.XS)
        column.addStretch(1)
        column.addWidget(
            IconLabel("file-spreadsheet", kind=Kind.ACCENT, size=24, tile=56), 0, Qt.AlignmentFlag.AlignHCenter
        )
        column.addSpacing(Space.M)
        for label in (words, kinds):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(Space.L)
        column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.XS)
        column.addWidget(self.paste, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _file_of(event) is not None:
            event.acceptProposedAction()
            self._hover(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._hover(False)
        path = _file_of(event)
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        current = tokens()
        color = current.accent if self._is_hovered else current.strong_line
        painter.setPen(QPen(QColor(color), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(current.accent_tint if self._is_hovered else current.sunken))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), Radius.CARD, Radius.CARD)

    def _hover(self, on: bool) -> None:
        self._is_hovered = on
        self.update()


def _file_of(event: QDropEvent) -> Path | None:
    mime = event.mimeData()
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()] if mime.hasUrls() else []
    return paths[0] if paths else None
