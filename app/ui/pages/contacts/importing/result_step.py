"""Step 4 when it is over: what became of every row."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.audience.import_plan import CellWarning, ImportReport, RefusedRow
from app.ui.pages.contacts.wording import number
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Column, DataTable, FigureCard, ListModel, Segmented, heading, secondary_button

_REFUSED = "refused"
_WARNINGS = "warnings"


class ResultStep(QWidget):
    """
    Signals:
        save_asked: The user wants the refused rows as a file.
    """

    save_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._new = FigureCard(self.tr("New"))
        self._updated = FigureCard(self.tr("Updated"))
        self._unchanged = FigureCard(self.tr("Unchanged"))
        self._merged = FigureCard(self.tr("Twice in the file"))
        self._refused = FigureCard(self.tr("Left out"))
        figures = QHBoxLayout()
        figures.setSpacing(Space.M)
        for card in (self._new, self._updated, self._unchanged, self._merged, self._refused):
            figures.addWidget(card)
        self._banner = Banner()
        self._banner.setObjectName("importBanner")
        self._what = Segmented(
            self.tr("What to show"),
            [(_REFUSED, self.tr("Rows left out")), (_WARNINGS, self.tr("Cells left empty"))],
        )
        self._what.chosen.connect(self._on_what)
        self._save = secondary_button(
            self.tr("Save these rows"), "download", on_click=self.save_asked.emit, name="saveRefused"
        )
        head = QHBoxLayout()
        self._title = heading()
        head.addWidget(self._title)
        head.addWidget(self._what)
        head.addStretch(1)
        head.addWidget(self._save)
        self._rows: ListModel[RefusedRow] = ListModel(
            [
                Column(self.tr("Row"), lambda row: number(row.number), lambda row: row.number, number=True),
                Column(self.tr("Address in the file"), lambda row: row.value or self.tr("(empty)")),
                Column(self.tr("Why it was left out"), lambda row: row.reason, tooltip=lambda row: row.reason),
            ]
        )
        self._cells: ListModel[CellWarning] = ListModel(
            [
                Column(self.tr("Row"), lambda cell: number(cell.number), lambda cell: cell.number, number=True),
                Column(self.tr("Column"), lambda cell: cell.column or "–"),
                Column(self.tr("Why it was left empty"), lambda cell: cell.reason, tooltip=lambda cell: cell.reason),
            ]
        )
        self._refused_table = _table(self.tr("Rows that were left out"), "refusedTable", self._rows)
        self._warning_table = _table(self.tr("Cells that were left empty"), "warningTable", self._cells)
        self._troubles = QWidget()
        troubles = QVBoxLayout(self._troubles)
        troubles.setContentsMargins(0, 0, 0, 0)
        troubles.setSpacing(Space.S)
        troubles.addLayout(head)
        troubles.addWidget(self._refused_table, 1)
        troubles.addWidget(self._warning_table, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.M)
        self._column.addLayout(figures)
        self._column.addWidget(self._banner)
        self._column.addWidget(self._troubles, 1)
        self._column.addStretch(0)

    def show_report(self, report: ImportReport, *, has_permission: bool) -> None:
        self._new.set_value(number(report.new), self.tr("not here before"))
        self._updated.set_value(number(report.updated), self.tr("with what the file says"))
        self._unchanged.set_value(number(report.unchanged), self.tr("nothing to change"))
        self._merged.set_value(number(report.merged_in_file), self.tr("merged into one"))
        self._refused.set_value(number(len(report.refused)), self.tr("no usable address"))
        self._show_note(report, has_permission=has_permission)
        self._rows.set_rows(report.refused)
        self._cells.set_rows(report.warnings)
        has_trouble = bool(report.refused or report.warnings)
        self._troubles.setVisible(has_trouble)
        is_both = bool(report.refused and report.warnings)
        self._what.setVisible(is_both)
        self._title.setVisible(not is_both)
        self._title.setText(self.tr("Rows left out") if report.refused else self.tr("Cells left empty"))
        self._what.choose(_REFUSED if report.refused else _WARNINGS)
        self._on_what(_REFUSED if report.refused else _WARNINGS)
        if not has_trouble:
            self._column.setStretch(self._column.count() - 1, 1)

    def _show_note(self, report: ImportReport, *, has_permission: bool) -> None:
        notes: list[str] = []
        if not has_permission:
            notes.append(self.tr("No permission was recorded, so the new people cannot be mailed yet."))
        if report.suppressed:
            notes.append(
                self.tr("One of them is never mailed: they unsubscribed, bounced or were blocked.")
                if report.suppressed == 1
                else self.tr("{0} of them are never mailed: they unsubscribed, bounced or were blocked.").format(
                    number(report.suppressed)
                )
            )
        if report.warning_count > len(report.warnings):
            notes.append(self.tr("{0} cells were left empty in all.").format(number(report.warning_count)))
        self._banner.set_message("", " ".join(notes), Kind.INFO if has_permission else Kind.WARNING)
        self._banner.setVisible(bool(notes))

    def _on_what(self, key: str) -> None:
        self._refused_table.setVisible(key == _REFUSED)
        self._warning_table.setVisible(key == _WARNINGS)
        self._save.setVisible(key == _REFUSED)


def _table(text: str, name: str, model: ListModel[RefusedRow] | ListModel[CellWarning]) -> DataTable:
    table = DataTable(text)
    table.setObjectName(name)
    table.setModel(model)
    table.set_widths(72, 260)
    table.stretch(2)
    return table
