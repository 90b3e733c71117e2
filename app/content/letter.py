"""A letter before it has a recipient: all its parts as Jinja2 sources, and who it comes from."""

from collections.abc import Callable
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSource:
    """All a dispatch needs to know of its message.

    Attributes:
        subject, html, text: Jinja2 sources. The preheader is part of `html`.
        preheader: What a mailbox shows after the subject, as Jinja2 source; for display only.
        sender_name, sender_address: The From header. The name may be empty.
        organisation, postal_address: The built-in merge fields of these names.
        unsubscribe: URI template with `{token}`, `https:` or `mailto:`, no Jinja2 in it; empty for none.
        unsubscribe_mail: A second `mailto:` template for List-Unsubscribe beside an `https:` one (RFC 8058, §3.1).
        reply_to: Address, or empty.
        list_id: `name <id.example.org>` or `id.example.org` (RFC 2919); empty for none.
        feedback_id: `campaign:list:account:SenderId`, at most four parts, nothing per recipient; empty for none.
        message_id_domain: The right side of Message-ID; empty for the domain of the sender.
        envelope_sender: The return path; may hold `{token}` (VERP). Empty for the sender's address.
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


def prepare(
    mjml: str,
    *,
    subject: str,
    sender_address: str,
    preheader: str = "",
    sender_name: str = "",
    organisation: str = "",
    postal_address: str = "",
    unsubscribe: str = "",
    unsubscribe_mail: str = "",
    reply_to: str = "",
    list_id: str = "",
    feedback_id: str = "",
    message_id_domain: str = "",
    envelope_sender: str = "",
    rewrite_link: Callable[[str], str] | None = None,
) -> MessageSource:
    """Compile a template into a `MessageSource`.

    A template that does not say how to unsubscribe, or where the sender lives, gets a quiet footer that does.
    *rewrite_link* is called with each link's target as the author wrote it and gives the one to send; both may hold
    merge tags.

    Raises:
        TemplateError: The template, the subject or the preheader cannot be read; with the line.
        HeaderInjection: The subject has more than one line.
    """
    check_tags(mjml)
    _check_line(subject, "subject")
    _check_line(preheader, "preview text")
    document = _with_preheader(_with_footer(parse(mjml, beside=preheader), mjml), tidy_tags(preheader).strip())
    if rewrite_link is not None:
        document = document.map_attributes(_LINKS, rewrite_link)
    return MessageSource(
        subject=tidy_tags(subject).strip(),
        preheader=tidy_tags(preheader).strip(),
        html=compile_document(document).rstrip() + "\n",
        text=plain_text(document),
        sender_name=sender_name,
        sender_address=sender_address,
        organisation=organisation,
        postal_address=postal_address,
        unsubscribe=unsubscribe,
        unsubscribe_mail=unsubscribe_mail,
        reply_to=reply_to,
        list_id=list_id,
        feedback_id=feedback_id,
        message_id_domain=message_id_domain,
        envelope_sender=envelope_sender,
    )


def _check_line(source: str, header: str) -> None:
    if "\n" in source.strip() or "\r" in source.strip():
        raise HeaderInjection(header)
    try:
        check_tags(source)
    except TemplateError as fault:
        raise TemplateError(f"In the {header}: {fault.reason}", fault.hint, detail=fault.detail) from fault


def _with_footer(document: Document, mjml: str) -> Document:
    used = fields_used(mjml)
    lines = _ADDRESS_LINE * ("postal_address" not in used) + _UNSUBSCRIBE_LINE * ("unsubscribe_url" not in used)
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
