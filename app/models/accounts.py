"""How mail leaves and where its answers arrive."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import AccountKind, TlsMode


class Account(Base):
    """A way for mail to leave, with its provider's limits. `problem` says why it stands still; empty while it works."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AccountKind] = mapped_column(Word(AccountKind))
    host: Mapped[str] = mapped_column(String(255), default="")
    port: Mapped[int] = mapped_column(default=0)
    tls: Mapped[TlsMode] = mapped_column(Word(TlsMode), default=TlsMode.STARTTLS)
    username: Mapped[str] = mapped_column(String(320), default="")
    password_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))
    per_second: Mapped[int | None]
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    connections: Mapped[int] = mapped_column(default=4)
    messages_per_connection: Mapped[int] = mapped_column(default=100)
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Identity(Base):
    """A From address of an account, signed with DKIM when it has a key."""

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(320))
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    dkim_domain: Mapped[str] = mapped_column(String(255), default="")
    dkim_selector: Mapped[str] = mapped_column(String(63), default="")
    dkim_key_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))


class Mailbox(Base):
    """An IMAP inbox in which bounces and replies arrive."""

    __tablename__ = "mailbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    username: Mapped[str] = mapped_column(String(320))
    password_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))


class Secret(Base):
    """A password, token or private key, sealed by `app.models.keys.WorkspaceKey.seal`."""

    __tablename__ = "secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class AccountUsage(Base):
    """How many messages an account handed over in one minute, so that its limits survive a restart."""

    __tablename__ = "account_usage"
    __table_args__ = ({"sqlite_with_rowid": False},)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Minutes since 1970 in UTC."""
    count: Mapped[int]
