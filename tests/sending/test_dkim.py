"""What we sign, dkimpy verifies; what was tampered with, it does not."""

import base64
import re
import sys
import types

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.sending.dkim import SIGNED_HEADERS, BadKey, KeyPair, Signer, canonical_body, generate_key

Headers = list[tuple[str, bytes]]

KEY = generate_key()
SIGNER = Signer(KEY.pem, domain="example.org", selector="news")
HEADERS: Headers = [
    ("From", b"Blumen Berger <news@example.org>"),
    ("To", b"=?utf-8?q?J=C3=BCrgen?=\r\n <juergen@example.net>"),
    ("Subject", b"=?utf-8?b?w5xiZXJyYXNjaHVuZw==?="),
    ("Date", b"Tue, 24 Nov 2026 12:00:00 +0000"),
    ("Message-ID", b"<1@example.org>"),
    ("MIME-Version", b"1.0"),
    ("Content-Type", b'multipart/alternative;\r\n\tboundary="=_x"'),
    ("List-Unsubscribe", b"<https://example.org/u/1>"),
    ("List-Unsubscribe-Post", b"List-Unsubscribe=One-Click"),
    ("List-Id", b"News <news.example.org>"),
    ("Feedback-ID", b"7:example"),
    ("Reply-To", b"anna@example.org"),
    ("X-Mailer", b"unsigned"),
]
BODY = b"Hello J=C3=BCrgen,\r\n\r\n.a line with a dot\r\nThe end.\r\n"


def message(headers: Headers, body: bytes, signature: bytes = b"") -> bytes:
    return signature + b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers) + b"\r\n" + body


def as_transmitted(body: bytes) -> bytes:
    """SMTP ends every line, the last one too (RFC 5321 §4.1.1.4)."""
    return body if not body or body.endswith(b"\r\n") else body + b"\r\n"


def verifies(raw: bytes, key: KeyPair = KEY) -> bool:
    """Whether dkimpy accepts the signature, with *key* published in the DNS."""
    asked: list[bytes] = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return key.dns_txt.encode()

    verified: bool = dkim.verify(raw, dnsfunc=dns)
    assert asked == [b"news._domainkey.example.org."]
    return verified


def test_a_signed_message_verifies() -> None:
    signature = SIGNER.sign(HEADERS, BODY)

    assert verifies(message(HEADERS, BODY, signature))
    assert signature.startswith(b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=news;")
    assert signature.endswith(b"\r\n")
    assert all(len(line) <= 78 for line in signature.split(b"\r\n"))


@pytest.mark.parametrize("name", SIGNED_HEADERS)
def test_a_changed_header_breaks_the_signature(name: str) -> None:
    signature = SIGNER.sign(HEADERS, BODY)
    tampered = [(header, value + b"x" if header == name else value) for header, value in HEADERS]

    assert not verifies(message(tampered, BODY, signature))


def test_a_second_from_breaks_the_signature() -> None:
    signature = SIGNER.sign(HEADERS, BODY)

    assert not verifies(message([("From", b"Bank <bank@example.com>"), *HEADERS], BODY, signature))


def test_a_changed_body_breaks_the_signature() -> None:
    signature = SIGNER.sign(HEADERS, BODY)

    assert not verifies(message(HEADERS, BODY.replace(b"end", b"End"), signature))


def test_what_relays_may_change_does_not_break_it() -> None:
    signature = SIGNER.sign(HEADERS, BODY)
    relayed = [
        ("Received", b"from somewhere"),
        *[(name.upper(), value.replace(b"\r\n", b"\r\n  ")) for name, value in HEADERS],
    ]

    assert verifies(message(relayed, BODY + b"\r\n\r\n", signature))


def test_only_headers_that_are_there_are_signed() -> None:
    headers = [("Subject", b"x"), ("From", b"news@example.org")]

    signature = SIGNER.sign(headers, BODY)

    assert verifies(message(headers, BODY, signature))
    assert re.sub(rb"\s", b"", re.search(rb"h=([^;]*);", signature)[1]) == b"from:subject:from"  # type: ignore[index]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n\r\n",
        b" ",
        b"\t\r\n",
        b"no line end",
        b"no line end \t",
        b"two  blanks\r\n",
        b"a\ttab\r\n",
        b"blank at the end \r\n",
        b"empty lines at the end\r\n\r\n\r\n",
        b" starts with a blank\r\n",
        b"a\r\n \r\n\t\r\n",
        b"ends in blanks  ",
    ],
)
def test_bodies_that_are_not_canonical_verify_too(body: bytes) -> None:
    assert verifies(message(HEADERS, as_transmitted(body), SIGNER.sign(HEADERS, body)))


