"""Nobody holds the whole hall: carts are given to whoever asks, so accounts and networks are counted, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from marketplace import settings
from marketplace.accounts.views import Actor
from marketplace.bookings import holding
from marketplace.bookings.errors import TooManyForOneBuyer, TooManyFromNetwork
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries as listings
from marketplace.catalog.views import ListingChange
from marketplace.db import transaction
from marketplace.errors import HoldfastError
from marketplace.inventory.errors import TooManyUnits
from marketplace.kinds.seats.kind import SeatRequest
from tests.makers.accounts import make_account
from tests.makers.bookings import ADA, GRACE, Market, guest

NETWORK = "203.0.113.7"


def neighbour(network: str | None = NETWORK) -> Actor:
    """Somebody with a fresh cart on the same network as the others."""
    return replace(guest(), network=network)


@pytest.fixture(autouse=True)
def few_from_a_network(own_settings: settings.Settings) -> None:
    settings.use(own_settings.model_copy(update={"held_per_network": 6}))


async def hoard(market: Market, network: str | None) -> int:
    """Take every seat with carts of two seats; how many one gets."""
    for row in "ABC":
        for at in (1, 3, 5):
            try:
                await market.hold(neighbour(network), f"{row}-{at}", f"{row}-{at + 1}")
            except HoldfastError:
                break
    return len(await market.seats())


class TestANetwork:
    async def test_cannot_hold_the_whole_hall_with_fresh_carts(self, market: Market) -> None:
        assert await hoard(market, NETWORK) == 6
        with pytest.raises(TooManyFromNetwork) as refused:
            await market.hold(neighbour(), "C-1")
        assert refused.value.details == {"most": 6}
        assert await market.hold(neighbour("203.0.113.8"), "C-1")

    async def test_would_hold_all_of_it_were_it_not_counted(self, market: Market) -> None:
        """The control: what the same visitor gets whose network nobody knows."""
        assert await hoard(market, None) == 18

    async def test_is_counted_in_every_way_of_asking(self, market: Market) -> None:
        await hoard(market, NETWORK)
        for request in (
            SeatRequest(seats=("C-1",)), SeatRequest(quantity=1, together=True), SeatRequest(quantity=1, area="pit"),
        ):  # fmt: skip
            with pytest.raises(TooManyFromNetwork):
                await holding.hold(neighbour(), market.listing.id, request, market.now)

    async def test_may_hold_more_once_something_is_given_back_or_has_run_out(self, market: Market) -> None:
        one, other = neighbour(), neighbour()
        held = await market.hold(one, "A-1", "A-2", "A-3")
        await market.hold(other, "B-1", "B-2", "B-3")
        await holding.release(one, held.id, ["seat:A-1"])
        await market.hold(other, "B-4")
        with pytest.raises(TooManyFromNetwork):
            await market.hold(one, "A-1")
        await market.skip(minutes=16)
        assert len((await market.hold(one, *(f"A-{at}" for at in range(1, 7)))).units) == 6

    async def test_has_what_is_being_paid_for_counted_until_it_is_sold(self, market: Market) -> None:
        one = neighbour()
        order = await market.order(one, *(f"A-{at}" for at in range(1, 7)))
        with pytest.raises(TooManyFromNetwork):
            await market.hold(one, "B-1")
        await market.pay_for(one, order)
        assert await market.hold(one, "B-1")

    async def test_of_two_who_move_counts_each_hold_where_it_was_made_and_added_to(self, market: Market) -> None:
        one = neighbour()
        await market.hold(one, "A-1", "A-2", "A-3", "A-4")
        elsewhere = replace(one, network="198.51.100.1")
        await market.hold(elsewhere, "A-5")
        with pytest.raises(TooManyFromNetwork):
            await market.hold(neighbour("198.51.100.1"), "B-1", "B-2")
        with pytest.raises(TooManyFromNetwork):
            await market.hold(neighbour(), "B-1", "B-2")


class TestAnAccount:
    async def test_holds_in_all_its_carts_what_one_buyer_may_have(self, market: Market) -> None:
        await at_most(market, 4)
        account = (await make_account(market.now)).id
        one, other = replace(guest(), account=account), replace(guest(), account=account)
        await market.hold(one, "A-1", "A-2", "A-3")
        with pytest.raises(TooManyUnits):
            await market.hold(other, "B-1", "B-2")
        await market.hold(other, "B-1")

    async def test_has_the_seats_counted_that_were_picked_before_it_logged_in(self, market: Market) -> None:
        await at_most(market, 4)
        account = (await make_account(market.now)).id
        one, other = guest(), replace(guest(), account=account)
        await market.hold(other, "B-1", "B-2")
        await market.hold(one, "A-1", "A-2")
        with pytest.raises(TooManyUnits):
            await market.hold(replace(one, account=account), "A-3")

    async def test_buys_no_more_under_another_address(self, market: Market) -> None:
        await at_most(market, 3)
        account = (await make_account(market.now)).id
        first = replace(guest(), account=account)
        order = await market.order(first, "A-1", "A-2", buyer=ADA)
        await market.pay_for(first, order)
        again = replace(guest(), account=account)
        with pytest.raises(TooManyForOneBuyer) as refused:
            await market.order(again, "B-1", "B-2", buyer=GRACE)
        assert refused.value.details == {"most": 3, "had": 2}


async def at_most(market: Market, units: int) -> None:
    """Let one buyer have so many."""
    async with transaction() as session:
        change = ListingChange(max_per_buyer=units)
        await catalog.change_listing(session, market.seller, market.listing.id, change, market.now)
    listings.forget(market.listing.id)
