"""Freezing a dispatch: its content compiled once, its audience written down once, in one transaction."""

from sqlalchemy import case, func, insert, join, literal, null, select
from sqlalchemy.orm import Session

from app.audience.audience import Audience, select_contacts
from app.audience.status import contact_and_block, skip_reason
from app.content.letter import MessageSource, prepare
from app.errors import UserFacingError
from app.models.base import now_ms, utcnow
from app.models.states import DeliveryState, DispatchState, Wish
from app.models.tables import Campaign, Contact, Delivery, Dispatch, Identity, Organisation, Template
from app.models.workspace import Workspace

_TOKEN_BYTES = 12


def compile_campaign(session: Session, campaign_id: int) -> MessageSource:
    """The message of a campaign as it would go out now.

    Raises:
        TemplateError: the template cannot be compiled.
        UserFacingError: the campaign has no template or no From address.
    """
    campaign = session.get_one(Campaign, campaign_id)
    template = session.get(Template, campaign.template_id) if campaign.template_id is not None else None
    if template is None or template.deleted_at is not None:
        raise UserFacingError("This campaign has no template.", "Choose one.")
    identity = session.get(Identity, campaign.identity_id) if campaign.identity_id is not None else None
    if identity is None:
        raise UserFacingError("This campaign has no From address.", "Choose one.")
    return source_for(session, identity, mjml=template.mjml, subject=campaign.subject, preheader=campaign.preheader)


def source_for(session: Session, identity: Identity, *, mjml: str, subject: str, preheader: str) -> MessageSource:
    """The message made of a template, sent from *identity*.

    Raises:
        TemplateError: the template cannot be compiled.
    """
    organisation = session.get_one(Organisation, 1)
    return prepare(
        mjml,
        subject=subject,
        preheader=preheader,
        sender_name=identity.name,
        sender_address=identity.address,
        reply_to=identity.reply_to,
        unsubscribe=unsubscribe_by_mail(identity),
        organisation=organisation.name,
        postal_address=organisation.postal_address,
    )


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
    with workspace.write() as session:
        dispatch = session.get(Dispatch, dispatch_id, with_for_update=True)
        if dispatch is None or dispatch.state is not DispatchState.PLANNED or dispatch.wish is not Wish.RUN:
            return False
        campaign = session.get_one(Campaign, dispatch.campaign_id)
        source = compile_campaign(session, campaign.id)
        dispatch.subject, dispatch.preheader = source.subject, source.preheader
        dispatch.html, dispatch.text = source.html, source.text
        dispatch.state, dispatch.started_at, dispatch.problem = DispatchState.SENDING, utcnow(), ""
        session.flush()
        _write_deliveries(session, dispatch.id, Audience.from_json(campaign.audience))
    return True


def _write_deliveries(session: Session, dispatch_id: int, audience: Audience) -> None:
    members = select_contacts(audience).subquery()
    objection = skip_reason.element
    is_skipped = objection.is_not(None)
    session.execute(
        insert(Delivery).from_select(
            ["dispatch_id", "contact_id", "address", "token", "state", "reason", "reply", "attempts", "settled_at"],
            select(
                literal(dispatch_id),
                Contact.id,
                Contact.email,
                func.lower(func.hex(func.randomblob(_TOKEN_BYTES))),
                case((is_skipped, DeliveryState.SKIPPED.value), else_=DeliveryState.QUEUED.value),
                func.coalesce(objection, ""),
                literal(""),
                literal(0),
                case((is_skipped, now_ms()), else_=null()),
            ).select_from(join(contact_and_block, members, members.c.id == Contact.id)),
            include_defaults=False,
        )
    )
