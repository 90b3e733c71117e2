"""A letter before it has a recipient: all its parts as Jinja2 sources, and who it comes from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypedDict, Unpack

from app.content.attachments import Attachment
from app.content.errors import HeaderInjection, TemplateError
from app.content.merge import check_tags, fields_used
from app.content.mjml import compile_document
from app.content.plain import plain_text
from app.content.tags import tidy_tags
from app.content.tree import Document, Element, parse

_LINKS = frozenset({"href", "background-url"})
_FOOTER = """<mj-section padding="16px 0 32px"><mj-column><mj-text align="center" font-size="12px" line-height="18px"
 color="#6b7280" font-family="-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif">{lines}</mj-text>
 </mj-column></mj-section>"""
_ADDRESS_LINE = "<p style='margin:0'>{{ organisation }}{% if postal_address %}<br />{{ postal_address }}{% endif %}</p>"
_UNSUBSCRIBE_LINE = (
    "<p style='margin:8px 0 0'><a href='{{ unsubscribe_url }}' style='color:#6b7280'>Unsubscribe</a></p>"
)
_TEXT_ADDRESS = "{{ organisation }}{% if postal_address %}\n{{ postal_address }}{% endif %}"
_TEXT_UNSUBSCRIBE = "Unsubscribe: {{ unsubscribe_url }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSource:
    """All a dispatch needs to know of its message.

    Attributes:
        subject, html, text: Jinja2 sources. The preheader is part of `html`. Without `html` the message is plain text.
        preheader: What a mailbox shows after the subject, as Jinja2 source; for display only.
        sender_name, sender_address: The From header. The name may be empty.
        organisation, postal_address: The built-in merge fields of these names.
        unsubscribe: URI template with `{token}`, `https:` or `mailto:`, no Jinja2 in it; empty for none.
        unsubscribe_mail: A second `mailto:` template for List-Unsubscribe beside an `https:` one (RFC 8058, §3.1).
        reply_to: Address, or empty.
        list_id: `name <id.example.org>` or `id.example.org` (RFC 2919); empty for none.
        feedback_id: `campaign:list:account:SenderId`, at most four parts, nothing per recipient; empty for none.
        message_id_domain: The right side of Message-ID; empty for the domain of the sender.
        envelope_sender: The return path; may hold `{token}` (see `app.content.return_path.verp`). Empty for the
            sender's address.
        headers: Headers of the user's own; the values are Jinja2 sources.
        attachments: Files that everybody gets, and the pictures that the HTML shows by `cid:`.
        is_bulk: It goes to many, so absence notes are not wanted (`Precedence: bulk`).
    """

    subject: str
    html: str
    text: str
    sender_address: str
    preheader: str = ""
    sender_name: str = ""
    organisation: str = ""
    postal_address: str = ""
    unsubscribe: str = ""
    unsubscribe_mail: str = ""
    reply_to: str = ""
    list_id: str = ""
    feedback_id: str = ""
    message_id_domain: str = ""
    envelope_sender: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    is_bulk: bool = True


class Particulars(TypedDict, total=False):
    """What `MessageSource` holds besides the sources of its parts; its documentation is there."""

    sender_name: str
    organisation: str
    postal_address: str
    unsubscribe: str
    unsubscribe_mail: str
    reply_to: str
    list_id: str
    feedback_id: str
    message_id_domain: str
    envelope_sender: str
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    is_bulk: bool


def prepare(
    mjml: str,
    *,
    subject: str,
    sender_address: str,
    preheader: str = "",
    text_only: bool = False,
    rewrite_link: Callable[[str], str] | None = None,
    **particulars: Unpack[Particulars],
) -> MessageSource:
    """Compile a template into a `MessageSource`.

    A template that does not say how to unsubscribe, or where the sender lives, gets a quiet footer that does; what is
    not `is_bulk`, a receipt say, needs no way to unsubscribe. *rewrite_link* is called with each link's target as the
    author wrote it and gives the one to send; both may hold merge tags. *text_only*: the message is the text of the
    template alone, and the preheader is not shown.

    Raises:
        TemplateError: The template, the subject or the preheader cannot be read; with the line.
        HeaderInjection: The subject has more than one line.
    """
    check_tags(mjml)
    _check_line(subject, "subject")
    _check_line(preheader, "preview text")
    document = _with_footer(parse(mjml, beside=preheader), mjml, is_bulk=particulars.get("is_bulk", True))
    document = _with_preheader(document, tidy_tags(preheader).strip())
    if rewrite_link is not None:
        document = document.map_attributes(_LINKS, rewrite_link)
    return MessageSource(
        subject=tidy_tags(subject).strip(),
        preheader=tidy_tags(preheader).strip(),
        html="" if text_only else compile_document(document).rstrip() + "\n",
        text=plain_text(document),
        sender_address=sender_address,
        **particulars,
    )


def prepare_plain(
    text: str, *, subject: str, sender_address: str, preheader: str = "", **particulars: Unpack[Particulars]
) -> MessageSource:
    """Make a message of plain text, with merge tags, into a `MessageSource`.

    A text that does not say how to unsubscribe, or where the sender lives, gets lines at its end that do. Lines stay as
    they are. The preheader is not shown: what a mailbox shows after the subject is how the text begins.

    Raises:
        TemplateError: The text, the subject or the preheader cannot be read; with the line.
        HeaderInjection: The subject has more than one line.
    """
    check_tags(text)
    _check_line(subject, "subject")
    _check_line(preheader, "preview text")
    used = fields_used(text)
    footer = [
        line
        for field, line in (("postal_address", _TEXT_ADDRESS), ("unsubscribe_url", _TEXT_UNSUBSCRIBE))
        if field not in used
    ]
    # "-- " is how a signature begins for programs that show it grey, and the rest is left out of an answer.
    parts = [tidy_tags(text).rstrip(), *(["-- \n" + "\n".join(footer)] if footer else [])]
    return MessageSource(
        subject=tidy_tags(subject).strip(),
        preheader=tidy_tags(preheader).strip(),
        html="",
        text="\n\n".join(parts) + "\n",
        sender_address=sender_address,
        **particulars,
    )


def _check_line(source: str, header: str) -> None:
    if "\n" in source.strip() or "\r" in source.strip():
        raise HeaderInjection(header)
    try:
        check_tags(source)
    except TemplateError as fault:
        raise TemplateError(f"In the {header}: {fault.reason}", fault.hint, detail=fault.detail) from fault


def _with_footer(document: Document, mjml: str, *, is_bulk: bool) -> Document:
    used = fields_used(mjml)
    lines = _ADDRESS_LINE * ("postal_address" not in used)
    lines += _UNSUBSCRIBE_LINE * (is_bulk and "unsubscribe_url" not in used)
    if not lines:
        return document
    footer = document.fragment(_FOOTER.format(lines=lines))
    return document.with_body(document.body.with_children(*document.body.children, footer))


def _with_preheader(document: Document, preheader: str) -> Document:
    """The message's own preheader wins over the `<mj-preview>` of its template."""
    if not preheader:
        return document
    preview = Element("mj-preview", children=(document.shelter.hide(preheader),))
    others = (
        child for child in document.head.children if not (isinstance(child, Element) and child.tag == preview.tag)
    )
    return document.with_head(replace(document.head, children=(*others, preview)))
