"""Whatever is clicked, opened or sent twice happens once."""

from __future__ import annotations

import asyncio

from sqlmodel import func, select

from marketplace.bookings.models import Booking
from marketplace.db import transaction
from marketplace.payments.models import Payment
from tests.makers.bookings import GRACE, Market, guest


async def how_many(table) -> int:
    async with transaction(reading=True) as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_a_double_click_makes_one_booking(market: Market) -> None:
    ada = guest()
    held = await market.hold(ada, "A-1")
    orders = await asyncio.gather(*(market.check_out(ada, held) for _ in range(5)))
    assert len({order.id for order in orders}) == await how_many(Booking) == 1
    assert len(await market.events("BookingMade")) == 1


async def test_a_double_click_at_the_buyers_limit_is_no_second_purchase(market: Market) -> None:
    ada = guest()
    held = await market.hold(ada, *(f"{row}-{n}" for row in "AB" for n in range(1, 6)))
    orders = await asyncio.gather(*(market.check_out(ada, held) for _ in range(3)))
    assert len({order.id for order in orders}) == await how_many(Booking) == 1


async def test_two_tabs_under_two_names_make_one_booking(market: Market) -> None:
    ada = guest()
    held = await market.hold(ada, "A-1")
    one, other = await asyncio.gather(market.check_out(ada, held), market.check_out(ada, held, GRACE))
    assert one == other
    assert await how_many(Booking) == 1


async def test_two_tabs_share_one_hold(market: Market) -> None:
    ada = guest()
    one, other = await asyncio.gather(market.hold(ada, "A-1"), market.hold(ada, "B-1"))
    assert one.id == other.id
    both = {"seat:A-1", "seat:B-1"}
    last = max(one, other, key=lambda held: held.fence)
    assert set(last.units) == both
    assert await market.seats() == dict.fromkeys(both, "held")
    assert set((await market.check_out(ada, last)).units) == both


async def test_two_tabs_that_pay_at_once_charge_once(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    await asyncio.gather(
        *(market.begin_to_pay(ada, order, key=key) for key in ("one", "other", "one", "other")), return_exceptions=True
    )
    await market.let_pass(5)
    assert await how_many(Payment) == 1
    assert await market.bank() == ([22_00], [])
