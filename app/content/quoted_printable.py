"""Quoted-printable (RFC 2045, §6.7) whose pieces may be put together in any order.

Three properties make the pieces of a template cheap to send. Each piece ends with a line break, a soft one where the
text has none, so pieces encoded once can stand beside any other. The bytes are their own "relaxed" canonical form for
DKIM (RFC 6376, §3.4.4): no blank at a line's end, no run of blanks. And no line begins with "." or "From ", so nothing
on the way has a reason to change them.
"""

import re

MAX_LINE = 75
"""Octets of a line before its soft break `=`."""

_PLAIN = re.compile(r"(?!\.|From )[!-<>-~]+(?: [!-<>-~]+)*")
_DROPPED = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SPECIAL = re.compile(rb"[^ -<>-~\n]|(?<= ) | (?=\n)|^\.|^F(?=rom )", re.MULTILINE)
_ESCAPE = [b"=%02X" % octet for octet in range(256)]


def sanitize(text: str) -> str:
    """*text* without the control characters that mail may not or should not carry; tabs and line feeds stay.

    A carriage return goes too, which makes every CRLF a plain line feed.
    """
    return _DROPPED.sub("", text)


def encode(text: str) -> bytes:
    """*text* in UTF-8, sanitized and encoded: lines of at most 76 octets, CRLF, a line break at the end.

    Decoding gives exactly `sanitize(text)`, with CRLF for line feeds. Half surrogate pairs, which UTF-8 cannot write,
    become question marks.
    """
    if len(text) <= MAX_LINE and _PLAIN.fullmatch(text):
        return text.encode() + b"=\r\n"
    octets = sanitize(text).encode("utf-8", "replace")
    escaped = _SPECIAL.sub(lambda match: _ESCAPE[match[0][0]], octets)
    lines = escaped.split(b"\n")
    last = lines.pop()
    encoded = [piece for line in lines for piece in (*_soft_lines(line), b"\r\n")]
    if last:
        encoded += [*_soft_lines(last), b"=\r\n"]
    return b"".join(encoded)


def _soft_lines(line: bytes) -> list[bytes]:
    """*line* in pieces that fit, each but the last with its soft break."""
    pieces = []
    while len(line) > MAX_LINE:
        cut = MAX_LINE
        escape = line.rfind(b"=", cut - 2, cut)
        if escape >= 0:
            cut = escape
        pieces.append(line[:cut] + b"=\r\n")
        line = _guard_start(line[cut:])
    return [*pieces, line]


def _guard_start(line: bytes) -> bytes:
    if line.startswith((b".", b"From ")):
        return _ESCAPE[line[0]] + line[1:]
    return line
