"""Whoever has an account is reminded, once, of an order whose time to pay is nearly over."""

from __future__ import annotations

from datetime import timedelta

from marketplace.accounts.views import Actor
from marketplace.bookings import actions, queries
from marketplace.bookings.events import TimeRunsOut
from marketplace.bookings.queries import LAST_MINUTES
from marketplace.bookings.views import Status
from marketplace.db import transaction
from marketplace.ids import CartId
from marketplace.jobs import remind
from marketplace.notifications import queries as mail
from marketplace.outbox import record
from tests.makers.accounts import make_account
from tests.makers.bookings import ADA, Market, guest
from tests.makers.payments import CARD_DECLINED, CHALLENGE

A_MOMENT = timedelta(seconds=5)


async def someone(market: Market) -> Actor:
    return Actor(account=(await make_account(market.now)).id, cart=CartId.new())


async def mailed() -> list[str]:
    async with transaction(reading=True) as session:
        return [card.kind for card in reversed((await mail.mailbox(session)).items)]


async def look_around(market: Market) -> int:
    """What the job does each time that it runs."""
    reminded = await remind.run(market.now)
    await market.work()
    return reminded


async def go_to(market: Market, order_id, before: timedelta) -> None:
    """To `before` the end of the order's time."""
    async with transaction(reading=True) as session:
        ends = (await queries.order_for_mail(session, order_id)).expires_at
    await market.let_pass((ends - before - market.now).total_seconds())


async def test_one_mail_in_the_last_minutes_and_none_before(market: Market) -> None:
    ada = await someone(market)
    order = await market.order(ada, "A-1")
    await go_to(market, order.id, LAST_MINUTES + A_MOMENT)
    assert await look_around(market) == 0
    await go_to(market, order.id, LAST_MINUTES - A_MOMENT)
    assert await look_around(market) == 1
    await go_to(market, order.id, timedelta(minutes=1))
    assert await look_around(market) == 0
    assert await mailed() == ["running_out"]
    async with transaction(reading=True) as session:
        [card] = (await mail.mailbox(session)).items
        written = await mail.mail(session, card.id)
    assert (written.card.to, written.card.about) == (ADA.email, order.id)
    assert "key=" not in written.text, "the account opens it"


async def test_news_told_twice_is_one_mail(market: Market) -> None:
    order = await market.order(await someone(market), "A-1")
    await go_to(market, order.id, timedelta(minutes=2))
    async with transaction() as session:
        for _ in range(2):
            record(session, TimeRunsOut(order.id, market.now), market.now)
    await market.work()
    assert await mailed() == ["running_out"]


async def test_a_guest_has_the_link_and_is_not_written_to_again(market: Market) -> None:
    order = await market.order(guest(), "A-1")
    await go_to(market, order.id, timedelta(minutes=2))
    assert await look_around(market) == 0
    assert await mailed() == ["payment_wanted"]


async def test_nobody_is_reminded_of_what_is_paid(market: Market) -> None:
    ada = await someone(market)
    order = await market.bought(ada, "A-1")
    await go_to(market, order.id, timedelta(minutes=2))
    assert await look_around(market) == 0
    assert await mailed() == ["confirmed"]


async def test_nobody_is_reminded_after_the_end(market: Market) -> None:
    order = await market.order(await someone(market), "A-1")
    await go_to(market, order.id, -A_MOMENT)
    assert await look_around(market) == 0
    async with transaction() as session:
        assert await actions.expire(session, order.id, market.now)
    await market.work()
    assert await mailed() == ["expired"]


async def test_who_is_paying_is_left_alone_and_so_is_who_has_just_checked_out(market: Market) -> None:
    ada, grace = await someone(market), await someone(market)
    order = await market.order(ada, "A-1")
    held = await market.hold(grace, "B-1")
    await go_to(market, order.id, timedelta(minutes=2))
    begun = await market.begin_to_pay(ada, order, CHALLENGE)
    late = await market.check_out(grace, held)
    assert late.expires_at - market.now < LAST_MINUTES
    await market.let_pass(5)
    assert (await market.look(begun.id)).status.is_live
    assert await look_around(market) == 0
    await go_to(market, order.id, timedelta(minutes=1))
    assert await look_around(market) == 0
    assert "running_out" not in await mailed()


async def test_who_was_declined_and_walked_away_is_reminded_but_not_twice_in_a_breath(market: Market) -> None:
    ada, grace = await someone(market), await someone(market)
    early, late = await market.order(ada, "A-1"), await market.order(grace, "B-1")
    await market.pay_for(ada, early, CARD_DECLINED)
    assert await mailed() == ["declined"]
    await go_to(market, early.id, timedelta(minutes=2))
    assert await look_around(market) == 2
    assert await mailed() == ["declined", "running_out", "running_out"]
    assert (await market.see(grace, late.id)).status is Status.PENDING_PAYMENT


async def test_the_news_of_a_decline_says_the_deadline_and_needs_no_reminder_at_its_heels(market: Market) -> None:
    ada = await someone(market)
    order = await market.order(ada, "A-1")
    await go_to(market, order.id, LAST_MINUTES + timedelta(minutes=2))
    await market.pay_for(ada, order, CARD_DECLINED)
    await go_to(market, order.id, LAST_MINUTES - A_MOMENT)
    assert await look_around(market) == 1
    assert await mailed() == ["declined"]


async def test_a_payment_that_begins_before_the_reminder_arrives_is_in_time(market: Market) -> None:
    ada = await someone(market)
    order = await market.order(ada, "A-1")
    await go_to(market, order.id, timedelta(minutes=2))
    assert await remind.run(market.now) == 1
    await market.pay_for(ada, order)
    assert await mailed() == ["confirmed"]
