"""Keep with each listing what it is sorted by: its lowest price and how much of it is sold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3a9d07c51e4"
down_revision = "3c7be0a94d12"
branch_labels = None
depends_on = None

COLUMNS = ("capacity", "sold", "demand", "cheapest")
INDEXES = {f"ix_listing_{column}_id": [column, "id"] for column in ("cheapest", "published_at", "demand")}


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("listing", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.execute(
        "UPDATE listing SET"
        " capacity = COALESCE((SELECT seat_count + standing_count FROM plan WHERE plan.id = listing.plan_id), 0),"
        " cheapest = COALESCE((SELECT MIN(minor) FROM listing_price WHERE listing_price.listing_id = listing.id), 0),"
        " sold = (SELECT COUNT(*) FROM allocation WHERE allocation.resource = listing.id"
        " AND allocation.released_at IS NULL AND allocation.confirmed_at IS NOT NULL)"
    )
    op.execute("UPDATE listing SET demand = sold * 10000 / capacity WHERE sold < capacity")
    for name, columns in INDEXES.items():
        op.create_index(name, "listing", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="listing")
    for name in COLUMNS:
        op.drop_column("listing", name)