def test_a_canonical_body_is_not_copied() -> None:
    assert canonical_body(BODY) is BODY


_VALUE = st.lists(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20), min_size=1, max_size=5
)
_FOLDS = st.sampled_from([" ", "  ", "\t", "\r\n ", "\r\n\t", " \r\n  "])


@st.composite
def _headers(draw: st.DrawFn) -> Headers:
    names = draw(st.lists(st.sampled_from([*SIGNED_HEADERS[1:], "X-Other", "Received"]), unique=True))
    names.insert(draw(st.integers(0, len(names))), "From")
    return [(name, draw(_FOLDS).join(draw(_VALUE)).encode()) for name in names]


_LINES = st.lists(st.text(st.sampled_from("ab. \t=é"), max_size=12) | st.just(""), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(headers=_headers(), lines=_LINES)
def test_dkimpy_agrees_on_any_headers_and_body(headers: Headers, lines: list[str]) -> None:
    body = "\r\n".join(lines).encode()

    signed = message(headers, as_transmitted(body), SIGNER.sign(headers, body))

    assert verifies(signed)
    assert not verifies(signed + b"x")


def test_a_new_key_is_2048_bits_and_its_record_is_its_public_half() -> None:
    record = dict(tag.split("=", 1) for tag in KEY.dns_txt.split("; "))
    public = serialization.load_der_public_key(base64.b64decode(record["p"]))

    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    assert (record["v"], record["k"]) == ("DKIM1", "rsa")
    assert len(KEY.dns_txt) == 410


def test_a_key_pasted_on_windows_works() -> None:
    signer = Signer(KEY.pem.replace(b"\n", b"\r\n"), domain="example.org", selector="news")

    assert verifies(message(HEADERS, BODY, signer.sign(HEADERS, BODY)))


def test_an_international_domain_is_signed_in_the_letters_of_the_dns() -> None:
    signer = Signer(KEY.pem, domain="müller.example", selector="news")

    assert b"d=xn--mller-kva.example;" in signer.sign(HEADERS, BODY)


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes = b"") -> bytes:
    protection = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


_RSA = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (b"", "not a DKIM key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a DKIM key"),
        (_pem(_RSA, b"secret"), "passphrase"),
        (_pem(ec.generate_private_key(ec.SECP256R1())), "do not accept"),
    ],
    ids=["empty", "broken", "locked", "elliptic curve"],
)
def test_a_key_that_cannot_sign_is_explained(pem: bytes, words: str) -> None:
    with pytest.raises(BadKey, match=words):
        Signer(pem, domain="example.org", selector="news")


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a\r\nb", ".", "a..b"])
def test_a_domain_or_selector_that_is_no_dns_name_is_refused(name: str) -> None:
    with pytest.raises(BadKey, match="DNS name"):
        Signer(KEY.pem, domain=name, selector="news")
    with pytest.raises(BadKey, match="DNS name"):
        Signer(KEY.pem, domain="example.org", selector=name)


class _VerifyKey:
    """What dkimpy asks of pynacl (RFC 8032), answered by `cryptography`, so that pynacl need not be installed."""

    def __init__(self, encoded: bytes, encoder: object) -> None:
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded))

    def verify(self, digest: bytes, signature: bytes) -> bytes:
        self._key.verify(signature, digest)
        return digest


def test_an_ed25519_key_signs_as_rfc_8463_says(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    nacl = types.SimpleNamespace(
        signing=types.SimpleNamespace(VerifyKey=_VerifyKey), encoding=types.SimpleNamespace(Base64Encoder=None)
    )
    for name, module in {"nacl": nacl, "nacl.signing": nacl.signing, "nacl.encoding": nacl.encoding}.items():
        monkeypatch.setitem(sys.modules, name, module)  # type: ignore[arg-type]
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)

    signature = Signer(pem, domain="example.org", selector="news").sign(HEADERS, BODY)

    published = KeyPair(b"", f"v=DKIM1; k=ed25519; p={public}")
    assert b"a=ed25519-sha256;" in signature
    assert verifies(message(HEADERS, BODY, signature), published)
