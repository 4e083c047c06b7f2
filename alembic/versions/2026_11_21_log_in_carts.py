"""A log-in keeps the basket that its person filled before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7d02c9b4e8a6"
down_revision = "a64f0c3d9b17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("login_session", sa.Column("cart", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("login_session") as table:
        table.drop_column("cart")
