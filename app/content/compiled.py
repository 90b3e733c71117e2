"""The compiled message: what is the same for all recipients is done once per dispatch, the rest per recipient."""

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cached_property

from app.content import headers
from app.content.errors import TemplateError
from app.content.letter import MessageSource
from app.content.pieces import EncodedTemplate, compile_template, render_text
from app.content.sandbox import HTML, PLAIN

TOKEN_FIELD = "{token}"  # noqa: S105  # a placeholder, not a secret
"""What stands for the delivery's token in the unsubscribe URIs and the envelope sender."""

_TOKEN = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*")
_URI = re.compile(r"(?:https://|mailto:)[!-;=?-~]+")


@dataclass(frozen=True)
class RenderedMessage:
    """One recipient's message, ready to be signed and sent.

    Attributes:
        headers: Names and folded values, in the order they are sent.
        body: `multipart/alternative`; already its own DKIM "relaxed" canonical form.
        envelope_sender: The return path of this message, ASCII.
        envelope_recipient: The recipient's address, ASCII.
    """

    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    envelope_sender: str
    envelope_recipient: str

    def to_bytes(self, *, prefix: bytes = b"") -> bytes:
        """The message as it goes over the wire, before dot-stuffing.

        *prefix* is put in front: whole header lines with CRLF, such as a DKIM-Signature.
        """
        lines = [b"%b: %b\r\n" % (name.encode(), value) for name, value in self.headers]
        return b"".join((prefix, *lines, b"\r\n", self.body))

    @cached_property
    def size(self) -> int:
        """Octets of `to_bytes()`."""
        return sum(len(name) + len(value) + 4 for name, value in self.headers) + 2 + len(self.body)


class CompiledMessage:
    """A message of which only the recipient is missing. Immutable; may be used by several threads."""

    def __init__(self, source: MessageSource, *, constants: Mapping[str, str] | None = None) -> None:
        """Compile *source*; *constants* are merge values that are the same for all recipients.

        Raises:
            TemplateError: A part cannot be read, or an address or URI of the sender is unusable.
        """
        self._source = source
        # HTML runs lines together, so an address typed in several becomes one with commas.
        built_in = {"organisation": source.organisation, "postal_address": ", ".join(source.postal_address.split("\n"))}
        self._constants = {name: text for name, text in built_in.items() if text} | dict(constants or {})
        self._subject = compile_template(PLAIN, source.subject)
        self._text = EncodedTemplate(PLAIN, source.text)
        self._html = EncodedTemplate(HTML, source.html)
        # RFC 2045, §6.7 (5): "=_" never occurs in quoted-printable, so no part can hold the boundary.
        boundary = b"=_" + hashlib.sha256(source.html.encode("utf-8", "replace")).hexdigest()[:24].encode()
        self._opening = b"--" + boundary + _part_headers(b"plain")
        self._middle = b"\r\n--" + boundary + _part_headers(b"html")
        self._closing = b"\r\n--" + boundary + b"--\r\n"
        self._mime = (
            ("MIME-Version", b"1.0"),
            ("Content-Type", b'multipart/alternative;\r\n boundary="' + boundary + b'"'),
        )
        self._prepare_headers()

    def _prepare_headers(self) -> None:
        source = self._source
        sender = headers.parse_address(source.sender_address, "From")
        self._from = ("From", headers.mailbox(source.sender_name, sender, "From"))
        self._id_domain = headers.ascii_domain(source.message_id_domain or sender.domain)
        self._envelope_sender = source.envelope_sender or str(sender)
        self._envelope_sender_is_fixed = TOKEN_FIELD not in self._envelope_sender
        if self._envelope_sender_is_fixed:
            self._envelope_sender = str(headers.parse_address(self._envelope_sender, "return path"))
        else:
            self._return_path("token")
        self._uris = [uri for uri in (source.unsubscribe, source.unsubscribe_mail) if uri]
        for uri in self._uris:
            _check_unsubscribe(uri)
        replies = headers.parse_address(source.reply_to, "Reply-To") if source.reply_to else None
        self._before_list_unsubscribe = _present(
            ("Reply-To", str(replies).encode() if replies else b""),
            ("List-Id", headers.list_id(source.list_id) if source.list_id else b""),
        )
        one_click = source.unsubscribe.startswith("https:")
        self._after_list_unsubscribe = _present(
            ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click" if one_click else b""),
            ("Feedback-ID", headers.structured(source.feedback_id, "Feedback-ID")),
        )

    def render(
        self, values: Mapping[str, object], *, to_address: str, token: str, now: dt.datetime, to_name: str = ""
    ) -> RenderedMessage:
        """The message for one recipient.

        Args:
            values: The contact's merge values by field; None counts as missing.
            to_address: Where it goes.
            token: Names this delivery in the unsubscribe link, the Message-ID and the return path. Opaque, unique.
            now: The Date header and `{{ today }}`; must know its time zone.
            to_name: The recipient's name in the To header; empty for none.

        Raises:
            HeaderInjection: The subject, a name or the address has a line break.
            AddressRefused: *to_address* cannot be mailed to.
            TemplateError: A merge tag fails with these values.
            ValueError: *token* has signs an address cannot have, or *now* no time zone.
        """
        if not _TOKEN.fullmatch(token) or now.utcoffset() is None:
            raise ValueError(f"unusable token {token!r} or time {now!r}")
        recipient = headers.parse_address(to_address, "To")
        merged = self._merge(values, token, now)
        merged["subject"] = subject = render_text(self._subject, merged)
        body = b"".join(
            (self._opening, self._text.render(merged), self._middle, self._html.render(merged), self._closing)
        )
        return RenderedMessage(
            headers=(
                self._from,
                ("To", headers.mailbox(to_name, recipient, "To")),
                ("Subject", headers.unstructured(subject, "Subject")),
                ("Date", format_datetime(now).encode()),
                ("Message-ID", f"<{token}@{self._id_domain}>".encode()),
                *self._before_list_unsubscribe,
                *self._list_unsubscribe(token),
                *self._after_list_unsubscribe,
                *self._mime,
            ),
            body=body,
            envelope_sender=self._return_path(token),
            envelope_recipient=str(recipient),
        )

    def _merge(self, values: Mapping[str, object], token: str, now: dt.datetime) -> dict[str, object]:
        merged = {name: value for name, value in values.items() if value is not None}
        merged.update(self._constants)
        merged["today"] = now.date()
        merged.pop("subject", None)
        if self._uris:
            merged["unsubscribe_url"] = self._uris[0].replace(TOKEN_FIELD, token)
        return merged

    def _return_path(self, token: str) -> str:
        if self._envelope_sender_is_fixed:
            return self._envelope_sender
        return str(headers.parse_address(self._envelope_sender.replace(TOKEN_FIELD, token), "return path"))

    def _list_unsubscribe(self, token: str) -> tuple[tuple[str, bytes], ...]:
        if not self._uris:
            return ()
        # One line per URI and no break inside one: relays have broken signatures over folded URIs.
        return (
            ("List-Unsubscribe", ",\r\n ".join(f"<{uri.replace(TOKEN_FIELD, token)}>" for uri in self._uris).encode()),
        )


def _part_headers(subtype: bytes) -> bytes:
    return (
        b"\r\nContent-Type: text/" + subtype + b"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def _present(*fields: tuple[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    return tuple(field for field in fields if field[1])


def _check_unsubscribe(uri: str) -> None:
    if not _URI.fullmatch(uri):
        raise TemplateError(
            "The unsubscribe link of this account is not usable.", "It must begin with https: or mailto:.", detail=uri
        )
