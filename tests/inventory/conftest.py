"""What the tests of this room share beyond everybody's fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager

import pytest
from sqlmodel import delete

import marketplace.inventory.reactions  # noqa: F401
from marketplace import db
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.inventory.models import Allocation
from marketplace.redis import EmbeddedRedis
from tests.conftest import short_folder
from tests.makers.events import hear_only


@pytest.fixture
async def one_database(fresh_sqlite: Callable[[], AbstractContextManager[str]]) -> AsyncIterator[str]:
    """An empty database for tests to which its make does not matter: claims are rebuilt from it, and that is all."""
    with fresh_sqlite() as url:
        db.use(db.connect(url))
        yield url
        await db.close()


@pytest.fixture
async def unguarded(database: str) -> AsyncIterator[None]:
    """The same database without the last line of defence, for control runs. The database outlives the test."""
    guard = next(index for index in Allocation.metadata.tables["allocation"].indexes if index.unique)
    async with transaction() as session:
        await (await session.connection()).run_sync(guard.drop)
    yield
    async with transaction() as session:
        await session.execute(delete(Allocation))
        await (await session.connection()).run_sync(guard.create)


@pytest.fixture
async def own_redis() -> AsyncIterator[EmbeddedRedis]:
    """A server that the test may stop, kill and flush."""
    with short_folder() as folder:
        server = EmbeddedRedis(folder)
        await redis_room.close()
        redis_room.use(server.start())
        yield server
        await redis_room.close()
        server.remove()


@pytest.fixture(autouse=True)
def our_reactions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other rooms, where another test has wired them, would look for bookings and listings that these tests do not make."""
    hear_only(monkeypatch, "marketplace.inventory")
