"""How mail leaves and where its answers arrive."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Float, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, Word, utcnow
from app.models.states import AccountKind, SignIn, TlsMode


class Account(Base):
    """A way for mail to leave, with its provider's limits. `problem` says why it stands still; empty while it works.

    `preset` names the provider in `app.sending.presets` whose tile it was made from. `password_id` is the password;
    with `SignIn.OAUTH2` the tokens and what renews them; with SES's API the secret half of the access key, whose public
    half is `username`. `window` is the stored form of `app.sending.windows.SendingWindow`, `warm_up` that of
    `app.sending.warm_up.WarmUp`; `domain_limits` maps a recipient domain to the stored form of its `Limits`.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[AccountKind] = mapped_column(Word(AccountKind))
    preset: Mapped[str] = mapped_column(String(40), default="")
    host: Mapped[str] = mapped_column(String(255), default="")
    port: Mapped[int] = mapped_column(default=0)
    tls: Mapped[TlsMode] = mapped_column(Word(TlsMode), default=TlsMode.STARTTLS)
    username: Mapped[str] = mapped_column(String(320), default="")
    password_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))
    sign_in: Mapped[SignIn] = mapped_column(Word(SignIn), default=SignIn.PASSWORD)
    region: Mapped[str] = mapped_column(String(40), default="")
    configuration_set: Mapped[str] = mapped_column(String(64), default="")
    keeps_return_path: Mapped[bool] = mapped_column(default=False)
    """Its server passes on the envelope sender it is given, so that a bounce can name its delivery (VERP)."""
    per_second: Mapped[int | None]
    per_minute: Mapped[int | None]
    per_hour: Mapped[int | None]
    per_day: Mapped[int | None]
    per_30_days: Mapped[int | None]
    connections: Mapped[int] = mapped_column(default=4)
    messages_per_connection: Mapped[int] = mapped_column(default=100)
    domain_limits: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)
    warm_up: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    window: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class Identity(Base):
    """A From address of an account, signed with DKIM when it has a key. `return_path` is where bounces go; empty for
    the address itself. Signatures beyond the first are in `DkimKey`.
    """

    __tablename__ = "identity"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(320))
    reply_to: Mapped[str] = mapped_column(String(320), default="")
    return_path: Mapped[str] = mapped_column(String(320), default="")
    dkim_domain: Mapped[str] = mapped_column(String(255), default="")
    dkim_selector: Mapped[str] = mapped_column(String(63), default="")
    dkim_key_id: Mapped[int | None] = mapped_column(ForeignKey("secret.id", ondelete="SET NULL"))


class DkimKey(Base):
    """A further key that an identity's messages are signed with, such as an Ed25519 one beside the RSA key."""

    __tablename__ = "dkim_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id", ondelete="CASCADE"), index=True)
    domain: Mapped[str] = mapped_column(String(255))
    selector: Mapped[str] = mapped_column(String(63))
    key_id: Mapped[int] = mapped_column(ForeignKey("secret.id", ondelete="CASCADE"))


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


class AccountPace(Base):
    """Where an account stands between two messages: what its agents must agree on, and what outlives a restart.

    `next_us` is the earliest moment of the next message, in microseconds since 1970 in UTC. `rate` (messages a second)
    is how fast it went at `slowed_at`, when its server asked for less; NULL while nothing slows it. `ceiling` is the
    rate it creeps back to, `hold_until` the moment before which the server wants to hear nothing.
    """

    __tablename__ = "account_pace"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    next_us: Mapped[int] = mapped_column(BigInteger, default=0)
    rate: Mapped[float | None] = mapped_column(Float)
    ceiling: Mapped[float | None] = mapped_column(Float)
    slowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hold_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
