"""Let what is sold be counted without reading a row: it is counted after every sale."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c31b7f8e2d40"
down_revision = "d27b85e1f0c4"
branch_labels = None
depends_on = None

SOLD = sa.text("confirmed_at IS NOT NULL AND released_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_allocation_sold", "allocation", ["resource"], postgresql_where=SOLD, sqlite_where=SOLD)


def downgrade() -> None:
    op.drop_index("ix_allocation_sold", "allocation")
