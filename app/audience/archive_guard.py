"""Refuse workbooks that would fill the memory: ZIP bombs, and sheets with one cell in their farthest corner.

calamine ends the whole program when it gets no memory, so this is looked at before it sees the file.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from app.audience.sheet_extent import FilledSheetExtent, SheetExtent
from app.audience.source import UnreadableFile, reading

MAX_UNPACKED_BYTES = 2 << 30
MAX_RATIO = 200
MAX_PARTS = 10_000
# calamine keeps every cell of the rectangle around the filled ones, 32 bytes each.
MAX_SHEET_CELLS = 60_000_000

# Below this size a high ratio harms nobody: a sheet of zeros packs well.
_HARMLESS_BYTES = 64 << 20
_CHUNK = 1 << 20
_LOCAL_HEADER = struct.Struct("<4s22xHH")


def check_archive(path: Path) -> None:
    """Unpack every XML part of *path*, piece by piece, and measure it.

    What the ZIP directory says of sizes is compared with what comes out; it may lie.

    Raises:
        UnreadableFile: *path* is damaged, or too large once unpacked.
    """
    parts = archive_parts(path)
    _check_directory(path, parts)
    with reading(path), _damage_worded(path), path.open("rb") as file:
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                _check_part(path, file, part)


def check_packed_tables(path: Path) -> None:
    """Refuse an archive of text that says it would fill the memory or is damaged. What it says is held to when it is
    read: no part goes on after its size.

    Raises:
        UnreadableFile: as in `check_archive`.
    """
    _check_directory(path, archive_parts(path))


def archive_parts(path: Path) -> list[ZipInfo]:
    """The directory of the ZIP archive *path*.

    Raises:
        UnreadableFile: it is damaged.
    """
    with reading(path), _damage_worded(path), ZipFile(path) as archive:
        return archive.infolist()


@contextmanager
def _damage_worded(path: Path) -> Iterator[None]:
    try:
        yield
    # zipfile says NotImplementedError of a version, ValueError of a name that a flipped bit has spoilt.
    except (BadZipFile, NotImplementedError, ValueError, EOFError, zlib.error, struct.error) as error:
        raise _damaged(path, str(error)) from error


def _check_directory(path: Path, parts: list[ZipInfo]) -> None:
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    file_size = path.stat().st_size
    if len(parts) > MAX_PARTS:
        raise UnreadableFile(f"“{path.name}” has {len(parts):,} parts; no workbook has so many.")
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _HARMLESS_BYTES and unpacked > MAX_RATIO * file_size):
        raise _bomb(path, unpacked)
    if packed > file_size:
        # Parts that overlap share their bytes, so that a small file unpacks to a huge one.
        raise _damaged(path, f"parts of {packed:,} bytes in a file of {file_size:,}")
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile(f"“{path.name}” is protected by a password.", "Remove it and save the file again.")
    if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
        raise _damaged(path, "a part is packed in a way no spreadsheet program uses")


def _check_part(path: Path, file: BinaryIO, part: ZipInfo) -> None:
    """Measure one part: its bytes, and the rectangle its filled cells span."""
    extent = SheetExtent()
    for chunk in _unpack(path, file, part):
        extent.feed(chunk)
    if extent.cells > MAX_SHEET_CELLS:
        # The quick look counts cells that have a colour and nothing else; calamine does not keep those.
        extent = FilledSheetExtent()
        for chunk in _unpack(path, file, part):
            extent.feed(chunk)
    if extent.cells > MAX_SHEET_CELLS:
        raise too_large(path, f"{extent.rows:,} rows × {extent.columns:,} columns")


def _unpack(path: Path, file: BinaryIO, part: ZipInfo) -> Iterator[bytes]:
    """The content of *part* in pieces of a bounded size. `ZipFile.open` would stop where the directory says it ends."""
    file.seek(part.header_offset)
    signature, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04":
        raise _damaged(path, f"no part where {part.filename} should be")
    file.seek(name_length + extra_length, 1)
    unpacked = 0
    for chunk in _inflated(file, part) if part.compress_type == ZIP_DEFLATED else _stored(file, part):
        unpacked += len(chunk)
        if unpacked > part.file_size:
            raise _damaged(path, f"{part.filename} goes on after {part.file_size:,} bytes")
        yield chunk
    if unpacked != part.file_size:
        raise _damaged(path, f"{part.filename} ends after {unpacked:,} of {part.file_size:,} bytes")


def _stored(file: BinaryIO, part: ZipInfo) -> Iterator[bytes]:
    left = part.compress_size
    while left and (chunk := file.read(min(left, _CHUNK))):
        left -= len(chunk)
        yield chunk


def _inflated(file: BinaryIO, part: ZipInfo) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _stored(file, part):
        yield inflater.decompress(packed, _CHUNK)
        while inflater.unconsumed_tail:
            yield inflater.decompress(inflater.unconsumed_tail, _CHUNK)
    while chunk := inflater.decompress(b"", _CHUNK):
        yield chunk


def _bomb(path: Path, unpacked: int) -> UnreadableFile:
    return UnreadableFile(
        f"“{path.name}” would unpack to {unpacked / (1 << 30):,.1f} GB and fill this computer's memory.",
        "Do not use it; ask where it comes from.",
    )


def too_large(path: Path, detail: str) -> UnreadableFile:
    """The error for a sheet whose filled cells span too much."""
    return UnreadableFile(
        f"A sheet in “{path.name}” is too large.",
        "If a single cell stands far away from the table, delete it, save, and try again.",
        detail=detail,
    )


def _damaged(path: Path, detail: str) -> UnreadableFile:
    return UnreadableFile(
        f"“{path.name}” is damaged or was not copied completely.", "Copy or download it again.", detail=detail
    )
