from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis

from marketplace import redis as redis_room
from marketplace.redis import EmbeddedRedis
from tests.conftest import short_folder
from tests.makers.bookings import Market


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


@pytest.fixture
async def another_redis() -> AsyncIterator[EmbeddedRedis]:
    """A server that may be killed, or that knows nothing of what the first one has granted."""
    with short_folder() as folder:
        server = EmbeddedRedis(folder)
        server.start()
        yield server
        await redis_room.close()
        server.remove()
