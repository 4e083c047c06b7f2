from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
from redis.asyncio import Redis

from marketplace.api.app import create_app
from tests.api.client import Client
from tests.makers.bookings import Market


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


@pytest.fixture
async def app():
    made = create_app()
    yield made
    await made.state.hub.close()


@pytest.fixture
async def api(app) -> AsyncIterator[Client]:
    """A program that talks to the API in this process; it has no cart yet."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with Client(transport=transport, base_url="http://test/api/v1") as client:
        yield client
