"""Find a guest's orders by address: they ask for the links that they have lost."""

from __future__ import annotations

from alembic import op

revision = "e41d7a60b8c3"
down_revision = "5b7c0e9d41fa"
branch_labels = None
depends_on = None

INDEX = "ix_booking_buyer_email_ends_at"


def upgrade() -> None:
    op.create_index(INDEX, "booking", ["buyer_email", "ends_at"])


def downgrade() -> None:
    op.drop_index(INDEX, table_name="booking")
