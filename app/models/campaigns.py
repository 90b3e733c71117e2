"""What is to be sent to whom and when, and what became of it."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import CampaignKind, DeliveryState, DispatchState, EventKind, MessageFormat, Wish


class Campaign(Base):
    """What to send and to whom. `audience` is the stored form of `app.audience.audience.Audience`.

    `identity_id` is the first From address; `CampaignRoute` has all where there are several. `headers` are the user's
    own as pairs of name and value. `window` is the stored form of `app.sending.windows.SendingWindow`, `breaker` that
    of `app.sending.breaker.Breaker`; empty for the program's own. A deferred message is given up `give_up_after_h`
    hours after its first try. `file_field` is the key of the contact field that names each person's own file.
    """

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(Text, default="")
    preheader: Mapped[str] = mapped_column(Text, default="")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id", ondelete="SET NULL"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id", ondelete="SET NULL"))
    audience: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    kind: Mapped[CampaignKind] = mapped_column(Word(CampaignKind), default=CampaignKind.CAMPAIGN)
    format: Mapped[MessageFormat] = mapped_column(Word(MessageFormat), default=MessageFormat.HTML_AND_TEXT)
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    headers: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    window: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    breaker: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    give_up_after_h: Mapped[int] = mapped_column(default=48)
    file_field: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CampaignRoute(Base):
    """One of several From addresses, and with it accounts, that a campaign is sent from.

    They share the messages by `weight`; one of weight 0 is used when no other can send.
    """

    __tablename__ = "campaign_route"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"), primary_key=True)
    weight: Mapped[int] = mapped_column(default=1)


class Attachment(Base):
    """A file that goes out with a campaign.

    `content_id` names an image that the message shows (`cid:`); empty for an attachment. A `is_personal` file goes only
    to those whose `Campaign.file_field` holds its name.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    content_id: Mapped[str] = mapped_column(String(100), default="")
    is_personal: Mapped[bool] = mapped_column(default=False)
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Variant(Base):
    """One of several versions of a campaign that are tried against each other."""

    __tablename__ = "variant"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(Text, default="")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id", ondelete="SET NULL"))
    share: Mapped[int] = mapped_column(default=50)
    """Percent of the audience that gets it."""


class Schedule(Base):
    """When a campaign goes out: once at `starts_at`, or by an RFC 5545 recurrence rule in the IANA zone `time_zone`."""

    __tablename__ = "schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    time_zone: Mapped[str] = mapped_column(String(64))
    rrule: Mapped[str] = mapped_column(Text, default="")


class Dispatch(Base):
    """One run of a campaign: its content compiled once, its audience frozen once.

    The app writes `wish` and `due_at`; the agent writes `state` and the times, and when it cannot go on it writes
    `problem` and turns `wish` to pause. `note` says why nothing goes out for the moment. The content columns are the
    Jinja2 sources that were current when the audience was frozen, so that a later edit of the template changes nothing.

    `account_id` and `identity_id` are those of its first route; `DispatchRoute` has all. A dispatch of higher
    `priority` goes first. `idempotency_key` is the caller's name for a single message that must not be queued twice,
    `data` its merge values.
    """

    __tablename__ = "dispatch"
    __table_args__ = (Index(None, "state", "due_at"), Index(None, "idempotency_key", unique=True))

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="RESTRICT"))
    state: Mapped[DispatchState] = mapped_column(Word(DispatchState), default=DispatchState.PLANNED)
    wish: Mapped[Wish] = mapped_column(Word(Wish), default=Wish.RUN)
    problem: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(Text, default="")
    preheader: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[int] = mapped_column(default=0)
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    data: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


class DispatchRoute(Base):
    """An account and From address that a dispatch is sent from, as they were when it was launched."""

    __tablename__ = "dispatch_route"

    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id", ondelete="CASCADE"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="RESTRICT"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="RESTRICT"), index=True)
    weight: Mapped[int] = mapped_column(default=1)


class Delivery(Base):
    """One recipient in one dispatch: the outbox row.

    `reason` says why it is in its state: a `SkipReason`, or a reason of `app.sending.outcomes`. `due_at` is when a
    deferred delivery may be tried next. `token` names the delivery in links and headers without revealing anything.
    `account_id` is the account it was last tried through, and `agent_id` the agent that has it in hand where several
    share a workspace; neither is a foreign key, whose check every message would pay for.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("dispatch_id", "address"),
        # Ends in the row id, so the queued rows of a dispatch come in order, and it alone answers the counts.
        Index(None, "dispatch_id", "state"),
        Index(None, "contact_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("dispatch.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"))
    address: Mapped[str] = mapped_column(String(320))
    token: Mapped[str] = mapped_column(String(32))
    state: Mapped[DeliveryState] = mapped_column(Word(DeliveryState))
    reason: Mapped[str] = mapped_column(String(32), default="")
    reply: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None]
    agent_id: Mapped[int | None]


class Attempt(Base):
    """One try at a delivery and the server's reply to it."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "delivery_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    outcome: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(32), default="")
    code: Mapped[int | None]
    enhanced: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text, default="")


class Event(Base):
    """What happened to a delivery later. Rows are added, never changed."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "contact_id", "kind", "at"), Index(None, "delivery_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EventKind] = mapped_column(Word(EventKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(40), default="")
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
