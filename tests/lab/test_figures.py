"""What the lab counts: payments of a day or a month, in the hours and days of whoever looks, and our fees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from marketplace import settings
from marketplace.errors import NotFound
from marketplace.lab.figures import Period, figures
from marketplace.money import Money
from marketplace.payments.status import FailureReason
from marketplace.payments.views import Decline
from tests.makers.accounts import guest
from tests.makers.bookings import Market
from tests.makers.payments import CARD_DECLINED

NOON = datetime(2027, 3, 29, 10, 0, tzinfo=UTC)
"""In Berlin: the day after the clocks went forward."""


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


async def test_a_day_has_24_hours_and_ends_with_the_present_one(market: Market) -> None:
    seen = (await figures(Period.DAY, "Asia/Kolkata", NOON + timedelta(minutes=40))).course
    assert len(seen) == 24
    assert (seen[-1].since, seen[-1].until) == (NOON + timedelta(minutes=30), NOON + timedelta(minutes=90))


async def test_a_month_has_30_days_from_midnight_to_midnight(market: Market) -> None:
    seen = (await figures(Period.MONTH, "Europe/Berlin", NOON)).course
    assert len(seen) == 30
    assert [part.until - part.since for part in seen[-3:]] == [timedelta(hours=hours) for hours in (24, 23, 24)]
    assert seen[-1].since <= NOON < seen[-1].until


async def test_what_was_paid_declined_and_kept_adds_up(market: Market) -> None:
    buyer = guest()
    order = await market.bought(buyer, "A-1")
    await market.pay_for(other := guest(), await market.order(other, "A-2"), CARD_DECLINED)
    await market.cancel(gone := guest(), await market.bought(gone, "B-1"))
    seen = await figures(Period.DAY, "UTC", market.now)
    assert (seen.totals.succeeded, seen.totals.failed) == (2, 1)
    assert seen.totals.declines == (Decline(FailureReason.CARD_DECLINED, 1),)
    assert sum(part.succeeded for part in seen.course) == 2
    assert sum(part.failed for part in seen.course) == 1
    fees = sum(line.amount.minor for line in order.lines if line.kind != "unit")
    assert fees > 0
    assert seen.fees == (Money(fees, "EUR"),), "a cancelled order brings us nothing"
    later = await figures(Period.DAY, "UTC", market.now + timedelta(days=2))
    assert (later.totals.started, later.fees) == (0, ())


async def test_where_the_lab_is_closed_nothing_is_told(market: Market, own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"lab": False}))
    with pytest.raises(NotFound):
        await figures(Period.DAY, "UTC", market.now)
