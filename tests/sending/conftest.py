"""Servers, certificates and accounts for the tests of sending; everything on loopback."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.sending.smtp import SmtpAccount, SmtpTransport, Timeouts, TlsMode
from tests.sending.smtp_server import SmtpServer

QUICK = Timeouts(connect_s=0.2, command_s=0.15, content_s=0.15, slowest_bytes_per_s=1e9, quit_s=0.1)


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """A server that offers PIPELINING and takes everything, until the test says otherwise."""
    async with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """The client's side: trusts the test authority and nobody else."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side: a good certificate for localhost."""
    return context_of(authority.issue_cert("localhost", "127.0.0.1"))


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def expired(authority: trustme.CA) -> ssl.SSLContext:
    now = dt.datetime.now(dt.UTC)
    certificate = authority.issue_cert(
        "localhost", not_before=now - dt.timedelta(days=9), not_after=now - dt.timedelta(days=1)
    )
    return context_of(certificate)


def for_another_name(authority: trustme.CA) -> ssl.SSLContext:
    return context_of(authority.issue_cert("mail.example.com"))


def self_signed(_authority: trustme.CA) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trustme.Blob(pem).tempfile() as path:
        context.load_cert_chain(path)
    return context


def from_nobody_known(_authority: trustme.CA) -> ssl.SSLContext:
    return context_of(trustme.CA().issue_cert("localhost"))


def account_of(server: SmtpServer, **changes: object) -> SmtpAccount:
    account = SmtpAccount("localhost", server.port, TlsMode.NONE_ON_LOOPBACK, timeouts=QUICK)
    return replace(account, **changes)  # type: ignore[arg-type]


@pytest.fixture
def transport(smtp_server: SmtpServer) -> SmtpTransport:
    return SmtpTransport(account_of(smtp_server))
