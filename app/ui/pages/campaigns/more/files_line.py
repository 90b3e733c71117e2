"""Files that everybody gets: attached, or shown in the message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.sending.attachments import MANY_BYTES, MOST_BYTES, CampaignFile, common_bytes
from app.sending.campaigns import CampaignInfo
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.words import number, size_words
from app.ui.theme import Kind, Space, set_property
from app.ui.widgets import IconLabel, caption, icon_button, label, secondary_button

_PICTURE, _PAPER = "image", "file-text"


class FilesLine(Line):
    """
    Signals:
        files_chosen: A list of `Path` to add.
        remove_wanted: The `CampaignFile` to take out.
    """

    files_chosen = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__(self.tr("Files"), "moreFiles")
        self._files: tuple[CampaignFile, ...] = ()
        self._shown: tuple[CampaignFile, ...] | None = None

    def set_files(self, files: Sequence[CampaignFile]) -> None:
        self._files = tuple(file for file in files if not file.is_personal)
        self.refresh()

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        del campaign, around
        if not self._files:
            return self.tr("none attached")
        count = len(self._files)
        words = self.tr("one file") if count == 1 else self.tr("{0} files").format(number(count))
        return self.tr("{0}, {1} in all").format(words, size_words(common_bytes(self._files)))

    def is_usual(self, campaign: CampaignInfo) -> bool:
        del campaign
        return not self._files

    def build(self) -> None:
        self._rows = QVBoxLayout()
        self._rows.setSpacing(Space.XS)
        self._widgets: list[QWidget] = []
        self._total = caption()
        self._total.setObjectName("filesTotal")
        drop = _DropPlace()
        drop.dropped.connect(self.files_chosen)
        drop.choose.clicked.connect(self._on_choose)
        self.body.addLayout(self._rows)
        self.body.addWidget(self._total)
        self.body.addWidget(drop)

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        del campaign, around
        self._total.setText(self._sum_words())
        self._total.setVisible(bool(self._files))
        if self._files == self._shown:
            return
        self._shown = self._files
        for widget in self._widgets:
            self._rows.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._widgets = [self._row(file) for file in self._files]
        for widget in self._widgets:
            self._rows.addWidget(widget)

    def _sum_words(self) -> str:
        size = common_bytes(self._files)
        words = self.tr("{0} of {1}.").format(size_words(size), size_words(MOST_BYTES))
        if size >= MANY_BYTES:
            words += " " + self.tr(
                "Many mailboxes refuse mail as big as that: a link to your website arrives everywhere."
            )
        return words

    def _row(self, file: CampaignFile) -> QWidget:
        row = QWidget()
        row.setObjectName("fileRow")
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(IconLabel(_PICTURE if file.media_type.startswith("image/") else _PAPER))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(file.name, wrap=True))
        place = self.tr("shown in the message") if file.content_id else self.tr("attached")
        words.addWidget(caption(f"{size_words(file.size)}, {place}"))
        line.addLayout(words, 1)
        line.addWidget(
            icon_button(
                "x",
                self.tr("Remove {0}").format(file.name),
                on_click=lambda: self.remove_wanted.emit(file),
                name="removeFile",
                small=True,
            )
        )
        return row

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, self.tr("Attach files"))
        dialog.setObjectName("attachDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.filesSelected.connect(lambda paths: self.files_chosen.emit([Path(path) for path in paths]))
        dialog.open()


class _DropPlace(QFrame):
    """Takes files, before the window takes them for a list of contacts.

    Signals:
        dropped: A list of `Path`.
    """

    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropFiles")
        self.setProperty("role", "sunken")
        self.setAcceptDrops(True)
        self.choose = secondary_button(self.tr("Choose files"), "paperclip", name="chooseFiles")
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        row.setSpacing(Space.M)
        row.addWidget(caption(self.tr("Drop files here. Everybody gets them.")), 1)
        row.addWidget(self.choose)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _paths(event):
            event.acceptProposedAction()
            set_property(self, "role", "banner")
            set_property(self, "kind", Kind.GOOD.value)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._calm()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._calm()
        event.acceptProposedAction()
        self.dropped.emit(_paths(event))

    def _calm(self) -> None:
        set_property(self, "kind", "")
        set_property(self, "role", "sunken")


def _paths(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
