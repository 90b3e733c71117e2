"""Whom a secure connection trusts, and where plain text may travel."""

import ipaddress
import ssl

import truststore


def system_ssl_context() -> ssl.SSLContext:
    """A client's context that verifies, and trusts what the operating system trusts."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def verifying(context: ssl.SSLContext | None) -> ssl.SSLContext:
    """*context*, or the system's if there is none.

    Raises:
        ValueError: It verifies nothing.
    """
    if context is not None and context.verify_mode is not ssl.CERT_REQUIRED:
        raise ValueError("Certificates are always verified.")
    return context or system_ssl_context()


def is_loopback(host: str) -> bool:
    """*host* is this computer, so what is sent to it crosses no network."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
