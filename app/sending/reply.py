"""What an SMTP server answers: three digits, often an enhanced status code, and words (RFC 5321 §4.2, RFC 2034)."""

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.errors import AppError

MAX_TEXT_CHARS = 500
MAX_REPLY_BYTES = 32_768
_SHORT_LINE_BYTES = 40

_LINE = re.compile(rb"([2-5]\d\d)([ -]?)(.*)", re.DOTALL)
_ENHANCED = re.compile(r"[;#(]?\s*([245]\.\d{1,3}\.\d{1,3})(?!\S*\d)[);:]?\s*")


class MalformedReply(AppError):
    """The server sent something that is not an SMTP reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete answer of a server.

    Attributes:
        code: The three digits; the first says accepted (2), go on (3), not now (4) or no (5).
        enhanced: The status code of RFC 3463 such as ``5.1.1``, empty where the server gave none.
        text: The server's words in one line, printable characters only. Written by a stranger: show it, never trust it.
    """

    code: int
    enhanced: str
    text: str

    @classmethod
    def of(cls, code: int, text: str) -> "Reply":
        """The reply with these digits; *text* may hold several lines, each with or without the enhanced code."""
        enhanced = ""
        words: list[str] = []
        for line in text.splitlines():
            found = _ENHANCED.match(line)
            if found and not enhanced:
                enhanced = found[1]
            words.append(line[found.end() :] if found else line)
        return cls(code, enhanced, _printable(" ".join(words)))

    @classmethod
    def parse(cls, lines: Sequence[bytes]) -> "Reply":
        """Read the lines of one reply, given without their line ends.

        Raises:
            MalformedReply: A line does not start with three digits, or the lines disagree about them.
        """
        if len(lines) == 1 and len(lines[0]) <= _SHORT_LINE_BYTES:
            return _parsed_line(lines[0])
        return cls._parse(lines)

    @classmethod
    def _parse(cls, lines: Sequence[bytes]) -> "Reply":
        codes = set()
        words = []
        for line in lines:
            found = _LINE.fullmatch(line)
            if found is None or (found[3] and not found[2]):
                raise MalformedReply(_printable(line.decode("utf-8", "replace")))
            codes.add(found[1])
            words.append(found[3].decode("utf-8", "replace"))
        if len(codes) != 1:
            raise MalformedReply(_printable(" ".join(words)))
        return cls.of(int(codes.pop()), "\n".join(words))

    @property
    def is_positive(self) -> bool:
        """The server did what it was asked to."""
        return 200 <= self.code < 300

    @property
    def is_permanent(self) -> bool:
        """The server says that asking again will not help."""
        return self.code >= 500

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


@functools.lru_cache(maxsize=256)
def _parsed_line(line: bytes) -> Reply:
    """The reply of one line. A server says the same few, such as "250 2.1.0 Ok", to every message."""
    return Reply._parse([line])  # noqa: SLF001  a cache cannot be a method of the frozen class


class ReplyReader:
    """Cuts a stream of bytes into replies, however the network split it."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size_bytes = 0

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that *data* completes, each as soon as it is understood.

        Raises:
            MalformedReply: Not SMTP, or a reply longer than `MAX_REPLY_BYTES`. The stream is of no use any more.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._lines.append(line.rstrip(b"\r"))
            self._size_bytes += len(line)
            if line[3:4] != b"-":
                complete, self._lines, self._size_bytes = self._lines, [], 0
                yield Reply.parse(complete)
        if self._size_bytes + len(self._rest) > MAX_REPLY_BYTES:
            raise MalformedReply(f"A reply of more than {MAX_REPLY_BYTES} bytes.")


def _printable(text: str) -> str:
    """One line without control characters, among them those that reverse the direction of writing."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text.strip()[:MAX_TEXT_CHARS]
