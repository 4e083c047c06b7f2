"""The sold-out sign hangs exactly as long as nothing is left."""

from __future__ import annotations

import pytest

from marketplace.bookings.errors import NotOnSale
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import Status
from marketplace.db import transaction
from marketplace.ids import ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import queries
from marketplace.kinds.seats.kind import plan_of
from tests.makers.bookings import GRACE, Market, guest


async def status_of(market: Market) -> Status:
    async with transaction(reading=True) as session:
        return (await catalog.listing_page(session, market.listing.id, market.now)).status


async def sell_all_but(market: Market, *kept: str) -> None:
    plan = plan_of(await catalog.offer(market.listing.id))
    async with transaction() as session:
        units = [unit for unit in plan.units() if unit not in kept]
        await inventory.allot(session, ResourceId(market.listing.id), units, "box office", market.now)
    await market.work()


async def test_the_last_seat_sold_hangs_out_the_sign(market: Market) -> None:
    await sell_all_but(market, "seat:A-1")
    assert await status_of(market) is Status.ON_SALE
    await market.bought(guest(), "A-1")
    await market.let_pass(1)
    assert await status_of(market) is Status.SOLD_OUT
    catalog.forget(market.listing.id)
    with pytest.raises(NotOnSale):
        await market.hold(guest(), "A-1")


async def test_a_seat_that_comes_back_takes_it_in_again(market: Market) -> None:
    await sell_all_but(market, "seat:A-1")
    ada = guest()
    order = await market.bought(ada, "A-1")
    await market.cancel(ada, order)
    await market.let_pass(1)
    assert await status_of(market) is Status.ON_SALE
    catalog.forget(market.listing.id)
    await market.bought(guest(), "A-1", buyer=GRACE)
    await market.let_pass(1)
    assert await status_of(market) is Status.SOLD_OUT


async def test_a_seat_that_is_only_held_is_not_sold(market: Market) -> None:
    await sell_all_but(market, "seat:A-1")
    await market.order(guest(), "A-1")
    await market.work()
    assert await status_of(market) is Status.ON_SALE
    async with transaction(reading=True) as session:
        resource = ResourceId(market.listing.id)
        assert await queries.sold_count(session, resource) == market.listing.capacity - 1
