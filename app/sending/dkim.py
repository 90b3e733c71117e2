"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, at the cost of one private-key operation a key and message.

`app.content` writes bodies that already are their own canonical form, so signing one costs a look, a hash and OpenSSL's
signature. Other bodies are signed just as well, only slower.

A header can be signed once more than it is there ("over-signed", RFC 6376 §8.15), so that nobody can add another one,
which some mail programs would show instead. That is done for what readers see or act on, even where it is not there;
for what describes the content, where it is there; and for `Feedback-ID` never, because providers such as Amazon SES
add one of their own.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import idna
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from app.errors import UserFacingError
from app.models.states import AccountKind

SIGNED_HEADERS = (
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
)
"""What is signed unless told otherwise; `signed_headers` tells which of them an account can sign."""
DEFAULT_SELECTOR = "mail"
KEY_BITS = 2048
_SMALLEST_KEY_BITS = 1024  # RFC 8301 §3.2: receivers must not accept less

_ALWAYS_OVERSIGNED = frozenset({"from", "to", "cc", "subject", "date", "reply-to"})
_OVERSIGNED_IF_PRESENT = _ALWAYS_OVERSIGNED | frozenset(
    {"message-id", "mime-version", "content-type", "content-transfer-encoding"}
    | {"list-id", "list-unsubscribe", "list-unsubscribe-post"}
)
# They change on the way or are taken out (RFC 6376 §5.4; SES developer guide, "Manual DKIM signing").
_NEVER_SIGNED = frozenset({"return-path", "bounces-to", "received", "bcc", "dkim-signature"})
_REPLACED_BY_SES = ("Message-ID", "Date")
_FOLDING = re.compile(rb"[ \t\r\n]+")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_LINE_END = re.compile(rb"[ \t]+(?=\r\n|\Z)")
_EMPTY_LINES_AT_END = re.compile(rb"(?:\r\n)*\Z")
_LINE_CHARS = 72
_NAMES_A_LINE = 3
_DNS_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_SHA256 = hashes.SHA256()
_PKCS1 = padding.PKCS1v15()


class BadKey(UserFacingError):
    """What should be a DKIM key is none, or one that receivers do not accept."""


class KeyPair(NamedTuple):
    """A new key: what to keep secret, and what to publish as TXT at ``<selector>._domainkey.<domain>``.

    A TXT record consists of strings of at most 255 characters; *dns_txt* is longer, so some DNS tools want it in two.
    """

    pem: bytes
    dns_txt: str


def generate_key() -> KeyPair:
    """A new RSA key of 2,048 bits, the size that every receiver takes."""
    return _pair(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))


def generate_modern_key() -> KeyPair:
    """A new Ed25519 key, to sign with beside the RSA key: its record is short, but few receivers know it (RFC 8463)."""
    return _pair(ed25519.Ed25519PrivateKey.generate())


