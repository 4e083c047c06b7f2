"""What a seller reads of their sales: figures that agree with the books, in the reader's language."""

from __future__ import annotations

from datetime import datetime

import pytest
from redis.asyncio import Redis

from marketplace import datetimes
from marketplace.bookings import sales
from marketplace.bookings.views import Sales
from marketplace.db import transaction
from marketplace.i18n import speaking
from marketplace.kinds.seats.kind import business_days_after
from marketplace.state.sell_sales import NO_BARS, _chart, _figures
from tests.makers.bookings import Market, guest


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


async def seen(market: Market) -> Sales:
    async with transaction(reading=True) as session:
        return await sales.sales(session, market.seller, market.listing.id, market.now)


async def test_before_anything_is_sold_nothing_is_claimed(market: Market) -> None:
    figures = _figures(await seen(market))
    assert (figures.sold, figures.held, figures.left, figures.revenue) == ("0", "0", "28", "€0.00")
    assert figures.sold_note == "of 28"


async def test_what_is_sold_held_and_earned_stands_there(market: Market) -> None:
    await market.bought(guest(), "A-1", "A-2")
    await market.hold(guest(), "B-1")
    figures = _figures(await seen(market))
    assert (figures.sold, figures.held, figures.left, figures.revenue) == ("2", "1", "25", "€40.00")


async def test_the_seller_reads_what_is_theirs_and_when_it_is_due(market: Market) -> None:
    await market.bought(guest(), "A-1", "A-2")
    listing = market.listing
    due = business_days_after(listing.ends_at, 3, listing.place.zone)
    figures = await seen(market)
    assert figures.paid_out_at == due
    assert _figures(figures).revenue_note == f"€36.00 after our €4.00, due on {datetimes.day(due.date())}"
    with speaking("de"):
        assert _figures(figures).revenue_note == (
            f"36,00\xa0€ nach unserer Provision von 4,00\xa0€, fällig am {datetimes.day(due.date())}"
        )


async def test_what_comes_back_is_no_revenue(market: Market) -> None:
    ada = guest()
    await market.cancel(ada, await market.bought(ada, "A-1"))
    figures = _figures(await seen(market))
    assert (figures.sold, figures.left) == ("0", "28")
    assert figures.revenue_note.startswith("€0.00 after our €0.00")


async def test_the_chart_ends_with_its_last_bar_and_names_its_highest(market: Market) -> None:
    assert _chart((), "Europe/Berlin") == NO_BARS
    await market.bought(guest(), "A-1")
    await market.skip(hours=2)
    await market.bought(guest(), "B-1")
    async with transaction(reading=True) as session:
        periods = await sales.revenue_over_time(session, market.seller, market.listing.id, market.now)
    chart = _chart(periods, "Europe/Berlin")
    assert len(chart.bars) == len(periods) >= 3
    assert (chart.top, chart.first, chart.last) == ("€20.00", chart.bars[0]["label"], chart.bars[-1]["label"])
