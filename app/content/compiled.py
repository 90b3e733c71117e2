"""The compiled message: what is the same for all recipients is done once per dispatch, the rest per recipient."""

import datetime as dt
import functools
import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from urllib.parse import quote

from app.content import headers
from app.content.attachments import EncodedAttachment
from app.content.custom_headers import CustomHeaders
from app.content.errors import TemplateError
from app.content.letter import MessageSource
from app.content.mime import Skeleton
from app.content.pieces import EncodedTemplate, TextTemplate
from app.content.rendered import RenderedMessage
from app.content.return_path import MAX_TOKEN, TOKEN_FIELD, ReturnPath
from app.content.sandbox import HTML, PLAIN

__all__ = ["TOKEN_FIELD", "CompiledMessage", "RenderedMessage"]

_TOKEN = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*")
_URI = re.compile(r"(?:https://|mailto:)[!-;=?-~]+")
_ASCII = "".join(map(chr, range(128)))
_NO_ABSENCE_NOTES = (("Precedence", b"bulk"), ("X-Auto-Response-Suppress", b"OOF, AutoReply"))


class CompiledMessage:
    """A message of which only the recipient is missing. Immutable; may be used by several threads."""

    def __init__(self, source: MessageSource, *, constants: Mapping[str, str] | None = None) -> None:
        """Compile *source*; *constants* are merge values that are the same for all recipients.

        Raises:
            TemplateError: A part or a header cannot be read, or an address or URI of the sender is unusable.
        """
        # HTML runs lines together, so an address typed in several becomes one with commas.
        built_in = {"organisation": source.organisation, "postal_address": ", ".join(source.postal_address.split("\n"))}
        self._constants = {name: text for name, text in built_in.items() if text} | dict(constants or {})
        self._subject = TextTemplate(PLAIN, source.subject)
        self._text = EncodedTemplate(PLAIN, source.text)
        self._html = EncodedTemplate(HTML, source.html) if source.html else None
        build = functools.partial(
            Skeleton.build,
            text_encoding=self._text.transfer_encoding,
            html_encoding=self._html.transfer_encoding if self._html else b"",
            files=[EncodedAttachment.of(file) for file in source.attachments],
            seed=source.text + source.html,
        )
        self._skeleton, self._skeleton_with_files = build(takes_more_files=False), build(takes_more_files=True)
        self._prepare_headers(source)

    def _prepare_headers(self, source: MessageSource) -> None:
        sender = headers.parse_address(source.sender_address, "From")
        self._from = ("From", headers.mailbox(source.sender_name, sender, "From"))
        self._id_domain = headers.ascii_domain(source.message_id_domain or sender.domain)
        self._return_path = ReturnPath(source.envelope_sender or str(sender))
        self._uris = [_unsubscribe_uri(uri) for uri in (source.unsubscribe, source.unsubscribe_mail) if uri]
        replies = headers.parse_address(source.reply_to, "Reply-To") if source.reply_to else None
        self._before_list_unsubscribe = _present(
            ("Reply-To", str(replies).encode() if replies else b""),
            ("List-Id", headers.list_id(source.list_id) if source.list_id else b""),
        )
        one_click = source.unsubscribe.startswith("https:")
        self._after_list_unsubscribe = _present(
            ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click" if one_click else b""),
            ("Feedback-ID", headers.structured(source.feedback_id, "Feedback-ID")),
            *(_NO_ABSENCE_NOTES if source.is_bulk else ()),
        )
        self._own_headers = CustomHeaders(source.headers)
        self._needs_smtputf8 = not (
            sender.is_ascii and self._return_path.is_ascii and (replies is None or replies.is_ascii)
        )

    def render(
        self,
        values: Mapping[str, object],
        *,
        to_address: str,
        token: str,
        now: dt.datetime,
        to_name: str = "",
        files: Sequence[EncodedAttachment] = (),
    ) -> RenderedMessage:
        """The message for one recipient.

        Args:
            values: The contact's merge values by field; None counts as missing.
            to_address: Where it goes.
            token: Names this delivery in the unsubscribe link, the Message-ID and the return path. Opaque, unique, at
                most `MAX_TOKEN` characters.
            now: The Date header and `{{ today }}`; must know its time zone.
            to_name: The recipient's name in the To header; empty for none.
            files: Attachments for this recipient alone, behind those that everybody gets.

        Raises:
            HeaderInjection: The subject, another header's value, a name or the address has a line break.
            AddressRefused: *to_address* cannot be mailed to.
            TemplateError: A merge tag fails with these values.
            ValueError: *token* has signs an address cannot have, or *now* no time zone.
        """
        offset = now.utcoffset()
        if not _TOKEN.fullmatch(token) or len(token) > MAX_TOKEN or offset is None:
            raise ValueError(f"unusable token {token!r} or time {now!r}")
        recipient = headers.parse_address(to_address, "To")
        merged = self._merge(values, token, now)
        merged["subject"] = subject = self._subject.render(merged)
        skeleton = self._skeleton_with_files if files else self._skeleton
        return RenderedMessage(
            headers=(
                self._from,
                ("To", headers.mailbox(to_name, recipient, "To")),
                ("Subject", headers.unstructured(subject, "Subject")),
                ("Date", _date(now.replace(microsecond=0), offset)),
                ("Message-ID", f"<{token}@{self._id_domain}>".encode()),
                *self._before_list_unsubscribe,
                *self._list_unsubscribe(token),
                *self._after_list_unsubscribe,
                *self._own_headers.render(merged),
                *skeleton.headers,
            ),
            body=skeleton.fill(self._text.render(merged), self._html.render(merged) if self._html else b"", files),
            envelope_sender=self._return_path.of(token),
            envelope_recipient=str(recipient),
            needs_smtputf8=self._needs_smtputf8 or not recipient.is_ascii,
        )

    def _merge(self, values: Mapping[str, object], token: str, now: dt.datetime) -> dict[str, object]:
        merged = {name: value for name, value in values.items() if value is not None}
        merged.update(self._constants)
        merged["today"] = now.date()
        merged.pop("subject", None)
        if self._uris:
            merged["unsubscribe_url"] = self._uris[0].replace(TOKEN_FIELD, token)
        return merged

    def _list_unsubscribe(self, token: str) -> tuple[tuple[str, bytes], ...]:
        if not self._uris:
            return ()
        # One line per URI and no break inside one: relays have broken signatures over folded URIs.
        return (
            ("List-Unsubscribe", ",\r\n ".join(f"<{uri.replace(TOKEN_FIELD, token)}>" for uri in self._uris).encode()),
        )


@functools.lru_cache(maxsize=8)
def _date(now: dt.datetime, _offset: dt.timedelta) -> bytes:
    """A Date header; many messages share a second. The offset tells apart what is the same moment in other zones."""
    return format_datetime(now).encode()


def _present(*fields: tuple[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    return tuple(field for field in fields if field[1])


def _unsubscribe_uri(uri: str) -> str:
    """*uri* in ASCII: what stands before the @ of a `mailto:` may be beyond it, and is then quoted (RFC 6068, §2)."""
    quoted = quote(uri, safe=_ASCII)
    if not _URI.fullmatch(quoted):
        raise TemplateError(
            "The unsubscribe link of this account is not usable.", "It must begin with https: or mailto:.", detail=uri
        )
    return quoted
