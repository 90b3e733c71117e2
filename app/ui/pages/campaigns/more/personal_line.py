"""A file for each person: a field of the contacts names it, a folder holds it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout

from app.models.states import FieldType
from app.sending.campaigns import CampaignInfo
from app.sending.personal_files import PersonalFindings
from app.ui.pages.campaigns.draft import Surroundings
from app.ui.pages.campaigns.more.line import Line
from app.ui.pages.campaigns.option_checks import personal_findings_words
from app.ui.pages.campaigns.words import number, people
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, FormField, caption, quiet_button, secondary_button


class PersonalLine(Line):
    """
    Signals:
        folder_chosen: The folder with the files, and the key of the field that names them.
        forget_wanted: No personal files after all.
    """

    folder_chosen = Signal(object, str)
    forget_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(self.tr("Personal files"), "morePersonal")
        self._found = PersonalFindings()

    def set_found(self, found: PersonalFindings) -> None:
        self._found = found
        self.refresh()

    def words(self, campaign: CampaignInfo, around: Surroundings) -> str:
        if not campaign.file_field:
            return self.tr("none: everybody gets the same files")
        named = next((one.label for one in around.fields if one.key == campaign.file_field), campaign.file_field)
        return self.tr("named in “{0}”, for {1}").format(named, people(self._found.served))

    def is_usual(self, campaign: CampaignInfo) -> bool:
        return not campaign.file_field

    def build(self) -> None:
        self._combo = QComboBox()
        self._combo.setObjectName("fileField")
        self._combo.setPlaceholderText(self.tr("Choose a field"))
        self._combo.currentIndexChanged.connect(self._on_field)
        self._choose = secondary_button(
            self.tr("Choose the folder"), "folder-open", on_click=self._on_choose, name="chooseFolder"
        )
        self._forget = quiet_button(self.tr("Send none"), "x", on_click=self.forget_wanted.emit, name="forgetPersonal")
        self._result = Banner()
        self._result.setObjectName("personalFindings")
        self.body.addWidget(
            caption(
                self.tr(
                    "An invoice, a ticket, a certificate: each gets the file whose name stands in a field of the "
                    "contact, such as “4711.pdf”. Several names are parted by semicolons."
                )
            )
        )
        self.body.addWidget(FormField(self.tr("The name stands in"), self._combo))
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self._choose)
        row.addWidget(self._forget)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self._result)

    def fill(self, campaign: CampaignInfo, around: Surroundings) -> None:
        offered = [one for one in around.fields if one.type is FieldType.TEXT]
        keys = [one.key for one in offered]
        if [self._combo.itemData(index) for index in range(self._combo.count())] != keys:
            chosen = self._combo.currentData()
            self._combo.blockSignals(True)
            self._combo.clear()
            for one in offered:
                self._combo.addItem(one.label, one.key)
            self._combo.setCurrentIndex(self._combo.findData(chosen))
            self._combo.blockSignals(False)
        if campaign.file_field and self._combo.currentIndex() < 0:
            self._combo.setCurrentIndex(self._combo.findData(campaign.file_field))
        self._choose.setEnabled(self._combo.currentIndex() >= 0)
        self._forget.setVisible(bool(campaign.file_field))
        self._result.setVisible(bool(campaign.file_field))
        found = self._found
        is_fine = not (found.people_missing or found.unused or found.blank)
        title = self.tr("{0} files, and {1} with one of their own").format(number(found.files), people(found.served))
        self._result.set_message(
            title, "\n".join(personal_findings_words(found)), Kind.GOOD if is_fine else Kind.WARNING
        )

    def _on_field(self) -> None:
        self._choose.setEnabled(self._combo.currentIndex() >= 0)

    def _on_choose(self) -> None:
        dialog = QFileDialog(self, self.tr("The folder with the files"))
        dialog.setObjectName("folderDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.fileSelected.connect(lambda path: self.choose_folder(Path(path)))
        dialog.open()

    def choose_folder(self, folder: Path) -> None:
        """Take the files of *folder* for the field that is chosen."""
        self.folder_chosen.emit(folder, str(self._combo.currentData()))
