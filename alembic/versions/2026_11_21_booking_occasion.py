"""Keep with each order all of what, when and where, the start that it was bought for, and when its buyer was reminded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c41d7e20b9a6"
down_revision = "e41d7a60b8c3"
branch_labels = None
depends_on = None

INSTANTS = ("doors_at", "moved_from", "reminded_at")
PLACE = ("address", "city")


def upgrade() -> None:
    for name in PLACE:
        op.add_column("booking", sa.Column(name, sa.String(), server_default=sa.text("''"), nullable=False))
    for name in INSTANTS:
        op.add_column("booking", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # What orders did not keep until now is what their listing says: nobody has been told otherwise.
    op.execute(
        "UPDATE booking SET address = listing.address, city = listing.city, doors_at = listing.doors_at"
        " FROM listing WHERE listing.id = booking.listing_id"
    )


def downgrade() -> None:
    for name in (*INSTANTS, *PLACE):
        op.drop_column("booking", name)
