"""The mail with the tickets comes once more, for whoever may see the order, and not without end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marketplace.bookings import actions
from marketplace.bookings.errors import BookingNotFound, NoTicketsYet
from marketplace.db import transaction
from marketplace.errors import TooMany
from marketplace.ids import BookingId
from marketplace.notifications import queries as mail
from tests.makers.bookings import Market, guest


async def send_again(market: Market, actor, id: BookingId) -> None:
    async with transaction() as session:
        await actions.send_tickets_again(session, actor, id, market.now)
    await market.work()


async def confirmations() -> int:
    async with transaction(reading=True) as session:
        return sum(card.kind == "confirmed" for card in (await mail.mailbox(session)).items)


async def test_each_wish_is_one_mail_more_up_to_three_an_hour(market: Market):
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.pay_for(ada, order)
    await market.work()
    assert await confirmations() == 1
    for count in (2, 3, 4):
        await send_again(market, ada, order.id)
        assert await confirmations() == count
    with pytest.raises(TooMany) as refused:
        await send_again(market, ada, order.id)
    assert 0 < refused.value.retry_after <= 3600
    await market.skip(seconds=timedelta(hours=1).total_seconds())
    await send_again(market, ada, order.id)
    assert await confirmations() == 5


async def test_there_is_nothing_to_send_before_it_is_paid_or_after_it_was_cancelled(market: Market):
    ada = guest()
    order = await market.order(ada, "A-1")
    with pytest.raises(NoTicketsYet):
        await send_again(market, ada, order.id)
    async with transaction() as session:
        await actions.cancel(session, ada, order.id, market.now)
    with pytest.raises(NoTicketsYet):
        await send_again(market, ada, order.id)
    assert await confirmations() == 0


async def test_a_stranger_has_nothing_sent(market: Market):
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.pay_for(ada, order)
    with pytest.raises(BookingNotFound):
        await send_again(market, guest(), order.id)
