"""Which secrets an account has, told without telling them: for the form in which the account is changed."""

from dataclasses import dataclass

from sqlalchemy import select

from app.models.tables import Account, Identity, Secret
from app.models.workspace import Workspace
from app.sending.dkim import public_record


@dataclass(frozen=True)
class StoredSecrets:
    """
    Attributes:
        dns_value: What is to be published for the DKIM key; empty without one.
    """

    has_password: bool = False
    dkim_domain: str = ""
    dkim_selector: str = ""
    dns_value: str = ""


def read_secrets(workspace: Workspace, account_id: int) -> StoredSecrets:
    """Which secrets an account has. The private ones do not leave this function.

    Raises:
        UserFacingError: the stored key cannot be unsealed.
    """
    with workspace.read() as session:
        account = session.get_one(Account, account_id)
        identity = session.scalar(
            select(Identity).where(Identity.account_id == account_id).order_by(Identity.id).limit(1)
        )
        if identity is None or identity.dkim_key_id is None:
            return StoredSecrets(account.password_id is not None)
        pem = workspace.key.unseal(session.get_one(Secret, identity.dkim_key_id).sealed)
        return StoredSecrets(
            account.password_id is not None,
            identity.dkim_domain,
            identity.dkim_selector,
            public_record(pem.encode()),
        )
