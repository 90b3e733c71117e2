"""The From addresses of an account, and the keys they are signed with."""

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.errors import UserFacingError
from app.models.states import AccountKind
from app.models.tables import Account, Campaign, Dispatch, DispatchRoute, DkimKey, Identity, Secret
from app.models.workspace import Workspace
from app.sending.account_forms import IdentityDraft, IdentityInfo, check_identity, check_key
from app.sending.dkim import Signer, Signers, signed_headers
from app.sending.presets import provider_of
from app.sending.stored_secrets import private_keys, stored


def list_identities(workspace: Workspace) -> tuple[IdentityInfo, ...]:
    """All From addresses, those of the practice account last."""
    with workspace.read() as session:
        return identities_in(session)


def identities_in(session: Session) -> tuple[IdentityInfo, ...]:
    """As `list_identities`, inside a transaction."""
    rows = session.execute(
        select(Identity, Account.name, Account.kind)
        .join(Account, Account.id == Identity.account_id)
        .order_by(Account.kind == AccountKind.PRACTICE, Identity.address, Identity.id)
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
            return_path=identity.return_path,
            dkim_domain=identity.dkim_domain,
            dkim_selector=identity.dkim_selector,
        )
        for identity, account_name, kind in rows
    )


def add_identity(workspace: Workspace, account_id: int, draft: IdentityDraft) -> int:
    """Add another From address to an account, and return its id.

    Raises:
        UserFacingError: a value is missing or wrong, or it is the practice account, which is as it is.
    """
    check_identity(draft)
    with workspace.write() as session:
        _refuse_practice(session, account_id)
        identity = Identity(account_id=account_id)
        session.add(identity)
        fill_identity(session, identity, draft, workspace)
        session.flush()
        return identity.id


def change_identity(workspace: Workspace, identity_id: int, draft: IdentityDraft) -> None:
    """Change a From address.

    Raises:
        UserFacingError: a value is missing or wrong, or it is that of the practice account, which is as it is.
    """
    check_identity(draft)
    with workspace.write() as session:
        identity = session.get_one(Identity, identity_id)
        _refuse_practice(session, identity.account_id)
        fill_identity(session, identity, draft, workspace)


def remove_identity(workspace: Workspace, identity_id: int) -> None:
    """Forget a From address and its keys; campaigns that would be sent from it have none then.

    Raises:
        UserFacingError: something was or is being sent from it, or it is the only one of its account.
    """
    with workspace.write() as session:
        identity = session.get_one(Identity, identity_id)
        _refuse_practice(session, identity.account_id)
        used = select(Dispatch.id).outerjoin(DispatchRoute, DispatchRoute.dispatch_id == Dispatch.id)
        is_used = or_(Dispatch.identity_id == identity_id, DispatchRoute.identity_id == identity_id)
        if session.scalar(used.where(is_used).limit(1)) is not None:
            raise UserFacingError(
                "Campaigns were sent from this address, and their reports name it.",
                "Delete those campaigns first, or keep the address.",
            )
        siblings = select(func.count()).select_from(Identity).where(Identity.account_id == identity.account_id)
        if session.scalar(siblings) == 1:
            raise UserFacingError("An account needs a From address.", "Add another one first, or remove the account.")
        forget_identity(session, identity)


def forget_identity(session: Session, identity: Identity) -> None:
    """Delete a From address with its keys, and take it out of the campaigns that name it."""
    secrets = {identity.dkim_key_id, *session.scalars(select(DkimKey.key_id).where(DkimKey.identity_id == identity.id))}
    for campaign in session.scalars(select(Campaign).where(Campaign.identity_id == identity.id)):
        campaign.identity_id = None
    session.flush()
    session.delete(identity)
    session.flush()
    session.execute(delete(Secret).where(Secret.id.in_(secrets - {None})))


def add_key(workspace: Workspace, identity_id: int, *, domain: str, selector: str, pem: str) -> int:
    """Sign with one more key from now on, such as an Ed25519 one beside the RSA key; returns its id.

    Raises:
        UserFacingError: it is no key that can sign, or has the selector of another one.
    """
    check_key(domain, selector, pem)
    with workspace.write() as session:
        _refuse_practice(session, session.get_one(Identity, identity_id).account_id)
        known = {(d, s) for _, d, s, _ in private_keys(session, identity_id, workspace)}
        if (domain, selector) in known:
            raise UserFacingError("Another key is published under this selector.", "Choose another selector.")
        secret_id = stored(session, None, pem, workspace)
        key = DkimKey(identity_id=identity_id, domain=domain, selector=selector, key_id=secret_id)
        session.add(key)
        session.flush()
        return key.id


def remove_key(workspace: Workspace, key_id: int) -> None:
    """Sign with a further key no more, and forget it."""
    with workspace.write() as session:
        key = session.get_one(DkimKey, key_id)
        secret_id = key.key_id
        session.delete(key)
        session.flush()
        session.execute(delete(Secret).where(Secret.id == secret_id))


def signer(workspace: Workspace, identity_id: int) -> Signers | None:
    """What signs the messages of a From address, with all its keys; None if it has none.

    It leaves out the headers that the account's provider writes anew.
    """
    with workspace.read() as session:
        keys = private_keys(session, identity_id, workspace)
        if not keys:
            return None
        account = session.get_one(Account, session.get_one(Identity, identity_id).account_id)
        provider = provider_of(account.preset, account.host)
        headers = signed_headers(account.kind, replaced=provider.replaced_headers if provider else ())
    signers = [
        Signer(pem.encode(), domain=domain, selector=selector, headers=headers) for _, domain, selector, pem in keys
    ]
    return Signers(tuple(signers))


def fill_identity(session: Session, identity: Identity, draft: IdentityDraft, workspace: Workspace) -> None:
    """Write a draft that was checked into its row."""
    identity.name, identity.address = draft.name, draft.address
    identity.reply_to, identity.return_path = draft.reply_to, draft.return_path
    identity.dkim_domain, identity.dkim_selector = draft.dkim_domain, draft.dkim_selector
    identity.dkim_key_id = stored(session, identity.dkim_key_id, draft.dkim_key_pem, workspace)


def _refuse_practice(session: Session, account_id: int) -> None:
    if session.get_one(Account, account_id).kind is AccountKind.PRACTICE:
        raise UserFacingError("The practice account cannot be changed.", "Add an account of your own beside it.")
