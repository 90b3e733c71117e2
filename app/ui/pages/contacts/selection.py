"""Which cells are selected, as in Excel: one current cell, one range that grows from it, and ranges beside it.

Knows rows and columns by number alone, so that it costs the same with three rows or a million.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Cell = tuple[int, int]
"""A row and a column."""


@dataclass(frozen=True, slots=True)
class CellRange:
    """A rectangle of cells; all four edges belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def between(cls, one: Cell, other: Cell) -> CellRange:
        """The smallest range with both cells in it."""
        (row, column), (other_row, other_column) = one, other
        return cls(min(row, other_row), min(column, other_column), max(row, other_row), max(column, other_column))

    @property
    def rows(self) -> int:
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        return self.right - self.left + 1

    @property
    def size(self) -> int:
        """How many cells it holds."""
        return self.rows * self.columns

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right


class CellSelection:
    """What clicks, arrows, Enter and Tab do to the selection; the view asks it what to paint.

    Attributes:
        current: The cell that typing changes; None before anything was selected.
        reach: The corner of the last range that Shift moves; opposite the cell it grew from.
        ranges: All that is selected, the last one last.
    """

    def __init__(self, rows: int = 0, columns: int = 0) -> None:
        self._rows = rows
        self._columns = columns
        self.current: Cell | None = None
        self.reach: Cell = (0, 0)
        self.ranges: tuple[CellRange, ...] = ()
        self._anchor: Cell = (0, 0)
        self._tab_home: int | None = None

    # What it holds

    @property
    def cell_count(self) -> int:
        """How many cells; those in two ranges count twice, as in Excel's own sum."""
        return sum(chosen.size for chosen in self.ranges)

    @property
    def is_one_cell(self) -> bool:
        return len(self.ranges) == 1 and self.ranges[0].size == 1

    @property
    def is_whole_rows(self) -> bool:
        """Whether every range reaches from the first column to the last."""
        return bool(self.ranges) and all(
            chosen.left == 0 and chosen.right == self._columns - 1 for chosen in self.ranges
        )

    @property
    def last(self) -> CellRange | None:
        return self.ranges[-1] if self.ranges else None

    @property
    def row_spans(self) -> list[tuple[int, int]]:
        """The first and last row of each stretch of rows with anything selected, in order and apart."""
        return _merged((chosen.top, chosen.bottom) for chosen in self.ranges)

    @property
    def row_count(self) -> int:
        return sum(last - first + 1 for first, last in self.row_spans)

    @property
    def columns(self) -> list[int]:
        """The columns with anything selected, in order."""
        spans = _merged((chosen.left, chosen.right) for chosen in self.ranges)
        return [column for first, last in spans for column in range(first, last + 1)]

    def holds(self, row: int, column: int) -> bool:
        return any(chosen.holds(row, column) for chosen in self.ranges)

    def has_row(self, row: int) -> bool:
        return any(chosen.top <= row <= chosen.bottom for chosen in self.ranges)

    def has_column(self, column: int) -> bool:
        return any(chosen.left <= column <= chosen.right for chosen in self.ranges)

    # What changes it

    def resize(self, rows: int, columns: int) -> None:
        """The table has so many rows and columns now; what lies beyond is no longer selected."""
        was_all = self.is_whole_rows and not self.is_one_cell
        self._rows, self._columns = rows, columns
        if not rows or not columns or self.current is None:
            self.clear()
            return
        last_row, last_column = rows - 1, columns - 1
        self.ranges = tuple(
            CellRange(
                chosen.top,
                chosen.left,
                min(chosen.bottom, last_row),
                last_column if was_all else min(chosen.right, last_column),
            )
            for chosen in self.ranges
            if chosen.top < rows and chosen.left < columns
        )
        self.current, self.reach, self._anchor = map(self._inside, (self.current, self.reach, self._anchor))
        if not self.ranges:
            self.select(*self.current)

    def clear(self) -> None:
        self.current = None
        self.ranges = ()
        self._tab_home = None

    def select(self, row: int, column: int) -> None:
        """A click: this cell and no other."""
        self.current = self.reach = self._anchor = self._inside((row, column))
        self.ranges = (CellRange.between(self.current, self.current),)
        self._tab_home = None

    def select_range(self, chosen: CellRange) -> None:
        """This range and no other; its first cell becomes the current one."""
        self.select(chosen.top, chosen.left)
        self.extend(chosen.bottom, chosen.right)

    def extend(self, row: int, column: int) -> None:
        """Shift and a click, or the mouse dragged to a cell: the last range reaches as far as this."""
        if self.current is None:
            self.select(row, column)
            return
        self.reach = self._inside((row, column))
        self.ranges = (*self.ranges[:-1], CellRange.between(self._anchor, self.reach))
        self._tab_home = None

    def add(self, row: int, column: int) -> None:
        """Ctrl and a click: a new range beside those there are; a cell that was added alone goes out again."""
        cell = self._inside((row, column))
        alone = CellRange.between(cell, cell)
        if alone in self.ranges and len(self.ranges) > 1:
            self.ranges = tuple(chosen for chosen in self.ranges if chosen != alone)
            self.current = self._anchor = (self.ranges[-1].top, self.ranges[-1].left)
            self.reach = (self.ranges[-1].bottom, self.ranges[-1].right)
        else:
            self.current = self.reach = self._anchor = cell
            self.ranges = (*self.ranges, alone)
        self._tab_home = None

    def select_rows(self, first: int, last: int, *, adding: bool = False) -> None:
        """Whole rows; *adding* keeps what is selected already."""
        self._take(CellRange(min(first, last), 0, max(first, last), self._columns - 1), (first, 0), adding)
        self.reach = (last, self._columns - 1)

    def select_columns(self, first: int, last: int, *, adding: bool = False, row: int = 0) -> None:
        """Whole columns; *row* is where the current cell shall be, so that nothing has to scroll."""
        self._take(CellRange(0, min(first, last), self._rows - 1, max(first, last)), (row, first), adding)
        self.reach = (self._rows - 1, last)
        self._anchor = (0, first)

    def extend_rows(self, last: int) -> None:
        """Whole rows from where the last range began to *last*."""
        row = self._anchor[0] if self.current is not None else last
        self.select_rows(row, last)

    def extend_columns(self, last: int) -> None:
        row, column = self.current if self.current is not None else (0, last)
        self.select_columns(column, last, row=row)

    def select_all(self) -> None:
        if self._rows and self._columns:
            row, column = self.current or (0, 0)
            self.ranges = (CellRange(0, 0, self._rows - 1, self._columns - 1),)
            self.current, self._anchor = (row, column), (0, 0)
            self.reach = (self._rows - 1, self._columns - 1)

    def advance(self, rows: int, columns: int) -> None:
        """Enter (down), Tab (right), or one of them with Shift: the next cell, within a selection of several.

        After some Tabs, Enter goes to the row below, where the first of them began.
        """
        if self.current is None:
            self.select(0, 0)
        elif self.is_one_cell:
            row, column = self.current
            home = self._tab_home
            if columns:
                self.select(row, column + columns)
                self._tab_home = column if home is None else home
            else:
                self.select(row + rows, column if home is None else home)
        else:
            self.current = self._next_within(self.current, rows or columns, by_row=bool(columns))
            self._anchor = self.current

    def _next_within(self, cell: Cell, step: int, *, by_row: bool) -> Cell:
        """The next cell of the selected ranges, across each row or down each column, and round from the end."""
        at = next((number for number, chosen in enumerate(self.ranges) if chosen.holds(*cell)), 0)
        chosen = self.ranges[at]
        across, down = cell[1] - chosen.left, cell[0] - chosen.top
        place = (down * chosen.columns + across if by_row else across * chosen.rows + down) + step
        if not 0 <= place < chosen.size:
            chosen = self.ranges[(at + step) % len(self.ranges)]
            place = 0 if step > 0 else chosen.size - 1
        down, across = divmod(place, chosen.columns) if by_row else divmod(place, chosen.rows)[::-1]
        return chosen.top + down, chosen.left + across

    def _take(self, chosen: CellRange, current: Cell, adding: bool) -> None:
        if not self._rows or not self._columns:
            return
        self.ranges = (*self.ranges, chosen) if adding else (chosen,)
        self.current = self._anchor = self._inside(current)
        self._tab_home = None

    def _inside(self, cell: Cell) -> Cell:
        row, column = cell
        return max(0, min(row, self._rows - 1)), max(0, min(column, self._columns - 1))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged
