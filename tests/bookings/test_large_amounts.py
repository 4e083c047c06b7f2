"""A price of millions is an everyday one in some currencies: nothing on its way may be too narrow for it."""

from __future__ import annotations

from datetime import datetime

import pytest
from redis.asyncio import Redis

from marketplace.bookings import sales
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.money import Money
from tests.makers.bookings import Market, guest
from tests.makers.catalog import plan_document, prices_for


@pytest.mark.usefixtures("database", "redis")
async def test_an_order_over_26_million_rupiah_is_sold_counted_and_paid_back(now: datetime, redis: Redis) -> None:
    # 20.00 € become IDR 13,050,000.00: two seats are 2,610,000,000 minor units, more than 32 bits hold.
    prices = {name: minor * 652_500 for name, minor in prices_for(plan_document(standing=10)).items()}
    market = await Market.open(now, currency="IDR", prices=prices)
    ada = guest()
    order = await market.bought(ada, "A-1", "A-2")
    assert order.total == Money(2_610_000_000 + 261_000_000, "IDR")  # and the guest's fee
    async with transaction(reading=True) as session:
        sold = await sales.sales(session, market.seller, market.listing.id, market.now)
    assert sold.revenue == Money(2_610_000_000, "IDR")
    assert (await market.cancel(ada, order)).status is Status.CANCELLED_BY_BUYER
    assert await market.bank() == ([2_871_000_000], [2_610_000_000])
