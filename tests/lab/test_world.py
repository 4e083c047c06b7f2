"""The demo world, built once and looked at from many sides."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from redis.asyncio import Redis

from marketplace.accounts import actions as accounts
from marketplace.catalog import queries
from marketplace.catalog.plans import read_plan
from marketplace.catalog.posters import of_listing
from marketplace.catalog.views import ListingFilters, ListingPage, Status
from marketplace.db import transaction
from marketplace.ids import ResourceId
from marketplace.inventory import actions as inventory
from marketplace.lab import halls
from marketplace.lab.world import BUYER, OPERATOR, PASSWORD, SELLER, World, build_world, build_world_if_empty


async def pages(world: World, now: datetime) -> list[ListingPage]:
    from marketplace.accounts.views import SYSTEM

    async with transaction(reading=True) as session:
        return [await queries.listing_page(session, id, now, SYSTEM) for id in world.listings.values()]


async def test_the_world_is_alive(database: str, redis: Redis, now: datetime) -> None:
    world = await build_world(now)
    every = await pages(world, now)
    assert len(every) >= 27
    assert {page.status for page in every} >= {
        Status.DRAFT, Status.PUBLISHED, Status.ON_SALE, Status.SOLD_OUT, Status.CLOSED, Status.CANCELLED,
    }  # fmt: skip
    assert len({page.place.city for page in every}) >= 6
    assert len({of_listing(page) for page in every}) == len(every)
    assert all(len(page.paragraphs) in {1, 2, 3} and len(page.story) > 150 for page in every)
    async with transaction(reading=True) as session:
        cards = await queries.listing_cards(session, ListingFilters(), now, limit=100)
    assert len(cards.items) >= 24
    assert world.accounts[OPERATOR].is_operator


async def test_people_of_the_world_can_log_in(database: str, redis: Redis, now: datetime) -> None:
    await build_world(now)
    async with transaction() as session:
        for email in (BUYER, SELLER, OPERATOR):
            tokens = await accounts.login(session, email=email, password=PASSWORD, device="test", now=now)
            assert tokens.account.email == email


async def test_seats_have_been_sold_already(database: str, redis: Redis, now: datetime) -> None:
    world = await build_world(now)
    for page in await pages(world, now):
        sold = (await inventory.snapshot(ResourceId(page.id))).status
        assert set(sold.values()) <= {"sold"}
        if page.status is Status.SOLD_OUT:
            assert len(sold) == page.capacity
        if page.slug == "the-tempest":
            assert 0.4 < len(sold) / page.capacity < 0.5


async def test_building_it_again_changes_nothing(database: str, redis: Redis, now: datetime) -> None:
    first = await build_world(now)
    second = await build_world(now + timedelta(days=1))
    assert (first.was_built, second.was_built) == (True, False)
    assert second.listings == first.listings
    assert second.shops == first.shops
    assert second.accounts == first.accounts


async def test_it_is_built_for_an_empty_marketplace_only(database: str, redis: Redis) -> None:
    assert await build_world_if_empty()
    assert not await build_world_if_empty()


@pytest.mark.parametrize(
    ("hall", "least", "most"),
    [
        (halls.theatre, 1_150, 1_250),
        (halls.playhouse, 380, 450),
        (halls.arena, 10_000, 12_000),
        (halls.coach, 53, 53),
        (halls.jazz_club, 120, 120),
        (halls.cinema, 240, 240),
        (halls.lecture_hall, 150, 200),
    ],
)
def test_a_hall_is_a_sound_plan_whose_seats_do_not_overlap(hall, least: int, most: int) -> None:
    plan = read_plan(hall())
    assert least <= len(plan.seats) <= most
    assert all(0 < seat.x < plan.width and 0 < seat.y < plan.height for seat in plan.seats)
    cells: dict[tuple[int, int], list] = {}
    for seat in plan.seats:
        cells.setdefault((int(seat.x // 30), int(seat.y // 30)), []).append(seat)
    for (column, row), seats in cells.items():
        near = [other for dx in (-1, 0, 1) for dy in (-1, 0, 1) for other in cells.get((column + dx, row + dy), [])]
        for seat in seats:
            for other in near:
                if other is not seat:
                    gap = ((seat.x - other.x) ** 2 + (seat.y - other.y) ** 2) ** 0.5
                    assert gap >= seat.radius + other.radius, (seat.label, other.label)


def test_the_arena_has_a_floor_to_stand_on() -> None:
    (floor,) = read_plan(halls.arena()).standing
    assert floor.capacity == 2_500


def test_the_theatre_has_stalls_circle_and_boxes() -> None:
    assert {seat.zone for seat in read_plan(halls.theatre()).seats} == {"Stalls", "Circle", "Boxes"}
