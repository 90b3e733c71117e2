"""Each thing that can be wrong with a file costs the user one sentence, and never the memory."""

import os
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import pytest
from openpyxl import Workbook

import app.audience.archive_guard
from app.audience.tabular import UnreadableFile, open_table
from tests.audience.files import a_text_file, a_workbook, an_archive, an_ods

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def refusal(path: Path, **options: str) -> str:
    """The title of the sentence with which *path* is refused, while it is opened or read."""
    with pytest.raises(UnreadableFile) as caught:
        list(open_table(path, **options).rows())
    assert caught.value.title.endswith(".")
    return caught.value.title


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "“a.csv” is empty."),
        ("a.csv", b"\n\r\n  \n;;\n", "“a.csv” is empty."),
        ("a.xlsx", b"", "“a.xlsx” is empty."),
        ("~$a.xlsx", b"Anna", "“~$a.xlsx” is only a note that Excel has the file open."),
        ("a.xls", b"<html><table><tr><td>E-mail", "“a.xls” is a web page, not a table."),
        ("a.xls", b"\xef\xbb\xbf\r\n<!DOCTYPE html>", "“a.xls” is a web page, not a table."),
        ("a.xls", b'<?xml version="1.0"?><Workbook>', "“a.xls” is a web page, not a table."),
        ("a.csv", b"%PDF-1.7\n", "“a.csv” is a PDF document, not a table."),
        ("a.csv", b"{\\rtf1 E-mail}", "“a.csv” is a text document, not a table."),
        ("a.csv", b"BEGIN:VCARD\r\nFN:Anna", "The last card in this file has no end."),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "“a.csv” is not a table of text."),
        ("a.csv", b"\xff\xfea;b\n\x00", "“a.csv” is damaged: it says it is utf-16, but parts of it are not."),
        ("a.xlsx", b"PK\x03\x04" + b"x" * 500, "“a.xlsx” is damaged or was not copied completely."),
        ("a.xls", OLE + b"\0" * 3000, "“a.xls” is damaged and cannot be read."),
        ("a.xlsx", OLE + "EncryptedPackage".encode("utf-16-le") * 2, "“a.xlsx” is protected by a password."),
    ],
)
def test_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    assert refusal(a_text_file(tmp_path, content, name)) == sentence


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("word/document.xml", "“contacts.xlsx” is a Word document."),
        ("ppt/presentation.xml", "“contacts.xlsx” is a presentation."),
        ("xl/workbook.bin", "“contacts.xlsx” is a binary workbook (XLSB)."),
        ("Index/Document.iwa", "“contacts.xlsx” is an Apple Numbers table."),
        ("contacts.doc", "“contacts.xlsx” is a ZIP archive without a table of text."),
        ("xl/workbook.xml", "“contacts.xlsx” is damaged and cannot be read."),
    ],
)
def test_archive_that_is_no_workbook_is_named(tmp_path: Path, part: str, sentence: str) -> None:
    assert refusal(an_archive(tmp_path, {part: b"x"})) == sentence


def test_workbook_cut_short_is_refused(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, [["E-mail"], ["a@example.com"]])
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path) == "“contacts.xlsx” is damaged or was not copied completely."


def test_workbook_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = a_workbook(tmp_path, [["E-mail"], *([f"a{n}@example.com"] for n in range(500))])
    content = bytearray(path.read_bytes())
    at = content.index(b"xl/worksheets/sheet1.xml") + 60
    content[at : at + 40] = bytes(40)
    path.write_bytes(content)
    assert refusal(path) == "“contacts.xlsx” is damaged or was not copied completely."


def test_workbook_with_nothing_in_it_is_empty(tmp_path: Path) -> None:
    assert refusal(a_workbook(tmp_path, [])) == "“contacts.xlsx” is empty."


# -- The file system


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.csv") == "“gone.csv” is no longer there."


def test_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.csv").mkdir()
    assert refusal(tmp_path / "list.csv") == "“list.csv” is a folder."


@pytest.mark.parametrize(
    ("lock", "sentence"),
    [(None, "“a.xlsx” may not be opened."), ("~$a.xlsx", "“a.xlsx” is open in another program.")],
)
def test_file_that_may_not_be_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str | None, sentence: str
) -> None:
    path = a_text_file(tmp_path, b"x", "a.xlsx")
    if lock:
        a_text_file(tmp_path, b"", lock)
    real = Path.open

    # As root every file opens, and no other process here holds a lock as Windows does.
    def refused(self: Path, *args: str, **kwargs: str) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)
    assert refusal(path) == sentence


def test_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = a_text_file(tmp_path, "E-mail\n" + "a@example.com\n" * 50_000)
    rows = open_table(path).rows()
    next(rows)
    with path.open("a") as file:
        file.write("b@example.com\n")
    with pytest.raises(UnreadableFile, match="was changed while it was read"):
        list(rows)


# -- Text


def test_wrong_encoding_chosen_by_hand_is_refused(tmp_path: Path) -> None:
    path = a_text_file(tmp_path, "E-mail;Name\na@example.com;Jörg\n".encode("cp1252"))
    assert refusal(path, encoding="utf-8") == "“contacts.csv” is not written in utf-8."
    assert refusal(path, encoding="hex") == "“hex” is not an encoding."
    assert refusal(path, encoding="klingon") == "“klingon” is not an encoding."


