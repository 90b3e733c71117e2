"""Before anything is timed: every sender's messages arrive once each, verify with DKIM and say the same."""

import base64
import html
import re
import statistics
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.sink import kept_messages, smtp_sink

_LINK_OF_OWN = re.compile(r"mailto:[^\"']*")


def arrived(folder: Path, send: Callable[[int], float], key: RSAPrivateKey, people: list[dict[str, str]]) -> "Arrived":
    """Send to *people* into *folder* and check what arrived there.

    Raises:
        SystemExit: a message is missing, doubled, or does not verify.
    """
    with smtp_sink(keep_in=folder) as port:
        send(port)
    messages = kept_messages(folder)
    if sorted(recipient for recipient, _ in messages) != sorted(person["email"] for person in people):
        raise SystemExit(f"{len(messages)} messages arrived for {len(people)} people.")
    record = _dns_record(key)
    for recipient, content in messages:
        if not dkim.verify(  # type: ignore[no-untyped-call]
            content, dnsfunc=lambda *_args, **_kwargs: record
        ):
            raise SystemExit(f"The message to {recipient} does not verify.")
    return Arrived(dict(messages))


class Arrived:
    """The messages of one sender by recipient."""

    def __init__(self, messages: dict[str, bytes]) -> None:
        self._messages = messages

    @property
    def typical_size(self) -> int:
        """Bytes of a message on the wire."""
        return round(statistics.median(map(len, self._messages.values())))

    def readings(self) -> dict[str, tuple[str, ...]]:
        """What each recipient reads (subject, text, HTML), but for the address to unsubscribe at."""
        return {recipient: _reading(content) for recipient, content in self._messages.items()}


def _reading(content: bytes) -> tuple[str, ...]:
    message = message_from_bytes(content, policy=policy.default)
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    texts = [str(message["Subject"]), *(part.get_content() for part in parts if part is not None)]
    return tuple("\n".join(_LINK_OF_OWN.sub("mailto:", html.unescape(text)).split()) for text in texts)


def _dns_record(key: RSAPrivateKey) -> bytes:
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def unlock(folder: Path) -> Path:
    """A folder beside the benchmark's others that smtp-sink's own user may write to."""
    folder.mkdir()
    folder.parent.chmod(0o711)
    folder.chmod(0o777)
    return folder
