"""No room left, on disk or in memory: it is said in words, nothing is half done, and it heals."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from redis.exceptions import ResponseError
from sqlalchemy import text

from marketplace import db
from marketplace import redis as redis_room
from marketplace.api.app import create_app
from marketplace.errors import StorageFull, Unavailable
from marketplace.redis import EmbeddedRedis
from tests.api.client import Client, is_problem
from tests.makers.bookings import Market


async def test_a_full_sqlite_disk_is_told_by_its_words(fresh_sqlite) -> None:
    with fresh_sqlite() as url:
        db.use(db.connect(url))
        with pytest.raises(StorageFull):
            async with db.transaction() as session:
                await session.execute(text("PRAGMA max_page_count = 1"))  # no page more than there are
                await session.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000) AS than_fits"))
        await db.close()


async def test_a_full_postgres_disk_is_told_by_its_code(fresh_postgres) -> None:
    with fresh_postgres() as url:
        db.use(db.connect(url))
        with pytest.raises(StorageFull):
            async with db.transaction() as session:
                await session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$"))
        await db.close()


async def test_a_full_redis_is_said_in_words(database: str, now: datetime, another_redis: EmbeddedRedis) -> None:
    redis_room.use(another_redis.url)
    market = await Market.open(now)
    app = create_app()
    async with Client(transport=httpx.ASGITransport(app), base_url="http://test/api/v1") as api:
        assert (await api.hold(market, "A-1")).status_code == 201
        await redis_room.client().config_set("maxmemory", "1")
        is_problem(await api.hold(market, "A-2"), 503, "storage_full")
        await redis_room.client().config_set("maxmemory", "0")
        assert (await api.hold(market, "A-2")).status_code == 201
    await app.state.hub.close()


async def test_a_redis_that_cannot_write_its_file_is_full_as_well() -> None:
    with pytest.raises(StorageFull), redis_room.must_answer():
        raise ResponseError("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist")
    with pytest.raises(ResponseError), redis_room.must_answer():
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
    assert issubclass(StorageFull, Unavailable)
