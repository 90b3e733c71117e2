"""Secrets in the workspace: sealed when they are stored, and told about without telling them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.states import SignIn
from app.models.tables import Account, DkimKey, Identity, Secret
from app.models.workspace import Workspace
from app.sending.dkim import public_record
from app.sending.oauth_grant import Grant
from app.sending.oauth_providers import OAuthProvider, oauth_providers


@dataclass(frozen=True)
class PublishedKey:
    """A DKIM key as the world sees it.

    Attributes:
        id: To remove it with; None for the first key of an identity, which is changed with the identity.
        dns_value: What is to be published at ``<selector>._domainkey.<domain>``.
    """

    id: int | None
    domain: str
    selector: str
    dns_value: str


@dataclass(frozen=True)
class StoredSecrets:
    """Which secrets an account has, for the form in which it is changed.

    Attributes:
        has_password: A password, a secret access key, or a sign-in is stored.
        dns_value: What is to be published for the DKIM key; empty without one.
        oauth_provider: The key of who the user signed in to through the browser; empty for nobody.
        client_id: The client it was done with.
    """

    has_password: bool = False
    dkim_domain: str = ""
    dkim_selector: str = ""
    dns_value: str = ""
    oauth_provider: str = ""
    client_id: str = ""


def read_secrets(workspace: Workspace, account_id: int) -> StoredSecrets:
    """Which secrets an account has. The private ones do not leave this function.

    Raises:
        UserFacingError: the stored key cannot be unsealed.
    """
    with workspace.read() as session:
        account = session.get_one(Account, account_id)
        identity_id = session.scalar(
            select(Identity.id).where(Identity.account_id == account_id).order_by(Identity.id).limit(1)
        )
        keys = published_keys(session, identity_id, workspace) if identity_id is not None else ()
        first = next((key for key in keys if key.id is None), None)
        grant = stored_grant(session, account_id, workspace)
        return StoredSecrets(
            has_password=account.password_id is not None,
            dkim_domain=first.domain if first else "",
            dkim_selector=first.selector if first else "",
            dns_value=first.dns_value if first else "",
            oauth_provider=grant.provider.key if grant else "",
            client_id=grant.client.client_id if grant else "",
        )


def read_keys(workspace: Workspace, identity_id: int) -> tuple[PublishedKey, ...]:
    """The keys a From address is signed with, the first one first.

    Raises:
        UserFacingError: a stored key cannot be unsealed.
    """
    with workspace.read() as session:
        return published_keys(session, identity_id, workspace)


def published_keys(session: Session, identity_id: int, workspace: Workspace) -> tuple[PublishedKey, ...]:
    """As `read_keys`, inside a transaction."""
    return tuple(
        PublishedKey(id_, domain, selector, public_record(pem.encode()))
        for id_, domain, selector, pem in private_keys(session, identity_id, workspace)
    )


def private_keys(session: Session, identity_id: int, workspace: Workspace) -> list[tuple[int | None, str, str, str]]:
    """The keys of a From address in the clear: id as in `PublishedKey`, domain, selector, PEM."""
    identity = session.get_one(Identity, identity_id)
    keys: list[tuple[int | None, str, str, str]] = []
    if identity.dkim_key_id is not None:
        pem = unsealed(session, identity.dkim_key_id, workspace)
        keys.append((None, identity.dkim_domain, identity.dkim_selector, pem))
    further = session.scalars(select(DkimKey).where(DkimKey.identity_id == identity_id).order_by(DkimKey.id))
    keys += [(key.id, key.domain, key.selector, unsealed(session, key.key_id, workspace)) for key in further]
    return keys


def stored_grant(
    session: Session,
    account_id: int,
    workspace: Workspace,
    *,
    providers: tuple[OAuthProvider, ...] = oauth_providers(),
) -> Grant | None:
    """What a sign-in through the browser gave; None if nobody signed in, or at somebody this version does not know.

    Raises:
        UserFacingError: it was sealed with another key.
    """
    account = session.get_one(Account, account_id)
    if account.sign_in is not SignIn.OAUTH2 or account.password_id is None:
        return None
    text = unsealed(session, account.password_id, workspace)
    try:
        return Grant.from_json(text, providers=providers)
    except ValueError:
        return None


def stored(session: Session, secret_id: int | None, secret: str | None, workspace: Workspace) -> int | None:
    """The id of the row that now holds *secret*: None keeps what was stored, an empty text removes it."""
    if secret is None:
        return secret_id
    row = session.get(Secret, secret_id) if secret_id is not None else None
    if not secret:
        if row is not None:
            session.delete(row)
        return None
    # In place: a row that is deleted and made anew gets its old id, and what pointed to it points to nothing.
    row = row or Secret()
    row.sealed = workspace.key.seal(secret)
    session.add(row)
    session.flush()
    return row.id


def unsealed(session: Session, secret_id: int | None, workspace: Workspace) -> str:
    """The secret in the clear; empty if there is none.

    Raises:
        UserFacingError: it was sealed with another key.
    """
    if secret_id is None:
        return ""
    return workspace.key.unseal(session.get_one(Secret, secret_id).sealed)
