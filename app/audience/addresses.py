"""One form for every e-mail address: the key a person is recognised by, and what mail is sent to."""

import re
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

from app.audience.typos import corrected_domain
from app.errors import UserFacingError

__all__ = ["BadAddress", "normalise", "to_ascii_domain", "typo_suggestion"]


class BadAddress(UserFacingError):
    """A text that is no e-mail address, or more than one. The title says why."""


_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]"
# Labels without "--" leave Punycode to the slow path; so do the names RFC 6761 and its like set aside. The address is
# short enough for no label to exceed 63 characters.
_PLAIN_MAX = 64
_is_plain = re.compile(
    rf"(?!'){_ATOM}+(?:\.{_ATOM}+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!(?:arpa|invalid|local|localhost|onion|test)\Z)[a-z]{{2,}}\Z"
).match

# Characters that show nothing: soft hyphen, zero-width and direction marks, word joiner, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_WRAPPING = " \t\r\n\v\f\u00a0\u2007\u202f\u3000'\"´‘’“”„«»‹›()[]<>;,:"
_IN_BRACKETS = re.compile(r"<([^<>]*@[^<>]*)>")
_MANY = re.compile(r"[^\s<>()\[\]\",;:|]+@[^\s<>()\[\]\",;:|@]+")


def normalise(text: str) -> str:
    """The one form of the address in *text*: bare, NFC, lower case, its domain in Unicode.

    What people leave around an address is forgiven (a name with angle brackets, "mailto:", quotes, a trailing comma,
    invisible characters); what is wrong inside it is not. Normalising twice changes nothing.

    Raises:
        BadAddress: with a plain reason.
    """
    lowered = text.lower()
    if len(lowered) <= _PLAIN_MAX and _is_plain(lowered):
        return lowered
    return _normalise_carefully(text)


def _normalise_carefully(text: str) -> str:
    # Lower-casing can undo NFC ("İ" becomes two characters), so NFC comes before and after it.
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFC", _unwrap(text)).lower())
    try:
        address = validate_email(bare, check_deliverability=False, strict=True).normalized
    except EmailNotValidError as error:
        raise BadAddress(_reason(bare), detail=str(error)) from error
    if address != bare and _unwrap(address).lower() != address:
        # A domain can decode to characters of which no stable lower-case form exists; no real one does.
        raise BadAddress("The part after @ is not a domain.", detail=address)
    return address


def _unwrap(text: str) -> str:
    """The bare address in *text*, without what is usually found around one."""
    bare = _trim(_INVISIBLE.sub("", text))
    if bare.count("@") < 2 and "<" not in bare:
        return bare
    found = [_trim(part) for part in _IN_BRACKETS.findall(bare)] or _MANY.findall(bare)
    different = list(dict.fromkeys(_trim(part).lower() for part in [*found, *_MANY.findall(bare)]))
    if len(different) > 1:
        counted = "Two" if len(different) == 2 else str(len(different))
        raise BadAddress(f"{counted} addresses in one cell: {_shortened(', '.join(different))}")
    return found[0] if found else bare


def _trim(text: str) -> str:
    bare = text.strip(_WRAPPING)
    if bare[:7].lower() == "mailto:":
        bare = bare[7:].partition("?")[0].strip(_WRAPPING)
    return bare.rstrip(".") if "@" in bare else bare


def _reason(bare: str) -> str:
    """Why *bare* was refused, in words for someone who never read an RFC."""
    if not bare:
        return "The address is empty."
    if "@" not in bare:
        return "There is no @ sign."
    local, _, domain = bare.partition("@")
    if "@" in domain:
        return "There is more than one @ sign."
    if any(unicodedata.category(character) == "Cc" for character in bare):
        return "There is a line break or a control character inside."
    if any(character.isspace() for character in bare):
        return "There is a space inside."
    if not local:
        return "Nothing stands before the @ sign."
    if not domain:
        return "Nothing stands after the @ sign."
    if not _is_accepted(f"x@{domain}"):
        return "The part after @ is not a domain."
    if local.startswith(".") or local.endswith(".") or ".." in local:
        return "There is a dot too many before the @ sign."
    if _is_accepted(f"{local[:10]}@{domain}"):
        return "The address is too long."
    return "The part before @ has a character that no address may have."


def _is_accepted(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


def _shortened(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def to_ascii_domain(address: str) -> str:
    """*address* (normalised) with its domain as the wire and DNS want it: "ö@xn--xmple-gra.de" for "ö@ëxmple.de".

    Raises:
        BadAddress: the domain has no such form.
    """
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as error:
        raise BadAddress("The part after @ is not a domain.", detail=str(error)) from error


def typo_suggestion(address: str) -> str | None:
    """The address probably meant by *address* (normalised), where its domain is a known misspelling; else None."""
    local, _, domain = address.rpartition("@")
    meant = corrected_domain(domain)
    return f"{local}@{meant}" if meant else None
