"""A fresh start: whatever has happened to the demo world, it is what it was in the beginning, in every process."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis
from sqlmodel import SQLModel, func, select

from marketplace import clock, settings
from marketplace.accounts import actions as accounts
from marketplace.accounts.errors import SessionEnded
from marketplace.accounts.views import AccountView
from marketplace.bookings.models import Booking
from marketplace.catalog import queries as catalog
from marketplace.catalog.views import ListingFilters
from marketplace.db import transaction
from marketplace.errors import NotFound
from marketplace.ids import AccountId, ResourceId, ulid
from marketplace.inventory import actions as inventory
from marketplace.lab import cluster_sync, fresh_start, storm, time_machine, world
from marketplace.lab.fresh_start import FreshStartUnderWay
from marketplace.lab.world import BUYER, PASSWORD
from marketplace.notifications import actions as mail
from marketplace.notifications import emails
from marketplace.payments import actions as payments
from tests.makers.accounts import guest
from tests.makers.bookings import Market
from tests.waiting import eventually

ADA = AccountView(AccountId.new(), "ada@example.org", "Ada Byron", False, (), datetime(2027, 1, 1, tzinfo=UTC))


@pytest.fixture
async def market(database: str, redis: Redis, now: datetime) -> Market:
    return await Market.open(now)


async def rows() -> dict[str, int]:
    """How many rows each table has."""
    async with transaction(reading=True) as session:
        return {
            table.name: (await session.exec(select(func.count()).select_from(table))).one()
            for table in SQLModel.metadata.sorted_tables
        }


async def orders_of(market: Market) -> int:
    async with transaction(reading=True) as session:
        counted = select(func.count()).select_from(Booking).where(Booking.listing_id == market.listing.id)
        return (await session.exec(counted)).one()


async def test_what_has_happened_is_forgotten_and_the_world_is_as_in_the_beginning(
    market: Market, redis: Redis
) -> None:
    await market.bought(guest(), "A-1")
    await market.hold(guest(), "B-1", "B-2")
    await market.behave(failure_rate=1.0, forced_outcomes=("card_declined",))
    await time_machine.advance(timedelta(days=3))
    built = await fresh_start.make()
    fresh = await rows()
    for table in ("simulator_settings", "mail", "login_session"):
        assert fresh[table] == 0, table
    assert await orders_of(market) == 0
    assert clock.offset() == timedelta()
    simulator_settings = await payments.simulator_settings("simulator")
    assert (simulator_settings.failure_rate, simulator_settings.forced_outcomes) == (0, ())
    with pytest.raises(NotFound):
        await catalog.offer(market.listing.id)
    of_holds = {key.rpartition(":")[0].strip("{}") async for key in redis.scan_iter(match="{*}:*")}
    assert of_holds <= set(built.listings.values())
    async with transaction(reading=True) as session:
        page = await catalog.listing_page(session, "the-tempest", market.now)
    sold = (await inventory.snapshot(ResourceId(page.id))).status
    assert 0.4 < len(sold) / page.capacity < 0.5
    await fresh_start.make()
    assert await rows() == fresh


async def test_log_ins_end_and_the_demo_people_can_log_in_again(market: Market) -> None:
    await fresh_start.make()

    async def log_in() -> str:
        async with transaction() as session:
            given = await accounts.login(session, email=BUYER, password=PASSWORD, device="a test", now=market.now)
        return given.refresh

    before = await log_in()
    await fresh_start.make()
    with pytest.raises(SessionEnded):
        async with transaction() as session:
            await accounts.refresh(session, before, market.now)
    await log_in()


async def test_every_process_forgets_what_it_has_kept_within_reach(market: Market, redis: Redis) -> None:
    async with cluster_sync.following():
        assert (await catalog.offer(market.listing.id)).listing_id == market.listing.id
        # As if another process had made the fresh start: this one hears of it.
        async with transaction() as session:
            await fresh_start._empty(session, SQLModel.metadata.sorted_tables)
        await redis.set(cluster_sync.WORLD, "another")

        async def is_gone() -> bool:
            try:
                await catalog.offer(market.listing.id)
            except NotFound:
                return True
            return False

        await eventually(is_gone, within=1)


async def test_of_two_who_want_one_at_once_one_is_refused(market: Market) -> None:
    done = await asyncio.gather(fresh_start.make(), fresh_start.make(), return_exceptions=True)
    assert sum(isinstance(answer, FreshStartUnderWay) for answer in done) == 1
    async with transaction(reading=True) as session:
        cards = await catalog.listing_cards(session, ListingFilters(), market.now, limit=100)
    assert len({card.slug for card in cards.items}) == len(cards.items) >= 24


async def test_it_ends_a_storm_and_whatever_else_is_under_way(market: Market) -> None:
    await storm.begin(market.listing.id, 30)
    await eventually(lambda: _has_served(1))
    await fresh_start.make()
    assert await storm.show() is None
    await eventually(lambda: not storm._storms)
    assert await storm.show() is None
    assert await orders_of(market) == 0
    await market.work()


async def _has_served(buyers: int) -> bool:
    found = await storm.show()
    return found is not None and found.served >= buyers


async def test_what_latecomers_write_about_the_old_world_is_swept_away(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = cluster_sync.until_all_have_followed

    async def write_late() -> None:
        async with transaction() as session:
            email = emails.verify_address(ADA, "https://holdfast.example/")
            await mail.write(session, to=ADA.email, email=email, key=ulid(), about=None, now=market.now)
        await follow()

    monkeypatch.setattr(cluster_sync, "until_all_have_followed", write_late)
    await fresh_start.make()
    assert (await rows())["mail"] == 0


async def test_where_it_fails_the_old_world_stays(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    order = await market.bought(buyer := guest(), "A-1")

    async def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(world, "build_anew", fail)
    with pytest.raises(OSError, match="no space"):
        await fresh_start.make()
    assert (await market.see(buyer, order.id)).id == order.id
    monkeypatch.undo()
    await fresh_start.make()


async def test_where_the_lab_is_closed_nothing_goes(market: Market, own_settings: settings.Settings) -> None:
    before = await rows()
    settings.use(own_settings.model_copy(update={"lab": False}))
    with pytest.raises(NotFound):
        await fresh_start.make()
    assert await rows() == before
