"""Several accounts for a campaign, attachments, more limits, single messages, and more than one agent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NOTHING = sa.text("'{}'")


def upgrade() -> None:
    _widen_accounts()
    _widen_campaigns()
    _add_routes()
    _add_api_access()


def _widen_accounts() -> None:
    for column in (
        sa.Column("preset", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("sign_in", sa.String(length=32), nullable=False, server_default="password"),
        sa.Column("region", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("configuration_set", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("keeps_return_path", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("per_30_days", sa.Integer(), nullable=True),
        sa.Column("domain_limits", sa.JSON(), nullable=False, server_default=_NOTHING),
        sa.Column("warm_up", sa.JSON(), nullable=False, server_default=_NOTHING),
        sa.Column("window", sa.JSON(), nullable=False, server_default=_NOTHING),
    ):
        op.add_column("account", column)
    op.add_column("identity", sa.Column("return_path", sa.String(length=320), nullable=False, server_default=""))
    op.create_table(
        "dkim_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("selector", sa.String(length=63), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_dkim_key_identity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["secret.id"], name=op.f("fk_dkim_key_key_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dkim_key")),
    )
    op.create_index(op.f("ix_dkim_key_identity_id"), "dkim_key", ["identity_id"])
    op.create_table(
        "account_pace",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("next_us", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("ceiling", sa.Float(), nullable=True),
        sa.Column("slowed_at", sa.BigInteger(), nullable=True),
        sa.Column("hold_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_pace_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_pace")),
    )


def _widen_campaigns() -> None:
    for column in (
        sa.Column("kind", sa.String(length=32), nullable=False, server_default="campaign"),
        sa.Column("format", sa.String(length=32), nullable=False, server_default="html_and_text"),
        sa.Column("reply_to", sa.String(length=320), nullable=False, server_default=""),
        sa.Column("headers", sa.JSON(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("window", sa.JSON(), nullable=False, server_default=_NOTHING),
        sa.Column("breaker", sa.JSON(), nullable=False, server_default=_NOTHING),
        sa.Column("give_up_after_h", sa.Integer(), nullable=False, server_default="48"),
        sa.Column("file_field", sa.String(length=64), nullable=False, server_default=""),
    ):
        op.add_column("campaign", column)
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("content_id", sa.String(length=100), nullable=False),
        sa.Column("is_personal", sa.Boolean(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_attachment_campaign_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_campaign_id"), "attachment", ["campaign_id"])
    op.add_column("dispatch", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("dispatch", sa.Column("idempotency_key", sa.String(length=200), nullable=True))
    op.add_column("dispatch", sa.Column("data", sa.JSON(), nullable=False, server_default=_NOTHING))
    op.create_index(op.f("ix_dispatch_idempotency_key"), "dispatch", ["idempotency_key"], unique=True)
    op.add_column("delivery", sa.Column("account_id", sa.Integer(), nullable=True))
    op.add_column("delivery", sa.Column("agent_id", sa.Integer(), nullable=True))


def _add_routes() -> None:
    op.create_table(
        "campaign_route",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_route_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_campaign_route_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "identity_id", name=op.f("pk_campaign_route")),
    )
    op.create_table(
        "dispatch_route",
        sa.Column("dispatch_id", sa.Integer(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dispatch_id"], ["dispatch.id"], name=op.f("fk_dispatch_route_dispatch_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name=op.f("fk_dispatch_route_identity_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_dispatch_route_account_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("dispatch_id", "identity_id", name=op.f("pk_dispatch_route")),
    )
    op.create_index(op.f("ix_dispatch_route_account_id"), "dispatch_route", ["account_id"])
    op.execute(
        "INSERT INTO dispatch_route (dispatch_id, identity_id, account_id, weight)"
        " SELECT id, identity_id, account_id, 1 FROM dispatch"
    )


def _add_api_access() -> None:
    op.create_table(
        "api_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_access")),
    )
