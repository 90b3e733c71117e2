"""Step 1: which file, and how it is to be read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.audience.source import Cell
from app.audience.tabular import TOGETHER, Table, TableKind
from app.audience.values import as_text
from app.errors import UserFacingError
from app.ui.pages.contacts import wording
from app.ui.pages.contacts.importing.draft import Draft, Reading
from app.ui.pages.contacts.importing.drop_zone import DropZone
from app.ui.pages.contacts.importing.preview import SHOWN_ROWS, PreviewCell
from app.ui.pages.contacts.importing.preview_table import PreviewTable
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, FormField, IconLabel, caption, link_button, strong

_ENCODINGS = (
    ("utf-8", "Unicode (UTF-8)"),
    ("cp1252", "Western European (Windows)"),
    ("cp1250", "Central European (Windows)"),
    ("cp1251", "Cyrillic (Windows)"),
    ("cp1253", "Greek (Windows)"),
    ("cp1254", "Turkish (Windows)"),
    ("cp1257", "Baltic (Windows)"),
    ("mac-roman", "Western European (older Mac)"),
    ("utf-16", "Unicode (UTF-16)"),
)


class FileStep(QWidget):
    """
    Signals:
        chosen: A `Path` was dropped or picked.
        reading_changed: The user wants the file read another way: a `Reading`.
        paste_asked: What was copied elsewhere is to be read.
    """

    chosen = Signal(object)
    reading_changed = Signal(object)
    paste_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reading = Reading()
        self._zone = DropZone()
        self._zone.dropped.connect(self.chosen)
        self._zone.choose_asked.connect(self.choose)
        self._zone.paste_asked.connect(self.paste_asked)
        self._problem = Banner(kind=Kind.BAD)
        self._problem.setObjectName("fileProblem")
        self._problem.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._zone)
        self._stack.addWidget(self._build_file())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addWidget(self._problem)
        column.addWidget(self._stack, 1)

    def choose(self) -> None:
        """Open the system's dialog for a file."""
        dialog = QFileDialog(self, self.tr("Choose a spreadsheet"))
        dialog.setObjectName("chooseFileDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [
                self.tr("Tables and address books (*.xlsx *.xlsm *.xls *.ods *.csv *.txt *.tsv *.vcf *.zip)"),
                self.tr("All files (*)"),
            ]
        )
        dialog.setDirectory(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        dialog.fileSelected.connect(lambda path: self.chosen.emit(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def show_nothing(self) -> None:
        """Ask for a file."""
        self._problem.hide()
        self._stack.setCurrentWidget(self._zone)

    def show_error(self, error: UserFacingError) -> None:
        """Say why the file cannot be read, above the place for another."""
        self._problem.set_message(error.title, error.hint, Kind.BAD)
        self._problem.show()

    def show_draft(self, draft: Draft) -> None:
        """Show the file, and the choosers that matter for it."""
        self._reading = draft.reading
        table = draft.table
        self._problem.hide()
        self._name.setText(table.path.name)
        self._size.setText(_size_of(table))
        self._warning.set_message("", " ".join(table.warnings), Kind.WARNING)
        self._warning.setVisible(bool(table.warnings))
        _fill(self._sheet, [(sheet, sheet) for sheet in table.sheets], table.sheet)
        self._sheet_field.setVisible(len(table.sheets) > 1)
        encodings = [(code, self.tr(name)) for code, name in _ENCODINGS]
        _fill(self._encoding, encodings, (table.encoding or "").replace("utf-8-sig", "utf-8"))
        self._encoding_field.setVisible(table.encoding is not None)
        self._header.setVisible(table.kind is not TableKind.VCARD and table.sheet != TOGETHER)
        separators = [
            (";", self.tr("Semicolon ;")),
            (",", self.tr("Comma ,")),
            ("\t", self.tr("Tab")),
            ("|", self.tr("Bar |")),
        ]
        _fill(self._delimiter, separators, table.delimiter)
        self._delimiter_field.setVisible(table.delimiter is not None)
        blocked = self._header.blockSignals(True)
        self._header.setChecked(table.has_header)
        self._header.blockSignals(blocked)
        cells = [[_raw(cell) for cell in row] for row in table.sample[:SHOWN_ROWS]]
        self._rows.show_rows([(name, False) for name in table.header], cells)
        self._stack.setCurrentIndex(1)

    def _build_file(self) -> QWidget:
        self._name = strong()
        self._size = caption(wrap=False)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._size)
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(IconLabel("file-spreadsheet", kind=Kind.ACCENT, size=20, tile=40))
        head.addLayout(words, 1)
        head.addWidget(link_button(self.tr("Choose another file"), on_click=self.choose, name="chooseAnother"))
        self._warning = Banner(kind=Kind.WARNING)
        self._sheet, self._sheet_field = self._chooser(self.tr("Sheet"), "sheetChooser")
        self._encoding, self._encoding_field = self._chooser(
            self.tr("Characters (if names look wrong)"), "encodingChooser"
        )
        self._delimiter, self._delimiter_field = self._chooser(self.tr("Columns are separated by"), "delimiterChooser")
        choosers = QHBoxLayout()
        choosers.setSpacing(Space.L)
        for field in (self._sheet_field, self._encoding_field, self._delimiter_field):
            choosers.addWidget(field)
        choosers.addStretch(1)
        self._header = QCheckBox(self.tr("The first row holds the names of the columns"))
        self._header.setObjectName("headerBox")
        self._header.toggled.connect(self._on_changed)
        self._rows = PreviewTable(self.tr("The first rows of the file"), "fileRows")
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.M)
        column.addLayout(head)
        column.addWidget(self._warning)
        column.addLayout(choosers)
        column.addWidget(self._header)
        column.addWidget(self._rows, 1)
        return page

    def _chooser(self, text: str, name: str) -> tuple[QComboBox, FormField]:
        box = QComboBox()
        box.setObjectName(name)
        box.setMinimumWidth(200)
        box.activated.connect(self._on_changed)
        return box, FormField(text, box)

    def _on_changed(self) -> None:
        if self.sender() is self._sheet:
            # Another sheet is another table: what was said about the header of this one means nothing there.
            self.reading_changed.emit(Reading(sheet=self._sheet.currentData()))
            return
        self.reading_changed.emit(
            Reading(
                sheet=self._sheet.currentData(),
                encoding=self._encoding.currentData() if self._encoding_field.isVisibleTo(self) else None,
                delimiter=self._delimiter.currentData() if self._delimiter_field.isVisibleTo(self) else None,
                has_header=self._header.isChecked(),
            )
        )


def _fill(box: QComboBox, choices: list[tuple[str, str]], chosen: str | None) -> None:
    box.clear()
    for value, text in choices:
        box.addItem(text, value)
    if chosen and box.findData(chosen) < 0:
        box.addItem(chosen, chosen)
    box.setCurrentIndex(box.findData(chosen))


def _raw(cell: Cell) -> PreviewCell:
    return PreviewCell(" ".join(as_text(cell).split()))


def _size_of(table: Table) -> str:
    columns = wording.columns(len(table.header))
    return columns if table.row_count_estimate is None else f"{wording.rows(table.row_count_estimate)} · {columns}"
