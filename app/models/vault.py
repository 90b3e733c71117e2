"""The operating system's keyring, or the honest answer that there is none.

The library `keyring` falls back to backends that write plain text or forget silently, so only known-good backends are
accepted, and only after a random entry was written, read back and deleted.
"""

import logging
import secrets
from typing import Protocol

from app.errors import UserFacingError
from app.models.keys import WorkspaceKey

logger = logging.getLogger(__name__)

SERVICE = "Mass Mail Dispatcher"
DATABASE_SERVICE = "Mass Mail Dispatcher database"
_TRUSTED_BACKENDS = frozenset(
    {
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.SecretService.Keyring",
        "keyring.backends.libsecret.Keyring",
        "keyring.backends.kwallet.DBusKeyring",
    }
)


class VaultUnavailable(UserFacingError):
    """The keyring worked a moment ago and does not now: it was locked, perhaps."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            "The system's keyring does not answer.", "Unlock it and try again.", detail=type(error).__name__
        )


class Vault(Protocol):
    """Where workspace keys, and passwords of database servers, are kept between two starts."""

    def load(self, workspace_id: str) -> WorkspaceKey | None:
        """The key of the workspace, or None if there is none here.

        Raises:
            VaultUnavailable: it cannot be read.
            BadRecoveryKey: what lies there is no key.
        """

    def store(self, workspace_id: str, key: WorkspaceKey) -> None:
        """Keep *key* for the next start.

        Raises:
            VaultUnavailable: it could not be kept.
        """

    def load_password(self, address: str) -> str:
        """The password for the database at *address*, which is without one; empty if there is none here.

        Raises:
            VaultUnavailable: it cannot be read.
        """

    def store_password(self, address: str, password: str) -> None:
        """Keep *password* for the next start.

        Raises:
            VaultUnavailable: it could not be kept.
        """


class _Backend(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class KeyringVault:
    """Keys and passwords in the operating system's keyring."""

    def __init__(self, backend: _Backend) -> None:
        self._backend = backend

    def load(self, workspace_id: str) -> WorkspaceKey | None:
        text = self._load(SERVICE, workspace_id)
        return WorkspaceKey.from_recovery_text(text) if text else None

    def store(self, workspace_id: str, key: WorkspaceKey) -> None:
        self._store(SERVICE, workspace_id, key.recovery_text())

    def load_password(self, address: str) -> str:
        return self._load(DATABASE_SERVICE, address) or ""

    def store_password(self, address: str, password: str) -> None:
        self._store(DATABASE_SERVICE, address, password)

    def _load(self, service: str, name: str) -> str | None:
        try:
            return self._backend.get_password(service, name)
        except Exception as error:  # noqa: BLE001  see `_keeps_secrets`
            raise VaultUnavailable(error) from None

    def _store(self, service: str, name: str, secret: str) -> None:
        try:
            self._backend.set_password(service, name, secret)
        except Exception as error:  # noqa: BLE001  see `_keeps_secrets`
            raise VaultUnavailable(error) from None


def open_vault() -> Vault | None:
    """The system's keyring, or None if there is none that is secure and works."""
    try:
        import keyring

        chosen = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001  a configured backend that is not there fails in ways of its own
        logger.warning("The system's keyring cannot be used (%s).", type(error).__name__)
        return None
    for backend in getattr(chosen, "backends", [chosen]):
        name = f"{type(backend).__module__}.{type(backend).__qualname__}"
        if name in _TRUSTED_BACKENDS and _keeps_secrets(backend):
            return KeyringVault(backend)
    return None


def _keeps_secrets(backend: _Backend) -> bool:
    name, secret = f"probe-{secrets.token_hex(8)}", secrets.token_hex(16)
    try:
        backend.set_password(SERVICE, name, secret)
        found = backend.get_password(SERVICE, name)
        backend.delete_password(SERVICE, name)
    except Exception as error:  # noqa: BLE001  backends raise D-Bus, OS and their own errors alike
        logger.warning("The system's keyring does not answer (%s).", type(error).__name__)
        return False
    return found == secret
