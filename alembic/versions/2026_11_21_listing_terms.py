"""Keep what only a listing's kind knows in one column: its seat plan, and whether single seats may be left."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "9c3f41e8b7d2"
down_revision = "5e90d2c7a1b8"
branch_labels = None
depends_on = None

listing = sa.table(
    "listing",
    sa.column("id", sa.String),
    sa.column("plan_id", sa.String),
    sa.column("no_single_seats", sa.Boolean),
    sa.column("terms", sa.JSON),
)


def upgrade() -> None:
    op.add_column("listing", sa.Column("terms", sa.JSON(), nullable=False, server_default="{}"))
    connection = op.get_bind()
    for id, plan_id, is_strict in connection.execute(
        sa.select(listing.c.id, listing.c.plan_id, listing.c.no_single_seats)
    ).all():
        terms = {"plan_id": plan_id, "no_single_seats": bool(is_strict)}
        connection.execute(listing.update().where(listing.c.id == id).values(terms=terms))
    with op.batch_alter_table("listing") as batch_op:
        batch_op.alter_column("terms", existing_type=sa.JSON(), existing_nullable=False, server_default=None)
        batch_op.drop_index("ix_listing_plan_id")
        batch_op.drop_constraint("fk_listing_plan_id", type_="foreignkey")
        batch_op.drop_column("plan_id")
        batch_op.drop_column("no_single_seats")


def downgrade() -> None:
    with op.batch_alter_table("listing") as batch_op:
        batch_op.add_column(sa.Column("plan_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("no_single_seats", sa.Boolean(), nullable=False, server_default=sa.false()))
    connection = op.get_bind()
    for id, terms in connection.execute(sa.select(listing.c.id, listing.c.terms)).all():
        kept = json.loads(terms) if isinstance(terms, str) else terms
        connection.execute(
            listing.update()
            .where(listing.c.id == id)
            .values(plan_id=kept.get("plan_id"), no_single_seats=bool(kept.get("no_single_seats")))
        )
    with op.batch_alter_table("listing") as batch_op:
        batch_op.alter_column("no_single_seats", existing_type=sa.Boolean(), server_default=None)
        batch_op.create_foreign_key("fk_listing_plan_id", "plan", ["plan_id"], ["id"])
        batch_op.create_index("ix_listing_plan_id", ["plan_id"])
        batch_op.drop_column("terms")
