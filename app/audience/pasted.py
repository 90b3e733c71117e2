"""A table from the clipboard: the cells of a spreadsheet, a table of a web page or a letter, addresses from a mail."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from app.audience.csv_source import DELIMITERS, guess_delimiter
from app.audience.source import Row

Rows = tuple[tuple[str, ...], ...]

MOST_CHARS = 100_000_000
_WIDEST_SPAN = 100
_TALLEST_SPAN = 1_000
_BLOCKS = frozenset({"p", "div", "br", "li"})
# "Ann Smith <ann@x.org>" or a bare address, as mail programs copy those a message went to.
_RECIPIENT = re.compile(
    r"""\s*(?:(?:"(?P<quoted>[^"<>\n]*)"|(?P<bare>[^"<>,;@\n]*?))\s*<(?P<address>[^<>\s]+@[^<>\s]+)>"""
    r"""|(?P<alone>[^\s<>,;"]+@[^\s<>,;"]+))\s*(?:[,;\n]\s*|\Z)"""
)


@dataclass(frozen=True)
class PastedSource:
    """Rows that were copied elsewhere."""

    rows: Sequence[Sequence[str]]

    def records(self) -> Iterator[tuple[int, Row]]:
        for number, cells in enumerate(self.rows, start=1):
            yield number, [cell.strip() or None for cell in cells]


def table_in(text: str, html: str = "") -> Rows:
    """The table on a clipboard that offers *text*, *html* or both; empty if there is none.

    Spreadsheets offer both, and their text has all that is in it. Web pages and letters have tables in HTML alone.
    """
    text = text.replace("\0", "").strip("\n\r")
    if "\t" not in text and "<t" in html.lower():
        rows = _rows_of_html(html)
        if any(len(row) > 1 for row in rows):
            return rows
    return _recipients(text) or _rows_of_text(text)


def _rows_of_text(text: str) -> Rows:
    delimiter = guess_delimiter(text) if text else "\t"
    lines = csv.reader(text.splitlines(keepends=True), delimiter=delimiter if delimiter in DELIMITERS else "\t")
    try:
        return tuple(tuple(row) for row in lines if any(cell.strip() for cell in row))
    except csv.Error:
        # A quotation mark that never closes, in a text that is no table at all.
        return tuple((line.strip(),) for line in text.splitlines() if line.strip())


def _recipients(text: str) -> Rows:
    """Names and addresses, if *text* is nothing but those."""
    found: list[tuple[str, str]] = []
    end = 0
    for match in _RECIPIENT.finditer(text):
        if text[end : match.start()].strip():
            return ()
        end = match.end()
        found.append((match["quoted"] or match["bare"] or "", match["address"] or match["alone"]))
    if len(found) < 2 or text[end:].strip() or not any(name for name, _ in found):
        return ()
    return (("Name", "E-mail"), *found)


def _rows_of_html(html: str) -> Rows:
    parser = _Tables()
    parser.feed(html)
    parser.close()
    return max(parser.tables, key=lambda rows: sum(map(len, rows)), default=())


class _Tables(HTMLParser):
    """Collects every table of a page; a cell that spans several fills the first of them, as a spreadsheet does."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Rows] = []
        self._open: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._span = 1
        # For each column, in how many rows to come a cell from above stands in it.
        self._taken: dict[int, int] = {}
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._end_cell()
            self._open.append([])
            self._taken = {}
        elif tag in {"style", "script"}:
            self._hidden += 1
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].append([])
        elif tag in {"td", "th"}:
            self._end_cell()
            self._begin_cell(dict(attrs))
        elif tag in _BLOCKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr"}:
            self._end_cell()
        elif tag in {"style", "script"}:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "table" and self._open:
            self._end_cell()
            rows = (tuple(row) for row in self._open.pop())
            self.tables.append(tuple(row for row in rows if any(row)))

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def _begin_cell(self, attributes: dict[str, str | None]) -> None:
        rows = self._open[-1]
        if not rows:
            rows.append([])
        row = rows[-1]
        while self._taken.get(len(row), 0) > 0:
            self._taken[len(row)] -= 1
            row.append("")
        self._span = _span(attributes.get("colspan"), _WIDEST_SPAN)
        below = _span(attributes.get("rowspan"), _TALLEST_SPAN) - 1
        if below:
            self._taken.update(dict.fromkeys(range(len(row), len(row) + self._span), below))
        self._cell = []

    def _end_cell(self) -> None:
        if self._cell is None or not self._open or not self._open[-1]:
            self._cell = None
            return
        lines = (" ".join(line.split()) for line in "".join(self._cell).split("\n"))
        self._open[-1][-1] += ["\n".join(line for line in lines if line), *[""] * (self._span - 1)]
        self._cell = None


def _span(text: str | None, most: int) -> int:
    return min(int(text), most) if text and text.isdecimal() and text.isascii() and int(text) > 0 else 1
