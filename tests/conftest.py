"""What every test may lean on: settings, a moment in time, a real Redis, a migrated database of either make.

One Redis and one PostgreSQL server start per test session and are shared; what a test sees of them is its own: the
Redis is emptied before each test, and each test gets a fresh copy of a migrated template database.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from redis.asyncio import Redis
from sqlalchemy import make_url

from marketplace import clock, db, outbox, settings
from marketplace import redis as redis_room
from marketplace.redis import EmbeddedRedis
from tests.schema import build_schema

# The same examples in every run: a red build says something about the change, not about the day's luck.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100, database=None)
hypothesis_settings.register_profile("explore", deadline=None, max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_names = count(1)


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[settings.Settings]:
    """Settings of this test alone, whatever the developer's environment says; module state forgotten afterwards."""
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    mine = settings.read(
        _env_file=None,
        environment="test",
        data_dir=tmp_path / "data",
        secret_key="a secret that signs for tests, and for nothing else",
        job_secret="a job secret that opens tests, and nothing else",
        simulator_failure_rate=0.0,
    )
    settings.use(mine)
    yield mine
    clock.reset()
    outbox.wake_with(None)
    redis_room.use(None)
    db.use(None)
    settings.use(None)


@pytest.fixture
def now() -> datetime:
    """The present, held still for one test. It is near real time because Redis' own clock decides when holds end."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[EmbeddedRedis]:
    """The session's Redis. A test that stops or starves a server starts its own instead."""
    with short_folder() as folder:
        server = EmbeddedRedis(folder)
        server.start()
        yield server
        server.remove()


@pytest.fixture
async def redis(redis_server: EmbeddedRedis, own_settings: settings.Settings) -> AsyncIterator[Redis]:
    """A clean Redis, which is also the marketplace's own during the test."""
    redis_room.use(redis_server.url)
    client = redis_room.client()
    await client.flushall()
    yield client
    await redis_room.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, own_settings: settings.Settings) -> AsyncIterator[str]:
    """The url of a migrated, empty database, which is also the marketplace's own during the test."""
    fresh: Callable[[], contextmanager[str]] = request.getfixturevalue(f"fresh_{request.param}")
    with fresh() as url:
        db.use(db.connect(url))
        yield url
        await db.close()


@pytest.fixture
def fresh_sqlite(sqlite_template: Path, tmp_path: Path) -> Callable[[], contextmanager[str]]:
    @contextmanager
    def fresh() -> Iterator[str]:
        place = tmp_path / f"test_{next(_names)}.db"
        shutil.copyfile(sqlite_template, place)
        yield f"sqlite+aiosqlite:///{place}"

    return fresh


@pytest.fixture
def fresh_postgres(postgres_template: str) -> Callable[[], contextmanager[str]]:
    template = make_url(postgres_template)

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"test_{next(_names)}"
        with blank_postgres(postgres_template, name, template=str(template.database)):
            yield template.set(database=name).render_as_string(hide_password=False)

    return fresh


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """A file with every table and no row."""
    with short_folder() as folder:
        place = folder / "template.db"
        build_schema(f"sqlite+aiosqlite:///{place}")
        yield place


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A database with every table and no row."""
    with blank_postgres(postgres_server, "template_holdfast"):
        url = make_url(postgres_server).set(database="template_holdfast").render_as_string(hide_password=False)
        build_schema(url)
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The url of the session's PostgreSQL: durable against nothing, and fast for it."""
    import pgserver  # here, because a run without PostgreSQL need not wait for it

    with short_folder() as folder, pgserver.get_server(folder / "pg", cleanup_mode="stop") as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for habit in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
                connection.execute(sql.SQL("ALTER SYSTEM SET {}").format(sql.SQL(habit)))
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def browser_path() -> str | None:
    """The Chromium that journeys drive (see bin/ensure-browser); None leaves the choice to Playwright."""
    return os.environ.get("HOLDFAST_BROWSER") or next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def blank_postgres(server: str, name: str, template: str = "template1") -> Iterator[None]:
    """A database called `name` for as long as the block lasts."""
    admin = make_url(server).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(create)
        try:
            yield
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's name, and which a server's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
