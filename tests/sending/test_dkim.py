"""What we sign, dkimpy verifies; what was tampered with, it does not."""

import base64
import re
import sys
import types

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.states import AccountKind
from app.sending.dkim import (
    SIGNED_HEADERS,
    BadKey,
    KeyPair,
    Signer,
    Signers,
    canonical_body,
    generate_key,
    public_record,
    signed_headers,
)

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
    ("Cc", b"bert@example.net"),
    ("Content-Transfer-Encoding", b"8bit"),
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


def listed(signature: bytes) -> list[str]:
    """The names in a signature's h= tag."""
    found = re.search(rb"h=([^;]*);", signature)
    assert found is not None
    return re.sub(r"\s", "", found[1].decode()).split(":")


def test_only_headers_that_are_there_are_signed_and_those_that_readers_see_are_kept_from_being_added() -> None:
    headers = [("Subject", b"x"), ("From", b"news@example.org")]

    signature = SIGNER.sign(headers, BODY)

    assert verifies(message(headers, BODY, signature))
    assert listed(signature) == ["from", "from", "to", "cc", "subject", "subject", "date", "reply-to"]


@pytest.mark.parametrize("name", [name for name in SIGNED_HEADERS if name != "Feedback-ID"])
def test_a_second_header_of_a_signed_name_breaks_the_signature(name: str) -> None:
    signature = SIGNER.sign(HEADERS, BODY)

    assert not verifies(message([(name, b"added"), *HEADERS], BODY, signature))
    assert not verifies(message([*HEADERS, (name, b"added")], BODY, signature))


@pytest.mark.parametrize("name", ["Cc", "Reply-To"])
def test_a_header_that_was_not_there_cannot_be_added(name: str) -> None:
    headers = [header for header in HEADERS if header[0] != name]
    signature = SIGNER.sign(headers, BODY)

    assert verifies(message(headers, BODY, signature))
    assert not verifies(message([(name, b"evil@example.com"), *headers], BODY, signature))


@pytest.mark.parametrize("name", ["Feedback-ID", "X-SES-Outgoing", "Sender"])
def test_what_providers_add_does_not_break_it(name: str) -> None:
    signature = SIGNER.sign(HEADERS, BODY)

    assert verifies(message([(name, b"added"), *HEADERS], BODY, signature))


def test_headers_that_are_there_twice_are_both_signed() -> None:
    headers = [("To", b"cleo@example.net"), *HEADERS]
    signature = SIGNER.sign(headers, BODY)

    assert verifies(message(headers, BODY, signature))
    for place, name in ((0, "first"), (2, "second")):
        tampered = [*headers[:place], ("To", name.encode()), *headers[place + 1 :]]
        assert not verifies(message(tampered, BODY, signature))


def test_the_account_decides_what_is_signed() -> None:
    assert signed_headers(AccountKind.SMTP) == SIGNED_HEADERS
    assert set(SIGNED_HEADERS) - set(signed_headers(AccountKind.SES)) == {"Message-ID", "Date"}
    assert "Subject" not in signed_headers(AccountKind.SMTP, replaced=["subject"])
    for kind in AccountKind:
        assert {"List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"} < set(signed_headers(kind))


def test_what_ses_replaces_may_be_replaced() -> None:
    signer = Signer(KEY.pem, domain="example.org", selector="news", headers=signed_headers(AccountKind.SES))
    signature = signer.sign(HEADERS, BODY)

    replaced = [(name, b"anew" if name in {"Message-ID", "Date"} else value) for name, value in HEADERS]
    assert verifies(message(replaced, BODY, signature))
    assert not verifies(message([("From", b"evil@example.com"), *replaced], BODY, signature))


@pytest.mark.parametrize("name", ["Return-Path", "bounces-to", "Received", "DKIM-Signature"])
def test_what_changes_on_the_way_cannot_be_signed(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be signed"):
        Signer(KEY.pem, domain="example.org", selector="news", headers=["From", name])


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


@pytest.fixture
def _ed25519_in_dkimpy(monkeypatch: pytest.MonkeyPatch) -> None:
    nacl = types.SimpleNamespace(
        signing=types.SimpleNamespace(VerifyKey=_VerifyKey),
        encoding=types.SimpleNamespace(Base64Encoder=None),
        exceptions=types.SimpleNamespace(BadSignatureError=InvalidSignature),
    )
    for name in ("signing", "encoding", "exceptions"):
        monkeypatch.setitem(sys.modules, f"nacl.{name}", getattr(nacl, name))
    monkeypatch.setitem(sys.modules, "nacl", nacl)  # type: ignore[arg-type]
    monkeypatch.setattr(dkim, "nacl", nacl, raising=False)


ED25519 = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


@pytest.mark.usefixtures("_ed25519_in_dkimpy")
def test_an_ed25519_key_signs_as_rfc_8463_says() -> None:
    signature = Signer(ED25519, domain="example.org", selector="news").sign(HEADERS, BODY)

    assert b"a=ed25519-sha256;" in signature
    assert verifies(message(HEADERS, BODY, signature), KeyPair(b"", public_record(ED25519)))


RECORDS = {
    b"news._domainkey.example.org.": KEY.dns_txt.encode(),
    b"ed._domainkey.example.org.": public_record(ED25519).encode(),
}
BOTH = Signers((SIGNER, Signer(ED25519, domain="example.org", selector="ed")))


def each_verifies(raw: bytes) -> list[bool]:
    """Whether dkimpy accepts each signature of a message in turn."""
    judge = dkim.DKIM(raw)
    count = sum(name.lower() == b"dkim-signature" for name, _ in judge.headers)

    def verify(index: int) -> bool:
        try:
            return bool(judge.verify(idx=index, dnsfunc=lambda name, timeout=5: RECORDS[name]))
        except dkim.ValidationError:
            return False

    return [verify(index) for index in range(count)]


@pytest.mark.usefixtures("_ed25519_in_dkimpy")
def test_two_keys_make_two_signatures_that_verify_alone() -> None:
    signatures = BOTH.sign(HEADERS, BODY)

    assert re.findall(rb"a=([\w-]+);", signatures) == [b"rsa-sha256", b"ed25519-sha256"]
    assert len(set(re.findall(rb"bh=([^;]+);", signatures))) == 1
    assert each_verifies(message(HEADERS, BODY, signatures)) == [True, True]


@pytest.mark.usefixtures("_ed25519_in_dkimpy")
@pytest.mark.parametrize("name", ["Subject", "List-Unsubscribe-Post", "Feedback-ID"])
def test_tampering_breaks_both_signatures(name: str) -> None:
    signatures = BOTH.sign(HEADERS, BODY)
    tampered = [(header, value + b"x" if header == name else value) for header, value in HEADERS]

    assert each_verifies(message(tampered, BODY, signatures)) == [False, False]
    assert each_verifies(message(HEADERS, BODY.replace(b"end", b"End"), signatures)) == [False, False]
    assert each_verifies(message([("From", b"Bank <b@example.com>"), *HEADERS], BODY, signatures)) == [False, False]


@pytest.mark.usefixtures("_ed25519_in_dkimpy")
def test_headers_in_utf_8_are_signed_by_their_bytes() -> None:
    headers = [("From", "Jürgen <jürgen@example.org>".encode()), *HEADERS[1:]]

    assert each_verifies(message(headers, BODY, BOTH.sign(headers, BODY))) == [True, True]
    assert b"\xc3" not in BOTH.sign(headers, BODY)
