"""What a sign-in through the browser gave, and its stored form.

How one gets it is in `app.sending.oauth`, which takes long to import.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.sending.oauth_providers import OAuthProvider, oauth_providers

_EARLY_S = 60.0


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """This program as the provider knows it, registered by the user."""

    client_id: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What opens a mail server for about an hour. `repr` tells nothing."""

    text: str = field(repr=False)


class TokenSource(Protocol):
    """Where an account that signs in through the browser gets its access tokens, for SMTP as for IMAP."""

    async def __call__(self, *, refused: AccessToken | None = None) -> AccessToken:
        """A token that opens the server now; another one than *refused*, which the server did not take.

        Raises:
            AccountTrouble: There is none to be had: the user must sign in again, or the provider is out of reach.
        """


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a provider gave for a sign-in. `repr` tells nothing.

    Attributes:
        refresh_token: Lasts, and gets new access tokens.
        access_token: Opens the mail server until `expires_at`, seconds since 1970.
    """

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: int = field(default=0, repr=False)

    def is_fresh(self, now: float | None = None) -> bool:
        """The access token opens the server for another minute at least."""
        return bool(self.access_token) and (time.time() if now is None else now) < self.expires_at - _EARLY_S

    def to_json(self) -> dict[str, object]:
        """The stored form; it holds the tokens in the clear, so seal it."""
        return {
            "refresh_token": self.refresh_token,
            "access_token": self.access_token,
            "expires_at": self.expires_at,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Tokens":
        """What `to_json` stored.

        Raises:
            ValueError: It is no such thing.
        """
        match stored:
            case {"refresh_token": str(refresh_token), "access_token": str(access_token), "expires_at": int(at)}:
                return cls(refresh_token, access_token, at)
        raise ValueError("no tokens")


@dataclass(frozen=True, slots=True)
class Grant:
    """All that is needed to go on using a sign-in: what `Account.password_id` holds, sealed, for OAuth 2.0."""

    provider: OAuthProvider
    client: OAuthClient
    tokens: Tokens

    def to_json(self) -> str:
        """The stored form; it holds the tokens in the clear, so seal it."""
        return json.dumps(
            {
                "provider": self.provider.key,
                "client_id": self.client.client_id,
                "client_secret": self.client.client_secret,
                "tokens": self.tokens.to_json(),
            }
        )

    @classmethod
    def from_json(cls, stored: str, *, providers: tuple[OAuthProvider, ...] = oauth_providers()) -> "Grant":
        """What `to_json` stored.

        Raises:
            ValueError: It is no such thing, or of a provider that is not known.
        """
        match json.loads(stored):
            case {"provider": str(key), "client_id": str(id_), "client_secret": str(secret), "tokens": dict(tokens)}:
                provider = next((each for each in providers if each.key == key), None)
                if provider is not None:
                    return cls(provider, OAuthClient(id_, secret), Tokens.from_json(tokens))
        raise ValueError("no grant")
