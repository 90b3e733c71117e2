"""Builders of files for the tests of reading: each makes one and gives its path."""

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook


def a_text_file(folder: Path, content: bytes | str, name: str = "contacts.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def a_workbook(folder: Path, rows: Iterable[Sequence[object]], name: str = "contacts.xlsx") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(folder / name)
    return folder / name


def an_archive(folder: Path, parts: dict[str, bytes], name: str = "contacts.xlsx") -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    return folder / name


_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_ODS_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/></manifest:manifest>'
).encode()
_ODS_START = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="Kunden">'
)
_ODS_END = "</table:table></office:spreadsheet></office:body></office:document-content>"


def an_ods(folder: Path, rows: Iterable[Sequence[str]], *, repeated: int = 1, columns_repeated: int = 1) -> Path:
    """A LibreOffice table; *repeated* and *columns_repeated* are its way to write a cell many times."""
    body = "".join(
        f'<table:table-row table:number-rows-repeated="{repeated}">'
        + "".join(
            f'<table:table-cell office:value-type="string" table:number-columns-repeated="{columns_repeated}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    parts = {
        "mimetype": _ODS.encode(),
        "META-INF/manifest.xml": _ODS_MANIFEST,
        "content.xml": (_ODS_START + body + _ODS_END).encode(),
    }
    return an_archive(folder, parts, "contacts.ods")
