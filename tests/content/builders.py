"""Small templates and messages for the tests of this room."""

import datetime as dt
from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from app.content.compiled import CompiledMessage, RenderedMessage
from app.content.letter import MessageSource

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


def mjml(body: str, head: str = "") -> str:
    """A template with one column; *body* begins on line 4."""
    return (
        f"<mjml><mj-head>{head}</mj-head>\n<mj-body><mj-section>\n<mj-column>\n{body}\n"
        "</mj-column></mj-section></mj-body></mjml>"
    )


def a_source(html: str = "<p>Hi</p>\n", text: str = "Hi\n", **changes: Any) -> MessageSource:
    parts: dict[str, Any] = {"subject": "News", "sender_address": "news@example.org", **changes}
    return MessageSource(html=html, text=text, **parts)


def render(source: MessageSource, values: Mapping[str, object] | None = None, **changes: Any) -> RenderedMessage:
    where: dict[str, Any] = {"to_address": "anna@example.net", "token": "tok_1", **changes}
    return CompiledMessage(source).render(values or {}, now=NOON, **where)


def parsed(message: RenderedMessage) -> EmailMessage:
    """The message as a mail program reads it."""
    return message_from_bytes(message.to_bytes(), policy=policy.default)


def part(message: RenderedMessage, subtype: str) -> str:
    """A body part, decoded, with LF line ends."""
    found = parsed(message).get_body((subtype,))
    assert found is not None
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")
