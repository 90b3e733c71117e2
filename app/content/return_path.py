"""The return path of a message: one for all, or one that names the delivery, as bounces then do too (VERP)."""

from app.content.errors import AddressRefused
from app.content.headers import parse_address

TOKEN_FIELD = "{token}"  # noqa: S105  # a placeholder, not a secret
"""What stands for the delivery's token in the unsubscribe URIs and the envelope sender."""
MAX_TOKEN = 32
"""Characters of the longest token."""

_LONGEST = "0" * MAX_TOKEN


def verp(return_path: str) -> str:
    """The template by which bounces to *return_path* name their delivery: `bounce+{token}@example.org`.

    The local part is in small letters, because some servers make it so; its server must take whatever follows the `+`.

    Raises:
        AddressRefused: *return_path* is no address, or too long before the `@` for a token (RFC 5321, §4.5.3.1.1).
    """
    address = parse_address(return_path, "return path")
    template = f"{address.local.lower()}+{TOKEN_FIELD}@{address.domain}"
    ReturnPath(template)
    return template


class ReturnPath:
    """Where the bounces of a dispatch go."""

    def __init__(self, template: str) -> None:
        """*template* is an address that may hold `{token}` before the `@`.

        Raises:
            AddressRefused: It is none, or would be too long with a token in it.
        """
        local, _, domain = template.rpartition("@")
        names_delivery = TOKEN_FIELD in local
        try:
            address = parse_address(f"{local.replace(TOKEN_FIELD, _LONGEST)}@{domain}", "return path")
        except AddressRefused as refusal:
            if not names_delivery:
                raise
            hint = "Choose a shorter return path; before the “@” it gets a part that names each message."
            raise AddressRefused(f"“{template}” is not usable as return path.", hint, detail=refusal.title) from refusal
        self.is_ascii = address.is_ascii
        self._template = f"{local if names_delivery else address.local}@{address.domain}"

    def of(self, token: str) -> str:
        """The return path of the delivery named by *token*, of `MAX_TOKEN` characters at most."""
        return self._template.replace(TOKEN_FIELD, token)
