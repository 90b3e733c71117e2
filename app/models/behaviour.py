"""What contacts did with the mail they got: sums of the events, kept in step by `app.audience.events`.

A segment or a report asks these instead of going through millions of events.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word
from app.models.states import EventKind


class Activity(Base):
    """What one contact did with the messages of one campaign. There is no row for who did nothing."""

    __tablename__ = "activity"
    __table_args__ = (Index(None, "contact_id"), {"sqlite_with_rowid": False})

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    opens: Mapped[int] = mapped_column(default=0)
    clicks: Mapped[int] = mapped_column(default=0)
    first_open_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_open_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_click_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_click_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    complained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unsubscribed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Engagement(Base):
    """What one contact ever did, over all campaigns. There is no row for who did nothing."""

    __tablename__ = "engagement"
    __table_args__ = (Index(None, "last_open_at"), Index(None, "last_click_at"))

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    opens: Mapped[int] = mapped_column(default=0)
    clicks: Mapped[int] = mapped_column(default=0)
    last_open_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_click_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_bounce_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_reply_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Link(Base):
    """A link in the messages of a campaign."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("campaign_id", "url"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(Text)


class LinkClick(Base):
    """A contact followed a link."""

    __tablename__ = "link_click"
    __table_args__ = (Index(None, "contact_id"), {"sqlite_with_rowid": False})

    link_id: Mapped[int] = mapped_column(ForeignKey("link.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    clicks: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CampaignHour(Base):
    """How many events of a kind a campaign had in one hour, and for how many contacts they were the first of it."""

    __tablename__ = "campaign_hour"
    __table_args__ = ({"sqlite_with_rowid": False},)

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[EventKind] = mapped_column(Word(EventKind), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    """Hours since 1970 in UTC."""
    events: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)
