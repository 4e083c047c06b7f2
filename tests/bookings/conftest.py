from __future__ import annotations

from datetime import datetime

import pytest
from redis.asyncio import Redis

from tests.makers.bookings import Market


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)
