"""An order says what, when and where it is by now, and its buyer hears of every change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from marketplace.accounts.views import SYSTEM, Actor
from marketplace.bookings import actions, documents, queries, selling
from marketplace.bookings.events import TellingGoesOn
from marketplace.bookings.views import Buyer, Order, Status
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries as catalog_queries
from marketplace.catalog.events import ListingChanged
from marketplace.catalog.views import ListingChange, Offer
from marketplace.db import transaction
from marketplace.ids import AccountId, CartId
from marketplace.money import Money
from marketplace.notifications import queries as mail
from marketplace.notifications.views import MailView
from marketplace.outbox import record
from tests.makers.accounts import make_account
from tests.makers.bookings import ADA, GRACE, Market, guest
from tests.makers.catalog import BERLIN

A_WEEK = timedelta(days=7)


async def change(market: Market, **changes: Any) -> None:
    async with transaction() as session:
        await catalog.change_listing(session, market.seller, market.listing.id, ListingChange(**changes), market.now)
    await market.work()


async def put_off(market: Market, by: timedelta = A_WEEK) -> None:
    starts_at = market.listing.starts_at + by
    await change(market, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))


async def told() -> list[MailView]:
    """Every mail about a change, oldest first."""
    async with transaction(reading=True) as session:
        found = (await mail.mailbox(session)).items
        return [await mail.mail(session, card.id) for card in reversed(found) if card.kind == "event_changed"]


async def as_bought(order: Order) -> Order:
    async with transaction(reading=True) as session:
        return await queries.order_as_bought(session, SYSTEM, order.id)


async def test_the_order_says_the_new_time_and_place_and_its_money_stays(market: Market) -> None:
    ada = guest()
    bought = await market.bought(ada, "A-1")
    await put_off(market)
    await change(
        market, title="Three Sisters", place=replace(BERLIN, name="Deutsches Theater", address="Schumannstr. 13a")
    )
    seen = await market.see(ada, bought.id)
    assert seen.occasion == replace(
        bought.occasion,
        title="Three Sisters",
        place_name="Deutsches Theater",
        address="Schumannstr. 13a",
        starts_at=bought.starts_at + A_WEEK,
        ends_at=bought.ends_at + A_WEEK,
    )
    async with transaction(reading=True) as session:
        [card] = (await queries.orders(session, ada)).items
    assert (card.title, card.starts_at) == ("Three Sisters", bought.starts_at + A_WEEK)
    assert (seen.lines, seen.total, seen.policy, seen.tickets) == (
        bought.lines, bought.total, bought.policy, bought.tickets,
    )  # fmt: skip
    [event] = Calendar.from_ical(documents.calendar_file(await as_bought(bought), market.now)).events
    assert event["DTSTART"].dt == bought.starts_at + A_WEEK
    assert event["LOCATION"] == "Deutsches Theater, Schumannstr. 13a, Berlin"
    [earlier] = Calendar.from_ical(documents.calendar_file(bought, market.now)).events
    assert event["UID"] == earlier["UID"]
    assert event["SEQUENCE"] > earlier["SEQUENCE"]


async def test_every_buyer_gets_one_mail_a_change_in_the_language_of_the_order(market: Market) -> None:
    paid = await market.bought(guest(), "A-1")
    unpaid = await market.order(guest(), "C-1", buyer=replace(GRACE, language="de"))
    await put_off(market)
    english, german = sorted(await told(), key=lambda one: one.card.to)
    assert (english.card.to, english.card.about) == (ADA.email, paid.id)
    assert (german.card.to, german.card.about) == (GRACE.email, unpaid.id)
    assert english.card.attachments == ("event.ics",)
    assert german.card.attachments == (), "there is nothing to enter before it is paid"
    assert "Before: " in english.text
    assert "Bisher: " in german.text
    await change(market, doors_at=market.listing.starts_at)
    assert len(await told()) == 4


async def test_news_told_twice_is_one_mail(market: Market) -> None:
    await market.bought(guest(), "A-1")
    await put_off(market)
    async with transaction() as session:
        for event in (
            ListingChanged(market.listing.id, market.listing.seller.id, ("starts_at",)),
            TellingGoesOn(market.listing.id),
        ):
            record(session, event, market.now)
    await market.work()
    assert len(await told()) == 1


async def test_what_buyers_do_not_plan_by_is_no_news(market: Market) -> None:
    await market.bought(guest(), "A-1")
    await change(market, story="Three sisters, three hours.", prices={"Premium": 3000}, max_per_buyer=4)
    assert await told() == []


async def test_many_orders_are_told_in_portions(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selling, "AT_ONCE", 1)
    made = [await market.order(guest(), guid, buyer=GRACE) for guid in ("A-1", "B-1", "C-1")]
    await market.work()
    await put_off(market)
    assert len(await market.events("TellingGoesOn")) == 3
    assert {one.card.about for one in await told()} == {order.id for order in made}


async def test_one_order_that_cannot_be_told_does_not_stop_the_others(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await market.order(guest(), "A-1")
    second = await market.order(guest(), "B-1", buyer=GRACE)
    await market.work()
    follow, is_broken = actions.follow_listing, True

    async def stumble(session: Any, id: Any, now: Any) -> bool:
        if id == first.id and is_broken:
            raise RuntimeError("stumbled")
        return await follow(session, id, now)

    monkeypatch.setattr(actions, "follow_listing", stumble)
    await put_off(market)
    assert [one.card.about for one in await told()] == [second.id]
    is_broken = False
    await market.skip(seconds=5)
    assert [one.card.about for one in await told()] == [second.id, first.id]


async def test_an_order_that_has_ended_stays_as_it_was(market: Market) -> None:
    ada = guest()
    bought = await market.bought(ada, "A-1")
    await market.cancel(ada, bought)
    await put_off(market)
    assert await told() == []
    assert (await market.see(ada, bought.id)).occasion == bought.occasion


async def test_who_checks_out_while_it_changes_is_told_too(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = guest()
    held = await market.hold(ada, "A-1")
    seen = await catalog_queries.offer(market.listing.id)
    await put_off(market)

    async def a_moment_ago(*_: object) -> Offer:
        """The check-out had read the listing before it was changed."""
        return seen

    monkeypatch.setattr(catalog_queries, "offer_within", a_moment_ago)
    order = await market.check_out(ada, held)
    assert order.starts_at == market.listing.starts_at
    await market.work()
    assert (await market.see(ada, order.id)).starts_at == market.listing.starts_at + A_WEEK
    assert len(await told()) == 1


async def test_whose_money_came_late_is_told_of_what_changed_meanwhile(market: Market) -> None:
    ada = guest()
    order = await market.order(ada, "A-1")
    begun = await market.begin_to_pay(ada, order)
    async with transaction() as session:
        assert await actions.expire(session, order.id, order.expires_at + timedelta(minutes=30))
    async with transaction() as session:
        starts_at = market.listing.starts_at + A_WEEK
        later = ListingChange(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        await catalog.change_listing(session, market.seller, market.listing.id, later, market.now)
    await market.let_pass(4)
    paid = await market.see(ada, order.id)
    assert (paid.status, paid.payment_id, paid.starts_at) == (Status.CONFIRMED, begun.id, starts_at)
    assert len(await told()) == 1


@pytest.mark.parametrize("by", [-timedelta(days=13), A_WEEK])
async def test_no_move_costs_a_buyer_what_could_have_been_had_back(market: Market, by: timedelta) -> None:
    """Policy moderate: all until three days before, counted from the start that gives more."""
    ada = guest()
    bought = await market.bought(ada, "A-1", "A-2")
    await put_off(market, by)
    if by > timedelta():
        # One day before the start that it was bought for, and eight before the new one.
        await market.skip(seconds=(bought.starts_at - timedelta(days=1) - market.now).total_seconds())
    async with transaction(reading=True) as session:
        quote = await actions.cancel_quote(session, ada, bought.id, market.now)
    assert quote.refund == Money(40_00, "EUR")
    assert "all that the seats cost comes back" in " ".join((await told())[0].text.split())


async def test_a_buyer_is_known_until_the_end_of_what_was_put_off(market: Market) -> None:
    account = await make_account(market.now)
    ada = Actor(account=AccountId(account.id), cart=CartId.new())
    bought = await market.bought(ada, "A-1", buyer=Buyer("Ada Byron", "ada@example.org"))
    async with transaction() as session:
        await actions.let_go_of(session, account.id, market.now)
    await put_off(market)
    await market.skip(seconds=(bought.ends_at + timedelta(hours=1) - market.now).total_seconds())
    assert (await market.see(SYSTEM, bought.id)).buyer_name == "Ada Byron"
    await market.skip(seconds=A_WEEK.total_seconds())
    assert (await market.see(SYSTEM, bought.id)).buyer_name == ""


class TestTrail:
    async def test_a_moved_event_is_a_line_of_the_orders_trail(self, market: Market) -> None:
        ada = guest()
        bought = await market.bought(ada, "A-1")
        await put_off(market)
        await change(market, place=replace(BERLIN, name="Deutsches Theater"))
        steps = (await market.see(ada, bought.id)).steps
        assert [step.changed for step in steps[-2:]] == [("starts_at", "ends_at"), ("place_name",)]
        assert steps[-1].source == steps[-1].target == Status.CONFIRMED
        assert all(not step.changed for step in steps[:-2])

    async def test_the_order_of_an_event_that_is_called_off_says_why_in_its_sellers_words(self, market: Market) -> None:
        ada, grace = guest(), guest()
        bought, unpaid = await market.bought(ada, "A-1"), await market.order(grace, "C-1", buyer=GRACE)
        async with transaction() as session:
            await catalog.cancel(
                session, market.seller, market.listing.id, market.now, reason="The roof has come down."
            )
        await market.work()
        for who, order in ((ada, bought), (grace, unpaid)):
            last = (await market.see(who, order.id)).steps[-1]
            assert last.target == Status.CANCELLED_BY_SELLER
            assert last.words == "The roof has come down."
        assert [step.words for step in (await market.see(ada, bought.id)).steps[:-1]] == ["", ""]

    async def test_doors_open_as_long_before_a_new_start_unless_the_change_says_when(self, market: Market) -> None:
        ada, half_an_hour = guest(), timedelta(minutes=30)
        await change(market, doors_at=market.listing.starts_at - half_an_hour)
        bought = await market.bought(ada, "A-1")
        await put_off(market)
        moved = (await market.see(ada, bought.id)).occasion
        assert moved.doors_at == moved.starts_at - half_an_hour
        await change(market, starts_at=moved.starts_at - 2 * half_an_hour, doors_at=moved.starts_at - 4 * half_an_hour)
        assert (await market.see(ada, bought.id)).occasion.doors_at == moved.starts_at - 4 * half_an_hour
