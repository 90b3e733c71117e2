"""The keyring of the operating system, or an honest None: never a fallback."""

import logging
from collections.abc import Iterator

import keyring
import keyring.backend
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from app.models import vault as vaults
from app.models.keys import BadRecoveryKey, WorkspaceKey
from app.models.vault import DATABASE_SERVICE, SERVICE, KeyringVault, VaultUnavailable, open_vault

SECRET_SERVICE = "keyring.backends.SecretService.Keyring"


class InMemory(keyring.backend.KeyringBackend):
    """A working backend that is on nobody's list."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class PlainText(InMemory):
    """As `keyrings.alt.file.PlaintextKeyring`: it works well, in plain text."""


class Locked(InMemory):
    """As a Secret Service whose owner dismissed the prompt."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked("Prompt dismissed")


class GoneBus(InMemory):
    """As a D-Bus that went away: backends raise the system's own errors."""

    def get_password(self, service: str, username: str) -> str | None:
        raise OSError("Connection reset by peer")


class Forgetful(InMemory):
    """Takes everything, and gives back something else."""

    def get_password(self, service: str, username: str) -> str | None:
        return "something else"


@pytest.fixture(autouse=True)
def _backend_as_it_was() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the classes of this module were keyrings of an operating system."""
    names = {f"{__name__}.{kind.__qualname__}" for kind in (InMemory, Locked, GoneBus, Forgetful)}
    monkeypatch.setattr(vaults, "_TRUSTED_BACKENDS", frozenset(names))


@pytest.mark.parametrize(
    "backend",
    [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, PlainText, InMemory],
    ids=["none at all", "null", "plain text", "unknown"],
)
def test_a_backend_that_is_not_known_to_be_safe_is_not_used(backend: type[keyring.backend.KeyringBackend]) -> None:
    keyring.set_keyring(backend())
    assert open_vault() is None


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("backend", [Locked, GoneBus, Forgetful])
def test_a_known_backend_that_does_not_keep_secrets_is_not_used(backend: type[InMemory]) -> None:
    keyring.set_keyring(backend())
    assert open_vault() is None


@pytest.mark.usefixtures("trusted")
def test_a_chain_is_searched_for_the_one_that_is_safe_and_works(
    key: WorkspaceKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = InMemory()
    chain = keyring.backends.chainer.ChainerBackend()
    monkeypatch.setattr(type(chain), "backends", [PlainText(), Locked(), working])
    keyring.set_keyring(chain)
    vault = open_vault()
    assert vault is not None
    vault.store("shop", key)
    assert list(working.kept) == [(SERVICE, "shop")]


def test_a_configured_backend_that_is_not_installed_means_no_vault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise ModuleNotFoundError("No module named 'keyrings.alt'")

    monkeypatch.setattr(keyring, "get_keyring", fails)
    assert open_vault() is None


@pytest.mark.usefixtures("trusted")
def test_the_probe_leaves_nothing_behind() -> None:
    backend = InMemory()
    keyring.set_keyring(backend)
    assert open_vault() is not None
    assert backend.kept == {}


def test_a_keyring_that_is_locked_later_says_so_without_the_key(
    key: WorkspaceKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(VaultUnavailable, match="does not answer") as storing:
        KeyringVault(Locked()).store("shop", key)
    with pytest.raises(VaultUnavailable, match="does not answer") as loading:
        KeyringVault(GoneBus()).load("shop")
    assert (storing.value.detail, loading.value.detail) == ("KeyringLocked", "OSError")
    assert key.recovery_text() not in f"{storing.value!r} {storing.value.detail} {caplog.text}"


def test_the_password_of_a_server_lies_beside_the_keys(key: WorkspaceKey) -> None:
    backend = InMemory()
    vault = KeyringVault(backend)
    address = "postgresql://anna@db.example.org:5432/shop"
    assert vault.load_password(address) == ""
    vault.store(address, key)
    vault.store_password(address, "pass word")
    assert (vault.load(address), vault.load_password(address)) == (key, "pass word")
    assert (DATABASE_SERVICE, address) in backend.kept
    with pytest.raises(VaultUnavailable) as refused:
        KeyringVault(Locked()).store_password(address, "pass word")
    assert "pass word" not in f"{refused.value!r} {refused.value.detail}"


def test_an_entry_that_is_no_key_is_refused(key: WorkspaceKey) -> None:
    backend = InMemory()
    backend.set_password(SERVICE, "shop", "hunter2")
    with pytest.raises(BadRecoveryKey):
        KeyringVault(backend).load("shop")


def test_the_secret_service_keeps_a_key_until_the_next_start(key: WorkspaceKey) -> None:
    chosen = keyring.get_keyring()
    names = {f"{type(one).__module__}.{type(one).__qualname__}" for one in getattr(chosen, "backends", [chosen])}
    if SECRET_SERVICE not in names:
        pytest.skip("no Secret Service runs here; tools/test.py brings one")
    vault = open_vault()
    assert vault is not None
    name = "test-the-secret-service"
    assert vault.load(name) is None
    vault.store(name, key)
    try:
        again = open_vault()
        assert again is not None
        assert again.load(name) == key
        vault.store(name, WorkspaceKey(bytes(32)))
        assert again.load(name) == WorkspaceKey(bytes(32))
    finally:
        keyring.delete_password(SERVICE, name)
