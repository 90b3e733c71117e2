"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, at the cost of one private-key operation a message.

`app.content` writes bodies that already are their own canonical form, so signing one costs a look, a hash and OpenSSL's
signature. Other bodies are signed just as well, only slower.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

import idna
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from app.errors import UserFacingError

SIGNED_HEADERS = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "Feedback-ID",
    "Reply-To",
)
DEFAULT_SELECTOR = "mail"
KEY_BITS = 2048
_SMALLEST_KEY_BITS = 1024  # RFC 8301 §3.2: receivers must not accept less

_SIGNED = tuple(name.lower() for name in SIGNED_HEADERS)
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
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
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


class Signer:
    """Signs the messages of one domain with one key."""

    def __init__(self, private_key_pem: bytes, *, domain: str, selector: str) -> None:
        """Load the key.

        Raises:
            BadKey: It is no private key in PEM, is locked by a passphrase, is neither RSA nor Ed25519, or is too short;
                or *domain* or *selector* cannot stand in a DNS name.
        """
        self._key = _load(private_key_pem)
        domain, selector = _dns_name(domain), _dns_name(selector)
        algorithm = "rsa" if isinstance(self._key, rsa.RSAPrivateKey) else "ed25519"
        self._opening = f"v=1; a={algorithm}-sha256; c=relaxed/relaxed; d={domain}; s={selector};".encode("ascii")
        self._tags: dict[tuple[str, ...], bytes] = {}

    def sign(self, headers: Sequence[tuple[str, bytes]], body: bytes, *, is_canonical: bool = False) -> bytes:
        """The DKIM-Signature header line with its CRLF, to be put in front of the message.

        *headers* are the names and values as they will be sent, folded or not; of those that occur twice the last is
        signed. From is signed once more than it is there, so that nobody can add another (RFC 6376 §8.15).
        *is_canonical*: the body is known to be in relaxed form, and need not be looked through.
        """
        present = {name.lower(): value for name, value in headers}
        names = tuple(name for name in _SIGNED if name in present)
        tags = self._tags.get(names) or self._tags.setdefault(names, self._tags_for(names))
        digest = hashlib.sha256(body if is_canonical else canonical_body(body)).digest()
        header = b"DKIM-Signature: %b\r\n bh=%b;\r\n b=" % (tags, base64.b64encode(digest))
        lines = [b"%b:%b\r\n" % (name.encode(), canonical_value(present[name])) for name in names]
        signed = b"%bdkim-signature:%b" % (b"".join(lines), canonical_value(header.partition(b":")[2]))
        signature = base64.b64encode(self._signature(signed))
        chunks = [signature[i : i + _LINE_CHARS] for i in range(0, len(signature), _LINE_CHARS)]
        return header + b"\r\n ".join(chunks) + b"\r\n"

    def _tags_for(self, names: tuple[str, ...]) -> bytes:
        """The tags before the body hash; the same for all messages of a dispatch."""
        listed = [*names, "from"]
        lines = [":".join(listed[i : i + _NAMES_A_LINE]) for i in range(0, len(listed), _NAMES_A_LINE)]
        return b"%b\r\n h=%b;" % (self._opening, ":\r\n  ".join(lines).encode())

    def _signature(self, signed: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(signed, _PKCS1, _SHA256)
        return self._key.sign(hashlib.sha256(signed).digest())  # RFC 8463 §3: the hash is what is signed


def canonical_value(value: bytes) -> bytes:
    """A header value in relaxed form: unfolded, blanks made one, none at the ends (RFC 6376 §3.4.2)."""
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
