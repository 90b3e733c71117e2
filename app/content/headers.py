"""Mail headers as bytes: encoded words (RFC 2047), folding and mailboxes (RFC 5322), domains in ASCII (RFC 5891).

All of it is ASCII, but for the local part of an internationalised address, which no ASCII form stands for: it goes as
UTF-8 (RFC 6532), and the message then needs SMTPUTF8 (RFC 6531). Its domain is in ASCII all the same; every server
that knows the extension takes both forms, and one form is easier to compare.

A value with a line break is refused, never repaired: it is either an attack or a spreadsheet cell gone wrong, and
both deserve to be seen.
"""

import base64
import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import idna

from app.content.errors import AddressRefused, HeaderInjection

MAX_LINE = 76
"""Octets of a header line; RFC 5322 recommends at most 78, RFC 2047 demands 76 with encoded words."""

MAX_LOCAL_PART = 64
"""Octets before the @ of an address."""

_LINE_BREAK = re.compile(r"[\r\n]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:[ .][A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_WORD_OVERHEAD = len("=?utf-8?b??=")


@dataclass(frozen=True, slots=True)
class Address:
    """An address as mail servers write it: the domain in ASCII, the local part in Unicode (NFC)."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Whether it can travel without SMTPUTF8."""
        return self.local.isascii()


def parse_address(text: str, header: str) -> Address:
    """Read *text*, the address for *header* (`"To"`, …); an international domain becomes ASCII.

    Raises:
        HeaderInjection: It has a line break.
        AddressRefused: It is not an address.
    """
    _refuse_line_breaks(text, header)
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise AddressRefused(f"“{text}” is not an e-mail address.", "An address has an “@” in it.")
    if not local.isascii():
        local = unicodedata.normalize("NFC", local)
    # RFC 5321, §4.5.3.1.1, counts octets.
    if not _is_local_part(local) or len(local.encode("utf-8", "replace")) > MAX_LOCAL_PART:
        raise AddressRefused(f"“{text}” is not an e-mail address.", "Look for a blank or a sign before the “@”.")
    return Address(local, ascii_domain(domain))


def _is_local_part(local: str) -> bool:
    """Whether it is a dot-atom; letters, marks, digits and signs beyond ASCII count as ordinary (RFC 6531, §3.3)."""
    if local.isascii():
        return bool(_DOT_ATOM.fullmatch(local))
    if any(unicodedata.category(sign)[0] in "CZ" for sign in _BEYOND_ASCII.findall(local)):
        return False  # what shows nothing, or is no character
    return bool(_DOT_ATOM.fullmatch(_BEYOND_ASCII.sub("x", local)))


@functools.lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """*domain* as the DNS knows it: `bücher.example` is `xn--bcher-kva.example` (IDNA 2008).

    Raises:
        AddressRefused: It is no domain.
    """
    try:
        ascii_form = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as fault:
        raise AddressRefused(f"“{domain}” is not an internet domain.", detail=str(fault)) from fault
    if not _HOST.fullmatch(ascii_form) or len(ascii_form) > 253:  # RFC 1035, §2.3.4
        raise AddressRefused(f"“{domain}” is not an internet domain.", "Look at what stands after the “@”.")
    return ascii_form


def mailbox(name: str, address: Address, header: str) -> bytes:
    """`Name <local@domain>` for a From, To or Reply-To header, folded; only the address where *name* is empty.

    Raises:
        HeaderInjection: *name* has a line break.
    """
    _refuse_line_breaks(name, header)
    name = _CONTROL.sub(" ", name).strip()
    return _before_angle(name, f"<{address}>".encode(), header) if name else str(address).encode()


def list_id(text: str) -> bytes:
    """The value of List-Id (RFC 2919): *text* is `news.example.org` or `Our news <news.example.org>`.

    Raises:
        HeaderInjection: *text* has a line break.
        AddressRefused: The identifier is not of the form of a domain.
    """
    _refuse_line_breaks(text, "List-Id")
    name, _, rest = text.rpartition("<")
    identifier = f"<{ascii_domain(rest.strip().removesuffix('>'))}>".encode()
    return _before_angle(name.strip(), identifier, "List-Id") if name.strip() else identifier


def unstructured(text: str, header: str) -> bytes:
    """The value of a Subject or another header of free text, encoded and folded.

    Raises:
        HeaderInjection: *text* has a line break.
    """
    _refuse_line_breaks(text, header)
    text = _CONTROL.sub(" ", text).strip()
    used = len(header) + 2
    if text.isascii() and "=?" not in text:
        if len(text) <= MAX_LINE - used:
            return text.encode()
        if "  " not in text and max(map(len, text.split(" "))) < MAX_LINE:
            return _fold(text, used)
    return _encoded_words(text, used)


def structured(text: str, header: str) -> bytes:
    """The value of a header that must stay as it is: ASCII without line breaks.

    Raises:
        HeaderInjection: It is not.
    """
    if _CONTROL.search(text) or not text.isascii():
        raise HeaderInjection(header)
    return _fold(text, len(header) + 2)


def _refuse_line_breaks(text: str, header: str) -> None:
    if _LINE_BREAK.search(text):
        raise HeaderInjection(header)


def _before_angle(name: str, angle: bytes, header: str) -> bytes:
    used = len(header) + 2
    phrase = _phrase(name, used)
    column = len(phrase) - phrase.rfind(b"\n") - 1 + (0 if b"\n" in phrase else used)
    separator = b" " if column + 1 + len(angle) <= MAX_LINE else b"\r\n "
    return phrase + separator + angle


def _phrase(name: str, used: int) -> bytes:
    if not name.isascii() or "=?" in name or len(name) > MAX_LINE - used - 2:
        return _encoded_words(name, used)
    if _ATOM.fullmatch(name) and "." not in name:
        return name.encode()
    return b'"' + name.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'


def _fold(text: str, used: int) -> bytes:
    """Break *text* at its blanks; a blank begins each further line."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and used + len(line) + 1 + len(word) > MAX_LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line]).encode()


def _encoded_words(text: str, used: int) -> bytes:
    words = [
        b"=?utf-8?b?" + base64.b64encode(part) + b"?="
        for part in _parts(text.encode("utf-8", "replace"), first=MAX_LINE - used, further=MAX_LINE - 1)
    ]
    return b"\r\n ".join(words)


def _parts(octets: bytes, *, first: int, further: int) -> Iterator[bytes]:
    """Cut UTF-8 between characters so that each part, as an encoded word, has at most *first* or *further* octets."""
    room = first
    while octets:
        end = max(room - _WORD_OVERHEAD, 8) // 4 * 3
        while end < len(octets) and octets[end] & 0xC0 == 0x80:  # inside a character
            end -= 1
        yield octets[:end]
        octets, room = octets[end:], min(further, 75)
