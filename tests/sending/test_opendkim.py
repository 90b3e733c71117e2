"""Whole messages before a second judge: what `app.content` renders and we sign, OpenDKIM verifies."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from app.content.attachments import Attachment, EncodedAttachment
from app.content.compiled import CompiledMessage
from app.content.letter import MessageSource
from app.sending.dkim import Signer, Signers, generate_key, public_record
from tests.content.builders import NOON

OPENDKIM = shutil.which("opendkim", path=f"/usr/sbin:{os.defpath}")
pytestmark = pytest.mark.skipif(OPENDKIM is None, reason="OpenDKIM is not installed")

RSA = generate_key()
ED25519 = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
BOTH = Signers(
    (
        Signer(RSA.pem, domain="example.org", selector="rsa"),
        Signer(ED25519, domain="example.org", selector="ed"),
    )
)
PDF = Attachment("Angebot  für Zoë.pdf", "application/pdf", bytes(range(256)) * 20)
LOGO = Attachment("logo.png", "image/png", b"\x89PNG" * 50, content_id="logo")
RUSSIAN = "Дорогая {{ name }}, добро пожаловать!\n\n\n"


def verdicts(raw: bytes, folder: Path) -> list[str]:
    """What OpenDKIM says of each signature, with our keys published."""
    assert OPENDKIM is not None
    keys, settings, mail = folder / "keys", folder / "opendkim.conf", folder / "mail.eml"
    keys.write_text(f"rsa._domainkey.example.org {RSA.dns_txt}\ned._domainkey.example.org {public_record(ED25519)}\n")
    settings.write_text(f"TestPublicKeys {keys}\nMode v\nSyslog no\n")
    mail.write_bytes(raw)
    # Twice -v makes it show the Authentication-Results it would add.
    command = [OPENDKIM, "-v", "-v", "-x", str(settings), "-t", str(mail)]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout
    return re.findall(r"\bdkim=(\w+)", shown)


@pytest.mark.parametrize(
    ("parts", "files"),
    [
        ({"html": "<p>Hi {{ name }}</p>\n", "text": "Hi {{ name }}\n"}, ()),
        ({"html": "<img src='cid:logo'>\n", "text": "Hi\n", "attachments": (PDF, LOGO)}, (PDF,)),
        ({"html": "", "text": "Hi {{ name }}  \n\n\n"}, ()),
        ({"html": "", "text": RUSSIAN}, ()),
        ({"html": "", "text": RUSSIAN}, (PDF,)),
        ({"html": "<p>" + RUSSIAN, "text": RUSSIAN, "sender_address": "jürgen@example.org"}, ()),
    ],
    ids=["two texts", "files", "plain", "base64", "base64 and a file", "headers in UTF-8"],
)
def test_every_kind_of_message_verifies_with_both_keys_and_not_when_it_was_changed(
    tmp_path: Path, parts: dict[str, object], files: tuple[Attachment, ...]
) -> None:
    source = MessageSource(
        **{  # type: ignore[arg-type]
            "subject": "Für {{ name }}",
            "sender_name": "Gärtnerei Grün",
            "sender_address": "news@example.org",
            "unsubscribe": "https://u.example.org/{token}",
            "feedback_id": "spring:news:shop:sender1",
            "headers": (("X-Customer", "{{ name }}"),),
        }
        | parts
    )
    message = CompiledMessage(source).render(
        {"name": "Zoë"},
        to_address="zoe@example.net",
        to_name="Zoë, die Erste",
        token="7f",
        now=NOON,
        files=[EncodedAttachment.of(file) for file in files],
    )
    signatures = BOTH.sign(message.headers, message.body, is_canonical=True)
    raw = message.to_bytes(prefix=signatures)

    assert verdicts(raw, tmp_path) == ["pass", "pass"]
    assert (
        verdicts(raw.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks"), tmp_path) == ["fail"] * 2
    )
    assert verdicts(b"From: Bank <bank@example.com>\r\n" + raw, tmp_path) == ["fail"] * 2
    assert verdicts(raw.replace(b"\r\n\r\n", b"\r\n\r\nadded\r\n", 1), tmp_path) == ["fail"] * 2
