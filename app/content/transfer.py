"""The two ways a text part goes over the wire, and the choice between them, made once per dispatch.

Quoted-printable leaves ASCII as it is and makes three octets of each other one; base64 makes four of any three. So the
HTML of a newsletter, which is mostly markup, and letters in most languages of Latin script are smaller in the former,
and a plain letter in Greek, Russian, Chinese or Japanese in the latter. Both are made of lines that are short, in ASCII
and their own canonical form for DKIM.

Unencoded 7bit is not among them: what will be merged is not known when the choice is made, and a long line, a blank
at a line's end or an “ü” would need encoding after all; quoted-printable costs ASCII text next to nothing. Nor is 8bit:
a server on the way that hands over to one without 8BITMIME has to encode the message anew, which breaks its signature
(RFC 6376, §5.3).
"""

import binascii
import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.content.quoted_printable import encode, sanitize

BASE64_LINE = 76
"""Octets of a line of base64, the most RFC 2045, §6.8, allows."""

_SHORT = 64
"""Characters of what is remembered encoded: names, towns and links come again, in the other part or another message."""

_LINES = re.compile(rb".{1,%d}" % BASE64_LINE)


@dataclass(frozen=True, slots=True)
class TransferEncoding:
    """A Content-Transfer-Encoding.

    Attributes:
        name: As the header says it.
        encode_piece: A part of a text, encoded as far as that can be done alone.
        finish: All pieces of a text in order, as the lines that are sent.
    """

    name: bytes
    encode_piece: Callable[[str], bytes]
    finish: Callable[[Iterable[bytes]], bytes]


def base64_lines(octets: bytes) -> bytes:
    """*octets* in base64: lines of at most 76 characters, each ended by CRLF; nothing for nothing."""
    if not octets:
        return b""
    return b"\r\n".join(_LINES.findall(binascii.b2a_base64(octets, newline=False))) + b"\r\n"


def _encode_value(text: str) -> bytes:
    return _encode_short(text) if len(text) <= _SHORT else encode(text)


_encode_short = functools.lru_cache(maxsize=4096)(encode)


def _network_text(text: str) -> bytes:
    return sanitize(text).replace("\n", "\r\n").encode("utf-8", "replace")


def _joined_base64(pieces: Iterable[bytes]) -> bytes:
    return base64_lines(b"".join(pieces))


QUOTED_PRINTABLE = TransferEncoding(b"quoted-printable", _encode_value, b"".join)
BASE64 = TransferEncoding(b"base64", _network_text, _joined_base64)


def smaller_encoding(texts: Iterable[str]) -> TransferEncoding:
    """The encoding in which *texts*, taken as one, are smaller; quoted-printable if it makes no difference."""
    text = "".join(texts)
    return BASE64 if len(base64_lines(_network_text(text))) < len(encode(text)) else QUOTED_PRINTABLE
