"""The letters of a dispatch, read from the workspace: one for each of its From addresses."""

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.attachments import Attachment
from app.content.letter import MessageSource
from app.content.return_path import verp
from app.models.states import AccountKind, CampaignKind
from app.models.tables import Account, Campaign, Dispatch, DkimKey, Identity, Organisation, Secret
from app.models.tables import Attachment as AttachedFile
from app.models.workspace import Workspace
from app.sending.compose import Letter, SigningKey
from app.sending.dkim import signed_headers
from app.sending.plan import unsubscribe_by_mail
from app.sending.presets import provider_of

_SENDER_ID = re.compile(r"[^a-z0-9]")
_SENDER_ID_LENGTHS = (5, 15)


def read_letter(workspace: Workspace, dispatch_id: int, identity_id: int) -> Letter:
    """The letter of a frozen dispatch, sent from one of its identities.

    Raises:
        UserFacingError: a DKIM key cannot be unsealed, or a file cannot be attached.
    """
    with workspace.read() as session:
        dispatch = session.get_one(Dispatch, dispatch_id)
        campaign = session.get_one(Campaign, dispatch.campaign_id)
        identity = session.get_one(Identity, identity_id)
        account = session.get_one(Account, identity.account_id)
        files = session.scalars(
            select(AttachedFile).where(AttachedFile.campaign_id == campaign.id).order_by(AttachedFile.id)
        ).all()
        provider = provider_of(account.preset, account.host)
        replaced = provider.replaced_headers if provider is not None else ()
        return Letter(
            source=_source(session, dispatch, campaign, identity, [_file(one) for one in files if not one.is_personal]),
            keys=tuple(_signing_keys(session, workspace, identity)),
            signed_headers=signed_headers(account.kind, replaced=replaced),
            personal_files={one.name: _file(one) for one in files if one.is_personal},
            file_field=campaign.file_field,
        )


def _source(
    session: Session, dispatch: Dispatch, campaign: Campaign, identity: Identity, files: list[Attachment]
) -> MessageSource:
    organisation = session.get_one(Organisation, 1)
    account = session.get_one(Account, identity.account_id)
    domain = identity.address.rpartition("@")[2]
    is_bulk = campaign.kind is CampaignKind.CAMPAIGN
    return_path = identity.return_path or identity.address
    return MessageSource(
        subject=dispatch.subject,
        preheader=dispatch.preheader,
        html=dispatch.html,
        text=dispatch.text,
        organisation=organisation.name,
        postal_address=organisation.postal_address,
        sender_name=identity.name,
        sender_address=identity.address,
        reply_to=campaign.reply_to or identity.reply_to,
        list_id=f"campaign-{campaign.id}.{domain}" if is_bulk else "",
        feedback_id=f"{campaign.id}:{campaign.kind}:{account.id}:{_sender_id(domain)}",
        unsubscribe=unsubscribe_by_mail(identity) if is_bulk else "",
        envelope_sender=verp(return_path) if account.keeps_return_path and identity.return_path else return_path,
        headers=(*_headers_of(account), *((name, value) for name, value in campaign.headers)),
        attachments=tuple(files),
        is_bulk=is_bulk,
    )


def _headers_of(account: Account) -> tuple[tuple[str, str], ...]:
    """What tells Amazon's SMTP servers which configuration set the message belongs to; its API is told otherwise."""
    if account.kind is AccountKind.SMTP and account.configuration_set:
        return (("X-SES-CONFIGURATION-SET", account.configuration_set),)
    return ()


def _sender_id(domain: str) -> str:
    """The constant last part of Feedback-ID, 5 to 15 characters (Gmail's Feedback Loop guide)."""
    shortest, longest = _SENDER_ID_LENGTHS
    return _SENDER_ID.sub("", domain.lower())[:longest].ljust(shortest, "x")


def _file(row: AttachedFile) -> Attachment:
    return Attachment(row.name, row.media_type, row.data, row.content_id)


def _signing_keys(session: Session, workspace: Workspace, identity: Identity) -> Iterator[SigningKey]:
    """The main key first."""

    def unsealed(secret_id: int) -> bytes:
        return workspace.key.unseal(session.get_one(Secret, secret_id).sealed).encode()

    if identity.dkim_key_id is not None:
        yield SigningKey(unsealed(identity.dkim_key_id), identity.dkim_domain, identity.dkim_selector)
    for key in session.scalars(select(DkimKey).where(DkimKey.identity_id == identity.id).order_by(DkimKey.id)):
        yield SigningKey(unsealed(key.key_id), key.domain, key.selector)
