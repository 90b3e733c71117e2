"""Which encoding a text file is written in: its byte order mark, else strict UTF-8, else UTF-16, else a code page."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from app.audience.source import Readable, UnreadableFile, reading

LEGACY = "cp1252"

_CHUNK = 1 << 20
_HEAD = 1 << 16
# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDEFINED_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1b"))
# Text has hardly any control characters; of compressed data or an image they are a tenth.
_MOST_CONTROLS = 0.02


@dataclass(frozen=True)
class TextScan:
    """What one pass over a text file found.

    Attributes:
        encoding: A name that Python's `open` takes.
        is_lossy: Some bytes mean nothing in this encoding and show as �.
        nul_count: NUL characters, which are left out of every cell.
        line_count: Line ends, plus one for a last line without.
    """

    encoding: str
    is_lossy: bool
    nul_count: int
    line_count: int

    @property
    def errors(self) -> str:
        """How `open` is to treat bytes that mean nothing."""
        return "replace" if self.is_lossy else "strict"


def scan_text(path: Path | Readable, encoding: str | None = None) -> TextScan:
    """Read *path* once, in constant memory, and tell its encoding; with *encoding*, check that one.

    Raises:
        UnreadableFile: *path* is binary, or not written in *encoding*.
    """
    with reading(path), path.open("rb") as file:
        head = file.read(_HEAD)
    guessed = encoding or _guess(head, path)
    tally = _Tally(path, _decoder(guessed, path))
    is_wide = guessed.startswith(("utf-16", "utf-32"))
    nul_count = 0 if is_wide else tally.nuls
    if tally.is_decodable:
        return TextScan(guessed, is_lossy=False, nul_count=nul_count, line_count=tally.lines)
    if encoding is not None:
        raise UnreadableFile(f"“{path.name}” is not written in {encoding}.", "Choose another encoding.")
    if guessed != "utf-8":
        raise UnreadableFile(
            f"“{path.name}” is damaged: it says it is {guessed}, but parts of it are not.",
            "Save it again as CSV UTF-8.",
        )
    return TextScan(LEGACY, is_lossy=tally.undefined > 0, nul_count=nul_count, line_count=tally.lines)


def _guess(head: bytes, path: Path | Readable) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    nuls_on_even, nuls_on_odd = head[::2].count(0), head[1::2].count(0)
    # In UTF-16 one byte of every Latin letter, digit, separator and line end is NUL, always on the same side.
    if nuls_on_odd * 20 > len(head) and nuls_on_odd > 10 * nuls_on_even:
        return "utf-16-le"
    if nuls_on_even * 20 > len(head) and nuls_on_even > 10 * nuls_on_odd:
        return "utf-16-be"
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > _MOST_CONTROLS * len(head) + 1:
        raise UnreadableFile(
            f"“{path.name}” is not a table of text.", "Open it in the program it comes from and save it as XLSX or CSV."
        )
    return "utf-8"


def _decoder(encoding: str, path: Path | Readable) -> codecs.IncrementalDecoder:
    try:
        "x".encode(encoding)  # refuses the codecs that are not of text, such as "hex"
        return codecs.getincrementaldecoder(encoding)()
    except (LookupError, UnicodeError) as error:
        raise UnreadableFile(f"“{encoding}” is not an encoding.", f"Choose another for “{path.name}”.") from error


class _Tally:
    """Counts over the whole of a file; decodes it as long as that goes well."""

    def __init__(self, path: Path | Readable, decoder: codecs.IncrementalDecoder) -> None:
        self.is_decodable = True
        self.nuls = self.undefined = self.lines = 0
        feeds = returns = 0
        last = b"\n"
        with reading(path), path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                self._decode(decoder, chunk, final=False)
                self.nuls += chunk.count(0)
                self.undefined += len(chunk) - len(chunk.translate(None, _UNDEFINED_IN_CP1252))
                feeds += chunk.count(b"\n")
                returns += chunk.count(b"\r")
                last = chunk[-1:]
            self._decode(decoder, b"", final=True)
        self.lines = (feeds or returns) + (last not in b"\r\n\0")

    def _decode(self, decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> None:
        if self.is_decodable:
            try:
                decoder.decode(chunk, final)
            except UnicodeError:
                self.is_decodable = False
