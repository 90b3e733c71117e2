"""People, the columns they have, the groups they are in, and the permission to mail them."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import Channel, ConsentAction, ConsentState, FieldType, LawfulBasis, SuppressionReason


class Contact(Base):
    """A person. Custom fields are further columns `cf_<field id>`, added by `app.audience.fields`.

    `email` is in the one normalised form of `app.audience.addresses.normalise`, so it is the key by which a person is
    recognised; `address_hash` is its keyed hash, which suppressions are matched by.
    """

    __tablename__ = "contact"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    first_name: Mapped[str | None] = mapped_column(Text)
    last_name: Mapped[str | None] = mapped_column(Text)
    company: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    postal_code: Mapped[str | None] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    consent: Mapped[ConsentState] = mapped_column(Word(ConsentState), default=ConsentState.UNKNOWN)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Field(Base):
    """A typed column of the contact grid. `key` is its merge name, `column` its column in the table `contact`.

    `options` are the words a choice may be, in order, each with the name of a colour: `[["Gold", "yellow"], …]`. A
    deleted field is hidden (`deleted_at`); its column and the values in it stay, so that deleting can be undone.
    """

    __tablename__ = "field"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(String(200))
    type: Mapped[FieldType] = mapped_column(Word(FieldType))
    column: Mapped[str] = mapped_column(String(64), unique=True)
    is_builtin: Mapped[bool] = mapped_column(default=False)
    options: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    position: Mapped[int]
    is_hidden: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContactList(Base):
    """A group with a fixed membership.

    A campaign names it by its id, so an id is never given out twice: a new list must not inherit the campaigns of an
    old one.
    """

    __tablename__ = "contact_list"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Membership(Base):
    """A contact is in a list."""

    __tablename__ = "membership"
    __table_args__ = (Index(None, "contact_id"), {"sqlite_with_rowid": False})

    list_id: Mapped[int] = mapped_column(ForeignKey("contact_list.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Tag(Base):
    """A free label. Its id is never given out twice, like a list's."""

    __tablename__ = "tag"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)


class ContactTag(Base):
    """A contact carries a tag."""

    __tablename__ = "contact_tag"
    __table_args__ = (Index(None, "contact_id"), {"sqlite_with_rowid": False})

    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)


class Topic(Base):
    """A subject a person subscribes to. A deleted one is hidden (`deleted_at`): evidence of consent may name it."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Subscription(Base):
    """A contact wants (or no longer wants) mail about a topic."""

    __tablename__ = "subscription"
    __table_args__ = (Index(None, "contact_id"), {"sqlite_with_rowid": False})

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    is_subscribed: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Segment(Base):
    """A saved rule over fields, groups, consent and behaviour, evaluated live. `rule` is a tree, see
    `app.audience.rules`. Its id is never given out twice, like a list's.
    """

    __tablename__ = "segment"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    rule: Mapped[dict[str, object]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class SegmentSize(Base):
    """How many contacts were in a segment on a day: the last count of that day."""

    __tablename__ = "segment_size"
    __table_args__ = ({"sqlite_with_rowid": False},)

    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)
    """Days since 1970 in UTC."""
    size: Mapped[int]


class Consent(Base):
    """One piece of evidence of a permission, or of its withdrawal. Rows are added, never changed.

    Without a topic it is about all of them. `wording` is the text the person saw, `ip` the address they came from.
    """

    __tablename__ = "consent"
    __table_args__ = (Index(None, "contact_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id", ondelete="SET NULL"))
    channel: Mapped[Channel] = mapped_column(Word(Channel), default=Channel.EMAIL)
    action: Mapped[ConsentAction] = mapped_column(Word(ConsentAction))
    basis: Mapped[LawfulBasis | None] = mapped_column(Word(LawfulBasis))
    source: Mapped[str] = mapped_column(Text)
    wording: Mapped[str] = mapped_column(Text, default="")
    ip: Mapped[str] = mapped_column(String(45), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Suppression(Base):
    """An address that must not be mailed. It outlives its contact: after erasure only the keyed hash remains."""

    __tablename__ = "suppression"
    __table_args__ = (UniqueConstraint("address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    address: Mapped[str | None] = mapped_column(String(320))
    reason: Mapped[SuppressionReason] = mapped_column(Word(SuppressionReason))
    origin: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class SuppressedDomain(Base):
    """A domain no address of which must be mailed."""

    __tablename__ = "suppressed_domain"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    reason: Mapped[SuppressionReason] = mapped_column(Word(SuppressionReason))
    origin: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
