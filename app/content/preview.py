"""What one contact will get, to the letter: the preview is the sent message, decoded again."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from app.content.attachments import content_ids_in
from app.content.compiled import CompiledMessage
from app.content.letter import MessageSource, prepare
from app.content.merge import missing_fields

_NOBODY = "preview@example.com"


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it arrives.

    Attributes:
        missing: Fields that leave a gap in this contact's message, because the contact has nothing in them.
        size: Octets on the wire, unsigned and without files.
        pictures: What the pictures are called that the HTML shows by `cid:`; for those who show it, see
            `app.content.attachments.with_pictures`.
    """

    subject: str
    html: str
    text: str
    missing: frozenset[str]
    size: int
    pictures: frozenset[str] = frozenset()


def preview(
    mjml: str,
    values: Mapping[str, object],
    *,
    subject: str,
    preheader: str = "",
    organisation: str = "",
    postal_address: str = "",
    now: dt.datetime | None = None,
) -> Preview:
    """The message a template makes for a contact with these merge values, without any account being set up.

    Raises:
        TemplateError: The template cannot be read, or fails with these values.
    """
    source = prepare(
        mjml,
        subject=subject,
        preheader=preheader,
        sender_address=_NOBODY,
        organisation=organisation,
        postal_address=postal_address,
        unsubscribe="https://example.com/unsubscribe/{token}",
    )
    return preview_source(source, values, now=now)


def preview_source(
    source: MessageSource,
    values: Mapping[str, object],
    *,
    constants: Mapping[str, str] | None = None,
    now: dt.datetime | None = None,
) -> Preview:
    """As `preview`, for a message already prepared; *now* is the time of sending, by default this moment.

    Its files are left out: megabytes need not be encoded and decoded to read a text.

    Raises:
        TemplateError: A merge tag fails with these values.
    """
    known = {**values, **(constants or {})}
    moment = now or dt.datetime.now().astimezone()
    rendered = CompiledMessage(replace(source, attachments=()), constants=constants).render(
        values,
        to_address=_NOBODY,
        token="preview",  # noqa: S106
        now=moment,
    )
    message = message_from_bytes(rendered.to_bytes(), policy=policy.default)
    html = _part(message, "html")
    return Preview(
        subject=str(message["Subject"]),
        html=html,
        text=_part(message, "plain"),
        missing=missing_fields(source.subject, known) | missing_fields(source.html or source.text, known),
        size=rendered.size,
        pictures=content_ids_in(html),
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    content = part.get_content() if part else ""
    return content.replace("\r\n", "\n")
