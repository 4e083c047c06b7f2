"""Clocks that are wrong, and deadlines that pass in the middle of something."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace import clock
from marketplace.bookings import actions
from marketplace.bookings.errors import PaymentTimeOver
from marketplace.bookings.transitions import Status
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import HoldExpired
from marketplace.payments import actions as payments
from tests.makers.bookings import GRACE, Market, guest
from tests.makers.payments import CHALLENGE

HOUR = timedelta(hours=1)


async def test_a_clock_that_is_an_hour_fast_keeps_no_hold_past_its_deadline(market: Market) -> None:
    ada = guest()
    held = await market.hold(ada, "A-1")
    clock.advance(HOUR)
    with pytest.raises(HoldExpired):
        await market.check_out(ada, held)
    assert await market.seats() == {}


async def test_a_clock_that_is_an_hour_slow_brings_no_hold_back(market: Market) -> None:
    ada, grace = guest(), guest()
    held = await market.hold(ada, "A-1")
    clock.advance(timedelta(minutes=16))
    theirs = await market.order(grace, "A-1", buyer=GRACE)
    clock.advance(-HOUR)
    with pytest.raises(HoldExpired):
        await market.check_out(ada, held)
    clock.advance(HOUR)
    await market.pay_for(grace, theirs)
    assert (await market.see(grace, theirs.id)).status is Status.CONFIRMED


async def test_a_slow_process_expires_nothing_early_and_a_fast_one_sells_nothing_late(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    clock.advance(-HOUR)
    assert await actions.expire_due(market.now) == await inventory.expire(market.now) == 0
    clock.advance(2 * HOUR)
    with pytest.raises(PaymentTimeOver):
        await market.begin_to_pay(ada, order)


class TestAHoldThatRunsOutDuringTheChallenge:
    """The bank asks the payer (3-D Secure), who comes back when the deadline is over."""

    async def ask(self, market: Market):
        ada = guest()
        order = await market.order(ada, "A-1")
        payment = await market.begin_to_pay(ada, order, CHALLENGE)
        await market.work()
        clock.advance(timedelta(minutes=16))
        await actions.expire_due(market.now)
        assert (await market.see(ada, order.id)).status is Status.EXPIRED
        return ada, order, payment

    async def answer(self, market: Market, payment) -> None:
        await payments.answer_challenge(payment.id, approve=True, now=market.now)
        await market.let_pass(5)

    async def test_the_seats_are_claimed_again_while_they_are_free(self, market: Market) -> None:
        ada, order, payment = await self.ask(market)
        await self.answer(market, payment)
        assert (await market.see(ada, order.id)).status is Status.CONFIRMED
        assert await market.bank() == ([22_00], [])

    async def test_the_money_goes_back_once_where_they_are_not(self, market: Market) -> None:
        ada, order, payment = await self.ask(market)
        await market.hold(guest(), "A-1")
        for _ in range(2):
            await self.answer(market, payment)
        assert (await market.see(ada, order.id)).status is Status.EXPIRED
        assert await market.bank() == ([22_00], [22_00])
        assert await market.seats() == {"seat:A-1": "held"}
