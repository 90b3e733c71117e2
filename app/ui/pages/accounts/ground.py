"""What the forms of an account are built on, read and written in worker threads."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.models.states import AccountKind, SignIn
from app.models.workspace import Workspace
from app.sending.account_forms import IdentityDraft
from app.sending.accounts import (
    AccountDraft,
    AccountInfo,
    account_info,
    add_account,
    add_identity,
    add_key,
    change_account,
    change_identity,
    draft_of,
    list_accounts,
    remove_key,
    usage,
)
from app.sending.oauth_grant import Grant, OAuthClient
from app.sending.stored_secrets import PublishedKey, StoredSecrets, read_keys, read_secrets, stored_grant

_MINUTES_A_DAY = 1_440


@dataclass(frozen=True, slots=True)
class NewKey:
    """A further DKIM key to store."""

    domain: str
    selector: str
    pem: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """What became of the keys of a From address beyond its first one."""

    added: tuple[NewKey, ...] = ()
    removed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """
    Attributes:
        account: The account to change; None for a new one.
        secrets: Which secrets it has.
        keys: The DKIM keys of its first From address.
        time_zone: The organisation's.
        clients: The ids of the clients that are known, by the key of their provider.
        sent_today: What went through it in the last 24 hours.
    """

    time_zone: str
    account: AccountInfo | None = None
    secrets: StoredSecrets = field(default_factory=StoredSecrets)
    keys: tuple[PublishedKey, ...] = ()
    clients: Mapping[str, str] = field(default_factory=dict)
    sent_today: int = 0


def read_ground(workspace: Workspace, account_id: int | None) -> Ground:
    """What the form of this account, or of a new one, needs to know."""
    time_zone = workspace.organisation().time_zone
    clients = {grant.provider.key: grant.client.client_id for grant in _grants(workspace)}
    if account_id is None:
        return Ground(time_zone, clients=clients)
    account = account_info(workspace, account_id)
    first = first_identity(account)
    return Ground(
        time_zone,
        account,
        read_secrets(workspace, account_id),
        read_keys(workspace, first) if first is not None else (),
        clients,
        sent_in_a_day(workspace, account_id),
    )


def first_identity(account: AccountInfo) -> int | None:
    """The id of the From address that is changed together with the account."""
    return min((identity.id for identity in account.identities), default=None)


def client_of(workspace: Workspace, provider: str, account_id: int | None) -> OAuthClient | None:
    """The client that this account, or else another one, signs in to *provider* with."""
    with workspace.read() as session:
        own = stored_grant(session, account_id, workspace) if account_id is not None else None
    if own is not None and own.provider.key == provider:
        return own.client
    return next((grant.client for grant in _grants(workspace) if grant.provider.key == provider), None)


def sent_in_a_day(workspace: Workspace, account_id: int) -> int:
    """How many messages went through the account in the last 24 hours."""
    since = int(time.time()) // 60 - _MINUTES_A_DAY + 1
    with workspace.read() as session:
        return sum(count for _, count in usage(session, account_id, since))


def accounts_with_usage(workspace: Workspace) -> tuple[tuple[AccountInfo, ...], dict[int, int]]:
    """All accounts, and what went through each in the last 24 hours."""
    accounts = list_accounts(workspace)
    return accounts, {account.id: sent_in_a_day(workspace, account.id) for account in accounts}


def store_account(workspace: Workspace, account_id: int | None, draft: AccountDraft, keys: KeyChanges) -> int:
    """Add or change an account together with the further keys of its first From address; returns its id.

    Raises:
        UserFacingError: A value is missing or cannot be right.
    """
    if account_id is None:
        account_id = add_account(workspace, draft)
    else:
        change_account(workspace, account_id, draft)
    identity_id = first_identity(account_info(workspace, account_id))
    if identity_id is not None:
        _change_keys(workspace, identity_id, keys)
    return account_id


def store_identity(
    workspace: Workspace, account_id: int, identity_id: int | None, draft: IdentityDraft, keys: KeyChanges
) -> int:
    """Add or change a From address together with its further keys; returns its id.

    Raises:
        UserFacingError: A value is missing or cannot be right.
    """
    if identity_id is None:
        identity_id = add_identity(workspace, account_id, draft)
    else:
        change_identity(workspace, identity_id, draft)
    _change_keys(workspace, identity_id, keys)
    return identity_id


def store_grant(workspace: Workspace, account_id: int, grant: Grant) -> None:
    """Use a new sign-in from now on; what was wrong with the account is taken as solved."""
    account = account_info(workspace, account_id)
    change_account(workspace, account_id, replace(draft_of(account), grant=grant))


def _change_keys(workspace: Workspace, identity_id: int, keys: KeyChanges) -> None:
    for key_id in keys.removed:
        remove_key(workspace, key_id)
    for key in keys.added:
        add_key(workspace, identity_id, domain=key.domain, selector=key.selector, pem=key.pem)


def _grants(workspace: Workspace) -> Sequence[Grant]:
    accounts = [
        account
        for account in list_accounts(workspace)
        if account.sign_in is SignIn.OAUTH2 and account.kind is not AccountKind.PRACTICE
    ]
    with workspace.read() as session:
        grants = [stored_grant(session, account.id, workspace) for account in accounts]
    return [grant for grant in grants if grant is not None]
