"""The table that shows what will be stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.pages.contacts.importing.preview import Preview, PreviewCell
from app.ui.theme import Kind
from app.ui.widgets import Cell, Column, DataTable, ListModel, PillLook

_LEAST_WIDTH = 96
_MOST_WIDTH = 220

_Row = Sequence[PreviewCell]


class PreviewTable(QWidget):
    """Made anew for every preview: the columns are different each time."""

    def __init__(self, label: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = label
        self._name = name
        self._table: DataTable | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_preview(self, preview: Preview) -> None:
        titles = [(column.title, column.is_number) for column in preview.columns]
        rows = list(zip(*(column.cells for column in preview.columns), strict=True))
        self.show_rows(titles, rows)

    def show_rows(self, titles: Sequence[tuple[str, bool]], rows: Sequence[_Row]) -> None:
        """*titles*: heading, and whether it is a column of numbers."""
        place = 0
        if self._table is not None:
            place = self._table.horizontalScrollBar().value()
            self._column.removeWidget(self._table)
            self._table.deleteLater()
        columns: list[Column[_Row]] = [
            Column(title, partial(_text, at), number=is_number, tooltip=partial(_problem, at))
            for at, (title, is_number) in enumerate(titles)
        ]
        model: ListModel[_Row] = ListModel(columns, self)
        model.set_rows(rows)
        table = DataTable(self._label)
        table.setObjectName(self._name)
        table.setModel(model)
        table.setSelectionMode(DataTable.SelectionMode.NoSelection)
        table.paint_cells_in(*range(len(columns)))
        table.horizontalHeader().setSectionsClickable(False)
        for at in range(len(columns)):
            table.resizeColumnToContents(at)
            table.setColumnWidth(at, max(_LEAST_WIDTH, min(_MOST_WIDTH, table.columnWidth(at))))
        self._table = table
        self._column.addWidget(table)
        table.horizontalScrollBar().setValue(place)


def _text(at: int, row: _Row) -> str | Cell:
    cell = row[at]
    return PillLook(cell.text or "–", Kind.WARNING) if cell.problem else cell.text


def _problem(at: int, row: _Row) -> str:
    return row[at].problem or row[at].text
