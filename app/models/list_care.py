"""What keeps a list good: where contacts come from by themselves, and what was found out about addresses."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import ContactSourceKind, MailDomainState


class ContactSource(Base):
    """A customer management whose contacts are carried over again and again.

    `settings` says which of its fields goes where; `cursor` is how far it was read (the moment of the last change that
    was seen, in its own form). `secret_id` is its token, sealed. `problem` is why the last run failed, in words.
    """

    __tablename__ = "contact_source"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ContactSourceKind] = mapped_column(Word(ContactSourceKind))
    name: Mapped[str] = mapped_column(String(200))
    settings: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    secret_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))
    list_id: Mapped[int | None] = mapped_column(ForeignKey("contact_list.id", ondelete="SET NULL"))
    cursor: Mapped[str] = mapped_column(String(64), default="")
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    problem: Mapped[str] = mapped_column(Text, default="")


class SourceRecord(Base):
    """Which contact a record of a source became, so that it is known again when its address changes there."""

    __tablename__ = "source_record"
    __table_args__ = ({"sqlite_with_rowid": False},)

    source_id: Mapped[int] = mapped_column(ForeignKey("contact_source.id", ondelete="CASCADE"), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)


class DismissedFinding(Base):
    """The user looked at a finding and wants to hear no more of it. `subject` names whom or what it was about."""

    __tablename__ = "dismissed_finding"
    __table_args__ = ({"sqlite_with_rowid": False},)

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(700), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class MailDomain(Base):
    """Whether a domain takes mail, as the DNS said when it was last asked (RFC 5321, section 5.1; RFC 7505)."""

    __tablename__ = "mail_domain"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    state: Mapped[MailDomainState] = mapped_column(Word(MailDomainState))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
