"""The accounts of a workspace: how mail can leave, from which addresses, and what its secrets are sealed with."""

from dataclasses import dataclass, field

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.states import AccountKind, DispatchState, TlsMode
from app.models.tables import Account, AccountUsage, Campaign, Dispatch, Identity, Secret
from app.models.workspace import Workspace
from app.sending.dkim import Signer
from app.sending.smtp import SmtpAccount
from app.sending.throttle import Limits

PRACTICE_ADDRESS = "hello@practice.example"


@dataclass(frozen=True)
class IdentityInfo:
    """A From address: who the recipients see."""

    id: int
    account_id: int
    account_name: str
    account_kind: AccountKind
    name: str
    address: str
    reply_to: str
    is_signed: bool

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


@dataclass(frozen=True)
class AccountInfo:
    """An account without its secrets."""

    id: int
    name: str
    kind: AccountKind
    host: str
    port: int
    tls: TlsMode
    username: str
    limits: Limits
    connections: int
    messages_per_connection: int
    problem: str
    identities: tuple[IdentityInfo, ...] = ()


@dataclass(frozen=True)
class AccountDraft:
    """What the user fills in for an account. A password of None leaves the stored one as it is.

    `dkim_key_pem` is the private key, PKCS#8 PEM; None leaves the stored one, an empty text removes it.
    """

    name: str
    host: str
    port: int
    tls: TlsMode
    username: str
    sender_name: str
    sender_address: str
    password: str | None = field(default=None, repr=False)
    reply_to: str = ""
    limits: Limits = field(default_factory=Limits)
    connections: int = 4
    messages_per_connection: int = 100
    dkim_domain: str = ""
    dkim_selector: str = ""
    dkim_key_pem: str | None = field(default=None, repr=False)


def list_accounts(workspace: Workspace) -> tuple[AccountInfo, ...]:
    """All accounts with their identities, the practice account last."""
    with workspace.read() as session:
        identities = _identities(session)
        accounts = session.scalars(select(Account).order_by(Account.kind == AccountKind.PRACTICE, Account.name))
        return tuple(
            _info(account, tuple(identity for identity in identities if identity.account_id == account.id))
            for account in accounts
        )


def list_identities(workspace: Workspace) -> tuple[IdentityInfo, ...]:
    """All From addresses, those of the practice account last."""
    with workspace.read() as session:
        return _identities(session)


def add_account(workspace: Workspace, draft: AccountDraft) -> int:
    """Store a new SMTP account with its From address, and return its id.

    Raises:
        UserFacingError: a value is missing or the DKIM key is none.
    """
    _check(draft)
    with workspace.write() as session:
        account = Account(kind=AccountKind.SMTP)
        session.add(account)
        _fill(session, account, draft, workspace)
        session.flush()
        _fill_identity(session, account.id, draft, workspace)
        return account.id


def change_account(workspace: Workspace, account_id: int, draft: AccountDraft) -> None:
    """Change an SMTP account and its first From address; a problem noted with it is taken as solved.

    Raises:
        UserFacingError: a value is missing, or it is the practice account, which is as it is.
    """
    _check(draft)
    with workspace.write() as session:
        account = session.get_one(Account, account_id)
        if account.kind is AccountKind.PRACTICE:
            raise UserFacingError("The practice account cannot be changed.", "Add an account of your own beside it.")
        account.problem = ""
        _fill(session, account, draft, workspace)
        _fill_identity(session, account.id, draft, workspace)


def remove_account(workspace: Workspace, account_id: int) -> None:
    """Forget an account, its From addresses and its secrets.

    Raises:
        UserFacingError: something was or is being sent through it, so that reports would lose their sender.
    """
    with workspace.write() as session:
        if session.scalar(select(Dispatch.id).where(Dispatch.account_id == account_id).limit(1)) is not None:
            raise UserFacingError(
                "Campaigns were sent through this account, and their reports name it.",
                "Delete those campaigns first, or keep the account.",
            )
        account = session.get_one(Account, account_id)
        secrets = {account.password_id}
        for identity in session.scalars(select(Identity).where(Identity.account_id == account_id)):
            secrets.add(identity.dkim_key_id)
            for campaign in session.scalars(select(Campaign).where(Campaign.identity_id == identity.id)):
                campaign.identity_id = None
        session.delete(account)
        session.flush()
        session.execute(delete(Secret).where(Secret.id.in_(secrets - {None})))


