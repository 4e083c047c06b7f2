"""Nobody keeps a connection to the database while waiting for another: enough of them would wait for each other for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace import db
from marketplace.bookings import queries
from marketplace.bookings.views import Status
from marketplace.catalog import queries as catalog
from marketplace.db import NestedTransaction, transaction
from marketplace.errors import Unavailable
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import HoldExpired
from tests.makers.bookings import GRACE, Market, guest

CROWD = 40


@pytest.fixture
async def market(fresh_postgres, redis: Redis, now: datetime) -> AsyncIterator[Market]:
    """On a pool of two connections, for which nobody waits long."""
    with fresh_postgres() as url:
        db.use(create_async_engine(url, pool_size=2, max_overflow=0, pool_timeout=10))
        yield await Market.open(now, max_per_buyer=10)
        await db.close()


SEATS = [f"{row}-{at}" for row in "ABC" for at in range(1, 7)]


async def test_check_outs_after_a_flush_do_not_wait_for_each_other(market: Market, redis: Redis) -> None:
    buyers = [guest() for _ in SEATS]
    helds = [await market.hold(buyer, seat) for buyer, seat in zip(buyers, SEATS, strict=True)]
    made = [await market.check_out(buyer, held) for buyer, held in zip(buyers[:9], helds[:9], strict=True)]
    await redis.flushall()
    crowd = [*zip(buyers, helds, strict=True)] * 3
    ends = await asyncio.gather(
        *(market.check_out(buyer, held) for buyer, held in crowd[:CROWD]), return_exceptions=True
    )
    # Those who had an order keep it; the others' holds were lost with Redis, and they are told so.
    assert all(end in made or isinstance(end, HoldExpired) for end in ends), ends
    assert sum(end in made for end in ends) == 9 * 2 + 4


async def test_a_crowd_that_finds_redis_empty_within_its_transactions_gets_on(market: Market, redis: Redis) -> None:
    await redis.flushall()
    ends = await asyncio.gather(*(look_within_a_transaction(market) for _ in range(CROWD)))
    assert ends == [{}] * CROWD


async def test_it_would_starve_if_each_waited_for_a_second_connection(
    market: Market, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without reading along, whoever has a connection waits in vain for another."""
    url = db.engine().url
    await db.close()
    db.use(create_async_engine(url, pool_size=2, max_overflow=0, pool_timeout=0.5))
    monkeypatch.setattr(db, "within", lambda: False)
    await redis.flushall()
    ends = await asyncio.gather(*(look_within_a_transaction(market) for _ in range(CROWD)), return_exceptions=True)
    assert any(isinstance(end, Unavailable) for end in ends)


async def look_within_a_transaction(market: Market) -> dict[str, str]:
    async with transaction() as session:
        await session.execute(text("SELECT 1"))
        return (await inventory.snapshot(ResourceId(market.listing.id))).status


async def test_a_flush_in_the_middle_of_a_check_out_leaves_it_whole(
    market: Market, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = guest()
    held = await market.hold(ada, "A-1")
    check_out = inventory.check_out

    async def forgetful(*what: object) -> None:
        await check_out(*what)
        await redis.flushall()

    monkeypatch.setattr(inventory, "check_out", forgetful)
    order = await market.check_out(ada, held, GRACE)
    assert await market.seats() == {"seat:A-1": "held"}
    await market.pay_for(ada, order)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED


async def test_a_second_transaction_within_one_is_refused(market: Market) -> None:
    async with transaction() as session:
        async with transaction(reading=True) as other:  # the first has not asked for its connection yet
            assert await queries.of_hold(other, HoldId.on(ResourceId(ListingId.new()))) is None
        await session.execute(text("SELECT 1"))
        with pytest.raises(NestedTransaction):
            await db.ping()
        catalog.forget(market.listing.id)
        with pytest.raises(NestedTransaction):
            await catalog.offer(market.listing.id)
    await db.ping()
