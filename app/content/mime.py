"""The MIME skeleton of a dispatch's messages: everything between the parts, written once.

With all there can be, a message is

    multipart/mixed
    ├── multipart/alternative
    │   ├── text/plain
    │   └── multipart/related
    │       ├── text/html
    │       └── the pictures in it
    └── the attachments

and a level with a single part in it is left out. The pictures stand beside the HTML, not around both texts: they
belong to it alone, as RFC 2387 means it, so a program that shows the plain text has no leftover pictures to list as
attachments. It is what Apple Mail and Thunderbird write themselves, and Outlook and Gmail show it right; the other way
round some show the pictures a second time below the text.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from app.content.attachments import EncodedAttachment

_CRLF = b"\r\n"
_SHORT = 1_000  # octets


class _Slot(Enum):
    """Where something of the recipient's own goes."""

    TEXT = auto()
    HTML = auto()
    FILES = auto()


_Chunks = tuple[bytes | _Slot, ...]


@dataclass(frozen=True, slots=True)
class _Entity:
    """A part: what its header says it is, and what is in it."""

    content_type: bytes
    chunks: _Chunks
    transfer_encoding: bytes = b""

    def part(self) -> _Chunks:
        """The entity as part of another."""
        encoding = b"\r\nContent-Transfer-Encoding: " + self.transfer_encoding if self.transfer_encoding else b""
        return (b"Content-Type: " + self.content_type + encoding + _CRLF + _CRLF, *self.chunks)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A message without its texts.

    Attributes:
        headers: The MIME headers of the message.
    """

    headers: tuple[tuple[str, bytes], ...]
    _chunks: _Chunks
    _delimiter: bytes

    @classmethod
    def build(
        cls,
        *,
        text_encoding: bytes,
        html_encoding: bytes,
        files: Sequence[EncodedAttachment],
        takes_more_files: bool,
        seed: str,
    ) -> "Skeleton":
        """The skeleton for texts in these transfer encodings; *html_encoding* is empty for a message of plain text.

        *files* go to everybody; *takes_more_files* makes room for those of a single recipient. Pictures have no place
        in plain text and are left out there. *seed* is any text that differs from dispatch to dispatch.
        """
        boundaries = _boundaries(seed)
        entity = _Entity(b"text/plain; charset=utf-8", (_Slot.TEXT,), text_encoding)
        if html_encoding:
            html = _Entity(b"text/html; charset=utf-8", (_Slot.HTML,), html_encoding)
            pictures = [(file.part,) for file in files if file.is_inline]
            if pictures:
                html = _multipart(b'related; type="text/html"', boundaries[0], [html.part(), *pictures])
            entity = _multipart(b"alternative", boundaries[1], [entity.part(), html.part()])
        attached = [(file.part,) for file in files if not file.is_inline]
        if attached or takes_more_files:
            entity = _multipart(b"mixed", boundaries[2], [entity.part(), *attached], room=(_Slot.FILES,))
        headers = [("MIME-Version", b"1.0"), ("Content-Type", entity.content_type)]
        if entity.transfer_encoding:
            headers.append(("Content-Transfer-Encoding", entity.transfer_encoding))
        return cls(tuple(headers), entity.chunks, b"--" + boundaries[2] + _CRLF)

    def fill(self, text: bytes, html: bytes, files: Sequence[EncodedAttachment] = ()) -> bytes:
        """The body with these encoded parts; its own relaxed canonical form if they are (RFC 6376, §3.4.4)."""
        if self._chunks == (_Slot.TEXT,):
            return _ended(text, is_quoted=self.headers[-1][1] == b"quoted-printable")
        filled: list[bytes] = []
        for chunk in self._chunks:
            if isinstance(chunk, bytes):
                filled.append(chunk)
            elif chunk is _Slot.FILES:
                filled += [octets for file in files for octets in (self._delimiter, file.part, _CRLF)]
            else:
                filled.append(text if chunk is _Slot.TEXT else html)
        return b"".join(filled)


def _ended(text: bytes, *, is_quoted: bool) -> bytes:
    """*text* as a whole body, without empty lines at its end: its canonical form has none."""
    lines = text.rstrip(_CRLF)
    if is_quoted and lines.endswith(b"=") and not lines.endswith(b" ="):
        lines = lines[:-1]  # the soft break at the end of the last piece
    return lines + _CRLF if lines else b""


def _boundaries(seed: str) -> list[bytes]:
    # RFC 2045, §6.7 (5): "=_" never occurs in quoted-printable nor in base64, so no part can hold a boundary.
    unique = hashlib.sha256(seed.encode("utf-8", "replace")).hexdigest()[:24].encode()
    return [b"=_" + level + unique for level in (b"r", b"a", b"m")]


def _multipart(kind: bytes, boundary: bytes, parts: Sequence[_Chunks], room: _Chunks = ()) -> _Entity:
    chunks: list[bytes | _Slot] = []
    for part in parts:
        chunks += [b"--" + boundary + _CRLF, *part, _CRLF]
    chunks += [*room, b"--" + boundary + b"--\r\n"]
    return _Entity(b"multipart/" + kind + b';\r\n boundary="' + boundary + b'"', _merged(chunks))


def _merged(chunks: Sequence[bytes | _Slot]) -> _Chunks:
    """*chunks* with the short bytes beside each other made one; a file's stay the one object all skeletons share."""
    merged: list[bytes | _Slot] = []
    for chunk in chunks:
        last = merged[-1] if merged else None
        if isinstance(chunk, bytes) and isinstance(last, bytes) and len(chunk) + len(last) < _SHORT:
            merged[-1] = last + chunk
        else:
            merged.append(chunk)
    return tuple(merged)
