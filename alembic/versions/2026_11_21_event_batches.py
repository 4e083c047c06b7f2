"""Events of one commit are delivered together; one whose reaction within a transaction failed says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9b4e61d07f3c"
down_revision = "9c3f41e8b7d2"
branch_labels = None
depends_on = None

UNDELIVERED = sa.text("delivered_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("outbox_event") as table:
        table.add_column(sa.Column("batch", sa.String(), nullable=True))
        table.add_column(sa.Column("waits_within", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    # What waits from before was recorded for reactions that all came afterwards: some of them now run within.
    op.execute("UPDATE outbox_event SET batch = id, waits_within = (delivered_at IS NULL)")
    with op.batch_alter_table("outbox_event") as table:
        table.alter_column("batch", existing_type=sa.String(), nullable=False)
    op.create_index(
        "ix_outbox_event_batch", "outbox_event", ["batch"], postgresql_where=UNDELIVERED, sqlite_where=UNDELIVERED
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_event_batch", "outbox_event")
    with op.batch_alter_table("outbox_event") as table:
        table.drop_column("waits_within")
        table.drop_column("batch")
