"""What every test may lean on: settings, a moment in time, a real Redis, a migrated database of either make.

One Redis and one PostgreSQL server start per test session and are emptied before each test that uses them; an SQLite
database is a fresh copy of a migrated file.
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

from marketplace import cache, clock, db, outbox, settings, wiring
from marketplace import redis as redis_room
from marketplace.outbox import DomainEvent
from marketplace.redis import EmbeddedRedis
from tests.schema import build_schema

# The same examples in every run: a red build says something about the change, not about the day's luck.
hypothesis_settings.register_profile("ci", derandomize=True, deadline=None, max_examples=100, database=None)
hypothesis_settings.register_profile("explore", deadline=None, max_examples=2000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# Kinds and gateways are asked for by name everywhere.
wiring.wire()

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_names = count(1)

# Every test meets the marketplace as it runs: with every reaction known.
wiring.wire()


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
    outbox.deliver_here(None)
    redis_room.use(None)
    db.use(None)
    cache.clear_all()
    settings.use(None)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[DomainEvent]:
    """Every event of this test that was committed, in their order: also those that nobody hears and nobody stores."""
    events: list[DomainEvent] = []
    complete = outbox._complete

    async def noted(session: db.Session) -> None:
        await complete(session)
        news = [one.event for one in session.info[outbox._RECORDED]]

        async def hook() -> None:
            events.extend(news)

        db.after_commit(session, hook)

    monkeypatch.setattr(outbox, "_complete", noted)
    monkeypatch.setattr("tests.makers.events.told", events)
    return events


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
def fresh_postgres(postgres_database: str) -> Callable[[], contextmanager[str]]:
    # Emptying tables takes milliseconds, a new database a hundred of them.
    everything = """
        SELECT string_agg(format('DELETE FROM %I.%I', schemaname, tablename), '; ')
        FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    """
    leftovers = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"
    )

    @contextmanager
    def fresh() -> Iterator[str]:
        with psycopg.connect(plain(postgres_database), autocommit=True) as connection:
            connection.execute(leftovers, [connection.info.backend_pid])
            connection.execute("SET session_replication_role = replica")  # foreign keys look away meanwhile
            [statements] = connection.execute(everything).fetchone() or [""]
            connection.execute(statements)
        yield postgres_database

    return fresh


@pytest.fixture(scope="session")
def sqlite_template() -> Iterator[Path]:
    """A file with every table and no row."""
    with short_folder() as folder:
        place = folder / "template.db"
        build_schema(f"sqlite+aiosqlite:///{place}")
        yield place


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """A database with every table, emptied before each test that uses it."""
    with blank_postgres(postgres_server, "holdfast") as url:
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
def blank_postgres(server: str, name: str) -> Iterator[str]:
    """The url of a database called `name`, which lasts as long as the block."""
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY FILE_COPY").format(sql.Identifier(name)))
        try:
            yield url
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def plain(url: str) -> str:
    """The same address without SQLAlchemy's name for the driver."""
    return url.replace("+psycopg", "", 1)


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's name, and which a server's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="hf-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
