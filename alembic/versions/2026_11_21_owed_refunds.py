"""Keep what is owed until it is paid back: a refund that was refused is no longer the end of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d27b85e1f0c4"
down_revision = "7d02c9b4e8a6"
branch_labels = None
depends_on = None

OWED = sa.text("status = 'owed'")


def upgrade() -> None:
    # Added one by one, without rebuilding the table on SQLite, which would lose its checks.
    op.add_column("refund", sa.Column("asked_as", sa.String(), nullable=False, server_default=sa.text("''")))
    op.add_column("refund", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("refund", sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("refund", sa.Column("why", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("refund", sa.Column("settled_how", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("refund", sa.Column("settled_by", sa.String(), nullable=True))
    op.execute("UPDATE refund SET asked_as = id")
    op.execute("UPDATE refund SET asked_at = created_at WHERE attempts > 0")
    # What had failed was given free again. Where nobody has refunded the payment since, it is owed, and tried anew.
    op.execute("""
        UPDATE refund SET status = 'owed', refusals = 1, why = 'The provider could not pay it out.', check_at = updated_at
        WHERE status = 'failed' AND NOT EXISTS (
            SELECT 1 FROM refund AS later WHERE later.payment_id = refund.payment_id AND later.id > refund.id)
    """)
    op.execute("UPDATE refund SET status = 'settled', settled_how = 'Refunded anew' WHERE status = 'failed'")
    op.execute("""
        UPDATE payment SET refunded_minor = refunded_minor + (
            SELECT SUM(refund.amount_minor) FROM refund WHERE refund.payment_id = payment.id AND refund.status = 'owed')
        WHERE EXISTS (SELECT 1 FROM refund WHERE refund.payment_id = payment.id AND refund.status = 'owed')
    """)
    op.create_index("ix_refund_owed", "refund", ["created_at"], sqlite_where=OWED, postgresql_where=OWED)


def downgrade() -> None:
    op.drop_index("ix_refund_owed", table_name="refund")
    op.execute("""
        UPDATE payment SET refunded_minor = refunded_minor - (
            SELECT SUM(refund.amount_minor) FROM refund WHERE refund.payment_id = payment.id AND refund.status = 'owed')
        WHERE EXISTS (SELECT 1 FROM refund WHERE refund.payment_id = payment.id AND refund.status = 'owed')
    """)
    op.execute("UPDATE refund SET status = 'failed', check_at = NULL WHERE status = 'owed'")
    op.execute("UPDATE refund SET status = 'succeeded' WHERE status = 'settled'")
    for column in ("settled_by", "settled_how", "why", "refusals", "asked_at", "asked_as"):
        op.drop_column("refund", column)
