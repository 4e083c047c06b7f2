"""Keep who has a verified address and a second factor, and when a log-in was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8d1f4c72be05"
down_revision = "ffbfd36d040a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"], unique=False)
    op.create_table(
        "second_factor",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factor")),
    )
    with op.batch_alter_table("account") as account:
        account.add_column(sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True))
        account.add_column(sa.Column("language", sa.String(length=20), nullable=True))
        account.add_column(sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("login_session") as login_session:
        login_session.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        login_session.add_column(sa.Column("proved_at", sa.DateTime(timezone=True), nullable=True))
    # Rows that were there before: nobody had chosen a language, and nothing but the log-in itself was written down.
    op.execute("UPDATE account SET language = ''")
    op.execute("UPDATE login_session SET seen_at = started_at")
    with op.batch_alter_table("account") as account:
        account.alter_column("language", existing_type=sa.String(length=20), nullable=False)
    with op.batch_alter_table("login_session") as login_session:
        login_session.alter_column("seen_at", existing_type=sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("login_session") as login_session:
        login_session.drop_column("proved_at")
        login_session.drop_column("seen_at")
    with op.batch_alter_table("account") as account:
        account.drop_column("erased_at")
        account.drop_column("language")
        account.drop_column("verified_at")
    op.drop_table("second_factor")
    op.drop_index(op.f("ix_recovery_code_account_id"), table_name="recovery_code")
    op.drop_table("recovery_code")
