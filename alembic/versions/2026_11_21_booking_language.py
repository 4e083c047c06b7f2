"""Keep the language that an order was made in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "5b7c0e9d41fa"
down_revision = "b3a9d07c51e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Orders that were there before were made in English: there was nothing else.
    op.add_column("booking", sa.Column("language", sa.String(length=20), server_default="en", nullable=False))


def downgrade() -> None:
    op.drop_column("booking", "language")
