"""What was sent comes once more: the tickets for whoever may see the order, lost links for the buyer. Not without end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from marketplace.accounts.views import Actor
from marketplace.bookings import actions
from marketplace.bookings.errors import BookingNotFound, NoTicketsYet
from marketplace.db import transaction
from marketplace.errors import Invalid, TooMany
from marketplace.ids import BookingId, CartId
from marketplace.notifications import queries as mail
from tests.makers.accounts import make_account
from tests.makers.bookings import ADA, GRACE, Market, guest


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
        await actions.give_up(session, ada, order.id, market.now)
    with pytest.raises(NoTicketsYet):
        await send_again(market, ada, order.id)
    assert await confirmations() == 0


async def test_a_stranger_has_nothing_sent(market: Market):
    ada = guest()
    order = await market.order(ada, "A-1")
    await market.pay_for(ada, order)
    with pytest.raises(BookingNotFound):
        await send_again(market, guest(), order.id)


async def links_sent_to(address: str) -> list[str | None]:
    async with transaction(reading=True) as session:
        cards = (await mail.mailbox(session)).items
    return [card.about for card in cards if card.kind == "link_again" and card.to == address]


async def ask_for_links(market: Market, email: str) -> None:
    async with transaction() as session:
        await actions.ask_for_links(session, email, market.now)
    await market.work()


async def test_a_guest_is_sent_every_link_to_what_is_still_to_come_and_nobody_else_s(market: Market):
    first, second = await market.bought(guest(), "A-1"), await market.order(guest(), "A-2")
    gone = await market.order(guest(), "A-3")
    async with transaction() as session:
        await actions.cancel_for_seller(session, gone.id, "test", market.now)
    await market.bought(guest(), "B-1", buyer=GRACE)
    await ask_for_links(market, "  ADA@example.org ")
    assert sorted(await links_sent_to(ADA.email)) == sorted([first.id, second.id])
    assert await links_sent_to(GRACE.email) == []


async def test_nothing_is_sent_for_what_is_over_or_belongs_to_an_account(market: Market, now: datetime):
    account = await make_account(now)
    await market.bought(Actor(account=account.id, cart=CartId.new()), "A-1")
    await ask_for_links(market, ADA.email)
    await market.bought(guest(), "A-2", buyer=GRACE)
    await market.skip(days=400)
    await ask_for_links(market, GRACE.email)
    assert await links_sent_to(ADA.email) == await links_sent_to(GRACE.email) == []


async def test_an_address_is_asked_for_as_one_and_not_without_end(market: Market):
    with pytest.raises(Invalid):
        await ask_for_links(market, "ada at example")
    for _ in range(3):
        await ask_for_links(market, ADA.email)
    with pytest.raises(TooMany):
        await ask_for_links(market, ADA.email)
