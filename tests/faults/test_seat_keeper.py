"""Redis forgets, restarts, or says yes twice: nothing is sold twice, and whoever loses is told."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from marketplace import clock
from marketplace import redis as redis_room
from marketplace.accounts.views import SYSTEM
from marketplace.bookings import actions
from marketplace.bookings.transitions import Status
from marketplace.inventory.errors import HoldExpired, UnitsTaken
from marketplace.redis import EmbeddedRedis
from tests.makers.bookings import GRACE, Market, guest


async def speak_to(url: str) -> None:
    """Make this the process's Redis from now on."""
    await redis_room.close()
    redis_room.use(url)


async def test_a_flush_amid_a_hold_sells_nothing_twice(market: Market, redis: Redis) -> None:
    ada, grace = guest(), guest()
    held = await market.hold(ada, "A-1")
    await redis.flushall()
    theirs = await market.bought(grace, "A-1", buyer=GRACE)
    with pytest.raises(HoldExpired):
        await market.check_out(ada, held)
    assert await market.seats() == {"seat:A-1": "sold"}
    assert (await market.see(grace, theirs.id)).status is Status.CONFIRMED


async def test_a_flush_after_check_out_takes_nothing_away(market: Market, redis: Redis) -> None:
    ada, grace = guest(), guest()
    order = await market.order(ada, "A-1")
    await redis.flushall()
    with pytest.raises(UnitsTaken):
        await market.hold(grace, "A-1")
    await market.pay_for(ada, order)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED
    await redis.flushall()
    with pytest.raises(UnitsTaken):
        await market.hold(grace, "A-1")


async def test_a_restart_that_loses_the_last_second_tells_the_buyer(
    database: str, now: datetime, another_redis: EmbeddedRedis
) -> None:
    await speak_to(another_redis.url)
    market = await Market.open(now)
    ada, grace = guest(), guest()
    held = await market.hold(ada, "A-1")
    another_redis.stop(kill=True)
    for kept in another_redis.folder.glob("appendonly*"):
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    another_redis.start()
    with pytest.raises(HoldExpired) as told:
        await market.check_out(ada, held)
    assert told.value.message == "This hold has expired. Pick your places again."
    assert (await market.order(grace, "A-1")).units == ("seat:A-1",)


class TestFailOver:
    """A replica that had not heard of the first grant is made the master, and grants the seat again."""

    @pytest.fixture
    async def both(self, market: Market, another_redis: EmbeddedRedis):
        ada, grace, first = guest(), guest(), redis_room.url()
        one = await market.hold(ada, "A-1")
        await speak_to(another_redis.url)
        other = await market.hold(grace, "A-1")
        return (ada, one, first), (grace, other, another_redis.url)

    async def test_one_of_two_who_were_granted_a_seat_gets_it(self, market: Market, both) -> None:
        (ada, one, old), (grace, other, new) = both
        order = await market.check_out(grace, other)
        await speak_to(old)
        with pytest.raises(UnitsTaken):
            await market.check_out(ada, one)
        await speak_to(new)
        await market.pay_for(grace, order)
        assert (await market.see(grace, order.id)).status is Status.CONFIRMED
        assert await market.bank() == ([22_00], [])

    async def test_the_loser_is_refunded_if_they_were_charged(self, market: Market, both) -> None:
        (ada, one, old), (grace, _, new) = both
        await speak_to(old)
        lost = await market.check_out(ada, one)
        await market.begin_to_pay(ada, lost)
        await speak_to(new)
        # Their time runs out unheard of, and the seat goes to the one whom the new master knows.
        clock.advance(timedelta(minutes=16))
        later = await market.hold(grace, "A-1")
        won = await market.check_out(grace, later, GRACE)
        await market.let_pass(5)
        await market.pay_for(grace, won)
        await actions.expire_due(market.now)
        assert (await market.see(SYSTEM, lost.id)).status is Status.EXPIRED
        assert (await market.see(SYSTEM, won.id)).status is Status.CONFIRMED
        assert await market.bank() == ([22_00, 22_00], [22_00])

    async def test_twenty_who_were_all_granted_it_make_one_sale(
        self, market: Market, another_redis: EmbeddedRedis
    ) -> None:
        holds = []
        for _ in range(20):
            await redis_room.client().flushall()
            buyer = guest()
            holds.append((buyer, await market.hold(buyer, "A-1")))
        # Only the last one is known to Redis; to the others it says that they have lost.
        ends = await asyncio.gather(*(market.check_out(buyer, held) for buyer, held in holds), return_exceptions=True)
        assert sum(not isinstance(end, Exception) for end in ends) == 1
        assert {type(end) for end in ends if isinstance(end, Exception)} <= {HoldExpired, UnitsTaken}
