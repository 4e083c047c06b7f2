"""What is paid is what was shown: a hold keeps its prices, and nothing is charged that its buyer has not named."""

from __future__ import annotations

import pytest

from marketplace.accounts.views import SYSTEM
from marketplace.bookings import actions, holding
from marketplace.bookings.errors import TotalChanged
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries as listings
from marketplace.catalog.views import ListingChange, Policy
from marketplace.db import transaction
from marketplace.money import Money
from tests.makers.accounts import make_account
from tests.makers.bookings import ADA, Market, guest


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


async def raise_prices(market: Market) -> None:
    """A seller's slip: a hundred times the price, and nothing back."""
    prices = {
        category: price.minor * 900 for category, price in (await listings.offer(market.listing.id)).prices.items()
    }
    change = ListingChange(prices=prices, policy=Policy.STRICT)
    async with transaction() as session:
        await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
        await catalog.set_fees(
            session, SYSTEM, market.listing.id, commission_bp=50, guest_surcharge_bp=5000, now=market.now
        )
    listings.forget(market.listing.id)


class TestAHold:
    async def test_costs_what_it_cost_when_it_was_made(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        await raise_prices(market)
        assert await holding.show(ada, held.id) == await holding.mine(ada, market.listing.id) == held
        order = await market.check_out(ada, held)
        assert (order.total, order.policy) == (held.total, held.policy) == (euros(22_00), market.listing.policy)
        assert [line.amount for line in order.lines] == [euros(20_00), euros(2_00), euros(2_00)]

    async def test_that_is_added_to_costs_what_is_shown_then(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        await raise_prices(market)
        more = await market.hold(ada, "A-2")
        assert (more.id, more.price, more.policy) == (held.id, euros(36_000_00), Policy.STRICT)
        with pytest.raises(TotalChanged) as refused:
            await market.check_out(ada, held)
        assert refused.value.details == {"total": {"amount": 54_000_00, "currency": "EUR"}}
        assert (await holding.show(ada, held.id)).is_checked_out is False
        assert (await market.check_out(ada, more)).total == more.total == euros(54_000_00)

    async def test_keeps_its_price_when_some_of_it_is_given_back_or_more_time_taken(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1", "A-2")
        await raise_prices(market)
        await holding.release(ada, held.id, ["seat:A-2"])
        assert (await holding.extend(ada, held.id)).total == euros(22_00)

    async def test_of_an_account_has_no_surcharge_and_its_total_is_asked_for(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        account = await make_account(market.now)
        known = type(ada)(cart=ada.cart, account=account.id)
        with pytest.raises(TotalChanged):
            await market.check_out(known, held)
        order = await market.check_out(known, await holding.show(known, held.id))
        assert order.total == euros(20_00)


class TestPaying:
    async def test_another_total_than_the_orders_is_refused(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        with pytest.raises(TotalChanged) as refused:
            async with transaction() as session:
                await actions.pay(
                    session, ada, order.id, total=euros(21_99), provider="simulator", method="tok_x", key="k",
                    now=market.now,
                )  # fmt: skip
        assert refused.value.total == order.total
        assert await market.bank() == ([], [])

    async def test_an_order_that_has_been_made_is_not_given_for_another_total(self, market: Market) -> None:
        ada = guest()
        order = await market.order(ada, "A-1")
        with pytest.raises(TotalChanged):
            async with transaction() as session:
                await actions.check_out(session, ada, order.hold_id, ADA, euros(1), market.now)
