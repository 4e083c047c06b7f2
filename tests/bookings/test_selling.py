"""What a seller sees of the sales, holds back, and calls off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from marketplace.bookings import actions, sales, selling
from marketplace.bookings.errors import CostsMore, NothingHeldBack, NotOnSale
from marketplace.bookings.views import Buyer, Status
from marketplace.catalog import queries as catalog_queries
from marketplace.catalog import writing
from marketplace.catalog.errors import NoSuchListing, NotReady, UnknownUnits
from marketplace.catalog.views import Offer
from marketplace.db import transaction
from marketplace.errors import Invalid
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import UnfitUnits, UnitsTaken
from marketplace.money import Money
from marketplace.notifications import queries as mail
from marketplace.notifications.emails import changes_between
from marketplace.payments import queries as payments
from tests.makers.accounts import make_seller
from tests.makers.bookings import ADA, GRACE, Market, guest
from tests.makers.catalog import BERLIN


async def look(market: Market):
    async with transaction(reading=True) as session:
        return await sales.sales(session, market.seller, market.listing.id, market.now)


async def hold_back(market: Market, *units: str) -> HoldId:
    async with transaction() as session:
        made = await selling.hold_back(session, market.seller, market.listing.id, units, market.now)
    await market.work()
    return made


async def quote(market: Market):
    async with transaction(reading=True) as session:
        return await sales.call_off_quote(session, market.seller, market.listing.id, market.now)


async def written(market: Market, **entries: str):
    """What the seller types about the public listing, and whom it would be told to."""
    id = market.listing.id
    async with transaction() as session:
        await writing.fill(
            session, market.seller, id, {name.replace("__", "."): text for name, text in entries.items()}, market.now
        )
    async with transaction(reading=True) as session:
        return await sales.change_quote(session, market.seller, id, market.now)


def a_week_after(at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(BERLIN.zone)) + timedelta(days=7):%Y-%m-%d}"


async def call_off(market: Market) -> None:
    async with transaction() as session:
        await selling.call_off(
            session, market.seller, market.listing.id, "The river is in the stalls.", market.now,
            refund=(await quote(market)).refund,
        )  # fmt: skip
    await market.work()


def numbers(seen) -> dict[str, tuple[int, int, int, int, int]]:
    return {
        entry.category: (entry.sold, entry.held, entry.held_back, entry.left, entry.revenue.minor)
        for entry in seen.categories
    }


async def test_every_unit_is_sold_held_held_back_or_left_and_revenue_is_what_seats_brought(market: Market):
    await market.bought(guest(), "A-1", "A-2", "B-1")
    await market.hold(guest(), "C-6")
    await hold_back(market, "seat:C-1", "stand:pit:10")
    seen = await look(market)
    assert numbers(seen) == {
        "Premium": (2, 0, 0, 4, 40_00),
        "Standard": (1, 1, 1, 9, 15_00),
        "Standing": (0, 0, 1, 9, 0),
    }
    assert (seen.sold, seen.held, seen.held_back, seen.left) == (3, 1, 2, 22)
    assert (seen.revenue, seen.commission) == (Money(55_00, "EUR"), Money(5_50, "EUR"))
    assert seen.statuses == {Status.CONFIRMED: 1}


async def test_a_cancelled_order_brings_nothing(market: Market):
    ada = guest()
    await market.cancel(ada, await market.bought(ada, "A-1"))
    seen = await look(market)
    assert (seen.sold, seen.revenue.minor, seen.statuses) == (0, 0, {Status.CANCELLED_BY_BUYER: 1})
    async with transaction(reading=True) as session:
        assert await sales.revenue_over_time(session, market.seller, market.listing.id, market.now) == ()


async def test_revenue_counts_each_order_once_in_its_period(market: Market):
    await market.bought(guest(), "A-1")
    await market.skip(hours=3)
    await market.bought(guest(), "B-1", "B-2", buyer=GRACE)
    async with transaction(reading=True) as session:
        bars = await sales.revenue_over_time(session, market.seller, market.listing.id, market.now)
    assert [(bar.orders, bar.revenue.minor) for bar in bars if bar.orders] == [(1, 20_00), (1, 30_00)]
    assert 4 <= len(bars) <= 5
    assert all(bar.until == following.since for bar, following in pairwise(bars))


@pytest.mark.parametrize(
    ("days", "most", "hours"), [(1, 26, {1}), (10, 12, {23, 24}), (200, 32, {7 * 24, 7 * 24 - 1, 7 * 24 + 1})]
)
def test_periods_are_hours_then_days_then_weeks_and_begin_at_midnight(days: int, most: int, hours: set[int]):
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 25, 15, 20, tzinfo=UTC)
    edges = sales._edges(first, first + timedelta(days=days), zone)
    assert edges[0] <= first
    assert edges[-1] > first + timedelta(days=days)
    assert len(edges) <= most
    assert {(b - a) // timedelta(hours=1) for a, b in pairwise(edges)} <= hours
    assert days == 1 or {edge.astimezone(zone).hour for edge in edges} == {0}


async def test_orders_come_the_latest_first_a_page_at_a_time(market: Market):
    for guid in ("A-1", "B-1", "C-1"):
        await market.order(guest(), guid, buyer=GRACE)
    async with transaction(reading=True) as session:
        first = await sales.orders(session, market.seller, market.listing.id, market.now, limit=2)
        rest = await sales.orders(session, market.seller, market.listing.id, market.now, first.next_cursor, limit=2)
        with pytest.raises(Invalid):
            await sales.orders(session, market.seller, market.listing.id, market.now, "forged")
    seats = [order.seats for order in (*first.items, *rest.items)]
    assert seats == [(f"Stalls, row {row}, seat 1",) for row in "CBA"]
    assert rest.next_cursor is None
    assert first.items[0].buyer_email == GRACE.email
    exported = [order async for order in sales.exported(market.seller, market.listing.id, market.now)]
    assert [order.seats for order in exported] == seats


async def test_seats_held_back_are_nobody_else_s_until_they_are_given_back(market: Market):
    hold_id = await hold_back(market, "seat:A-1", "seat:A-2")
    with pytest.raises(UnitsTaken):
        await market.hold(guest(), "A-1")
    async with transaction(reading=True) as session:
        [kept] = await sales.held_back(session, market.seller, market.listing.id, market.now)
    assert (kept.id, kept.labels) == (hold_id, ("Stalls, row A, seat 1", "Stalls, row A, seat 2"))
    async with transaction() as session:
        await selling.give_back(session, market.seller, market.listing.id, hold_id, market.now)
    await market.work()
    await market.hold(guest(), "A-1")
    with pytest.raises(NothingHeldBack):
        async with transaction() as session:
            await selling.give_back(session, market.seller, market.listing.id, hold_id, market.now)


async def test_nothing_cannot_be_held_back(market: Market):
    with pytest.raises(UnfitUnits):
        await hold_back(market)


async def test_a_seat_in_somebody_s_basket_cannot_be_held_back(market: Market):
    await market.hold(guest(), "A-1")
    with pytest.raises(UnitsTaken):
        await hold_back(market, "seat:A-1", "seat:A-2")
    with pytest.raises(UnknownUnits):
        await hold_back(market, "seat:Z-9")
    await market.hold(guest(), "A-2")


async def test_only_what_was_held_back_here_can_be_given_back(market: Market):
    async with transaction() as session:
        other = await inventory.allot(session, ResourceId(market.listing.id), ["seat:A-1"], "guest list", market.now)
    bought = await market.bought(guest(), "B-1")
    for hold_id in (other, bought.hold_id):
        with pytest.raises(NothingHeldBack):
            async with transaction() as session:
                await selling.give_back(session, market.seller, market.listing.id, hold_id, market.now)


async def test_what_calling_off_costs_is_known_before_with_the_fees_of_guests(market: Market):
    await market.bought(guest(), "A-1", "A-2")
    partly = await market.bought(guest(), "B-1", buyer=GRACE)
    async with transaction() as session:
        await actions.refund(
            session, market.seller, partly.payment_id, Money(5_00, "EUR"), reason="late", key="r", now=market.now
        )
    await market.work()
    await market.order(guest(), "C-1", buyer=GRACE)
    told = await quote(market)
    assert (told.orders, told.tickets, told.unpaid) == (2, 3, 1)
    assert (told.refund, told.surcharge) == (Money(44_00 + 11_50, "EUR"), Money(5_50, "EUR"))


async def test_calling_off_ends_every_order_and_gives_everything_back(market: Market):
    ada, grace = guest(), guest()
    paid = await market.bought(ada, "A-1", "A-2")
    unpaid = await market.order(grace, "C-1", buyer=GRACE)
    told = await quote(market)
    await call_off(market)
    for actor, order in ((ada, paid), (grace, unpaid)):
        seen = await market.see(actor, order.id)
        assert seen.status is Status.CANCELLED_BY_SELLER
        assert all(ticket.is_void for ticket in seen.tickets)
    assert (await market.bank())[1] == [told.refund.minor]
    async with transaction(reading=True) as session:
        written = [
            (card.to, await mail.mail(session, card.id))
            for card in (await mail.mailbox(session)).items
            if card.kind == "called_off"
        ]
    assert {to for to, _ in written} == {ADA.email, GRACE.email}
    assert all("The seller writes: The river is in the stalls." in one.text for _, one in written)
    assert (await quote(market)).orders == 0
    assert await selling.cancel_orders(market.listing.id, market.now) == 0
    assert (await market.bank())[1] == [told.refund.minor]


async def test_what_a_seller_is_shown_is_what_lies_at_the_bank(market: Market):
    """Whatever was given back of an order, whole or in part, is not shown as earned; what was kept of one is."""
    whole = await market.bought(guest(), "C-1")  # 15.00 and the fee of 1.50
    part = await market.bought(guest(), "A-1", "B-1", buyer=GRACE)  # 35.00 and 3.50, of which 10.00 go back
    async with transaction() as session:
        assert part.payment_id
        await actions.refund(
            session, market.seller, part.payment_id, Money(10_00, "EUR"), reason="goodwill", key="r", now=market.now
        )
    await market.work()
    half = await market.bought(lin := guest(), "C-2", "C-3", buyer=Buyer("Lin", "lin@example.org"))  # 30.00 and 3.00
    await market.let_pass((half.starts_at - timedelta(hours=30) - market.now).total_seconds())
    await market.cancel(lin, half)  # half of 30.00 goes back
    seen = await look(market)
    taken, returned = await market.bank()
    assert returned == [10_00, 15_00]
    assert (seen.revenue + seen.fees).minor == sum(taken) - sum(returned)
    assert (seen.revenue.minor, seen.fees.minor) == (15_00 + 25_00 + 15_00, 1_50 + 3_50 + 3_00)
    assert seen.commission.minor == 1_50 + 2_50 + 1_50
    assert sum(entry.revenue.minor for entry in seen.categories) == seen.revenue.minor
    async with transaction(reading=True) as session:
        bars = await sales.revenue_over_time(session, market.seller, market.listing.id, market.now)
        orders = await sales.orders(session, market.seller, market.listing.id, market.now)
        assert (await sales.revenues(session, [market.listing.id])) == {market.listing.id: seen.revenue}
    assert sum(bar.revenue.minor for bar in bars) == seen.revenue.minor
    assert {order.id: order.refunded.minor for order in orders.items} == {whole.id: 0, part.id: 10_00, half.id: 15_00}


async def test_calling_off_is_refused_once_it_costs_more_than_was_seen(market: Market):
    await market.bought(guest(), "A-1")
    seen = await quote(market)
    bought = await market.bought(grace := guest(), "B-1", buyer=GRACE)
    with pytest.raises(CostsMore) as refused:
        async with transaction() as session:
            await selling.call_off(session, market.seller, market.listing.id, "", market.now, refund=seen.refund)
    assert refused.value.details == {"refund": {"amount": 22_00 + 16_50, "currency": "EUR"}}
    await market.cancel(grace, bought)
    # Costing less than was seen is no reason to ask again.
    async with transaction() as session:
        await selling.call_off(session, market.seller, market.listing.id, "", market.now, refund=seen.refund)


async def test_calling_off_goes_on_where_it_stopped_in_portions(market: Market, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(selling, "AT_ONCE", 1)
    for guid in ("A-1", "B-1", "C-1"):
        await market.order(guest(), guid, buyer=GRACE)
    await call_off(market)
    assert (await look(market)).statuses == {Status.CANCELLED_BY_SELLER: 3}


async def test_an_order_that_cannot_be_cancelled_holds_up_no_later_portion(
    market: Market, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(selling, "AT_ONCE", 1)
    first, *later = [await market.order(guest(), guid, buyer=GRACE) for guid in ("A-1", "B-1", "C-1")]
    cancel = actions.cancel_for_seller

    async def stumble(session, id, why, now):
        if id == first.id:
            raise RuntimeError("stumbled")
        return await cancel(session, id, why, now)

    monkeypatch.setattr(actions, "cancel_for_seller", stumble)
    await call_off(market)
    assert (await look(market)).statuses == {Status.PENDING_PAYMENT: 1, Status.CANCELLED_BY_SELLER: len(later)}


async def test_a_disputed_order_is_called_off_like_the_others_and_its_money_is_owed(market: Market):
    ada, grace = guest(), guest()
    disputed = await market.order(ada, "A-1")
    await market.pay_for(ada, disputed, "4000000000000259")
    await market.let_pass(5)
    other = await market.bought(grace, "B-1", buyer=GRACE)
    await call_off(market)
    for actor, order in ((ada, disputed), (grace, other)):
        seen = await market.see(actor, order.id)
        assert seen.status is Status.CANCELLED_BY_SELLER
        assert all(ticket.is_void for ticket in seen.tickets)
    assert (await market.bank())[1] == [16_50]
    async with transaction(reading=True) as session:
        [debt] = await payments.owed(session)
        [letter] = [
            card for card in (await mail.mailbox(session)).items if card.kind == "called_off" and card.to == ADA.email
        ]
        text = (await mail.mail(session, letter.id)).text
    assert (debt.refund.booking_id, debt.refund.amount) == (disputed.id, Money(22_00, "EUR"))
    assert "we owe it to you" in " ".join(text.split())


async def test_one_order_that_cannot_be_cancelled_does_not_stop_the_others(
    market: Market, monkeypatch: pytest.MonkeyPatch
):
    first = await market.order(guest(), "A-1")
    await market.order(guest(), "B-1", buyer=GRACE)
    cancel, is_broken = actions.cancel_for_seller, True

    async def stumble(session, id, why, now):
        if id == first.id and is_broken:
            raise RuntimeError("stumbled")
        return await cancel(session, id, why, now)

    monkeypatch.setattr(actions, "cancel_for_seller", stumble)
    await call_off(market)
    assert (await look(market)).statuses == {Status.CANCELLED_BY_SELLER: 1, Status.PENDING_PAYMENT: 1}
    is_broken = False
    await market.skip(seconds=5)
    assert (await look(market)).statuses == {Status.CANCELLED_BY_SELLER: 2}


async def test_an_order_made_while_the_event_is_called_off_is_ended_too(
    market: Market, monkeypatch: pytest.MonkeyPatch
):
    ada = guest()
    held = await market.hold(ada, "A-1")
    seen = await catalog_queries.offer(market.listing.id)
    async with transaction() as session:
        await selling.call_off(session, market.seller, market.listing.id, "", market.now, refund=Money.zero("EUR"))

    async def a_moment_ago(*_: object) -> Offer:
        """The check-out had read the listing before it was called off."""
        return seen

    monkeypatch.setattr(catalog_queries, "offer_within", a_moment_ago)
    order = await market.check_out(ada, held)
    await market.work()
    assert (await market.see(ada, order.id)).status is Status.CANCELLED_BY_SELLER
    assert await market.seats() == {}


async def test_to_strangers_the_sales_do_not_exist(market: Market):
    _, stranger = await make_seller(market.now, name="Other House")
    id = market.listing.id
    for query in (sales.sales, sales.revenue_over_time, sales.orders, sales.held_back, sales.call_off_quote):
        for actor in (stranger, guest()):
            with pytest.raises(NoSuchListing):
                async with transaction(reading=True) as session:
                    await query(session, actor, id, market.now)
    with pytest.raises(NoSuchListing):
        [order async for order in sales.exported(stranger, id, market.now)]
    for act in (
        lambda session: selling.hold_back(session, stranger, id, ["seat:A-1"], market.now),
        lambda session: selling.give_back(session, stranger, id, HoldId.on(ResourceId(id)), market.now),
        lambda session: selling.call_off(session, stranger, id, "", market.now, refund=Money.zero("EUR")),
    ):
        with pytest.raises(NoSuchListing):
            async with transaction() as session:
                await act(session)


async def test_nothing_is_held_back_once_it_is_called_off(market: Market):
    await call_off(market)
    with pytest.raises(NotOnSale):
        await hold_back(market, "seat:A-1")


async def test_before_a_change_is_public_its_seller_knows_how_many_buyers_are_told_and_what(market: Market):
    ada = guest()
    await market.bought(ada, "A-1")
    await market.order(ada, "A-2")
    await market.order(guest(), "B-1", buyer=GRACE)
    gone = guest()
    await market.cancel(gone, await market.order(gone, "C-1", buyer=Buyer("Emmy Noether", "emmy@example.org")))
    moved = await written(
        market,
        title="Three Sisters",
        starts_at__day=a_week_after(market.listing.starts_at),
        ends_at__day=a_week_after(market.listing.ends_at),
    )
    assert moved.buyers == 2, "who has two orders is one buyer, and who has cancelled is none"
    assert [change.name for change in changes_between(moved.was, moved.is_now)] == ["What", "When", "Until"]
    assert (moved.was.title, moved.is_now.title) == (market.listing.title, "Three Sisters")
    assert (await written(market)).is_now == moved.is_now
    async with transaction() as session:
        await writing.take_over(session, market.seller, market.listing.id, market.now)
    await market.work()
    async with transaction(reading=True) as session:
        told = {card.to for card in (await mail.mailbox(session)).items if card.kind == "event_changed"}
    assert told == {ADA.email, GRACE.email}
    assert (await written(market, story="Three sisters, three hours.")).buyers == 0


async def test_what_could_not_be_made_public_tells_nobody(market: Market):
    with pytest.raises(NotReady):
        await written(market, place__city="")
    _, stranger = await make_seller(market.now, name="Other House")
    with pytest.raises(NoSuchListing):
        async with transaction(reading=True) as session:
            await sales.change_quote(session, stranger, market.listing.id, market.now)
