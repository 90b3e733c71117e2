"""The accounts of a workspace: how mail can leave, from which addresses, and what its secrets are sealed with."""

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.states import AccountKind, DispatchState, SignIn, TlsMode
from app.models.tables import Account, AccountUsage, Dispatch, DispatchRoute, Identity, Secret
from app.models.workspace import Workspace
from app.sending.account_forms import (
    AccountDraft,
    AccountInfo,
    IdentityDraft,
    IdentityInfo,
    check_account,
    draft_of,
)
from app.sending.halted import let_single_messages_go
from app.sending.identities import (
    add_identity,
    add_key,
    change_identity,
    fill_identity,
    forget_identity,
    identities_in,
    list_identities,
    remove_identity,
    remove_key,
    signer,
)
from app.sending.limits import Limits
from app.sending.oauth_store import StoredTokens
from app.sending.smtp import SmtpAccount
from app.sending.stored_secrets import stored, unsealed
from app.sending.warm_up import WarmUp
from app.sending.windows import SendingWindow

__all__ = [
    "PRACTICE_ADDRESS",
    "AccountDraft",
    "AccountInfo",
    "IdentityDraft",
    "IdentityInfo",
    "account_info",
    "add_account",
    "add_identity",
    "add_key",
    "add_practice_account",
    "change_account",
    "change_identity",
    "draft_of",
    "is_in_use",
    "limits",
    "list_accounts",
    "list_identities",
    "note_problem",
    "remove_account",
    "remove_identity",
    "remove_key",
    "secret_of",
    "signer",
    "smtp_account",
    "usage",
]

PRACTICE_ADDRESS = "hello@practice.example"


def list_accounts(workspace: Workspace) -> tuple[AccountInfo, ...]:
    """All accounts with their identities, the practice account last."""
    with workspace.read() as session:
        identities = identities_in(session)
        accounts = session.scalars(select(Account).order_by(Account.kind == AccountKind.PRACTICE, Account.name))
        return tuple(_info(account, identities) for account in accounts)


def account_info(workspace: Workspace, account_id: int) -> AccountInfo:
    """One account with its identities."""
    with workspace.read() as session:
        return _info(session.get_one(Account, account_id), identities_in(session))


def add_account(workspace: Workspace, draft: AccountDraft) -> int:
    """Store a new account with its From address, and return its id.

    Raises:
        UserFacingError: a value is missing, the DKIM key is none, or nobody signed in yet.
    """
    check_account(draft)
    with workspace.write() as session:
        account = Account(kind=draft.kind)
        session.add(account)
        _fill(session, account, draft, workspace)
        session.flush()
        identity = Identity(account_id=account.id)
        session.add(identity)
        fill_identity(session, identity, draft.identity, workspace)
        return account.id


def change_account(workspace: Workspace, account_id: int, draft: AccountDraft) -> None:
    """Change an account and its first From address; a problem noted with it is taken as solved.

    Single messages that waited for that go on; campaigns wait for `campaigns.resume`.

    Raises:
        UserFacingError: a value or the password is missing, or it is the practice account, which is as it is.
    """
    check_account(draft)
    with workspace.write() as session:
        account = session.get_one(Account, account_id)
        if account.kind is AccountKind.PRACTICE:
            raise UserFacingError("The practice account cannot be changed.", "Add an account of your own beside it.")
        account.problem = ""
        let_single_messages_go(session, [account_id])
        _fill(session, account, draft, workspace)
        first = session.scalars(select(Identity).where(Identity.account_id == account_id).order_by(Identity.id)).first()
        if first is None:
            first = Identity(account_id=account_id)
            session.add(first)
        fill_identity(session, first, draft.identity, workspace)


def remove_account(workspace: Workspace, account_id: int) -> None:
    """Forget an account, its From addresses and its secrets.

    Raises:
        UserFacingError: something was or is being sent through it, so that reports would lose their sender.
    """
    with workspace.write() as session:
        if session.scalar(_dispatches_of(account_id).limit(1)) is not None:
            raise UserFacingError(
                "Campaigns were sent through this account, and their reports name it.",
                "Delete those campaigns first, or keep the account.",
            )
        account = session.get_one(Account, account_id)
        password_id = account.password_id
        for identity in session.scalars(select(Identity).where(Identity.account_id == account_id)).all():
            forget_identity(session, identity)
        session.delete(account)
        session.flush()
        session.execute(delete(Secret).where(Secret.id == password_id))


def add_practice_account(workspace: Workspace) -> None:
    """Add the account whose server lives inside the program and delivers into its own inbox."""
    with workspace.write() as session:
        account = Account(
            name="Practice account",
            kind=AccountKind.PRACTICE,
            tls=TlsMode.NONE_ON_LOOPBACK,
            connections=4,
            keeps_return_path=True,
        )
        session.add(account)
        session.flush()
        organisation = workspace.organisation().name
        session.add(Identity(account_id=account.id, name=organisation, address=PRACTICE_ADDRESS))


def note_problem(session: Session, account_id: int, problem: str) -> None:
    """Note why an account cannot send; empty when it can again."""
    session.get_one(Account, account_id).problem = problem


