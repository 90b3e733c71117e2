"""The one key of a workspace, from which the key of its file and the key of its sealed secrets are derived.

The keyring of Windows keeps 1,280 characters an entry, so only this key lives there; passwords, tokens and DKIM keys
lie sealed inside the workspace.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import UserFacingError

KEY_BYTES = 32
_CHECK_BYTES = 3
_NONCE_BYTES = 12
_GROUP = 4


class BadRecoveryKey(UserFacingError):
    """The text typed is no recovery key."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a complete recovery key.",
            "Compare it with your copy: it has 14 groups of four letters and digits.",
        )


class WorkspaceKey:
    """32 random bytes that open one workspace. Its text never appears in a log: `repr` hides it."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != KEY_BYTES:
            raise ValueError(f"a workspace key has {KEY_BYTES} bytes")
        self._raw = raw

    def __repr__(self) -> str:
        return "WorkspaceKey(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkspaceKey) and hmac.compare_digest(self._raw, other._raw)

    def __hash__(self) -> int:
        return hash(self._raw)

    @classmethod
    def generate(cls) -> "WorkspaceKey":
        """A new key from the system's source of randomness."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_recovery_text(cls, text: str) -> "WorkspaceKey":
        """The key that `recovery_text` wrote; blanks, dashes and case do not matter.

        Raises:
            BadRecoveryKey: a character is missing, wrong or too many (the last three bytes are a checksum).
        """
        letters = "".join(character for character in text.upper() if character.isalnum())
        letters = letters.translate(str.maketrans("018", "OIB"))
        try:
            data = base64.b32decode(letters)
        except ValueError:
            raise BadRecoveryKey from None
        raw, check = data[:KEY_BYTES], data[KEY_BYTES:]
        if len(raw) != KEY_BYTES or not hmac.compare_digest(check, _checksum(raw)):
            raise BadRecoveryKey
        return cls(raw)

    def recovery_text(self) -> str:
        """The key as 14 groups of four letters and digits, to be kept on paper: it opens the workspace anywhere."""
        letters = base64.b32encode(self._raw + _checksum(self._raw)).decode()
        return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))

    def database_pragma(self) -> str:
        """SQLCipher's raw key literal, which spares the 256,000 rounds of key stretching per connection."""
        return f"\"x'{self._derive(b'database').hex()}'\""

    def seal(self, secret: str) -> bytes:
        """*secret* encrypted and authenticated (AES-256-GCM, NIST SP 800-38D)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._derive(b"secrets")).encrypt(nonce, secret.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """The secret that `seal` encrypted.

        Raises:
            UserFacingError: it was sealed with another key, or altered.
        """
        try:
            return AESGCM(self._derive(b"secrets")).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except InvalidTag:
            raise UserFacingError(
                "A stored password cannot be read with this workspace's key.", "Enter the password again."
            ) from None

    def _derive(self, purpose: bytes) -> bytes:
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"mass-mail-dispatcher/" + purpose).derive(self._raw)


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()[:_CHECK_BYTES]
