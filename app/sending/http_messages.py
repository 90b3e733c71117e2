"""What other programs say over HTTP, and what is said to them: JSON to a message, and a message's state to JSON."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn

from app.models.workspace import Workspace
from app.sending.http_dialogue import ApiError
from app.sending.identities import list_identities
from app.sending.message_requests import MessageRefused, MessageRequest, Refusal
from app.sending.transactional import MessageStatus

_TEXTS = ("to", "to_name", "from", "subject", "reply_to", "idempotency_key")
KNOWN_FIELDS = frozenset({"template", "data", *_TEXTS})
_KEY_HEADER = "idempotency-key"


def read_message(workspace: Workspace, *, headers: Mapping[str, str], body: bytes) -> MessageRequest:
    """The message that a request asks for.

    Raises:
        ApiError: it cannot be understood.
        MessageRefused: its From address is not one of ours.
    """
    fields = _object(body)
    for name in fields:
        if name not in KNOWN_FIELDS:
            raise _bad(f"There is no field “{name[:40]}”.", f"There are {', '.join(sorted(KNOWN_FIELDS))}.")
    texts = {name: fields[name] for name in _TEXTS if fields.get(name) is not None}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise _bad(f"“{name}” must be a text.")
    template, data = fields.get("template"), fields.get("data")
    if not isinstance(template, str | int) or isinstance(template, bool):
        raise _bad("“template” must be the name of a template.")
    if data is not None and not isinstance(data, dict):
        raise _bad("“data” must be an object.")
    if "to" not in texts:
        raise _bad("“to” is missing.")
    sender = texts.get("from")
    return MessageRequest(
        template=template,
        to=str(texts["to"]),
        data=data or {},
        to_name=str(texts.get("to_name", "")),
        identity_id=None if sender is None else _identity_id(workspace, str(sender)),
        subject=None if "subject" not in texts else str(texts["subject"]),
        reply_to=str(texts.get("reply_to", "")),
        idempotency_key=_key(headers.get(_KEY_HEADER), texts.get("idempotency_key")),
    )


def described(status: MessageStatus) -> dict[str, object]:
    """What a program is told of a message; times are in UTC, as RFC 3339 writes them."""
    return {
        "id": status.id,
        "state": status.state.value,
        "explanation": status.problem or status.note or status.words,
        "reason": status.reason,
        "reply": status.reply,
        "attempts": status.attempts,
        "queued_at": _time(status.queued_at),
        "settled_at": _time(status.settled_at),
        "retry_at": _time(status.retry_at),
    }


def _object(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _bad("The message is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise _bad("The message must be a JSON object.")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _key(in_header: str | None, in_body: object) -> str | None:
    """The idempotency key: in the header (plain, or quoted as a Structured Field) or in the message."""
    if in_header is not None and len(in_header) > 1 and in_header[0] == in_header[-1] == '"':
        in_header = in_header[1:-1]
    if in_header is not None and in_body is not None and in_header != in_body:
        raise _bad("The header and the message have different idempotency keys.")
    return in_header if in_body is None else str(in_body)


def _identity_id(workspace: Workspace, sender: str) -> int:
    for identity in list_identities(workspace):
        if identity.address.lower() == sender.strip().lower():
            return identity.id
    raise MessageRefused(
        Refusal.UNKNOWN_SENDER, f"“{sender[:80]}” is none of your From addresses.", "They are listed under Accounts."
    )


def _bad(message: str, hint: str = "") -> ApiError:
    return ApiError(400, "bad_message", message, hint)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
