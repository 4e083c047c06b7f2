"""A storm of simulated buyers: everybody is answered, nothing is sold twice, and its numbers add up."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from sqlmodel import select

from marketplace import clock, settings
from marketplace.accounts.views import SYSTEM
from marketplace.bookings.errors import NotOnSale
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries
from marketplace.db import transaction
from marketplace.errors import Invalid, NotFound
from marketplace.ids import ListingId
from marketplace.inventory.models import Allocation
from marketplace.lab import storm
from marketplace.lab.storm import Storm, StormRaging
from tests.makers.bookings import Market
from tests.waiting import eventually


@pytest.fixture
async def market(database: str, redis: object, now: datetime) -> Market:
    return await Market.open(now)


async def blow_over(market: Market) -> Storm:
    """Let the jobs run beside the storm until it is over."""
    seen: list[Storm] = []

    async def is_over() -> bool:
        await market.skip(seconds=0.5)
        found = await storm.show()
        assert found is not None
        seen.append(found)
        return found.is_over

    await eventually(is_over, within=60)
    return seen[-1]


async def test_everybody_is_answered_and_no_seat_is_sold_twice(market: Market):
    await storm.begin(market.listing.id, 20)
    with pytest.raises(StormRaging):
        await storm.begin(market.listing.id, 1)
    found = await blow_over(market)
    assert found.listing_id == market.listing.id
    assert found.served + found.refused == found.buyers == 20
    assert found.failed == 0
    assert 0 < found.sold == found.held <= 18
    assert [moment.sold for moment in found.course] == sorted(moment.sold for moment in found.course)
    async with transaction(reading=True) as session:
        units = Counter(row.unit for row in await session.exec(select(Allocation)) if row.is_active)
    assert sum(units.values()) == found.sold
    assert max(units.values()) == 1


async def test_it_goes_on_until_a_slow_bank_has_decided(market: Market, monkeypatch: pytest.MonkeyPatch):
    # The storm's patience passes as the market's time does, which the test moves.
    monkeypatch.setattr(storm, "monotonic", lambda: clock.now().timestamp())
    await market.behave(processing_seconds=40)
    await storm.begin(market.listing.id, 3)
    found = await blow_over(market)
    assert 0 < found.held == found.sold
    assert found.course[-1].seconds >= 40


async def test_it_ends_when_what_is_not_sold_was_declined(market: Market, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storm, "monotonic", lambda: clock.now().timestamp())
    await market.behave(forced_outcomes=("card_declined",) * 3)
    await storm.begin(market.listing.id, 3)
    found = await blow_over(market)
    assert (found.sold, found.served) == (0, 3)
    assert found.course[-1].seconds < storm._PATIENCE


async def test_another_storm_may_follow_when_one_is_over(market: Market):
    assert await storm.show() is None
    for _ in range(2):
        await storm.begin(market.listing.id, 1)
        assert (await blow_over(market)).served == 1


@pytest.mark.parametrize("buyers", [0, -1, storm.MOST_BUYERS + 1])
async def test_a_storm_has_a_bounded_number_of_buyers(market: Market, buyers: int):
    with pytest.raises(Invalid, match="1 to 500"):
        await storm.begin(market.listing.id, buyers)


async def test_there_is_no_storm_where_nothing_is_sold(market: Market):
    with pytest.raises(NotFound):
        await storm.begin(ListingId.new(), 1)
    async with transaction() as session:
        await catalog.close(session, SYSTEM, market.listing.id, market.now)
    queries.forget(market.listing.id)
    with pytest.raises(NotOnSale):
        await storm.begin(market.listing.id, 1)
    assert await storm.show() is None


async def test_where_the_lab_is_closed_the_weather_is_fine(market: Market, own_settings: settings.Settings):
    settings.use(own_settings.model_copy(update={"lab": False}))
    with pytest.raises(NotFound):
        await storm.begin(market.listing.id, 1)
    with pytest.raises(NotFound):
        await storm.show()
