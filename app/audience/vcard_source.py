"""Address cards: vCard 2.1, 3.0 and 4.0 (RFC 6350), many in one file, as rows of a table.

A card is parsed by itself, so a broken one costs one row; pictures and sounds are passed over unread.
"""

# vobject has no type hints.
# mypy: disable-error-code="import-untyped"
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import vobject
from vobject.base import ContentLine, VObjectError

from app.audience.encoding import TextScan
from app.audience.source import FileStamp, Row, UnreadableFile, reading

HEADINGS = (
    "E-mail", "First name", "Last name", "Company", "Job title", "Phone", "Street", "Postal code", "City", "Country",
    "Birthday", "Website", "Labels", "Other e-mails", "Notes",
)  # fmt: skip
UNREADABLE_CARD = "(this card cannot be read)"
"""Stands where the address would be, so that the row is refused and named."""

_MOST_CARD_CHARS = 1_000_000
_LONGEST_LINE = 1 << 16
_BEGIN = re.compile(r"\s*BEGIN\s*:\s*VCARD\s*\Z", re.IGNORECASE)
_END = re.compile(r"\s*END\s*:\s*VCARD\s*\Z", re.IGNORECASE)
# What is large and of no use here; a group may stand before it ("item1.PHOTO").
_PASSED_OVER = re.compile(r"(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY|AGENT|LABEL|X-MS-CARDPICTURE)[;:]", re.IGNORECASE)
_SOFT_BREAK = re.compile(r"quoted-printable", re.IGNORECASE)


@dataclass(frozen=True)
class VCardSource:
    """A file of address cards whose encoding is known. The number of a row is that of its card."""

    path: Path
    scan: TextScan
    stamp: FileStamp

    def records(self) -> Iterator[tuple[int, Row]]:
        yield 0, HEADINGS
        with reading(self.path), self.path.open(encoding=self.scan.encoding, errors=self.scan.errors) as file:
            for number, text in enumerate(_cards(file), start=1):
                yield number, _row(text)
            self.stamp.check(self.path)


def count_cards(path: Path, scan: TextScan) -> int:
    """How many cards *path* holds."""
    with reading(path), path.open(encoding=scan.encoding, errors=scan.errors) as file:
        return sum(1 for line in _lines(file) if _BEGIN.match(line))


def _cards(file: TextIO) -> Iterator[str]:
    """The text of each card, without its pictures."""
    card: list[str] | None = None
    length = 0
    is_passed_over = False
    for line in _lines(file):
        if _BEGIN.match(line):
            card, length, is_passed_over = [], 0, False
        if card is None:
            continue
        if line[:1] not in {" ", "\t"}:
            is_passed_over = _PASSED_OVER.match(line) is not None
        if is_passed_over:
            continue
        length += len(line)
        if length > _MOST_CARD_CHARS:
            raise UnreadableFile("A card in this file is too large.", "Export the address book again, as CSV.")
        card.append(line.replace("\0", ""))
        if _END.match(line):
            yield "".join(card)
            card = None
    if card is not None:
        raise UnreadableFile("The last card in this file has no end.", "Export or copy the file again.")


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE):
        # The rest of a line this long belongs to a picture that was not folded; it must not look like a property.
        while not line.endswith("\n") and (rest := file.readline(_LONGEST_LINE)):
            line = line[:_LONGEST_LINE] + rest[-1:].replace("\r", "")
        yield line.removeprefix("\ufeff")


def _row(text: str) -> Row:
    try:
        card = vobject.readOne(text, ignoreUnreadable=True, allowQP=_SOFT_BREAK.search(text) is not None)
        return _cells(card.contents)
    # vobject lets through what a broken card makes its decoders say.
    except (VObjectError, ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return [UNREADABLE_CARD]


def _cells(card: dict[str, list[Any]]) -> Row:
    addresses = [_text(line) for line in sorted(card.get("email", []), key=_preference)]
    addresses = [address.removeprefix("mailto:") for address in dict.fromkeys(addresses) if address]
    phones = [_text(line).removeprefix("tel:") for line in sorted(card.get("tel", []), key=_preference)]
    first, last = _name(card)
    company = card["org"][0].value if "org" in card else ""
    place = min(card["adr"], key=_preference).value if "adr" in card else None
    cells = [
        addresses[0] if addresses else "",
        first,
        last,
        company[0] if isinstance(company, list) and company else company,
        _first(card, "title"),
        phones[0] if phones else "",
        *(getattr(place, part, "") for part in ("street", "code", "city", "country")),
        _first(card, "bday"),
        _first(card, "url"),
        ", ".join(part for line in card.get("categories", []) for part in _parts(line.value)),
        ", ".join(addresses[1:]),
        _first(card, "note"),
    ]
    return [_joined(cell).strip() or None for cell in cells]


def _name(card: dict[str, list[Any]]) -> tuple[str, str]:
    """First and last name; of a card that has only the name it is shown under, that as the first."""
    if "n" in card:
        name = card["n"][0].value
        first, last = _joined(getattr(name, "given", "")), _joined(getattr(name, "family", ""))
        if first or last:
            return first, last
    return _first(card, "fn"), ""


def _first(card: dict[str, list[Any]], name: str) -> str:
    return _text(card[name][0]) if name in card else ""


def _text(line: ContentLine) -> str:
    return _joined(line.value).strip()


def _joined(value: object) -> str:
    """A value that may be a list, where a card has several parts in one place."""
    return " ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)


def _parts(value: object) -> list[str]:
    return list(map(str, value)) if isinstance(value, list) else [str(value)]


def _preference(line: ContentLine) -> int:
    """Small for the preferred one: PREF=1 (RFC 6350, 5.3), TYPE=PREF (RFC 2426), or a bare PREF (vCard 2.1)."""
    params = line.params
    if any(kind.upper() == "PREF" for kind in (*params.get("TYPE", ()), *line.singletonparams)):
        return 1
    given = params.get("PREF", [""])[0]
    return int(given) if given.isdecimal() else 101
