"""Segments and what they ask, evidence by channel, whole domains that are barred, sources of contacts, findings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _widen_contacts()
    _add_behaviour()
    _add_list_care()


def _widen_contacts() -> None:
    op.add_column("field", sa.Column("options", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
    op.execute("UPDATE field SET type = 'time_zone' WHERE key = 'time_zone' AND is_builtin")
    op.add_column("consent", sa.Column("channel", sa.String(length=32), nullable=False, server_default="email"))
    op.add_column("consent", sa.Column("ip", sa.String(length=45), nullable=False, server_default=""))
    op.add_column("topic", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    # No version could fill it yet, and SQLite adds AUTOINCREMENT to no table that is there.
    op.drop_table("segment")
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "segment_size",
        _part_of("segment"),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        _belongs_to("segment_size", "segment"),
        sa.PrimaryKeyConstraint("segment_id", "day", name=op.f("pk_segment_size")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppressed_domain",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_suppressed_domain")),
    )
    op.create_table(
        "undo_part",
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["action_id"], ["undo_action.id"], name=op.f("fk_undo_part_action_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("action_id", "number", name=op.f("pk_undo_part")),
        sqlite_with_rowid=False,
    )


def _add_behaviour() -> None:
    op.create_table(
        "activity",
        _part_of("campaign"),
        _part_of("contact"),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in (
                "first_open_at",
                "last_open_at",
                "first_click_at",
                "last_click_at",
                "bounced_at",
                "complained_at",
                "unsubscribed_at",
                "replied_at",
            )
        ),
        _belongs_to("activity", "campaign"),
        _belongs_to("activity", "contact"),
        sa.PrimaryKeyConstraint("campaign_id", "contact_id", name=op.f("pk_activity")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_activity_contact_id"), "activity", ["contact_id"])
    op.create_table(
        "engagement",
        _part_of("contact"),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), nullable=True)
            for name in ("last_open_at", "last_click_at", "last_bounce_at", "last_reply_at")
        ),
        _belongs_to("engagement", "contact"),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_engagement")),
    )
    for name in ("last_open_at", "last_click_at"):
        op.create_index(op.f(f"ix_engagement_{name}"), "engagement", [name])
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        _part_of("campaign"),
        sa.Column("url", sa.Text(), nullable=False),
        _belongs_to("link", "campaign"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("campaign_id", "url", name=op.f("uq_link_campaign_id_url")),
    )
    op.create_table(
        "link_click",
        _part_of("link"),
        _part_of("contact"),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        _belongs_to("link_click", "link"),
        _belongs_to("link_click", "contact"),
        sa.PrimaryKeyConstraint("link_id", "contact_id", name=op.f("pk_link_click")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_link_click_contact_id"), "link_click", ["contact_id"])
    op.create_table(
        "campaign_hour",
        _part_of("campaign"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        _belongs_to("campaign_hour", "campaign"),
        sa.PrimaryKeyConstraint("campaign_id", "kind", "hour", name=op.f("pk_campaign_hour")),
        sqlite_with_rowid=False,
    )


def _add_list_care() -> None:
    op.create_table(
        "contact_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("secret_id", sa.Integer(), nullable=True),
        sa.Column("list_id", sa.Integer(), nullable=True),
        sa.Column("cursor", sa.String(length=64), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        _belongs_to("contact_source", "secret", gone="SET NULL"),
        sa.ForeignKeyConstraint(
            ["list_id"], ["contact_list.id"], name=op.f("fk_contact_source_list_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_source")),
    )
    op.create_table(
        "source_record",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("external_id", sa.String(length=64), nullable=False),
        _part_of("contact"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["contact_source.id"], name=op.f("fk_source_record_source_id"), ondelete="CASCADE"
        ),
        _belongs_to("source_record", "contact"),
        sa.PrimaryKeyConstraint("source_id", "external_id", name=op.f("pk_source_record")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_source_record_contact_id"), "source_record", ["contact_id"])
    op.create_table(
        "dismissed_finding",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=700), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_dismissed_finding")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mail_domain",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_domain")),
    )


def _part_of(owner: str) -> "sa.Column[int]":
    return sa.Column(f"{owner}_id", sa.Integer(), nullable=False)


def _belongs_to(table: str, owner: str, *, gone: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{owner}_id")
    return sa.ForeignKeyConstraint([f"{owner}_id"], [f"{owner}.id"], name=name, ondelete=gone)