def _pair(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> KeyPair:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(pem, public_record(pem))


def public_record(private_key_pem: bytes) -> str:
    """The value of the TXT record that publishes the key (RFC 6376 §3.6.1, RFC 8463 §4).

    Raises:
        BadKey: It is none that can sign.
    """
    public = _load(private_key_pem).public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def record_name(domain: str, selector: str) -> str:
    """The DNS name under which the record is published."""
    return f"{selector or DEFAULT_SELECTOR}._domainkey.{domain}"


def signed_headers(kind: AccountKind, *, replaced: Iterable[str] = ()) -> tuple[str, ...]:
    """Which headers a message that leaves through an account of this kind can have signed.

    *replaced*: headers that its provider writes anew, such as those of `Preset.replaced_headers`. Amazon SES's own API
    replaces Message-ID and Date.
    """
    left_out = {name.lower() for name in (*replaced, *(_REPLACED_BY_SES if kind is AccountKind.SES else ()))}
    return tuple(name for name in SIGNED_HEADERS if name.lower() not in left_out)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to sign messages that have headers of the same names in the same order.

    Attributes:
        lines: For each line to sign, in order: which header it is, and what its canonical form begins with.
        tags: What the DKIM-Signature says before the body hash.
    """

    lines: tuple[tuple[int, bytes], ...]
    tags: bytes


class Signer:
    """Signs the messages of one domain with one key; for several keys there is `Signers`."""

    def __init__(
        self, private_key_pem: bytes, *, domain: str, selector: str, headers: Collection[str] = SIGNED_HEADERS
    ) -> None:
        """Load the key; *headers* are the names of those to sign, see `signed_headers`. From always is.

        Raises:
            BadKey: It is no private key in PEM, is locked by a passphrase, is neither RSA nor Ed25519, or is too short;
                or *domain* or *selector* cannot stand in a DNS name.
            ValueError: A header is one that must not be signed.
        """
        key = _load(private_key_pem)
        domain, selector = _dns_name(domain), _dns_name(selector)
        algorithm = "rsa" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"
        self._signature = _signature_with(key)
        self._opening = f"v=1; a={algorithm}-sha256; c=relaxed/relaxed; d={domain}; s={selector};".encode("ascii")
        self._names = tuple(dict.fromkeys(("from", *(name.lower() for name in headers))))
        if forbidden := _NEVER_SIGNED.intersection(self._names):
            raise ValueError(f"headers that change on the way cannot be signed: {sorted(forbidden)}")
        self._plans: dict[tuple[str, ...], _Plan] = {}

    def sign(self, headers: Sequence[tuple[str, bytes]], body: bytes, *, is_canonical: bool = False) -> bytes:
        """The DKIM-Signature header line with its CRLF, to be put in front of the message.

        *headers* are the names and values as they will be sent, folded or not.
        *is_canonical*: the body is known to be in relaxed form, and need not be looked through.
        """
        return self.sign_digest(headers, body_digest(body, is_canonical=is_canonical))

    def sign_digest(self, headers: Sequence[tuple[str, bytes]], digest: bytes) -> bytes:
        """As `sign`, where the body's hash is known (see `body_digest`)."""
        names = tuple([name for name, _ in headers])
        plan = self._plans.get(names) or self._plans.setdefault(names, self._plan(names))
        header = b"%b\r\n bh=%b;\r\n b=" % (plan.tags, digest)
        lines = [b"%b%b\r\n" % (opening, canonical_value(headers[index][1])) for index, opening in plan.lines]
        signed = b"%bdkim-signature:%b" % (b"".join(lines), canonical_value(header))
        signature = base64.b64encode(self._signature(signed))
        chunks = [signature[i : i + _LINE_CHARS] for i in range(0, len(signature), _LINE_CHARS)]
        return b"DKIM-Signature: %b%b\r\n" % (header, b"\r\n ".join(chunks))

    def _plan(self, names: tuple[str, ...]) -> _Plan:
        """The same for all messages of a dispatch. Of headers of one name, the last is signed first (§5.4.2)."""
        lowered = [name.lower() for name in names]
        listed: list[str] = []
        lines: list[tuple[int, bytes]] = []
        for name in self._names:
            places = [index for index, present in enumerate(lowered) if present == name]
            lines += [(index, f"{name}:".encode()) for index in reversed(places)]
            oversigned = name in (_OVERSIGNED_IF_PRESENT if places else _ALWAYS_OVERSIGNED)
            listed += [name] * (len(places) + oversigned)
        rows = [":".join(listed[i : i + _NAMES_A_LINE]) for i in range(0, len(listed), _NAMES_A_LINE)]
        return _Plan(tuple(lines), b"%b\r\n h=%b;" % (self._opening, ":\r\n  ".join(rows).encode()))


@dataclass(frozen=True, slots=True)
class Signers:
    """Signs each message with every one of several keys: as a rule RSA, which all receivers know, and Ed25519.

    Attributes:
        keys: In the order of their signatures in the message; the RSA key first, for receivers that look at one alone.
    """

    keys: tuple[Signer, ...]

    def sign(self, headers: Sequence[tuple[str, bytes]], body: bytes, *, is_canonical: bool = False) -> bytes:
        """The DKIM-Signature header lines, as `Signer.sign`; the body is hashed once."""
        digest = body_digest(body, is_canonical=is_canonical)
        return b"".join([signer.sign_digest(headers, digest) for signer in self.keys])


def body_digest(body: bytes, *, is_canonical: bool = False) -> bytes:
    """The value of a signature's `bh=`; *is_canonical* as in `Signer.sign`."""
    return base64.b64encode(hashlib.sha256(body if is_canonical else canonical_body(body)).digest())


def _signature_with(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda signed: key.sign(signed, _PKCS1, _SHA256)
    return lambda signed: key.sign(hashlib.sha256(signed).digest())  # RFC 8463 §3: the hash is what is signed


def canonical_value(value: bytes) -> bytes:
    """A header value in relaxed form: unfolded, blanks made one, none at the ends (RFC 6376 §3.4.2)."""
    if b"\n" not in value and b"  " not in value and b"\t" not in value:
        return value.strip()
    return _FOLDING.sub(b" ", value).strip()


def canonical_body(body: bytes) -> bytes:
    """A body in relaxed form (RFC 6376 §3.4.4); the same object if it is in that form already."""
    if (
        b"\t" not in body
        and b"  " not in body
        and b" \r\n" not in body
        and body.endswith(b"\r\n")
        and not body.endswith(b"\r\n\r\n")
        and body != b"\r\n"
    ):
        return body
    body = _BLANKS.sub(b" ", _BLANKS_AT_LINE_END.sub(b"", body))
    body = _EMPTY_LINES_AT_END.sub(b"", body, count=1)
    return body + b"\r\n" if body else b""


def _dns_name(name: str) -> str:
    try:
        name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        name = ""
    if not _DNS_NAME.fullmatch(name):
        raise BadKey("The domain or the selector of the DKIM key is not a DNS name.", "Correct it under Accounts.")
    return name


def _load(pem: bytes) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except TypeError:  # how cryptography says that a passphrase is missing
        raise BadKey("This DKIM key is locked by a passphrase.", "Use one without, or create a new key.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadKey("This is not a DKIM key.", "Paste the private key, from BEGIN to END, or create one.") from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise BadKey("Receivers do not accept this kind of DKIM key.", "Create a new one.")
    return key
