"""The migrations build exactly what the models describe, and can be taken back, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlmodel import SQLModel

from tests.conftest import blank_postgres
from tests.schema import alembic_config


@pytest.fixture(params=["sqlite", "postgres"])
def blank_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    with blank_postgres(server, "blank") as url:
        yield url


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_models_and_migrations_agree_there_and_back(blank_database: str) -> None:
    config = alembic_config(blank_database)
    command.upgrade(config, "head")
    command.check(config)
    built = tables(blank_database)
    command.downgrade(config, "base")
    assert tables(blank_database) == {"alembic_version"}
    command.upgrade(config, "head")
    assert tables(blank_database) == built


def test_the_history_has_one_end() -> None:
    assert len(ScriptDirectory.from_config(alembic_config("sqlite://")).get_heads()) == 1


MONEY = re.compile(r"minor|amount|price|fee|total|cheapest|commission(?!_bp)")
"""What a column is called that keeps an amount. Shares end in `_bp`."""


def test_every_amount_of_money_has_64_bits(blank_database: str) -> None:
    command.upgrade(alembic_config(blank_database), "head")
    narrow = sa.SmallInteger, sa.Integer
    for table in SQLModel.metadata.tables.values():
        for column in table.columns:
            if MONEY.search(column.name) and isinstance(column.type, narrow):
                assert isinstance(column.type, sa.BigInteger), f"{table.name}.{column.name} is too narrow for money"
    if not blank_database.startswith("postgresql"):
        return  # SQLite gives every integer 64 bits
    engine = create_engine(blank_database)
    try:
        found = {
            f"{table}.{column['name']}": column["type"]
            for table in inspect(engine).get_table_names()
            for column in inspect(engine).get_columns(table)
            if MONEY.search(column["name"]) and isinstance(column["type"], narrow)
        }
    finally:
        engine.dispose()
    assert {"payment.amount_minor", "booking.price_minor", "listing.cheapest"} <= found.keys()
    assert [name for name, kind in found.items() if not isinstance(kind, sa.BigInteger)] == []