@pytest.mark.parametrize("rows_below", [3, 5_000])
def test_quotation_mark_that_is_never_closed_is_found(tmp_path: Path, rows_below: int) -> None:
    rows = "b@example.com;Ben\n" * rows_below
    path = a_text_file(tmp_path, f'E-mail;Name\na@example.com;"Anna\n{rows}', "quote.csv")
    assert refusal(path) == "In row 2 a quotation mark opens a cell and is never closed."


def test_quotation_mark_far_below_is_found_where_it_stands(tmp_path: Path) -> None:
    rows = "b@example.com;Ben\n" * 3_000
    path = a_text_file(tmp_path, f'E-mail;Name\n{rows}c@example.com;"Cai\n{rows}')
    assert refusal(path) == "In row 3,002 a quotation mark opens a cell and is never closed."


def test_long_notes_with_many_lines_are_no_such_quotation_mark(tmp_path: Path) -> None:
    note = "line\n" * 900
    path = a_text_file(tmp_path, f'E-mail;Note\na@example.com;"{note}"\n')
    assert open_table(path).sample == (("a@example.com", note.strip()),)


@pytest.mark.parametrize("start", ["E-mail;Name\n", ""])
def test_a_line_of_100_megabytes_is_refused_in_little_memory(tmp_path: Path, start: str) -> None:
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(start)
        for _ in range(100):
            file.write("x" * 1_000_000)
    tracemalloc.start()
    try:
        title = refusal(path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert re.fullmatch(r"Row [12] is longer than 1,000,000 characters\.", title)
    assert peak_bytes < 16_000_000


# -- Workbooks made to fill the memory


def test_sheet_with_a_cell_in_its_farthest_corner_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active["A1"], book.active["XFD1048576"] = "E-mail", "x"
    book.save(tmp_path / "far.xlsx")
    assert refusal(tmp_path / "far.xlsx") == "A sheet in “far.xlsx” is too large."


def test_open_document_that_repeats_a_cell_billions_of_times_is_refused(tmp_path: Path) -> None:
    path = an_ods(tmp_path, [["x"]], repeated=1_048_576, columns_repeated=16_384)
    assert refusal(path) == "A sheet in “contacts.ods” is too large."


def zeros(size_bytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size_bytes >> 20))
    return packed + packer.flush()


def a_hand_made_archive(path: Path, packed: bytes, *, declared_bytes: int, copies: int = 1) -> Path:
    """A workbook whose directory says what it likes; all *copies* share the same packed bytes."""
    names = [b"xl/workbook.xml", *(b"xl/worksheets/sheet%d.xml" % n for n in range(1, copies))]
    sizes = struct.pack("<III", 0, len(packed), declared_bytes)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", len(names[0]), 0)
    body = local + names[0] + packed
    directory = b"".join(
        b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
        + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
        for name in names
    )  # fmt: skip
    count = len(names)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def test_bomb_that_says_how_large_it_is_is_refused(tmp_path: Path) -> None:
    path = a_hand_made_archive(tmp_path / "bomb.xlsx", zeros(300 << 20), declared_bytes=300 << 20)
    assert path.stat().st_size < 400_000
    assert refusal(path) == "“bomb.xlsx” would unpack to 0.3 GB and fill this computer's memory."


def test_bomb_that_lies_about_its_size_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = a_hand_made_archive(tmp_path / "liar.xlsx", zeros(300 << 20), declared_bytes=1_000)
    tracemalloc.start()
    try:
        title = refusal(path)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert title == "“liar.xlsx” is damaged or was not copied completely."
    assert peak_bytes < 16_000_000


def test_bomb_whose_parts_share_their_bytes_is_refused(tmp_path: Path) -> None:
    path = a_hand_made_archive(tmp_path / "overlap.xlsx", zeros(1 << 20), declared_bytes=1 << 20, copies=50)
    assert refusal(path) == "“overlap.xlsx” is damaged or was not copied completely."


def test_archive_of_too_many_parts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.audience.archive_guard, "MAX_PARTS", 3)
    path = a_workbook(tmp_path, [["E-mail"], ["a@example.com"]])
    assert refusal(path).endswith("no workbook has so many.")


def test_part_that_ends_too_early_is_refused(tmp_path: Path) -> None:
    path = a_hand_made_archive(tmp_path / "short.xlsx", zeros(1 << 20), declared_bytes=2 << 20)
    assert refusal(path) == "“short.xlsx” is damaged or was not copied completely."


def test_no_corruption_of_a_workbook_ends_the_program(tmp_path: Path) -> None:
    """In a process of its own: what is feared is an abort, which no `except` would catch."""
    a_workbook(tmp_path, [["E-mail", "Name"], *([f"a{n}@example.com", n] for n in range(50))])
    script = """
import random, sys
from pathlib import Path
from app.audience.tabular import UnreadableFile, open_table
good = Path(sys.argv[1]).read_bytes()
bad = Path(sys.argv[1]).with_name("bad.xlsx")
chance, refused = random.Random(7), 0
for _ in range(300):
    content = bytearray(good)
    for _ in range(chance.randrange(1, 4)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    bad.write_bytes(content)
    try:
        list(open_table(bad).rows())
    except UnreadableFile:
        refused += 1
print(refused)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "contacts.xlsx")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50
