"""What the workspace keeps about itself."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, utcnow


class Organisation(Base):
    """Whose workspace this is; the one row has the id 1.

    `postal_address` stands in the foot of every message. `hash_key` keys the hashes by which addresses are suppressed:
    it stays the same for the life of the workspace, so that a hash outlives a change of the workspace key. `key_proof`
    is a known text, sealed with the workspace's key, by which a database tells another key; a file has none, as it does
    not even open with another one.
    """

    __tablename__ = "organisation"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    postal_address: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    hash_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    key_proof: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class AgentLease(Base):
    """An agent that works on this workspace. Past `expires_at` it counts as dead, and another may take over.

    In a file there is one, with the id 1; agents that share a PostgreSQL database have a row each.
    """

    __tablename__ = "agent_lease"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    holder: Mapped[str] = mapped_column(String(64))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiAccess(Base):
    """Lets other programs on this computer send single messages through the agent; the one row has the id 1, and
    without it nothing listens. The caller's token is known by its SHA-256 alone.
    """

    __tablename__ = "api_access"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    port: Mapped[int]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class UndoAction(Base):
    """One action of the user that can be taken back. `blob` is the compressed JSON of the cells as they were.

    An action that changed very much continues in rows of `UndoPart`.
    """

    __tablename__ = "undo_action"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    label: Mapped[str] = mapped_column(Text)
    blob: Mapped[bytes] = mapped_column(LargeBinary)
    is_undone: Mapped[bool] = mapped_column(default=False)


class UndoPart(Base):
    """A further part of an action, in the form of its `blob`; the parts of one action are numbered from 1 on."""

    __tablename__ = "undo_part"
    __table_args__ = ({"sqlite_with_rowid": False},)

    action_id: Mapped[int] = mapped_column(ForeignKey("undo_action.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    blob: Mapped[bytes] = mapped_column(LargeBinary)


class PracticeMessage(Base):
    """A message that the practice server accepted: it never left this computer."""

    __tablename__ = "practice_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sender: Mapped[str] = mapped_column(String(320))
    recipient: Mapped[str] = mapped_column(String(320), index=True)
    subject: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
