"""The DKIM key of a benchmark."""

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def dkim_key() -> RSAPrivateKey:
    """A new key of 2,048 bits, as nearly everybody has them."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def dkim_key_pem() -> str:
    """A new key in the form in which an account keeps it."""
    return pem_of(dkim_key())


def pem_of(key: RSAPrivateKey) -> str:
    """*key* as text, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
