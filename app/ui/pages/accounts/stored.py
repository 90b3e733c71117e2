"""What is stored of an account beyond what a list shows: read to fill the sheet in which it is changed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.models.tables import Account, Identity, Secret
from app.models.workspace import Workspace
from app.ui.pages.accounts.dns_entry import record_of


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
    """Which secrets an account has. The private ones do not leave this function."""
    with workspace.read() as session:
        account = session.get_one(Account, account_id)
        identity = session.scalar(
            select(Identity).where(Identity.account_id == account_id).order_by(Identity.id).limit(1)
        )
        if identity is None or identity.dkim_key_id is None:
            return StoredSecrets(account.password_id is not None)
        sealed = session.get_one(Secret, identity.dkim_key_id).sealed
        return StoredSecrets(
            account.password_id is not None,
            identity.dkim_domain,
            identity.dkim_selector,
            record_of(workspace.key.unseal(sealed)),
        )
