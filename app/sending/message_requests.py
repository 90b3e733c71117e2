"""What another program asks for when it wants a single message sent, and why that can be refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.errors import UserFacingError

TO_NAME = "to_name"
"""The merge value that holds the recipient's name."""
_KEY_LENGTH = 200
_DEPTH = 10
_LONGEST_NAME = 100


class Refusal(StrEnum):
    """Why a message was refused, as a word that programs can rely on."""

    UNKNOWN_TEMPLATE = "unknown_template"
    UNKNOWN_SENDER = "unknown_sender"
    UNKNOWN_MESSAGE = "unknown_message"
    BAD_ADDRESS = "bad_address"
    BAD_DATA = "bad_data"
    BAD_KEY = "bad_key"
    MISSING_DATA = "missing_data"
    BAD_CONTENT = "bad_content"
    SUPPRESSED = "suppressed"
    ACCOUNT_CANNOT_SEND = "account_cannot_send"
    KEY_REUSED = "key_reused"


class MessageRefused(UserFacingError):
    """The message cannot be queued; nothing was."""

    def __init__(self, code: Refusal, title: str, hint: str = "", *, detail: str = "") -> None:
        super().__init__(title, hint, detail=detail)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A message to one person.

    Attributes:
        template: The name of a template, or its number.
        data: Merge values. They win over those of the contact of this address, if there is one.
        to_name: The recipient's name, which the template may show as `{{ to_name }}`.
        identity_id: The From address; None where there is only one.
        subject: In place of the template's; may hold merge tags.
        idempotency_key: The caller's name for this message: under one name only one message is ever sent.
    """

    template: int | str
    to: str = field(repr=False)
    data: Mapping[str, object] = field(default_factory=dict, repr=False)
    to_name: str = field(default="", repr=False)
    identity_id: int | None = None
    subject: str | None = field(default=None, repr=False)
    reply_to: str = field(default="", repr=False)
    idempotency_key: str | None = None


def checked_data(request: MessageRequest) -> dict[str, object]:
    """The merge values of a request, its `to_name` among them.

    Raises:
        MessageRefused: a name cannot stand in a template, or a value can neither be shown nor stored.
    """
    data = dict(request.data)
    for name in data:
        if not name.isidentifier() or name.startswith("_") or len(name) > _LONGEST_NAME:
            raise MessageRefused(
                Refusal.BAD_DATA,
                f"“{name[:_LONGEST_NAME]}” cannot be the name of a value.",
                "Use letters, digits and “_”, such as order_number.",
            )
    if request.to_name:
        data[TO_NAME] = request.to_name
    for name, value in data.items():
        if not _can_be_stored(value, _DEPTH):
            raise MessageRefused(
                Refusal.BAD_DATA,
                f"The value of “{name}” cannot be used.",
                "Give texts, numbers, true or false, or lists and objects of these.",
            )
    for text in (request.subject or "", request.reply_to, str(request.template)):
        if not _can_be_stored(text, _DEPTH):
            raise MessageRefused(Refusal.BAD_DATA, "A text of this message has characters that no mail can show.")
    return data


def checked_key(key: str | None) -> str | None:
    """An idempotency key as it is.

    Raises:
        MessageRefused: it is empty, too long, or has signs that get lost on the way.
    """
    if key is not None and not (0 < len(key) <= _KEY_LENGTH and key.isascii() and key.isprintable()):
        raise MessageRefused(
            Refusal.BAD_KEY,
            "This idempotency key cannot be used.",
            f"Take 1 to {_KEY_LENGTH} letters, digits and signs of ASCII, such as receipt-2071.",
        )
    return key


def _can_be_stored(value: object, depth: int) -> bool:
    if isinstance(value, str):
        # What is no character has no UTF-8, and PostgreSQL stores no zero.
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if value is None or isinstance(value, int):
        return True
    if depth and isinstance(value, list):
        return all(_can_be_stored(one, depth - 1) for one in value)
    if depth and isinstance(value, dict):
        return all(
            isinstance(name, str) and _can_be_stored(name, 0) and _can_be_stored(one, depth - 1)
            for name, one in value.items()
        )
    return False
