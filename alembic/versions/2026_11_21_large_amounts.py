"""Give amounts of money 64 bits: 2,610,000,000 minor units are IDR 26,100,000, which is no large order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a64f0c3d9b17"
down_revision = "7e25d8f1c0ab"
branch_labels = None
depends_on = None

AMOUNTS = {
    "booking": ("price_minor", "surcharge_minor", "commission_minor"),
    "booking_line": ("amount_minor",),
    "listing": ("cheapest",),
    "listing_price": ("minor",),
    "payment": ("amount_minor", "captured_minor", "refunded_minor"),
    "refund": ("amount_minor",),
    "simulator_charge": ("amount_minor", "captured_minor", "refunded_minor"),
    "simulator_refund": ("amount_minor",),
}


def upgrade() -> None:
    _make(sa.BigInteger(), before=sa.Integer())


def downgrade() -> None:
    _make(sa.Integer(), before=sa.BigInteger())


def _make(kind: sa.Integer, *, before: sa.Integer) -> None:
    if op.get_context().dialect.name == "sqlite":
        return  # any INTEGER has 64 bits there
    for table, columns in AMOUNTS.items():
        for column in columns:
            op.alter_column(table, column, type_=kind, existing_type=before)
