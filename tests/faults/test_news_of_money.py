"""News of money: it may come twice at once, in the middle of something else, or where we cannot make anything of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import func, select, text

from marketplace import outbox
from marketplace.accounts.views import Actor
from marketplace.bookings import actions as bookings
from marketplace.bookings.models import Ticket
from marketplace.bookings.views import Order, Status
from marketplace.db import transaction
from marketplace.inventory import actions as inventory
from marketplace.payments import actions as payments
from marketplace.payments import lock_order, queries
from marketplace.payments.actions.paying import learn
from marketplace.payments.gateway import Charge
from marketplace.payments.models import WebhookEvent
from marketplace.payments.status import PaymentStatus
from marketplace.payments.views import PaymentView
from tests.makers import events
from tests.makers.bookings import Market, guest
from tests.makers.payments import CARD_DECLINED
from tests.waiting import eventually


async def how_many(table: type) -> int:
    async with transaction(reading=True) as session:
        return (await session.exec(select(func.count()).select_from(table))).one()


async def test_the_same_news_told_at_once_by_everybody_confirms_once(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    paid = await market.begin_to_pay(ada, order)
    await market.work()
    known = await market.look(paid.id)
    said = await market.simulator.fetch(known.reference, key=paid.id)
    assert said is not None
    news = succeeded(known, market)
    await asyncio.gather(*(hear(known, news) for _ in range(4)))
    await market.let_pass(4)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED
    assert await how_many(Ticket) == 1
    assert events.kinds().count("BookingConfirmed") == events.kinds().count("PaymentSucceeded") == 1


async def test_a_webhook_that_two_take_up_at_once_has_its_effect_once(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.begin_to_pay(ada, order)
    await market.let_pass(4)
    async with transaction() as session:
        latest = (await session.exec(select(WebhookEvent).order_by(WebhookEvent.id.desc()).limit(1))).one()
        latest.wake(market.now)

    async def take_up() -> bool:
        async with transaction() as session:
            return await payments.process_event(session, latest.id, market.now)

    assert sorted(await asyncio.gather(*(take_up() for _ in range(4)))) == [False, False, False, True]
    assert events.kinds().count("BookingConfirmed") == 1


async def test_what_the_provider_has_said_is_kept_though_nothing_can_be_made_of_it(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")

    def broken(*_: object) -> None:
        raise RuntimeError("half-way")

    with monkeypatch.context() as bad_day:
        bad_day.setattr(bookings, "_tell", broken)  # the last step of a confirmation
        paid = await market.pay_for(ada, order)
        assert paid.status is PaymentStatus.SUCCEEDED
        assert (await market.see(ada, order.id)).status is Status.PENDING_PAYMENT
        assert await how_many(Ticket) == 0
        async with transaction(reading=True) as session:
            [failing] = await outbox.failing(session)
            assert (failing.kind, failing.is_about_money) == ("PaymentSucceeded", True)
            assert (await outbox.health(session, market.now)).money_waits_since is not None
    await market.skip(minutes=5)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED
    assert await how_many(Ticket) == 1
    assert await market.bank() == ([22_00], [])


async def test_an_order_given_up_while_its_money_comes_keeps_neither_the_money_nor_the_seat(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    begun = await market.begin_to_pay(ada, order)
    await market.work()
    known = await market.look(begun.id)

    async def give_up() -> None:
        async with transaction() as session:
            await bookings.give_up(session, ada, order.id, market.now)

    await asyncio.gather(hear(known, succeeded(known, market)), give_up(), return_exceptions=True)
    await market.let_pass(6)
    ended = await market.see(ada, order.id)
    taken, returned = await market.bank()
    if ended.status is Status.CONFIRMED:
        assert (returned, await market.seats()) == ([], {"seat:A-1": "sold"})
    else:
        assert (ended.status, returned, await market.seats()) == (Status.CANCELLED_BY_BUYER, taken, {})


async def test_money_that_comes_after_the_seat_was_let_go_is_asked_about_after_the_commit(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis has a say in late money, and nobody waits for Redis while the payment is locked."""
    ada = guest()
    order = await market.order(ada, "A-1")
    begun = await market.begin_to_pay(ada, order)
    await market.work()
    known = await market.look(begun.id)
    async with transaction() as session:
        await inventory.free(session, order.hold_id, market.now)

    async def within(*_: object) -> None:
        raise AssertionError("asked Redis within the transaction")

    with monkeypatch.context() as strict:
        strict.setattr(inventory, "take_again", within)
        await hear(known, succeeded(known, market))
    assert (await market.look(begun.id)).status is PaymentStatus.SUCCEEDED
    assert events.kinds().count("MoneyCameLate") == 1
    await market.let_pass(4)
    assert (await market.see(ada, order.id)).status is Status.CONFIRMED
    assert await market.seats() == {"seat:A-1": "sold"}


class TestLockOrder:
    """An order is locked before its payment. PostgreSQL only: SQLite has one writer at a time."""

    async def test_who_pays_anew_while_the_first_card_succeeds_after_all_waits_for_nobody_for_ever(
        self, market: Market, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcomes = await self.meet(market, database, monkeypatch)
        assert [one for one in outcomes if isinstance(one, BaseException)] == []
        assert events.kinds().count("PaidTwice") == 1
        async with transaction(reading=True) as session:
            assert await outbox.failing(session) == []

    async def test_without_the_order_they_wait_for_each_other(
        self, market: Market, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lock_order, "_locks", [])
        outcomes = await self.meet(market, database, monkeypatch)
        async with transaction(reading=True) as session:
            put_off = [event.last_error for event in await outbox.failing(session)]
        refused = [str(one) for one in outcomes if isinstance(one, OperationalError)]
        assert any("deadlock" in words for words in put_off + refused)

    async def meet(self, market: Market, database: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        """The second card is being charged, and has locked the order, when the first one's late success is heard."""
        if database.startswith("sqlite"):
            pytest.skip("one writer at a time")
        ada = guest()
        order = await market.order(ada, "A-1")
        declined = await market.pay_for(ada, order, CARD_DECLINED)
        method = await market.token()
        keep_until, is_paying, go_on = inventory.keep_until, asyncio.Event(), asyncio.Event()

        async def slow(*given: object) -> object:
            is_paying.set()
            await go_on.wait()
            return await keep_until(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(inventory, "keep_until", slow)
        paying = asyncio.create_task(pay_again(ada, order, method, market))
        await is_paying.wait()
        hearing = asyncio.create_task(hear(declined, succeeded(declined, market)))
        await eventually(somebody_waits_for_a_lock)
        go_on.set()
        return await asyncio.gather(paying, hearing, return_exceptions=True)


async def pay_again(actor: Actor, order: Order, method: str, market: Market) -> None:
    async with transaction() as session:
        await bookings.pay(
            session, actor, order.id, total=order.total, provider="simulator", method=method, key="second",
            now=market.now,
        )  # fmt: skip


async def somebody_waits_for_a_lock() -> bool:
    async with transaction(reading=True) as session:
        waiting = await session.execute(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return bool(waiting.scalar_one())


def succeeded(payment: PaymentView, market: Market) -> Charge:
    """The provider's word that it has gone well."""
    assert payment.reference is not None
    return Charge(
        payment.reference, payment.amount, payment.amount, PaymentStatus.SUCCEEDED, market.now + timedelta(seconds=1)
    )


async def hear(payment: PaymentView, charge: Charge) -> None:
    async with transaction() as session:
        await learn(session, await queries.known_payment(session, payment.id), charge, charge.at)
