"""Call tables and columns by the field's words: outbox events, listing drafts, outcomes of simulated payments."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = "5e90d2c7a1b8"
down_revision = "c31b7f8e2d40"
branch_labels = None
depends_on = None

UNDELIVERED = sa.text("delivered_at IS NULL")

TABLES = (("outbox_fact", "outbox_event"), ("listing_sheet", "listing_draft"))
COLUMNS = (
    ("simulator_card", "fate", "outcome"),
    ("simulator_charge", "fate", "outcome"),
    ("simulator_settings", "fates", "forced_outcomes"),
)
CONSTRAINTS = (
    ("outbox_event", "pk_outbox_fact", "pk_outbox_event"),
    ("listing_draft", "pk_listing_sheet", "pk_listing_draft"),
    ("listing_draft", "fk_listing_sheet_seller_id", "fk_listing_draft_seller_id"),
)


def upgrade() -> None:
    _drop_indexes("outbox_fact", "listing_sheet")
    for was, is_now in TABLES:
        op.rename_table(was, is_now)
    for table, was, is_now in COLUMNS:
        op.alter_column(table, was, new_column_name=is_now)
    _rename_constraints(CONSTRAINTS)
    op.execute("UPDATE outbox_event SET id = 'evt' || substr(id, 4) WHERE id LIKE 'fct%'")
    _create_indexes("outbox_event", "listing_draft")


def downgrade() -> None:
    _drop_indexes("outbox_event", "listing_draft")
    op.execute("UPDATE outbox_event SET id = 'fct' || substr(id, 4) WHERE id LIKE 'evt%'")
    _rename_constraints((table, is_now, was) for table, was, is_now in CONSTRAINTS)
    for table, was, is_now in COLUMNS:
        op.alter_column(table, is_now, new_column_name=was)
    for was, is_now in TABLES:
        op.rename_table(is_now, was)
    _create_indexes("outbox_fact", "listing_sheet")


def _drop_indexes(outbox: str, drafts: str) -> None:
    op.drop_index(f"ix_{outbox}_due", outbox)
    op.drop_index(f"ix_{outbox}_delivered_at", outbox)
    op.drop_index(f"ix_{drafts}_seller_id", drafts)


def _create_indexes(outbox: str, drafts: str) -> None:
    op.create_index(f"ix_{outbox}_due", outbox, ["due_at"], postgresql_where=UNDELIVERED, sqlite_where=UNDELIVERED)
    op.create_index(f"ix_{outbox}_delivered_at", outbox, ["delivered_at"])
    op.create_index(f"ix_{drafts}_seller_id", drafts, ["seller_id"])


def _rename_constraints(renames: Iterable[tuple[str, str, str]]) -> None:
    # SQLite keeps the names of constraints in a table's definition, where nobody asks for them.
    if op.get_bind().dialect.name == "postgresql":
        for table, was, is_now in renames:
            op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {was} TO {is_now}")
