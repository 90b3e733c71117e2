"""See `app.tls`."""

from app.tls import is_loopback, system_ssl_context, verifying

__all__ = ["is_loopback", "system_ssl_context", "verifying"]
