"""Every table of the marketplace in an empty database."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import ForeignKeyConstraint, create_engine
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

import marketplace

_ROOT = Path(__file__).parent.parent


def alembic_config(url: str) -> Config:
    """Alembic's settings for the database at `url` instead of the marketplace's own."""
    config = Config(_ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def build_schema(url: str) -> None:
    """Make every table, by the migrations once there are any."""
    if any((_ROOT / "alembic" / "versions").glob("*.py")):
        command.upgrade(alembic_config(url), "head")
        return
    # While rooms are being built: what can be imported is, and a key to a table that is not there yet is left out.
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace.", onerror=lambda _: None):
        if module.name.endswith((".models", ".outbox")) or ".gateways" in module.name:
            try:
                importlib.import_module(module.name)
            except Exception as error:  # noqa: BLE001
                print(f"not imported: {module.name}: {error!r}")
    tables = dict(SQLModel.metadata.tables)
    engine = create_engine(url.replace("+aiosqlite", ""))
    made: set[str] = set()
    with engine.begin() as connection:
        while left := [table for name, table in tables.items() if name not in made]:
            ready = [
                table
                for table in left
                if {_target(key) for key in table.foreign_key_constraints} & tables.keys() <= made | {table.name}
            ]
            for table in ready or left[:1]:
                keys = [key for key in table.foreign_key_constraints if _target(key) in made | {table.name}]
                connection.execute(CreateTable(table, include_foreign_key_constraints=keys))
                for index in table.indexes:
                    connection.execute(CreateIndex(index))
                made.add(table.name)
    engine.dispose()


def _target(key: ForeignKeyConstraint) -> str:
    return key.elements[0].target_fullname.split(".")[0]
