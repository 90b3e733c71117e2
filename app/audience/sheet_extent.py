"""How large a rectangle the filled cells of an XLSX sheet span, told from its XML as it streams by.

No XML parser: this is a bound for the memory calamine will take, found at the speed of a byte search.
"""

import re

# No tag of a cell, no reference is longer; so much of one piece is looked at again with the next.
_OVERLAP = 512


def column_number(letters: bytes) -> int:
    """26 for Z, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


class SheetExtent:
    """An upper bound. Rows stand in order, so that the last reference of each piece is enough."""

    _WIDE = re.compile(rb' r="([A-Za-z]{2,3})[0-9]')
    _ROW = re.compile(rb' r="[A-Za-z]{0,3}([0-9]{1,9})"')

    def __init__(self) -> None:
        self.rows = 0
        # Columns A to Z are not looked for: a table of 26 columns is never too wide.
        self.columns = 26
        self._rows_begun = 0
        self._tail = b""

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def feed(self, chunk: bytes) -> None:
        self._rows_begun += chunk.count(b"<row")
        text = self._tail + chunk
        self._tail = text[-_OVERLAP:]
        for letters in set(self._WIDE.findall(text)):
            self.columns = max(self.columns, column_number(letters))
        if found := self._ROW.match(text, max(0, text.rfind(b' r="'))):
            self.rows = max(self.rows, int(found[1]))
        self.rows = max(self.rows, self._rows_begun)


class FilledSheetExtent(SheetExtent):
    """Exact: only cells that have content count. Ten times slower."""

    _CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Za-z]{1,3})([0-9]{1,9})"[^>]*(?<!/)>(?!</|<v/>|<v></v>)')

    def __init__(self) -> None:
        super().__init__()
        self.columns = 0

    def feed(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self._tail = text[-_OVERLAP:]
        for letters, row in self._CELL.findall(text):
            self.columns = max(self.columns, column_number(letters))
            self.rows = max(self.rows, int(row))