def add_practice_account(workspace: Workspace) -> None:
    """Add the account whose server lives inside the program and delivers into its own inbox."""
    with workspace.write() as session:
        account = Account(
            name="Practice account", kind=AccountKind.PRACTICE, tls=TlsMode.NONE_ON_LOOPBACK, connections=4
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
    """
    with workspace.read() as session:
        account = session.get_one(Account, account_id)
        if account.kind is AccountKind.PRACTICE:
            return SmtpAccount("127.0.0.1", practice_port, TlsMode.NONE_ON_LOOPBACK, connections=account.connections)
        return SmtpAccount(
            host=account.host,
            port=account.port,
            tls=account.tls,
            username=account.username,
            password=_unsealed(session, account.password_id, workspace),
            connections=account.connections,
            messages_per_connection=account.messages_per_connection,
        )


def limits(workspace: Workspace, account_id: int) -> Limits:
    """How much the account may send."""
    with workspace.read() as session:
        return _limits(session.get_one(Account, account_id))


def signer(workspace: Workspace, identity_id: int) -> Signer | None:
    """The DKIM signer of a From address, or None if it has no key."""
    with workspace.read() as session:
        identity = session.get_one(Identity, identity_id)
        pem = _unsealed(session, identity.dkim_key_id, workspace)
        if not pem:
            return None
        return Signer(pem.encode(), domain=identity.dkim_domain, selector=identity.dkim_selector)


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
        found = session.scalar(
            select(Dispatch.id).where(Dispatch.account_id == account_id, Dispatch.state.in_(open_states)).limit(1)
        )
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
        identities=identities,
    )


def _limits(account: Account) -> Limits:
    return Limits(account.per_second, account.per_minute, account.per_hour, account.per_day)


def _identities(session: Session) -> tuple[IdentityInfo, ...]:
    rows = session.execute(
        select(Identity, Account.name, Account.kind)
        .join(Account, Account.id == Identity.account_id)
        .order_by(Account.kind == AccountKind.PRACTICE, Identity.address)
    )
    return tuple(
        IdentityInfo(
            id=identity.id,
            account_id=identity.account_id,
            account_name=account_name,
            account_kind=kind,
            name=identity.name,
            address=identity.address,
            reply_to=identity.reply_to,
            is_signed=identity.dkim_key_id is not None,
        )
        for identity, account_name, kind in rows
    )


def _check(draft: AccountDraft) -> None:
    missing = [
        label
        for label, value in (
            ("a name", draft.name),
            ("the server", draft.host),
            ("your From address", draft.sender_address),
        )
        if not value.strip()
    ]
    if missing:
        raise UserFacingError(f"Please fill in {' and '.join(missing)}.")
    if "@" not in draft.sender_address or any(character.isspace() for character in draft.sender_address):
        raise UserFacingError(f"“{draft.sender_address}” is not an e-mail address.", "Correct the From address.")
    if draft.dkim_key_pem:
        if not (draft.dkim_domain and draft.dkim_selector):
            raise UserFacingError("A DKIM key needs its domain and its selector.", "Both are in your DNS entry.")
        Signer(draft.dkim_key_pem.encode(), domain=draft.dkim_domain, selector=draft.dkim_selector)


def _fill(session: Session, account: Account, draft: AccountDraft, workspace: Workspace) -> None:
    account.name, account.host, account.port, account.tls = draft.name, draft.host.strip(), draft.port, draft.tls
    account.username = draft.username
    account.per_second, account.per_minute = draft.limits.per_second, draft.limits.per_minute
    account.per_hour, account.per_day = draft.limits.per_hour, draft.limits.per_day
    account.connections, account.messages_per_connection = draft.connections, draft.messages_per_connection
    account.password_id = _stored(session, account.password_id, draft.password, workspace)


def _fill_identity(session: Session, account_id: int, draft: AccountDraft, workspace: Workspace) -> None:
    identity = session.scalar(select(Identity).where(Identity.account_id == account_id).order_by(Identity.id).limit(1))
    if identity is None:
        identity = Identity(account_id=account_id)
        session.add(identity)
    identity.name, identity.address, identity.reply_to = draft.sender_name, draft.sender_address, draft.reply_to
    identity.dkim_domain, identity.dkim_selector = draft.dkim_domain, draft.dkim_selector
    identity.dkim_key_id = _stored(session, identity.dkim_key_id, draft.dkim_key_pem, workspace)


def _stored(session: Session, secret_id: int | None, secret: str | None, workspace: Workspace) -> int | None:
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


def _unsealed(session: Session, secret_id: int | None, workspace: Workspace) -> str:
    if secret_id is None:
        return ""
    return workspace.key.unseal(session.get_one(Secret, secret_id).sealed)
