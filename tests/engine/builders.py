"""Workspaces with contacts, an account and a campaign, in one line each."""

from collections.abc import Iterable

from sqlalchemy import insert

from app.audience.audience import Audience
from app.content.library import add_template
from app.models.base import utcnow
from app.models.states import ConsentState, TlsMode
from app.models.tables import Contact
from app.models.workspace import Workspace
from app.sending import campaigns
from app.sending.accounts import AccountDraft, add_account, change_account, list_accounts, list_identities
from app.sending.throttle import Limits

MJML = """
<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hello {{ first_name | default("friend") }}, <a href="https://example.com/spring">look</a>.</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""


def add_contacts(workspace: Workspace, addresses: Iterable[str], *, consent: ConsentState = ConsentState.GIVEN) -> None:
    rows = [
        {
            "email": address,
            "address_hash": workspace.address_hash(address),
            "first_name": address.partition("@")[0].title(),
            "consent": consent,
            "created_at": utcnow(),
            "updated_at": utcnow(),
        }
        for address in addresses
    ]
    with workspace.write() as session:
        session.execute(insert(Contact), rows)


def an_account(
    workspace: Workspace,
    port: int,
    *,
    limits: Limits | None = None,
    connections: int = 3,
    username: str = "",
    password: str | None = None,
    dkim_key_pem: str | None = None,
    host: str = "127.0.0.1",
    tls: TlsMode = TlsMode.NONE_ON_LOOPBACK,
    messages_per_connection: int = 100,
) -> int:
    """An account on a server of this computer; the id of its identity."""
    draft = AccountDraft(
        name="Shop",
        host=host,
        port=port,
        tls=tls,
        username=username,
        password=password,
        sender_name="Blumen Berger",
        sender_address="shop@berger.example",
        limits=limits or Limits(),
        connections=connections,
        messages_per_connection=messages_per_connection,
        dkim_domain="berger.example" if dkim_key_pem else "",
        dkim_selector="mmd" if dkim_key_pem else "",
        dkim_key_pem=dkim_key_pem,
    )
    account_id = add_account(workspace, draft)
    return next(one.id for one in list_identities(workspace) if one.account_id == account_id)


def change_limits(workspace: Workspace, identity_id: int, limits: Limits) -> None:
    """What the user does under Accounts."""
    identity = next(one for one in list_identities(workspace) if one.id == identity_id)
    account = next(one for one in list_accounts(workspace) if one.id == identity.account_id)
    draft = AccountDraft(
        name=account.name,
        host=account.host,
        port=account.port,
        tls=account.tls,
        username=account.username,
        sender_name=identity.name,
        sender_address=identity.address,
        limits=limits,
        connections=account.connections,
        messages_per_connection=account.messages_per_connection,
    )
    change_account(workspace, account.id, draft)


def a_campaign(workspace: Workspace, identity_id: int, *, mjml: str = MJML, subject: str = "Spring") -> int:
    template_id = add_template(workspace, name="Plain", mjml=mjml, subject=subject)
    return campaigns.create_campaign(
        workspace,
        name="Spring offers",
        template_id=template_id,
        identity_id=identity_id,
        audience=Audience(everyone=True),
    )


def launched(workspace: Workspace, identity_id: int, *, mjml: str = MJML, subject: str = "Spring") -> int:
    """A campaign that is due, and its dispatch's id."""
    campaign_id = a_campaign(workspace, identity_id, mjml=mjml, subject=subject)
    return campaigns.launch(workspace, campaign_id, grace=campaigns.NO_GRACE)
