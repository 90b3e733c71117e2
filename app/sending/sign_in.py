"""The user signs in to their provider in their own browser, and the answer comes back to this computer (RFC 8252)."""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from dataclasses import replace

from app.errors import UserFacingError
from app.sending.oauth import OAuthClient, OAuthProvider, Proof, Tokens, authorization_url, exchange
from app.sending.oauth_loopback import Loopback, Redirect
from app.sending.oauth_trouble import refusal

__all__ = ["sign_in"]

_PATIENCE_S = 300.0
_STATE_BYTES = 32
_VERIFIER_BYTES = 64  # 86 characters; RFC 7636 §4.1 allows 43 to 128


async def sign_in(
    provider: OAuthProvider,
    client: OAuthClient,
    *,
    login_hint: str = "",
    open_browser: Callable[[str], None],
    timeout_s: float = _PATIENCE_S,
    ssl_context: ssl.SSLContext | None = None,
) -> Tokens:
    """Let the user sign in, and return what it gives. Cancel it to give up: nothing keeps listening.

    *open_browser* gets the address of the provider's page. *login_hint* is the address to sign in with.

    Raises:
        UserFacingError: The user or the provider said no, nobody signed in within *timeout_s* seconds, or this computer
            lets no program listen.
    """
    if not client.client_id.strip():
        raise UserFacingError(f"The client ID of {provider.name} is missing.", provider.client_hint)
    state = secrets.token_urlsafe(_STATE_BYTES)
    async with Loopback(state=state) as loopback:
        proof = Proof(f"http://{provider.redirect_host}:{loopback.port}", secrets.token_urlsafe(_VERIFIER_BYTES))
        open_browser(authorization_url(provider, client, proof, state=state, login_hint=login_hint))
        redirect = await _within(timeout_s, loopback)
    if redirect.error:
        raise refusal(redirect.error, redirect.description, provider=provider.name)
    return await exchange(provider, client, replace(proof, code=redirect.code), ssl_context=ssl_context)


async def _within(timeout_s: float, loopback: Loopback) -> Redirect:
    try:
        async with asyncio.timeout(timeout_s):
            return await loopback.redirect()
    except TimeoutError:
        raise UserFacingError(
            "Nobody signed in in the browser.", "Try again, and finish the sign-in on the page that opens."
        ) from None
