"""Where migrations run: against the settings' database, or the one that a caller put into `config.attributes["url"]`.

Migrations speak plain SQLAlchemy (`sa.DateTime(timezone=True)`, `sa.String()`), so an old one still runs when the code
that wrote it has moved on.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import AutoString, SQLModel

import marketplace
from marketplace import settings
from marketplace.db import Instant

# Any number; two machines that start together must mean the same one.
MIGRATION_LOCK = 0x484F4C44


def import_every_table() -> None:
    """Import each module that declares a table, so that the metadata knows all of them."""
    root = Path(marketplace.__file__).parent
    for file in sorted(root.rglob("*.py")):
        if "table=True" in file.read_text():
            importlib.import_module(".".join(file.relative_to(root.parent).with_suffix("").parts))


def render_item(kind: str, item: object, _: Any) -> str | Literal[False]:
    """Write our own column types as the plain ones that they rest on."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def compare_type(_: Any, __: Any, ___: Any, found: object, wanted: object) -> bool | None:
    """SQLite keeps 64 bits in any INTEGER: no table need be rebuilt there for a column to become a BigInteger."""
    if context.get_context().dialect.name == "sqlite" and isinstance(wanted, sa.BigInteger):
        return not isinstance(found, sa.Integer)
    return None


def sqlite_habits(connection: Any, _: Any) -> None:
    # The driver's own transactions end before each CREATE TABLE; ours hold a whole migration.
    connection.isolation_level = None


def sqlite_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def connectable() -> sa.Engine:
    url = context.config.attributes.get("url") or settings.current().database
    engine = sa.create_engine(url.replace("+aiosqlite", ""), poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        Path(engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
        sa.event.listen(engine, "connect", sqlite_habits)
        sa.event.listen(engine, "begin", sqlite_begin)
    return engine


def migrate() -> None:
    import_every_table()
    with connectable().connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=render_item,
            compare_type=compare_type,
            compare_server_default=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
            context.run_migrations()


migrate()
