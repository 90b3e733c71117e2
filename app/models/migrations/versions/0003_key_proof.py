"""What a database on a server tells a wrong key by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("key_proof", sa.LargeBinary(), nullable=True))
