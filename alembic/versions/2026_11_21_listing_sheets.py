"""Keep what sellers type before it is a listing, and find a listing's orders in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "3c7be0a94d12"
down_revision = "8d1f4c72be05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing_sheet",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("seller_id", sa.String(), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["seller.id"], name=op.f("fk_listing_sheet_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_sheet")),
    )
    op.create_index(op.f("ix_listing_sheet_seller_id"), "listing_sheet", ["seller_id"], unique=False)
    op.create_index("ix_booking_listing_id_created_at_id", "booking", ["listing_id", "created_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_booking_listing_id_created_at_id", table_name="booking")
    op.drop_index(op.f("ix_listing_sheet_seller_id"), table_name="listing_sheet")
    op.drop_table("listing_sheet")