def smtp_account(workspace: Workspace, account_id: int, *, practice_port: int) -> SmtpAccount:
    """The account as the transport needs it, password included; the practice server listens at *practice_port*.

    Raises:
        UserFacingError: the stored password cannot be unsealed, or mail would travel unprotected over a network.
        ValueError: it is no SMTP account; `app.sending.transports` knows the others too.
    """
    with workspace.read() as session:
        account = session.get_one(Account, account_id)
        if account.kind is AccountKind.PRACTICE:
            return SmtpAccount("127.0.0.1", practice_port, TlsMode.NONE_ON_LOOPBACK, connections=account.connections)
        if account.kind is not AccountKind.SMTP:
            raise ValueError(f"Account {account_id} does not send by SMTP.")
        by_token = account.sign_in is SignIn.OAUTH2
        return SmtpAccount(
            host=account.host,
            port=account.port,
            tls=account.tls,
            username=account.username,
            password="" if by_token else unsealed(session, account.password_id, workspace),
            token_source=StoredTokens(workspace, account_id) if by_token else None,
            connections=account.connections,
            messages_per_connection=account.messages_per_connection,
        )


def secret_of(workspace: Workspace, account_id: int) -> str:
    """The stored password, or the secret half of the access key, in the clear; empty if there is none.

    Raises:
        UserFacingError: it cannot be unsealed.
    """
    with workspace.read() as session:
        return unsealed(session, session.get_one(Account, account_id).password_id, workspace)


def limits(workspace: Workspace, account_id: int) -> Limits:
    """How much the account may send."""
    with workspace.read() as session:
        return _limits(session.get_one(Account, account_id))


def usage(session: Session, account_id: int, since_minute: int) -> list[tuple[int, int]]:
    """How many messages the account handed over in each minute (since 1970, UTC) from *since_minute* on."""
    rows = session.execute(
        select(AccountUsage.minute, AccountUsage.count)
        .where(AccountUsage.account_id == account_id, AccountUsage.minute >= since_minute)
        .order_by(AccountUsage.minute)
    )
    return [(minute, count) for minute, count in rows]


def is_in_use(workspace: Workspace, account_id: int) -> bool:
    """Whether something is being sent, or waits to be sent, through the account."""
    with workspace.read() as session:
        open_states = (DispatchState.PLANNED, DispatchState.SENDING)
        found = session.scalar(_dispatches_of(account_id).where(Dispatch.state.in_(open_states)).limit(1))
        return found is not None


def _info(account: Account, identities: tuple[IdentityInfo, ...]) -> AccountInfo:
    return AccountInfo(
        id=account.id,
        name=account.name,
        kind=account.kind,
        host=account.host,
        port=account.port,
        tls=account.tls,
        username=account.username,
        limits=_limits(account),
        connections=account.connections,
        messages_per_connection=account.messages_per_connection,
        problem=account.problem,
        identities=tuple(identity for identity in identities if identity.account_id == account.id),
        preset=account.preset,
        sign_in=account.sign_in,
        region=account.region,
        configuration_set=account.configuration_set,
        keeps_return_path=account.keeps_return_path,
        domain_limits={domain: Limits.from_json(limit) for domain, limit in account.domain_limits.items()},
        warm_up=WarmUp.from_json(account.warm_up),
        window=SendingWindow.from_json(account.window),
    )


def _limits(account: Account) -> Limits:
    return Limits(account.per_second, account.per_minute, account.per_hour, account.per_day, account.per_30_days)


def _dispatches_of(account_id: int) -> Select[int]:
    """The ids of the dispatches that are sent through an account, also those it shares with others."""
    return (
        select(Dispatch.id)
        .outerjoin(DispatchRoute, DispatchRoute.dispatch_id == Dispatch.id)
        .where(or_(Dispatch.account_id == account_id, DispatchRoute.account_id == account_id))
    )


def _fill(session: Session, account: Account, draft: AccountDraft, workspace: Workspace) -> None:
    secret = _secret(account, draft)
    account.name, account.kind, account.preset = draft.name, draft.kind, draft.preset
    account.host, account.port, account.tls = draft.host.strip(), draft.port, draft.tls
    account.username, account.sign_in = draft.username, draft.sign_in
    account.region, account.configuration_set = draft.region.strip(), draft.configuration_set.strip()
    account.keeps_return_path = draft.keeps_return_path
    account.per_second, account.per_minute = draft.limits.per_second, draft.limits.per_minute
    account.per_hour, account.per_day = draft.limits.per_hour, draft.limits.per_day
    account.per_30_days = draft.limits.per_30_days
    account.connections, account.messages_per_connection = draft.connections, draft.messages_per_connection
    account.domain_limits = {domain.lower(): limit.to_json() for domain, limit in draft.domain_limits.items()}
    account.warm_up = draft.warm_up.to_json() if draft.warm_up else {}
    account.window = draft.window.to_json()
    account.password_id = stored(session, account.password_id, secret, workspace)


def _secret(account: Account, draft: AccountDraft) -> str | None:
    """What to store with the account, in the terms of `stored`. A password is no sign-in, and the other way round.

    Raises:
        UserFacingError: What is stored is of the other sort, and nothing new was given.
    """
    has_other_sort = account.password_id is not None and (account.sign_in, account.kind) != (draft.sign_in, draft.kind)
    if draft.sign_in is SignIn.OAUTH2:
        if draft.grant is None and (account.password_id is None or has_other_sort):
            raise UserFacingError("Nobody has signed in to this account yet.", "Sign in through the browser first.")
        return draft.grant.to_json() if draft.grant else None
    if draft.password is None and has_other_sort:
        if draft.username:
            raise UserFacingError("Please fill in the password.")
        return ""
    return draft.password
