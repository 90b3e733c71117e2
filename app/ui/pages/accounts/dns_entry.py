"""The DNS entry that belongs to a DKIM key (RFC 6376 §3.6.1, RFC 8463 §4)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from app.sending.dkim import Signer

DEFAULT_SELECTOR = "mail"


def record_of(pem: str, *, domain: str = "example.org", selector: str = DEFAULT_SELECTOR) -> str:
    """The value of the TXT record for the private key *pem*.

    Raises:
        BadKey: it is none that can sign; or *domain* or *selector* cannot stand in a DNS name.
    """
    Signer(pem.encode(), domain=domain, selector=selector)
    public = serialization.load_pem_private_key(pem.encode(), password=None).public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode()}"
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def record_name(domain: str, selector: str) -> str:
    """The name under which the record is published."""
    return f"{selector or DEFAULT_SELECTOR}._domainkey.{domain}"
