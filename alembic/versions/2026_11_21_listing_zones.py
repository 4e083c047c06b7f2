"""Let listings be found by the time zone of their place."""

from __future__ import annotations

from alembic import op

revision = "7e25d8f1c0ab"
down_revision = "c41d7e20b9a6"
branch_labels = None
depends_on = None

INDEX = "ix_listing_zone_starts_at_id"


def upgrade() -> None:
    op.create_index(INDEX, "listing", ["zone", "starts_at", "id"])


def downgrade() -> None:
    op.drop_index(INDEX, table_name="listing")
