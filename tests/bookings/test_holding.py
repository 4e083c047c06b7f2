"""Picking: what is asked for becomes a hold, and every rule of the listing is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from marketplace.accounts.views import Actor
from marketplace.bookings import actions, holding
from marketplace.bookings.errors import NotOnSale
from marketplace.catalog import actions as catalog
from marketplace.catalog.errors import UnknownUnits
from marketplace.db import transaction
from marketplace.errors import Invalid, Unauthenticated
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import (
    HoldExpired,
    HoldNotFound,
    HoldReleased,
    NotEnoughLeft,
    TooManyUnits,
    UnitsTaken,
)
from marketplace.kinds.seats.errors import NoSuchSeatsTogether, SingleSeatLeft
from marketplace.kinds.seats.kind import SeatRequest
from marketplace.money import Money
from tests.makers.bookings import ADA, Market, guest


async def ask(market: Market, actor: Actor, **request: object) -> holding.Held:
    return await holding.hold(actor, market.listing.id, request, market.now)


class TestPicking:
    async def test_a_visitors_hold_is_found_again_and_given_back_bit_by_bit(self, market: Market) -> None:
        ada = guest()
        assert await holding.mine(ada, market.listing.id) is None
        assert await holding.mine(Actor(), market.listing.id) is None
        held = await market.hold(ada, "A-1", "B-1")
        assert held.price == Money(35_00, "EUR")
        assert await holding.mine(ada, market.listing.id) == await holding.show(ada, held.id) == held
        await holding.release(ada, held.id, ["seat:A-1"])
        left = await holding.show(ada, held.id)
        assert (left.units, left.price, left.expires_at) == (("seat:B-1",), Money(15_00, "EUR"), held.expires_at)
        await holding.release(ada, held.id)
        assert await holding.mine(ada, market.listing.id) is None
        assert await market.seats() == {}

    async def test_a_hold_that_somebody_has_made_up_leaves_no_trace(self, market: Market, redis: Redis) -> None:
        made_up = HoldId.on(ResourceId(ListingId.new()))
        ada = guest()
        for ask in (holding.show, holding.extend, holding.release):
            with pytest.raises(HoldNotFound):
                await ask(ada, made_up)
        with pytest.raises(HoldNotFound):
            async with transaction() as session:
                await actions.check_out(session, ada, made_up, ADA, Money(1, "EUR"), market.now)
        assert await redis.keys("{*") == []

    async def test_what_redis_keeps_of_a_listing_goes_by_itself(self, market: Market, redis: Redis) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        await holding.hold(guest(), market.listing.id, SeatRequest(quantity=2, area="pit"), market.now)
        await market.check_out(ada, held)
        await holding.release(other := guest(), (await market.hold(other, "B-1")).id)
        before = {key: await redis.ttl(key) for key in await redis.keys("{*")}
        assert len(before) == 8  # and that one was given back; no group has anything: these visitors come from nowhere
        # Longer than any hold, and the version before all that nobody would find without it.
        assert all(2 * 3600 < left <= 90_000 for left in before.values()), before
        kept = [left for key, left in before.items() if ":released:" not in key]
        assert before[f"{{{market.listing.id}}}:meta"] == min(kept)
        await redis.flushall()
        assert await market.seats() == {"seat:A-1": "held"}
        assert all([await redis.ttl(key) > 2 * 3600 for key in await redis.keys("{*")])

    async def test_what_was_given_back_is_told_from_what_has_run_out(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1", "A-2")
        await holding.release(ada, held.id, ["seat:A-1"])
        assert (await holding.show(ada, held.id)).units == ("seat:A-2",)
        await holding.release(ada, held.id)
        await holding.release(ada, held.id)
        for ask in (holding.show, holding.extend):
            with pytest.raises(HoldReleased):
                await ask(ada, held.id)
        with pytest.raises(HoldReleased):
            await market.check_out(ada, held)
        other = await market.hold(ada, "A-1")
        await market.skip(minutes=16)
        with pytest.raises(HoldExpired) as ran_out:
            await holding.show(ada, other.id)
        assert not isinstance(ran_out.value, HoldReleased)

    async def test_a_hold_is_extended_by_its_holder(self, market: Market) -> None:
        ada = guest()
        held = await market.hold(ada, "A-1")
        longer = await holding.extend(ada, held.id)
        assert longer.is_extended
        assert longer.expires_at - held.expires_at <= timedelta(minutes=15)
        with pytest.raises(HoldNotFound):
            await holding.extend(guest(), held.id)

    async def test_nobody_holds_more_than_one_buyer_may_have(self, market: Market) -> None:
        ada = guest()
        await market.hold(ada, *(f"{row}-{n}" for row in "AB" for n in range(1, 6)))
        with pytest.raises(TooManyUnits):
            await market.hold(ada, "C-1")
        assert len(await market.seats()) == 10

    async def test_what_the_plan_has_not_cannot_be_held(self, market: Market) -> None:
        for request in (
            {"seats": ("A-1", "Z-1")}, {"quantity": 2, "area": "nowhere"}, {"seats": ("A-1", "A-1")}, {},
            {"seats": ("A-1",), "quantity": 1}, {"quantity": 2, "category": "Nowhere"},
        ):  # fmt: skip
            with pytest.raises((Invalid, UnknownUnits, NoSuchSeatsTogether)):
                await ask(market, guest(), **request)
        assert await market.seats() == {}

    async def test_a_visitor_without_a_cart_holds_nothing(self, market: Market) -> None:
        with pytest.raises(Unauthenticated):
            await market.hold(Actor(), "A-1")

    async def test_what_is_not_on_sale_is_not_held(self, market: Market) -> None:
        async with transaction() as session:
            await catalog.close(session, market.seller, market.listing.id, market.now)
        with pytest.raises(NotOnSale):
            await market.hold(guest(), "A-1")

    async def test_standing_places_run_out(self, market: Market) -> None:
        held = await ask(market, guest(), quantity=8, area="pit")
        assert held.price == Money(80_00, "EUR")
        with pytest.raises(NotEnoughLeft):
            await ask(market, guest(), quantity=3, area="pit")


class TestTheBest:
    async def test_they_are_side_by_side_and_as_dear_as_allowed(self, market: Market) -> None:
        held = await ask(market, guest(), quantity=4)
        assert {line.category for line in held.lines} == {"Premium"}
        cheaper = await ask(market, guest(), quantity=4, max_price={"amount": 15_00, "currency": "EUR"})
        assert {line.price for line in cheaper.lines} == {Money(15_00, "EUR")}
        with pytest.raises(NoSuchSeatsTogether):
            await ask(market, guest(), quantity=3, category="Premium")
        apart = await ask(market, guest(), quantity=2, category="Premium", together=False)
        assert {line.category for line in apart.lines} == {"Premium"}

    @pytest.mark.parametrize("times", [2, 99])
    async def test_while_others_are_faster_we_look_again_but_not_for_ever(
        self, market: Market, monkeypatch: pytest.MonkeyPatch, times: int
    ) -> None:
        claim_first, tries = inventory.claim_first, []

        async def outrun(*what: object, **how: object):
            tries.append(what)
            if len(tries) <= times:
                raise UnitsTaken(["seat:A-1"])
            return await claim_first(*what, **how)

        monkeypatch.setattr(inventory, "claim_first", outrun)
        if times == 2:
            assert len((await ask(market, guest(), quantity=2)).units) == 2
            assert len(tries) == 3
            return
        with pytest.raises(NoSuchSeatsTogether):
            await ask(market, guest(), quantity=2)
        assert len(tries) == 4


async def test_where_the_seller_wishes_so_no_single_seat_is_left_alone(
    database: str, redis: Redis, now: datetime
) -> None:
    market = await Market.open(now, no_single_seats=True)
    with pytest.raises(SingleSeatLeft):
        await market.hold(guest(), "A-2", "A-3")
    await market.hold(guest(), "A-1", "A-2")
    await market.hold(guest(), "A-3", "A-4")
    await market.hold(guest(), "A-5", "A-6")
    assert len(await market.seats()) == 6
