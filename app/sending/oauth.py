"""Signing in to a mail provider without its password: OAuth 2.0 for a program on the desktop (RFC 8252, RFC 7636).

The scopes that mail needs are restricted by the providers, so this program ships no client of its own: the user enters
the id, and at Google the secret, of a client that they have registered. Authlib speaks the protocol.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from app.sending.oauth_grant import Grant, OAuthClient, Tokens
from app.sending.oauth_providers import GOOGLE, MICROSOFT, OAuthProvider, oauth_provider, oauth_providers
from app.sending.oauth_trouble import answer_useless, refusal, unreachable
from app.sending.tls import verifying
from app.sending.trouble import AccountTrouble

__all__ = [
    "GOOGLE",
    "MICROSOFT",
    "Grant",
    "OAuthClient",
    "OAuthProvider",
    "Proof",
    "Tokens",
    "authorization_url",
    "exchange",
    "oauth_provider",
    "oauth_providers",
    "refresh",
]

_TIMEOUT_S = 30.0
_USUAL_LIFE_S = 3600  # where the answer does not say (RFC 6749 §5.1 only recommends it)


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows the token endpoint that it was we who asked, and that the user said yes. `repr` tells nothing.

    Attributes:
        verifier: Random; its hash went along with the user to the provider's page (RFC 7636).
        code: What came back with the redirect; works once.
    """

    redirect_uri: str
    verifier: str = field(repr=False)
    code: str = field(default="", repr=False)


def authorization_url(
    provider: OAuthProvider, client: OAuthClient, proof: Proof, *, state: str, login_hint: str = ""
) -> str:
    """The page on which the user signs in; it comes back to the redirect address, and brings *state* with it."""
    extra = dict(provider.extra) | ({"login_hint": login_hint} if login_hint else {})
    speaker = _speaker(
        client, redirect_uri=proof.redirect_uri, scope=" ".join(provider.scopes), code_challenge_method="S256"
    )
    url, _ = speaker.create_authorization_url(
        provider.authorize_url, state=state, code_verifier=proof.verifier, **extra
    )
    return str(url)


async def exchange(
    provider: OAuthProvider, client: OAuthClient, proof: Proof, *, ssl_context: ssl.SSLContext | None = None
) -> Tokens:
    """The tokens for a code (RFC 6749 §4.1.3, RFC 7636 §4.5).

    Raises:
        AccountTrouble: The provider refused, gave less than was asked for, or cannot be reached.
    """
    answer = await _ask(provider, client, proof, ssl_context)
    if isinstance(answer, AccountTrouble):
        raise answer
    return answer


async def refresh(
    provider: OAuthProvider, client: OAuthClient, tokens: Tokens, *, ssl_context: ssl.SSLContext | None = None
) -> Tokens:
    """New tokens in place of *tokens*, which may not work any more (RFC 6749 §6).

    Raises:
        AccountTrouble: The provider ended the sign-in, so that the user must sign in again; or it cannot be reached.
    """
    answer = await _ask(provider, client, tokens, ssl_context)
    if isinstance(answer, AccountTrouble):
        raise answer
    return answer


async def _ask(
    provider: OAuthProvider, client: OAuthClient, proof: Proof | Tokens, ssl_context: ssl.SSLContext | None
) -> Tokens | AccountTrouble:
    """What the token endpoint gave, or why not.

    Trouble is returned, not raised: chained to what caused it, or raised from here, it would carry frames that hold the
    tokens into a crash report.
    """
    try:
        answer = await _answer(provider, client, proof, ssl_context)
    except OAuthError as error:
        return refusal(str(error.error), str(error.description or ""), provider=provider.name)
    except httpx2.HTTPStatusError as error:
        return unreachable(provider.name, f"HTTP {error.response.status_code}")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return unreachable(provider.name, type(error).__name__)
    except ValueError:
        return unreachable(provider.name, "The answer is not JSON.")
    scope = answer.get("scope")
    if isinstance(scope, str) and provider.needed_scope.lower() not in scope.lower().split():
        return refusal("consent_declined", scope, provider=provider.name)
    return _tokens(answer, provider, proof)


async def _answer(
    provider: OAuthProvider, client: OAuthClient, proof: Proof | Tokens, ssl_context: ssl.SSLContext | None
) -> Mapping[str, object]:
    speaker = _speaker(client, verify=verifying(ssl_context), timeout=_TIMEOUT_S)
    async with speaker:
        if isinstance(proof, Tokens):
            token = await speaker.refresh_token(provider.token_url, proof.refresh_token)
        else:
            token = await speaker.fetch_token(
                provider.token_url,
                grant_type="authorization_code",
                code=proof.code,
                code_verifier=proof.verifier,
                redirect_uri=proof.redirect_uri,
            )
    return dict(token)


def _tokens(answer: Mapping[str, object], provider: OAuthProvider, proof: Proof | Tokens) -> Tokens | AccountTrouble:
    """What the answer holds. A provider that gives no new refresh token means the old one to be kept (§6)."""
    refresh_token = answer.get("refresh_token") or (proof.refresh_token if isinstance(proof, Tokens) else "")
    match answer, refresh_token:
        case {"access_token": str(access_token)}, str(lasting) if access_token and lasting:
            return Tokens(lasting, access_token, int(time.time()) + _life_s(answer))
    return answer_useless(provider.name, f"The answer holds {', '.join(sorted(answer))}.")


def _life_s(answer: Mapping[str, object]) -> int:
    life_s = str(answer.get("expires_in", ""))
    return int(life_s) if life_s.isdecimal() else _USUAL_LIFE_S


def _speaker(client: OAuthClient, **options: object) -> Any:
    """Authlib's client, which has no types."""
    return AsyncOAuth2Client(  # type: ignore[no-untyped-call]
        client.client_id,
        client.client_secret or None,
        token_endpoint_auth_method="client_secret_post" if client.client_secret else "none",
        **options,
    )
