"""Single messages: a receipt or a confirmation that another program has sent to one person, ahead of the campaigns.

Each is a dispatch of its own, with one delivery, of a hidden campaign for each template; so it takes the same way as
everything else: durable before it goes, claimed, settled, shown in the contact's history. All that can be found out
about a message is found out when it is queued, because its caller is there to hear of it then and never again.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from app.audience.addresses import BadAddress, normalise
from app.audience.barred_domains import is_at_barred_domain
from app.audience.contacts import merge_values
from app.content.letter import MessageSource
from app.models.base import utcnow
from app.models.sql import serialise
from app.models.states import AccountKind, CampaignKind, DeliveryState, DispatchState, SuppressionReason
from app.models.tables import (
    Account,
    Campaign,
    Contact,
    Delivery,
    Dispatch,
    DispatchRoute,
    Identity,
    Organisation,
    Suppression,
    Template,
)
from app.models.workspace import Workspace
from app.sending.identities import identities_in
from app.sending.message_requests import MessageRefused, MessageRequest, Refusal, checked_data, checked_key
from app.sending.plan import unsubscribe_by_mail
from app.sending.single_letter import Manuscript, SingleLetter, single_letter
from app.sending.wording import reason_words, state_words

__all__ = [
    "MessageRefused",
    "MessageRequest",
    "MessageStatus",
    "Queued",
    "Ready",
    "Refusal",
    "make_ready",
    "queue",
    "status",
    "store",
]

PRIORITY = 10
"""Of a campaign it is 0."""
_UNSUBSCRIBE_URL = "unsubscribe_url"
_NAME_LENGTH = 200
_HIGHEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that will go out.

    Attributes:
        token: Names the delivery in the Message-ID.
        is_new: It was not queued before under the same idempotency key.
    """

    dispatch_id: int
    delivery_id: int
    token: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that was looked through and can be queued.

    Attributes:
        given: The merge values that the caller gave; *merged* are these and ours.
    """

    request: MessageRequest
    template_id: int
    template_name: str
    identity_id: int
    address: str
    token: str
    source: MessageSource
    given: Mapping[str, object] = field(repr=False)
    merged: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """What has become of a message.

    Attributes:
        words: Its state, and why it is in it, in plain English.
        reply: What the mail server said last.
        problem: Why it cannot go on until the user acts; empty while it can.
        note: Why it does not go out for the moment; empty while it goes.
    """

    id: int
    state: DeliveryState
    words: str
    reason: str
    reply: str
    attempts: int
    queued_at: datetime
    settled_at: datetime | None
    retry_at: datetime | None
    problem: str
    note: str


def queue(workspace: Workspace, request: MessageRequest) -> Queued:
    """Have a message sent before everything else, unless it was queued before under its idempotency key.

    Raises:
        MessageRefused: it cannot be sent, or another one was queued under its key.
    """
    ready = make_ready(workspace, request)
    if isinstance(ready, Queued):
        return ready
    with workspace.write() as session:
        return store(session, ready)


def make_ready(workspace: Workspace, request: MessageRequest) -> Ready | Queued:
    """The first half of `queue`, which only reads and takes the most time.

    Raises:
        MessageRefused: see `queue`.
    """
    key = checked_key(request.idempotency_key)
    address = _address(request.to, "to")
    data = checked_data(request)
    if request.reply_to:
        request = replace(request, reply_to=_address(request.reply_to, "reply_to"))
    with workspace.read() as session:
        if key is not None and (earlier := _earlier(session, request, address, data)) is not None:
            return earlier
        template = _template(session, request.template)
        identity = _identity(session, request.identity_id)
        _refuse_if_suppressed(session, workspace, address)
        contact_id = session.scalar(select(Contact.id).where(Contact.email == address))
        values = merge_values(session, [contact_id])[contact_id] if contact_id is not None else {}
        token = secrets.token_hex(12)
        letter = _letter(session, request, template, identity)
        merged: dict[str, object] = dict(data)
        if _UNSUBSCRIBE_URL in letter.used:
            merged.setdefault(_UNSUBSCRIBE_URL, unsubscribe_by_mail(identity).replace("{token}", token))
        ready = Ready(request, template.id, template.name, identity.id, address, token, letter.source, data, merged)
    letter.try_out({**values, **merged}, given=data, to_address=address, to_name=request.to_name, token=token)
    return ready


def store(session: Session, ready: Ready) -> Queued:
    """The second half of `queue`, in a transaction of the caller's: the message is durable once that is committed.

    Raises:
        MessageRefused: another message was queued under its key meanwhile, or its From address was removed.
    """
    serialise(session, "single messages")
    request = ready.request
    if request.idempotency_key is not None:
        earlier = _earlier(session, request, ready.address, ready.given)
        if earlier is not None:
            return earlier
    identity = _identity(session, ready.identity_id)
    now = utcnow()
    dispatch = Dispatch(
        campaign_id=_hidden_campaign(session, ready),
        account_id=identity.account_id,
        identity_id=identity.id,
        state=DispatchState.SENDING,
        due_at=now,
        created_at=now,
        started_at=now,
        subject=ready.source.subject,
        preheader=ready.source.preheader,
        html=ready.source.html,
        text=ready.source.text,
        priority=PRIORITY,
        idempotency_key=request.idempotency_key,
        data=dict(ready.merged),
    )
    session.add(dispatch)
    session.flush()
    delivery = Delivery(
        dispatch_id=dispatch.id,
        contact_id=session.scalar(select(Contact.id).where(Contact.email == ready.address)),
        address=ready.address,
        token=ready.token,
        state=DeliveryState.QUEUED,
    )
    route = DispatchRoute(dispatch_id=dispatch.id, identity_id=identity.id, account_id=identity.account_id)
    session.add_all([delivery, route])
    session.flush()
    return Queued(dispatch.id, delivery.id, ready.token, is_new=True)


def status(
    workspace: Workspace, *, dispatch_id: int | None = None, idempotency_key: str | None = None
) -> MessageStatus:
    """What has become of the message of this number or key.

    Raises:
        MessageRefused: there is none.
    """
    wanted = Dispatch.id == dispatch_id if dispatch_id is not None else Dispatch.idempotency_key == idempotency_key
    with workspace.read() as session:
        row = session.execute(
            select(Dispatch, Delivery)
            .join(Delivery, Delivery.dispatch_id == Dispatch.id)
            .join(Campaign, Campaign.id == Dispatch.campaign_id)
            .where(Campaign.kind == CampaignKind.TRANSACTIONAL, wanted)
        ).one_or_none()
        if row is None:
            raise MessageRefused(Refusal.UNKNOWN_MESSAGE, "There is no such message.")
        dispatch, delivery = row
        why = reason_words(delivery.reason) if delivery.state is not DeliveryState.SENT else ""
        return MessageStatus(
            id=dispatch.id,
            state=delivery.state,
            words=": ".join(part for part in (state_words(delivery.state), why) if part),
            reason=delivery.reason,
            reply=delivery.reply,
            attempts=delivery.attempts,
            queued_at=dispatch.created_at,
            settled_at=delivery.settled_at,
            retry_at=delivery.due_at if delivery.state is DeliveryState.DEFERRED else None,
            problem=dispatch.problem,
            note=dispatch.note,
        )


def _earlier(session: Session, request: MessageRequest, address: str, data: Mapping[str, object]) -> Queued | None:
    """The message that was queued under the key of *request*, if there is one and it is the same."""
    row = session.execute(
        select(Dispatch, Campaign, Delivery)
        .join(Campaign, Campaign.id == Dispatch.campaign_id)
        .join(Delivery, Delivery.dispatch_id == Dispatch.id)
        .where(Dispatch.idempotency_key == request.idempotency_key)
    ).one_or_none()
    if row is None:
        return None
    dispatch, campaign, delivery = row
    added = {_UNSUBSCRIBE_URL} - data.keys()
    is_same = (
        request.template in (campaign.template_id, campaign.name)
        and address == delivery.address
        and {name: value for name, value in dispatch.data.items() if name not in added} == _as_stored(data)
        and request.identity_id in (None, dispatch.identity_id)
        and request.subject in (None, dispatch.subject)
        and request.reply_to == campaign.reply_to
    )
    if not is_same:
        raise MessageRefused(
            Refusal.KEY_REUSED,
            "Another message was queued under this idempotency key.",
            "Give each message a key of its own; the same key stands for the same message for ever.",
        )
    return Queued(dispatch.id, delivery.id, delivery.token, is_new=False)


def _as_stored(data: Mapping[str, object]) -> object:
    return json.loads(json.dumps(data))


def _address(text: str, what: str) -> str:
    try:
        return normalise(text)
    except BadAddress as error:
        raise MessageRefused(
            Refusal.BAD_ADDRESS, f"“{what}” is no e-mail address: {error.title}", detail=error.detail
        ) from error


def _template(session: Session, wanted: int | str) -> Template:
    is_it = Template.id == wanted if isinstance(wanted, int) else Template.name == wanted
    if isinstance(wanted, int) and not 0 < wanted <= _HIGHEST_ID:
        is_it = false()
    found = session.scalars(select(Template).where(is_it, Template.deleted_at.is_(None)).limit(2)).all()
    if not found:
        raise MessageRefused(
            Refusal.UNKNOWN_TEMPLATE, f"There is no template “{wanted}”.", "Look under Templates what it is called."
        )
    if len(found) > 1:
        raise MessageRefused(
            Refusal.UNKNOWN_TEMPLATE, f"There are several templates “{wanted}”.", "Give one of them another name."
        )
    return found[0]


def _identity(session: Session, identity_id: int | None) -> Identity:
    """The From address of this number, or the only one there is, if its account can send."""
    if identity_id is None:
        own = [one.id for one in identities_in(session) if one.account_kind is not AccountKind.PRACTICE]
        if len(own) != 1:
            raise MessageRefused(
                Refusal.UNKNOWN_SENDER,
                "From which address is not clear.",
                "Name one of your From addresses." if own else "Add an account first.",
            )
        identity_id = own[0]
    identity = session.get(Identity, identity_id)
    if identity is None:
        raise MessageRefused(Refusal.UNKNOWN_SENDER, "This From address was removed.", "Choose another one.")
    problem = session.get_one(Account, identity.account_id).problem
    if problem:
        raise MessageRefused(
            Refusal.ACCOUNT_CANNOT_SEND, f"The account cannot send: {problem}", "Correct it under Accounts."
        )
    return identity


def _refuse_if_suppressed(session: Session, workspace: Workspace, address: str) -> None:
    """Who has unsubscribed from newsletters still gets a receipt; see `outbox.claim`, which looks again."""
    by_hash = Suppression.address_hash == workspace.address_hash(address)
    reason = session.scalar(select(Suppression.reason).where(by_hash))
    if reason not in (None, SuppressionReason.UNSUBSCRIBED) or is_at_barred_domain(session, address):
        raise MessageRefused(
            Refusal.SUPPRESSED,
            "This address must not be mailed: it bounced, complained, or was blocked.",
            "If that is a mistake, allow it again under Contacts.",
        )


def _letter(session: Session, request: MessageRequest, template: Template, identity: Identity) -> SingleLetter:
    organisation = session.get_one(Organisation, 1)
    return single_letter(
        Manuscript(
            mjml=template.mjml,
            subject=template.subject if request.subject is None else request.subject,
            preheader=template.preheader,
            sender_name=identity.name,
            sender_address=identity.address,
            reply_to=request.reply_to or identity.reply_to,
            organisation=organisation.name,
            postal_address=organisation.postal_address,
        )
    )


def _hidden_campaign(session: Session, ready: Ready) -> int:
    """The campaign that stands behind the single messages of a template, found or made."""
    reply_to = ready.request.reply_to
    campaign = session.scalars(
        select(Campaign)
        .where(
            Campaign.kind == CampaignKind.TRANSACTIONAL,
            Campaign.template_id == ready.template_id,
            Campaign.reply_to == reply_to,
            Campaign.deleted_at.is_(None),
        )
        .limit(1)
    ).first()
    if campaign is None:
        campaign = Campaign(kind=CampaignKind.TRANSACTIONAL, template_id=ready.template_id, reply_to=reply_to)
        session.add(campaign)
    campaign.name = ready.template_name[:_NAME_LENGTH]
    session.flush()
    return campaign.id
