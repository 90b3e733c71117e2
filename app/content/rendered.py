"""One recipient's message, as the sending of it takes it."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class RenderedMessage:
    """One recipient's message, ready to be signed and sent.

    Attributes:
        headers: Names and folded values, in the order they are sent.
        body: All below the headers; already its own DKIM "relaxed" canonical form.
        envelope_sender: The return path of this message; the domain is ASCII.
        envelope_recipient: The recipient's address; the domain is ASCII.
        needs_smtputf8: An address in the headers or the envelope is not ASCII (RFC 6531), so not every server takes it.
    """

    headers: tuple[tuple[str, bytes], ...]
    body: bytes
    envelope_sender: str
    envelope_recipient: str
    needs_smtputf8: bool = False

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
