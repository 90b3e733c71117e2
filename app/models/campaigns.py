"""What is to be sent to whom and when, and what became of it."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import DeliveryState, DispatchState, EventKind, Wish


class Campaign(Base):
    """What to send and to whom. `audience` is the stored form of `app.audience.audience.Audience`."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(Text, default="")
    preheader: Mapped[str] = mapped_column(Text, default="")
    template_id: Mapped[int | None] = mapped_column(ForeignKey("template.id", ondelete="SET NULL"))
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("identity.id", ondelete="SET NULL"))
    audience: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
    """

    __tablename__ = "dispatch"
    __table_args__ = (Index(None, "state", "due_at"),)

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


class Delivery(Base):
    """One recipient in one dispatch: the outbox row.

    `reason` says why it is in its state: a `SkipReason`, or a reason of `app.sending.outcomes`. `due_at` is when a
    deferred delivery may be tried next. `token` names the delivery in links and headers without revealing anything.
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
