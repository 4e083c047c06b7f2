"""Money that comes when it should not: honoured or sent back, never kept, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import update

from marketplace import clock
from marketplace.accounts.views import SYSTEM
from marketplace.batches import Incomplete
from marketplace.bookings import actions
from marketplace.bookings.transitions import Status
from marketplace.bookings.views import Order
from marketplace.db import transaction
from marketplace.ids import BookingId
from marketplace.money import Money
from marketplace.payments import queries as payment_queries
from marketplace.payments.models import Payment
from marketplace.payments.views import PaymentView
from tests.makers.bookings import GRACE, Market, guest
from tests.makers.payments import CHALLENGE


class TestAfterTheDeadline:
    @pytest.fixture(params=["the job came by", "nobody has looked yet"])
    async def order(self, request: pytest.FixtureRequest, market: Market) -> Order:
        """An order whose payment has begun, and whose time has run out before anybody asked the bank."""
        ada = guest()
        order = await market.order(ada, "A-1", "A-2")
        await market.begin_to_pay(ada, order)
        clock.advance(timedelta(minutes=31))
        if request.param == "the job came by":
            assert await actions.expire_due(market.now) == 1
        return order

    async def test_it_is_honoured_while_the_seats_are_free(self, market: Market, order: Order) -> None:
        await market.let_pass(5)
        seen = await market.see(SYSTEM, order.id)
        assert (seen.status, len(seen.tickets)) == (Status.CONFIRMED, 2)
        assert await market.bank() == ([44_00], [])
        assert await market.seats() == {"seat:A-1": "sold", "seat:A-2": "sold"}

    async def test_it_goes_back_when_somebody_else_has_a_seat(self, market: Market, order: Order) -> None:
        grace = guest()
        theirs = await market.order(grace, "A-2", buyer=GRACE)
        await market.let_pass(5)
        await actions.expire_due(market.now)
        assert (await market.see(SYSTEM, order.id)).status is Status.EXPIRED
        assert await refused_because(market) == ["late"]
        assert await market.bank() == ([44_00], [44_00])
        assert (await market.see(grace, theirs.id)).status is Status.PENDING_PAYMENT
        assert await market.seats() == {"seat:A-2": "held"}


async def take(market: Market, payment, order, amount: Money) -> None:
    async with transaction() as session:
        await actions.take_payment(session, payment.id, order.id, amount, market.now)
    await market.let_pass(2)


async def refused_because(market: Market) -> list[str]:
    return [event.partition('"why":"')[2].partition('"')[0] for event in await market.events("MoneyRefused")]


async def test_after_cancelling_it_goes_back(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    payment = await market.begin_to_pay(ada, order)
    await market.cancel(ada, order)
    assert await market.seats() == {}
    await market.let_pass(4)
    assert await refused_because(market) == ["after_cancelling"]
    assert await market.bank() == ([22_00], [22_00])
    assert (await market.look(payment.id)).refunded == Money(22_00, "EUR")
    assert (await market.see(ada, order.id)).status is Status.CANCELLED_BY_BUYER


async def test_a_second_payment_of_a_paid_order_goes_back(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    asked = await market.begin_to_pay(ada, order, CHALLENGE)
    await market.work()
    async with transaction() as session:
        row = await actions.queries.locked(session, order.id)
        await actions.inventory.confirm(session, order.hold_id, market.now)
        await actions._confirm(session, row, None, market.now)
    from marketplace.payments import actions as payments

    await payments.answer_challenge(asked.id, approve=True, now=market.now)
    await market.let_pass(4)
    assert await refused_because(market) == ["twice"]
    assert await market.bank() == ([22_00], [22_00])


async def test_the_same_money_is_taken_once_however_often_it_is_told(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    payment = await market.pay_for(ada, order)
    confirmed = await market.see(ada, order.id)
    for _ in range(3):
        await take(market, payment, order, payment.amount)
    assert await market.see(ada, order.id) == confirmed
    assert await market.events("MoneyRefused") == []


@pytest.mark.parametrize("amount", [Money(21_99, "EUR"), Money(22_01, "EUR"), Money(22_00, "USD")], ids=str)
async def test_another_amount_or_currency_buys_nothing_and_goes_back(
    market: Market, amount: Money, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marketplace.payments.gateways.simulator.models import SimulatorCharge

    decide = SimulatorCharge._decide

    def take_something_else(self: SimulatorCharge, at) -> None:
        self.amount_minor, self.currency = amount.minor, amount.currency
        decide(self, at)

    monkeypatch.setattr(SimulatorCharge, "_decide", take_something_else)
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.begin_to_pay(ada, order)
    await market.let_pass(6)
    seen = await market.see(SYSTEM, order.id)
    assert (seen.status, seen.tickets) == (Status.PENDING_PAYMENT, ())
    assert await refused_because(market) == ["wrong_amount"]
    assert await market.bank() == ([amount.minor], [amount.minor])
    assert await market.seats() == {"seat:A-1": "held"}


class TestMoneyThatNobodyWasToldOf:
    """Whatever became of the events: what lies with us for nothing is found, and put right the usual way."""

    async def pay_unheard(self, market: Market, monkeypatch: pytest.MonkeyPatch, order: Order) -> PaymentView:
        async def deaf(*_: object) -> None: ...

        with monkeypatch.context() as nobody_hears:
            nobody_hears.setattr(actions, "take_payment", deaf)
            paid = await market.pay_for(BUYER, order)
        assert (await market.see(SYSTEM, order.id)).status is Status.PENDING_PAYMENT
        return paid

    async def sweep(self, market: Market) -> int:
        did = await actions.settle_kept_money(market.now)
        await market.let_pass(2)
        return did

    async def test_it_confirms_the_order(self, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
        order = await ordered(market)
        await self.pay_unheard(market, monkeypatch, order)
        assert await self.sweep(market) == 0, "the news may be on its way"
        clock.advance(actions.NEWS_TAKES)
        assert await self.sweep(market) == 1
        assert (await market.see(SYSTEM, order.id)).status is Status.CONFIRMED
        assert await self.sweep(market) == 0
        assert await market.bank() == ([22_00], [])

    async def test_it_goes_back_where_the_seats_are_gone(self, market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
        order = await ordered(market)
        await self.pay_unheard(market, monkeypatch, order)
        clock.advance(timedelta(hours=1))
        await actions.expire_due(market.now)
        await market.bought(guest(), "A-1", buyer=GRACE)
        assert await self.sweep(market) == 1
        assert (await market.see(SYSTEM, order.id)).status is Status.EXPIRED
        assert await market.bank() == ([22_00, 22_00], [22_00])
        clock.advance(timedelta(hours=1))
        assert await self.sweep(market) == 0

    async def test_where_the_bank_disputes_it_it_is_owed_and_not_looked_at_for_ever(
        self, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order = await ordered(market)
        paid = await self.pay_unheard(market, monkeypatch, order)
        async with transaction() as session:
            await actions.cancel_for_seller(session, order.id, "", market.now)
            await session.execute(update(Payment).values(is_disputed=True))
        clock.advance(timedelta(hours=1))
        assert await self.sweep(market) == 1
        async with transaction(reading=True) as session:
            [debt] = await payment_queries.owed(session)
        assert (debt.refund.payment_id, debt.refund.amount, debt.next_try) == (paid.id, Money(22_00, "EUR"), None)
        assert await self.sweep(market) == 0

    async def test_money_without_an_order_is_reported_and_stops_nothing(
        self, market: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stray = await market.pay(booking=BookingId.new())
        order = await ordered(market)
        await self.pay_unheard(market, monkeypatch, order)
        clock.advance(timedelta(hours=1))
        with pytest.raises(Incomplete) as caught:
            await actions.settle_kept_money(market.now)
        assert list(caught.value.failures) == [stray.id]
        assert (await market.see(SYSTEM, order.id)).status is Status.CONFIRMED


BUYER = guest()


async def ordered(market: Market) -> Order:
    return await market.order(BUYER, "A-1")
