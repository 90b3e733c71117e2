"""The look over a template before it is used: what would stop it, what would embarrass, what could be better."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.content.errors import TemplateError
from app.content.merge import BUILT_IN_FIELDS, check_tags, field_lines, fields_used
from app.content.mjml import compile_document
from app.content.tree import Document, Element, parse
from app.content.wording import did_you_mean

GMAIL_CLIP = 102 * 1024
"""Octets of HTML after which Gmail hides the rest, and with it the unsubscribe link, behind “View entire message”."""
LONG_SUBJECT = 60
"""Characters; mailboxes on telephones show about 40, on computers about 60."""

_BLANKS = re.compile(r"\s+")
_REPLY = re.compile(r"\s*(re|aw|fwd?|wg)\s*:", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"https?://(?:www\.)?example\.(?:com|org|net)\b")


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    BLOCKER = "blocker"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a template; `line` counts from 1 in the MJML, None where it concerns the whole or the subject."""

    severity: Severity
    message: str
    line: int | None = None


def check_template(mjml: str, subject: str, *, known_fields: Iterable[str]) -> tuple[Finding, ...]:
    """Everything worth saying about a template and its subject, the worst first, then by line.

    *known_fields* are the fields of the contacts; the built-in ones need not be among them.
    """
    known = frozenset(known_fields) | BUILT_IN_FIELDS.keys()
    findings = [*_check_subject(subject, known), *_check_body(mjml, known)]
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: (order.index(finding.severity), finding.line or 0)))


def _check_subject(subject: str, known: frozenset[str]) -> Iterator[Finding]:
    if not subject.strip():
        yield Finding(Severity.BLOCKER, "The subject is empty.")
        return
    if "\n" in subject.strip() or "\r" in subject.strip():
        yield Finding(Severity.BLOCKER, "The subject has more than one line.")
    try:
        check_tags(subject)
    except TemplateError as fault:
        yield Finding(Severity.BLOCKER, f"In the subject: {_words(fault)}")
        return
    for name in sorted(fields_used(subject) - known):
        yield Finding(Severity.BLOCKER, f"In the subject: {_unknown_field(name, known)}")
    if len(subject) > LONG_SUBJECT and "{" not in subject:
        yield Finding(
            Severity.HINT, f"The subject has {len(subject)} characters; many mailboxes show only the first 40."
        )
    if _REPLY.match(subject):
        yield Finding(
            Severity.WARNING, "The subject looks like an answer to a mail that never was; spam filters dislike it."
        )


def _check_body(mjml: str, known: frozenset[str]) -> Iterator[Finding]:
    try:
        check_tags(mjml)
        document = parse(mjml)
        html = compile_document(document)
    except TemplateError as fault:
        yield Finding(Severity.BLOCKER, _words(fault), fault.line)
        return
    used, lines = fields_used(mjml), field_lines(mjml)
    for name in sorted(used - known):
        yield Finding(Severity.BLOCKER, _unknown_field(name, known), lines.get(name))
    if "unsubscribe_url" not in used:
        yield Finding(Severity.HINT, "There is no unsubscribe link; one will be added at the end.")
    if "postal_address" not in used:
        yield Finding(Severity.HINT, "Your postal address is not in it; it will be added at the end.")
    size = len(html.encode("utf-8", "replace"))
    if size > GMAIL_CLIP:
        message = f"The mail is {size // 1024} KB long. Gmail hides everything after 102 KB; shorten it or split it."
        yield Finding(Severity.WARNING, message)
    fonts = (child for child in document.head.elements() if child.tag == "mj-font")
    for element in (*document.body.elements(), *fonts):
        yield from _check_element(element, document)


def _check_element(element: Element, document: Document) -> Iterator[Finding]:
    attributes = {name: document.shelter.show(value).strip() for name, value in element.attributes.items()}
    for check in _ELEMENT_CHECKS:
        for severity, message in check(element, attributes):
            yield Finding(severity, message, element.line)


_Remarks = Iterator[tuple[Severity, str]]


def _check_image(element: Element, attributes: dict[str, str]) -> _Remarks:
    if element.tag not in {"mj-image", "img", "mj-carousel-image"}:
        return
    if "alt" not in attributes:
        yield Severity.WARNING, 'This picture has no description (alt="…"); without pictures its place stays empty.'
    source = attributes.get("src", "")
    if not source:
        yield Severity.WARNING, "This picture has no source."
    elif source.lower().startswith("http://"):
        yield Severity.WARNING, "This picture comes over http://; many mail programs show only https://."
    elif source.lower().startswith("data:"):
        yield Severity.WARNING, "This picture is written into the text; Gmail does not show such pictures."


def _check_link(element: Element, attributes: dict[str, str]) -> _Remarks:
    target = _BLANKS.sub("", attributes.get("href", "")).lower()
    if target.startswith(("javascript:", "vbscript:", "data:")):
        yield Severity.BLOCKER, "This link is a program, not an address. Mail programs treat such mail as an attack."
    elif _PLACEHOLDER.match(target):
        yield Severity.WARNING, "This link still leads to the placeholder example.org."
    elif target in {"", "#"} and element.tag in {"a", "mj-button"}:
        yield Severity.WARNING, "This link leads nowhere yet."


def _check_foreign(element: Element, attributes: dict[str, str]) -> _Remarks:
    if element.tag == "mj-social-element" and "src" not in attributes:
        yield (
            Severity.HINT,
            "This icon is loaded from mailjet.com, which learns who reads the mail. Use a picture of yours.",
        )
    if element.tag == "mj-font":
        yield Severity.HINT, "This font is loaded from another server, which learns who reads the mail."
    if element.tag in {"script", "iframe", "object", "embed", "form"}:
        yield Severity.WARNING, f"<{element.tag}> does not work in mail."


_ELEMENT_CHECKS: tuple[Callable[[Element, dict[str, str]], _Remarks], ...] = (
    _check_image,
    _check_link,
    _check_foreign,
)


def _unknown_field(name: str, known: frozenset[str]) -> str:
    return " ".join(part for part in (f'There is no field "{name}".', did_you_mean(name, known)) if part)


def _words(fault: TemplateError) -> str:
    return " ".join(part for part in (fault.reason, fault.hint) if part)
