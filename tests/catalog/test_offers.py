"""What holds and bookings are told of a listing, and what each process keeps of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from marketplace.accounts.views import SYSTEM
from marketplace.cache import Cache
from marketplace.catalog import actions, queries
from marketplace.catalog.errors import UnknownUnits
from marketplace.catalog.views import ListingChange, Status, status_at
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.ids import ListingId
from marketplace.money import Money
from tests.catalog.test_search import counted
from tests.makers.catalog import make_listing, plan_document, seat_offer


async def test_an_offer_prices_and_names_units(database: str, now: datetime) -> None:
    made = await make_listing(now, document=plan_document(standing=5))
    offer = await queries.offer(made.id)
    line = offer.line("seat:B-3")
    assert (line.unit, line.label, line.category, line.price) == (
        "seat:B-3", "Stalls, row B, seat 3", "Standard", Money(1500, "EUR"),
    )  # fmt: skip
    assert offer.line("stand:pit:5").price == Money(1000, "EUR")
    offer.stock.check(["seat:A-1", "stand:pit:1"])
    with pytest.raises(UnknownUnits) as refused:
        offer.stock.check(["seat:A-1", "seat:Q-1", "stand:pit:6"])
    assert refused.value.units == ("seat:Q-1", "stand:pit:6")
    with pytest.raises(UnknownUnits):
        offer.line("seat:Q-1")


async def test_a_storm_of_visitors_makes_one_load(database: str, now: datetime) -> None:
    made = await make_listing(now)
    with counted() as alone:
        await queries.offer((await make_listing(now)).id)
    queries.forget(made.id)
    with counted() as storm:
        offers = await asyncio.gather(*(queries.offer(made.id) for _ in range(200)))
    assert len({id(offer) for offer in offers}) == 1
    assert len(storm) <= len(alone)


async def test_a_change_is_seen_at_once_by_the_process_that_made_it(database: str, now: datetime) -> None:
    made = await make_listing(now)
    assert (await queries.offer(made.id)).max_per_buyer == 10
    async with transaction() as session:
        await actions.change_listing(session, SYSTEM, made.id, ListingChange(max_per_buyer=2), now)
    assert (await queries.offer(made.id)).max_per_buyer == 2


async def test_what_is_not_there_is_not_found_each_time(database: str) -> None:
    unknown = ListingId.new()
    for _ in range(2):
        with pytest.raises(NotFound):
            await queries.offer(unknown)


async def test_an_offer_within_a_transaction_sees_its_own_writes(database: str, now: datetime) -> None:
    made = await make_listing(now)
    async with transaction() as session:
        await actions.change_listing(session, SYSTEM, made.id, ListingChange(max_per_buyer=3), now)
        assert (await queries.offer_within(session, made.id)).max_per_buyer == 3


def test_an_offer_is_on_sale_between_its_sale_and_its_start(now: datetime) -> None:
    offer = seat_offer(now)
    assert offer.is_on_sale(now)
    assert not offer.is_on_sale(now - timedelta(microseconds=1))
    assert not offer.is_on_sale(offer.starts_at)
    assert not replace(offer, is_suspended=True).is_on_sale(now)
    for status in Status:
        assert replace(offer, status=status).is_on_sale(now) is (status in {Status.PUBLISHED, Status.ON_SALE})


@pytest.mark.parametrize(
    ("kept", "before", "during", "after"),
    [
        (Status.DRAFT, Status.DRAFT, Status.DRAFT, Status.DRAFT),
        (Status.PUBLISHED, Status.PUBLISHED, Status.ON_SALE, Status.CLOSED),
        (Status.SOLD_OUT, Status.SOLD_OUT, Status.SOLD_OUT, Status.CLOSED),
        (Status.CLOSED, Status.CLOSED, Status.CLOSED, Status.CLOSED),
        (Status.CANCELLED, Status.CANCELLED, Status.CANCELLED, Status.CANCELLED),
    ],
)
def test_time_alone_opens_and_ends_sales(
    kept: Status, before: Status, during: Status, after: Status, now: datetime
) -> None:
    starts = now + timedelta(days=1)
    seen = [status_at(kept, now, starts, at) for at in (now - timedelta(1), now, starts)]
    assert seen == [before, during, after]


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class TestShelf:
    async def test_a_value_is_kept_for_its_time(self) -> None:
        clock, loads = Clock(), iter("abc")
        shelf: Cache[str, str] = Cache(most=2, seconds=2, monotonic=clock)

        async def load() -> str:
            return next(loads)

        assert [await shelf.get("k", load) for _ in range(2)] == ["a", "a"]
        clock.at = 1.9
        assert await shelf.get("k", load) == "a"
        clock.at = 2.0
        assert await shelf.get("k", load) == "b"

    async def test_the_least_recently_used_makes_room(self) -> None:
        shelf: Cache[str, int] = Cache(most=2)
        shelf.put("a", 1)
        shelf.put("b", 2)
        assert shelf.peek("a") == 1
        shelf.put("c", 3)
        assert [shelf.peek(key) for key in "abc"] == [1, None, 3]

    async def test_one_who_leaves_does_not_take_the_answer_along(self) -> None:
        shelf: Cache[str, int] = Cache(most=2)
        gate = asyncio.Event()

        async def load() -> int:
            await gate.wait()
            return 7

        leaves, stays = (asyncio.create_task(shelf.get("k", load)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        gate.set()
        assert await stays == 7
        with pytest.raises(asyncio.CancelledError):
            await leaves

    async def test_what_was_forgotten_while_it_was_coming_is_not_kept(self) -> None:
        shelf: Cache[str, str] = Cache(most=2)
        gate = asyncio.Event()

        async def load_old() -> str:
            await gate.wait()
            return "old"

        async def load_new() -> str:
            return "new"

        old = asyncio.create_task(shelf.get("k", load_old))
        await asyncio.sleep(0)
        shelf.forget("k")
        assert await shelf.get("k", load_new) == "new"
        gate.set()
        assert await old == "old"
        assert shelf.peek("k") == "new"

    async def test_a_failed_load_is_told_and_tried_again(self) -> None:
        shelf: Cache[str, int] = Cache(most=2)

        async def fail() -> int:
            raise NotFound("Not yet.")

        async def succeed() -> int:
            return 1

        with pytest.raises(NotFound):
            await shelf.get("k", fail)
        assert await shelf.get("k", succeed) == 1
