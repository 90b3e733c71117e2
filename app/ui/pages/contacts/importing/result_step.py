"""What would become of every row, before anything is stored; and when it is over, what became of them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.audience.import_plan import CellWarning, ColumnEffect, ImportReport, RefusedRow
from app.ui.pages.contacts.wording import number
from app.ui.theme import Kind, Space
from app.ui.widgets import Banner, Column, DataTable, FigureCard, ListModel, Segmented, heading, secondary_button

_REFUSED = "refused"
_WARNINGS = "warnings"
_EFFECTS = "effects"


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
        self._titles = {
            _EFFECTS: self.tr("What each column does"),
            _REFUSED: self.tr("Rows left out"),
            _WARNINGS: self.tr("Cells left empty"),
        }
        self._what = Segmented(
            self.tr("What to show"),
            [
                (_EFFECTS, self.tr("Columns")),
                (_REFUSED, self.tr("Rows left out")),
                (_WARNINGS, self.tr("Cells left empty")),
            ],
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
        self._effects: ListModel[ColumnEffect] = ListModel(
            [
                Column(self.tr("Column of the file"), lambda effect: effect.header),
                Column(self.tr("Goes to"), self._destination),
                _count_column(self.tr("Filled in the file"), lambda effect: effect.filled),
                _count_column(self.tr("Added to known people"), lambda effect: effect.added),
                _count_column(self.tr("Replaced"), lambda effect: effect.changed),
            ]
        )
        self._effects_table = _table(self.tr("What each column does"), "effectsTable", self._effects)
        self._effects_table.set_widths(220, 220)
        self._refused_table = _table(self.tr("Rows that were left out"), "refusedTable", self._rows)
        self._warning_table = _table(self.tr("Cells that were left empty"), "warningTable", self._cells)
        self._troubles = QWidget()
        troubles = QVBoxLayout(self._troubles)
        troubles.setContentsMargins(0, 0, 0, 0)
        troubles.setSpacing(Space.S)
        troubles.addLayout(head)
        troubles.addWidget(self._effects_table, 1)
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
        self._refused.set_value(number(report.refused_count), self.tr("no usable address"))
        self._show_note(report, has_permission=has_permission)
        self._rows.set_rows(report.refused)
        self._cells.set_rows(report.warnings)
        self._effects.set_rows(report.effects)
        there = [
            key
            for key, rows in ((_EFFECTS, report.effects), (_REFUSED, report.refused), (_WARNINGS, report.warnings))
            if rows
        ]
        has_trouble = bool(there)
        self._troubles.setVisible(has_trouble)
        self._what.setVisible(len(there) > 1)
        for key in (_EFFECTS, _REFUSED, _WARNINGS):
            self._what.set_shown(key, key in there)
        self._title.setVisible(len(there) == 1)
        if has_trouble:
            self._title.setText(self._titles[there[0]])
            self._what.choose(there[0])
            self._on_what(there[0])
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
        if report.refused_count > len(report.refused):
            notes.append(self.tr("The list below has the first {0} of them.").format(number(len(report.refused))))
        if report.warning_count > len(report.warnings):
            notes.append(self.tr("{0} cells were left empty in all.").format(number(report.warning_count)))
        self._banner.set_message("", " ".join(notes), Kind.INFO if has_permission else Kind.WARNING)
        self._banner.setVisible(bool(notes))

    def _destination(self, effect: ColumnEffect) -> str:
        return self.tr("{0} (new)").format(effect.label) if effect.is_new else effect.label

    def _on_what(self, key: str) -> None:
        self._effects_table.setVisible(key == _EFFECTS)
        self._refused_table.setVisible(key == _REFUSED)
        self._warning_table.setVisible(key == _WARNINGS)
        self._save.setVisible(key == _REFUSED)


def _count_column(title: str, count: Callable[[ColumnEffect], int]) -> Column[ColumnEffect]:
    return Column(title, lambda effect: number(count(effect)), count, number=True)


def _table(
    text: str, name: str, model: ListModel[RefusedRow] | ListModel[CellWarning] | ListModel[ColumnEffect]
) -> DataTable:
    table = DataTable(text)
    table.setObjectName(name)
    table.setModel(model)
    table.set_widths(72, 260)
    table.stretch(2)
    return table
