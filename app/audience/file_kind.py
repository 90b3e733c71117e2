"""What a file really is, by its first bytes: names lie, and people rename files hoping to convert them."""

import re
from enum import StrEnum
from pathlib import Path

from app.audience.archive_guard import archive_parts
from app.audience.archive_source import table_members
from app.audience.source import UnreadableFile, reading


class TableKind(StrEnum):
    """The kinds of files a table can be read from."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    VCARD = "vcard"
    ARCHIVE = "archive"
    """Several tables of text in one ZIP file."""
    PASTED = "pasted"
    """No file at all, but the clipboard."""


_HEAD = 4096
_ZIP = b"PK"
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_CHUNK = 1 << 20
_CARD = re.compile(rb"BEGIN\s*:\s*VCARD", re.IGNORECASE)

_SAVE_AS_XLSX = "Open it in Excel and save it as an Excel workbook (.xlsx)."
# What begins like this is text or a document, but no table.
_OTHER_FORMATS: tuple[tuple[re.Pattern[bytes], str, str], ...] = (
    (re.compile(rb"%PDF-"), "is a PDF document", "Get the table it was made from, as XLSX or CSV."),
    (re.compile(rb"\{\\rtf"), "is a text document", _SAVE_AS_XLSX),
    (re.compile(rb"<\?xml|<(!doctype|html|head|meta|table|body)\b", re.IGNORECASE), "is a web page", _SAVE_AS_XLSX),
)
# Parts that tell what a ZIP archive is.
_MARKER_PARTS = {
    "xl/workbook.xml": TableKind.XLSX,
    "content.xml": TableKind.ODS,
}
_OTHER_ARCHIVES = (
    ("xl/workbook.bin", "is a binary workbook (XLSB)", _SAVE_AS_XLSX),
    ("word/document.xml", "is a Word document", "Copy its table into Excel and save that."),
    ("ppt/presentation.xml", "is a presentation", "Choose a spreadsheet."),
    ("Index/Document.iwa", "is an Apple Numbers table", "Export it from Numbers to Excel."),
)


def identify(path: Path) -> TableKind:
    """The kind of *path*.

    Raises:
        UnreadableFile: it is empty, or a kind no table can be read from.
    """
    with reading(path), path.open("rb") as file:
        head = file.read(_HEAD)
    if path.name.startswith("~$"):
        raise UnreadableFile(
            f"“{path.name}” is only a note that Excel has the file open.", "Choose the file without ~$."
        )
    if not head:
        raise UnreadableFile(f"“{path.name}” is empty.", "Choose a file with contacts in it.")
    if head.startswith(_ZIP) and head[2:4] in {b"\x03\x04", b"\x05\x06"}:
        return _identify_archive(path)
    if head.startswith(_OLE):
        return _identify_ole(path)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _CARD.match(text.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")):
        return TableKind.VCARD
    for pattern, what, hint in _OTHER_FORMATS:
        if pattern.match(text):
            raise UnreadableFile(f"“{path.name}” {what}, not a table.", hint)
    return TableKind.CSV


def _identify_archive(path: Path) -> TableKind:
    directory = archive_parts(path)
    parts = {part.filename for part in directory}
    for part, kind in _MARKER_PARTS.items():
        if part in parts:
            return kind
    for part, what, hint in _OTHER_ARCHIVES:
        if part in parts:
            raise UnreadableFile(f"“{path.name}” {what}.", hint)
    if table_members(path, directory):
        return TableKind.ARCHIVE
    raise UnreadableFile(
        f"“{path.name}” is a ZIP archive without a table of text.", "Unpack it and choose the table inside."
    )


def _identify_ole(path: Path) -> TableKind:
    """Old Office files and encrypted new ones share a container."""
    tail = b""
    with reading(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if _ENCRYPTED_STREAM in tail + chunk:
                raise UnreadableFile(
                    f"“{path.name}” is protected by a password.", "Open it in Excel, remove the password and save it."
                )
            tail = chunk[-len(_ENCRYPTED_STREAM) :]
    return TableKind.XLS
