"""The tokens of an account that signs in through the browser: kept sealed in the workspace, renewed before they end."""

import asyncio
import ssl

from sqlalchemy.orm import Session

from app.models.tables import Account
from app.models.workspace import Workspace
from app.sending.oauth_grant import AccessToken, Grant, Tokens
from app.sending.oauth_providers import OAuthProvider, oauth_providers
from app.sending.oauth_trouble import not_signed_in
from app.sending.stored_secrets import stored, stored_grant
from app.sending.trouble import AccountTrouble

__all__ = ["StoredTokens"]


class StoredTokens:
    """Gives the access tokens of one account; `app.sending.oauth_grant.TokenSource` is its contract.

    All who ask at once wait for the same renewal. The workspace is read each time, so that a new sign-in counts from
    the next connection on, and other processes' renewals are not done again.
    """

    def __init__(
        self,
        workspace: Workspace,
        account_id: int,
        *,
        providers: tuple[OAuthProvider, ...] = oauth_providers(),
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """*ssl_context* replaces the one that trusts what the operating system trusts; it must verify too."""
        self._workspace = workspace
        self._account_id = account_id
        self._providers = providers
        self._ssl_context = ssl_context
        self._asking: asyncio.Task[AccessToken] | None = None

    async def __call__(self, *, refused: AccessToken | None = None) -> AccessToken:
        token = await self._shared(refused)
        # Who asked first may not have known yet that this one is refused.
        return token if token != refused else await self._shared(refused)

    async def _shared(self, refused: AccessToken | None) -> AccessToken:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._token(refused))
        # Shielded: an answer with a new refresh token must be stored, for the old one may have ended with it.
        return await asyncio.shield(self._asking)

    async def _token(self, refused: AccessToken | None) -> AccessToken:
        grant = await asyncio.to_thread(self._read)
        if grant is None:
            raise not_signed_in()
        tokens = grant.tokens
        if not _opens(tokens, refused):
            tokens = await self._renewed(grant, refused)
        return AccessToken(tokens.access_token)

    async def _renewed(self, grant: Grant, refused: AccessToken | None) -> Tokens:
        from app.sending.oauth import refresh  # takes long to import, and few accounts need it

        try:
            tokens = await refresh(grant.provider, grant.client, grant.tokens, ssl_context=self._ssl_context)
        except AccountTrouble as trouble:
            # Where each renewal ends the refresh token before, another process may have been quicker.
            latest = await asyncio.to_thread(self._read) if trouble.needs_user else grant
            if latest is not None and latest.tokens != grant.tokens and _opens(latest.tokens, refused):
                return latest.tokens
            raise
        await asyncio.to_thread(self._write, grant, tokens)
        return tokens

    def _read(self) -> Grant | None:
        with self._workspace.read() as session:
            return self._stored(session)

    def _write(self, grant: Grant, tokens: Tokens) -> None:
        """Store *tokens* in place of those of *grant*; what the user or another process stored since is newer."""
        with self._workspace.write() as session:
            if self._stored(session) != grant:
                return
            account = session.get_one(Account, self._account_id)
            renewed = Grant(grant.provider, grant.client, tokens)
            account.password_id = stored(session, account.password_id, renewed.to_json(), self._workspace)

    def _stored(self, session: Session) -> Grant | None:
        return stored_grant(session, self._account_id, self._workspace, providers=self._providers)


def _opens(tokens: Tokens, refused: AccessToken | None) -> bool:
    return tokens.is_fresh() and (refused is None or tokens.access_token != refused.text)
