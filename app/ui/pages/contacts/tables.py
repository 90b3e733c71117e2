"""Tables on the clipboard, as Excel, Google Sheets and LibreOffice write and read them.

Two forms travel together: text with tabs (a cell with a tab, a break or a quote in it stands in quotes), and an HTML
table. Text is what they all read; HTML is read where there is no usable text, as from a web page or a mail.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser

Table = list[list[str]]

_MOST_CELLS = 5_000_000
_MOST_SPAN = 1_000
"""A web page may say that a cell is a million columns wide."""
_BREAKING = frozenset({"br", "p", "div", "li"})
_UNSEEN = frozenset({"style", "script", "head", "title"})


def write_tsv(rows: Iterable[Sequence[str]]) -> str:
    """*rows* as text, one line each; what would break a line or a cell is put in quotes."""
    return "\n".join("\t".join(map(_quoted, row)) for row in rows)


def write_html(rows: Iterable[Sequence[str]]) -> str:
    """*rows* as a table of text cells, which no spreadsheet turns into dates or formulas."""
    lines = ("<tr>" + "".join(f"<td>{_marked_up(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    head = '<meta charset="utf-8"><style>td { mso-number-format: "\\@"; }</style>'
    return f"<html><head>{head}</head><body><table>{''.join(lines)}</table></body></html>"


def read_tsv(text: str) -> Table:
    """The cells of a text with tabs. A last line break ends the last row and begins no other."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if '"' not in text:
        return [line.split("\t") for line in _without_last_break(text).split("\n")]
    return _squared(list(_quoted_rows(_without_last_break(text))))


def read_html(text: str) -> Table:
    """The cells of the first table in *text*; one that spans several places stands in the first. Empty without one."""
    reader = _TableReader()
    reader.feed(text)
    reader.close()
    return _squared(reader.rows)


def _without_last_break(text: str) -> str:
    return text.removesuffix("\n")


def _quoted(cell: str) -> str:
    if any(mark in cell for mark in '\t\n\r"'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _marked_up(cell: str) -> str:
    return html.escape(cell).replace("\n", "<br>")


def _quoted_rows(text: str) -> Iterator[list[str]]:
    """Rows of which some cells may stand in quotes; a quote inside a bare cell is only a character."""
    row: list[str] = []
    at = 0
    while True:
        cell, at = _next_cell(text, at)
        row.append(cell)
        if at >= len(text):
            yield row
            return
        if text[at] == "\n":
            yield row
            row = []
        at += 1


def _next_cell(text: str, at: int) -> tuple[str, int]:
    """The cell that begins at *at*, and where the mark after it stands."""
    if text.startswith('"', at):
        end = _closing_quote(text, at + 1)
        if end is not None:
            return text[at + 1 : end].replace('""', '"'), end + 1
    ends = [place for mark in "\t\n" if (place := text.find(mark, at)) >= 0]
    end = min(ends, default=len(text))
    return text[at:end], end


def _closing_quote(text: str, at: int) -> int | None:
    """Where the quote stands that ends a cell; None if what follows it says that it was no quoted cell."""
    while (at := text.find('"', at)) >= 0:
        if text.startswith('""', at):
            at += 2
            continue
        return at if at + 1 == len(text) or text[at + 1] in "\t\n" else None
    return None


def _squared(rows: Sequence[Sequence[str]]) -> Table:
    width = max(map(len, rows), default=0)
    return [[*row, *[""] * (width - len(row))] for row in rows]


class _TableReader(HTMLParser):
    """Reads the first table and what stands in it; a table inside a cell is text of that cell."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: Table = []
        self._depth = 0
        self._is_over = False
        self._hidden = 0
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._taken: dict[tuple[int, int], None] = {}
        self._cells = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._hidden += 1
        elif tag == "table":
            self._depth += 1
        elif self._is_over or self._depth != 1:
            self._break(tag)
        elif tag == "tr":
            self._end_cell()
            self.rows.append([])
        elif tag in ("td", "th"):
            self._end_cell()
            if not self.rows:
                self.rows.append([])
            named = dict(attrs)
            self._span = _span(named.get("rowspan")), _span(named.get("colspan"))
            self._cell = []
        else:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "table" and self._depth:
            self._depth -= 1
            if not self._depth:
                self._end_cell()
                self._is_over = True
        elif tag in ("td", "th", "tr") and self._depth == 1:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden and not self._is_over:
            # Breaks of the source are spaces to a reader of HTML.
            self._cell.append(" ".join(data.replace("\xa0", " ").split("\n")))

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _break(self, tag: str) -> None:
        if tag in _BREAKING and self._cell:
            self._cell.append("\n")

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        text = "\n".join(" ".join(line.split()) for line in "".join(self._cell).split("\n")).strip()
        self._cell = None
        self._put(text)

    def _put(self, text: str) -> None:
        """Put a cell where the next free place of the row is, and keep the places it spans."""
        number, row = len(self.rows) - 1, self.rows[-1]
        while (number, len(row)) in self._taken:
            del self._taken[number, len(row)]
            row.append("")
        rows, columns = self._span
        column = len(row)
        self._cells += columns
        if self._cells > _MOST_CELLS:
            return
        row.extend([text, *[""] * (columns - 1)])
        for below in range(1, rows):
            for beside in range(columns):
                self._taken[number + below, column + beside] = None


def _span(text: str | None) -> int:
    return max(1, min(int(text), _MOST_SPAN)) if text and text.strip().isdecimal() else 1
