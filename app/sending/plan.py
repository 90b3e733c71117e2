"""Freezing a dispatch: its content compiled once, its audience written down once, in one transaction."""

from sqlalchemy.orm import Session

from app.audience.audience import Audience, require_answerable
from app.content.attachments import content_ids_in
from app.content.compiled import CompiledMessage
from app.content.letter import MessageSource, prepare
from app.errors import UserFacingError
from app.models.base import utcnow
from app.models.states import DispatchState, MessageFormat, Wish
from app.models.tables import Campaign, Dispatch, Identity, Organisation, Template
from app.models.workspace import Workspace
from app.sending.attachments import common_bytes, files_of, refuse_if_too_big
from app.sending.frozen_rows import write_deliveries
from app.sending.personal_files import findings_of


def compile_campaign(session: Session, campaign_id: int) -> MessageSource:
    """The message of a campaign as it would go out now, looked over as far as that goes without a recipient.

    Its files are looked over too, but are not in it: who only asks whether it can be sent need not load them.

    Raises:
        TemplateError: the template cannot be compiled, or a header, an address or a file cannot be sent.
        UserFacingError: the campaign has no template or no From address, its files are too big, or its recipients
            cannot be told.
    """
    campaign = session.get_one(Campaign, campaign_id)
    template = session.get(Template, campaign.template_id) if campaign.template_id is not None else None
    if template is None or template.deleted_at is not None:
        raise UserFacingError("This campaign has no template.", "Choose one.")
    identity = session.get(Identity, campaign.identity_id) if campaign.identity_id is not None else None
    if identity is None:
        raise UserFacingError("This campaign has no From address.", "Choose one.")
    source = source_for(
        session,
        identity,
        mjml=template.mjml,
        subject=campaign.subject,
        preheader=campaign.preheader,
        text_only=campaign.format is MessageFormat.TEXT_ONLY,
        reply_to=campaign.reply_to,
        headers=tuple((name, value) for name, value in campaign.headers),
    )
    CompiledMessage(source)
    _check_files(session, campaign, source.html)
    require_answerable(session, Audience.from_json(campaign.audience))
    return source


def source_for(
    session: Session,
    identity: Identity,
    *,
    mjml: str,
    subject: str,
    preheader: str,
    text_only: bool = False,
    reply_to: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> MessageSource:
    """The message made of a template, sent from *identity*.

    Args:
        text_only: Without the design.
        reply_to: Where answers go; empty for where *identity* says.
        headers: Headers of the user's own.

    Raises:
        TemplateError: the template cannot be compiled.
    """
    organisation = session.get_one(Organisation, 1)
    return prepare(
        mjml,
        subject=subject,
        preheader=preheader,
        text_only=text_only,
        sender_name=identity.name,
        sender_address=identity.address,
        reply_to=reply_to or identity.reply_to,
        unsubscribe=unsubscribe_by_mail(identity),
        organisation=organisation.name,
        postal_address=organisation.postal_address,
        headers=headers,
    )


def _check_files(session: Session, campaign: Campaign, html: str) -> None:
    """Look over what goes out with a message whose HTML is *html*."""
    files = files_of(session, campaign.id)
    missing = sorted(content_ids_in(html) - {file.content_id for file in files})
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        what = f"the picture {names}, which is" if len(missing) == 1 else f"the pictures {names}, which are"
        raise UserFacingError(f"The message shows {what} not among the files of this campaign.", "Add it under Files.")
    refuse_if_too_big(common_bytes(files) + findings_of(session, campaign).largest_bytes)


def unsubscribe_by_mail(identity: Identity) -> str:
    """Where the unsubscribe link leads: a mail to whoever reads the answers, naming the delivery by its token."""
    return f"mailto:{identity.reply_to or identity.address}?subject=unsubscribe%20{{token}}"


def freeze(workspace: Workspace, dispatch_id: int) -> bool:
    """Write down what is sent and to whom, so that nothing changed later touches this dispatch.

    Everybody of the audience gets a row: those who must not be mailed are `skipped` with the reason, the others queued.
    One transaction: after a crash it has happened or it has not.

    Returns:
        Whether it was done; False if the user thought better of it meanwhile.

    Raises:
        UserFacingError: the message cannot be made.
    """
    with workspace.database.write_much() as session:
        dispatch = session.get(Dispatch, dispatch_id, with_for_update=True)
        if dispatch is None or dispatch.state is not DispatchState.PLANNED or dispatch.wish is not Wish.RUN:
            return False
        campaign = session.get_one(Campaign, dispatch.campaign_id)
        source = compile_campaign(session, campaign.id)
        dispatch.subject, dispatch.preheader = source.subject, source.preheader
        dispatch.html, dispatch.text = source.html, source.text
        dispatch.state, dispatch.started_at, dispatch.problem = DispatchState.SENDING, utcnow(), ""
        session.flush()
        write_deliveries(session, dispatch.id, Audience.from_json(campaign.audience))
    return True
