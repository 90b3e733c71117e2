"""The bytes of an SMTP transaction, and what a server can take (RFC 5321 §3.3, RFC 1870, RFC 6152, RFC 6531)."""

from collections.abc import Mapping
from dataclasses import dataclass

import idna

from app.sending.reasons import Reason
from app.sending.reply_rules import Stage
from app.sending.transport import Envelope


@dataclass(frozen=True, slots=True)
class Command:
    """One line to the server and the stage its answer belongs to; None where the answer concerns no message."""

    line: bytes
    stage: Stage | None


DATA = Command(b"DATA\r\n", Stage.DATA)
RSET = Command(b"RSET\r\n", None)
QUIT = Command(b"QUIT\r\n", None)
DOT = b".\r\n"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What the server offered in its answer to EHLO.

    Attributes:
        pipelining: Commands may be sent ahead (RFC 2920).
        smtputf8: Letters beyond ASCII may stand before the @, and in the headers (RFC 6531).
        eight_bit: Lines of a message may hold bytes beyond ASCII (RFC 6152).
        size: MAIL may say how big the message is (RFC 1870).
        size_limit_bytes: The biggest message it takes; None where it did not say.
    """

    pipelining: bool = False
    smtputf8: bool = False
    eight_bit: bool = False
    size: bool = False
    size_limit_bytes: int | None = None

    @classmethod
    def of(cls, extensions: Mapping[str, str]) -> "Abilities":
        """Read them from the EHLO keywords (in small letters) and their parameters."""
        limit = extensions.get("size", "").strip()
        return cls(
            pipelining="pipelining" in extensions,
            smtputf8="smtputf8" in extensions,
            eight_bit="8bitmime" in extensions,
            size="size" in extensions,
            size_limit_bytes=int(limit) if limit.isdecimal() and int(limit) > 0 else None,
        )

    def obstacle(self, envelope: Envelope, size_bytes: int) -> Reason | None:
        """Why there is no point in offering this message to the server, if there is none."""
        if self.size_limit_bytes is not None and size_bytes > self.size_limit_bytes:
            return Reason.TOO_BIG
        if self.smtputf8:
            return None
        if envelope.needs_smtputf8:
            return Reason.ADDRESS_UNSUPPORTED
        try:
            with_ascii_domain(envelope.sender)
            with_ascii_domain(envelope.recipient)
        except UnicodeError:
            return Reason.ADDRESS_UNSUPPORTED
        return None

    def envelope_commands(
        self, envelope: Envelope, size_bytes: int, *, is_8bit: bool = False
    ) -> tuple[Command, Command, Command]:
        """MAIL, RCPT and DATA for one recipient; `obstacle` must have found nothing.

        *is_8bit*: the message holds bytes beyond ASCII. That is said where the server listens; where it does not, they
        go all the same, since a client can no longer encode them without breaking the signature over them.
        """
        parameters = b" SIZE=%d" % size_bytes if self.size else b""
        if is_8bit and self.eight_bit:
            parameters += b" BODY=8BITMIME"
        if self.smtputf8 and (envelope.needs_smtputf8 or not (envelope.sender + envelope.recipient).isascii()):
            sender, recipient = envelope.sender.encode(), envelope.recipient.encode()
            parameters += b" SMTPUTF8"
        else:
            sender, recipient = with_ascii_domain(envelope.sender), with_ascii_domain(envelope.recipient)
        return (
            Command(b"MAIL FROM:<%b>%b\r\n" % (sender, parameters), Stage.MAIL),
            Command(b"RCPT TO:<%b>\r\n" % recipient, Stage.RCPT),
            DATA,
        )


def dot_stuffed(content: bytes) -> bytes:
    """*content* with a second dot where a line begins with one, so that none ends the message (RFC 5321 §4.5.2)."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def with_ascii_domain(address: str) -> bytes:
    """The address with its domain in the letters of the DNS (``müller.example`` → ``xn--mller-kva.example``).

    Raises:
        UnicodeError: There are other letters before the @, or the domain is not one.
    """
    if address.isascii():
        return address.encode()
    local, _, domain = address.rpartition("@")
    return local.encode("ascii") + b"@" + (domain.encode() if domain.isascii() else idna.encode(domain, uts46=True))
