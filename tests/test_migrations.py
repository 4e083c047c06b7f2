"""The migrations build exactly what the models describe, and can be taken back, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

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
