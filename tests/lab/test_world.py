"""The demo world, built once and looked at from many sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis
from sqlmodel import col, func, select

from marketplace import outbox, wiring
from marketplace.accounts import actions as accounts
from marketplace.accounts.views import SYSTEM, Actor
from marketplace.bookings import actions, sales
from marketplace.bookings import queries as bookings
from marketplace.bookings.models import Booking, BookingLine
from marketplace.bookings.views import Status as BookingStatus
from marketplace.catalog import queries
from marketplace.catalog.views import ListingFilters, ListingPage, Status
from marketplace.db import Session, transaction
from marketplace.ids import ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.kinds.seats.plans import read_plan
from marketplace.lab import halls, world
from marketplace.lab.programme import PROGRAMME
from marketplace.lab.world import BUYER, OPERATOR, PASSWORD, SELLER, World, _starts, build_world, build_world_if_empty
from marketplace.money import Money
from marketplace.notifications import queries as mail
from marketplace.payments import queries as payment_queries
from marketplace.payments.status import PaymentStatus, RefundStatus
from marketplace.posters.drawing import of_listing
from tests import promises

SELLING = frozenset(Status) - {Status.DRAFT, Status.CANCELLED}


async def pages(built: World, now: datetime) -> list[ListingPage]:
    async with transaction(reading=True) as session:
        return [await queries.listing_page(session, id, now, SYSTEM) for id in built.listings.values()]


async def test_the_world_is_alive(database: str, redis: Redis, now: datetime) -> None:
    built = await build_world(now)
    every = await pages(built, now)
    await _its_programme_is_rich(every, now)
    await _its_seats_are_partly_sold(every)
    await _its_people_can_log_in(built, now)
    await _what_is_sold_stands_in_orders(every, now)
    await _its_orders_are_like_any_others(built, now)
    await _its_books_keep_what_we_promise(now)


async def _what_is_sold_stands_in_orders(every: list[ListingPage], now: datetime) -> None:
    """All of it where the house is no arena; of an arena, what does not is said to have been sold elsewhere."""
    async with transaction(reading=True) as session:
        seen = {page.id: await sales.sales(session, SYSTEM, page.id, now) for page in every if page.status in SELLING}
        ordered = {id: await _ordered(session, id) for id in seen}
    selling = [page for page in every if page.id in seen]
    for page in selling:
        sold, orders = seen[page.id], ordered[page.id]
        assert sold.ordered == sum(order.seats for order in orders) == sold.sold - sold.sold_elsewhere
        assert sold.revenue == Money.sum((order.price for order in orders), page.currency)
        assert sold.sold_elsewhere == 0 or page.capacity > 1_500, f"{page.slug}: {sold.sold_elsewhere} in no order"
        assert len({order.email for order in orders}) == len(orders)
        assert all(order.seats <= page.max_per_buyer for order in orders)
    assert sum(page.capacity > 1_500 for page in selling) == 2
    assert sum(len(ordered[page.id]) for page in selling if page.capacity <= 1_500) > 1_500


@dataclass(frozen=True, slots=True)
class Ordered:
    """What an order comes to, without its surcharge."""

    email: str
    seats: int
    price: Money


async def _ordered(session: Session, id: ListingId) -> list[Ordered]:
    rows = await session.exec(
        select(Booking.buyer_email, func.count(), func.sum(BookingLine.amount_minor), Booking.currency)
        .join(BookingLine, col(BookingLine.booking_id) == Booking.id)
        .where(Booking.listing_id == id, BookingLine.kind == "unit", Booking.status == BookingStatus.CONFIRMED)
        .group_by(col(Booking.id))
    )
    return [Ordered(email, seats, Money(int(minor), currency)) for email, seats, minor, currency in rows]


async def _its_books_keep_what_we_promise(now: datetime) -> None:
    """All but mail: nobody is written to about the past."""
    broken = await promises.broken(now)
    assert [breach for breach in broken if not breach.startswith("everybody_is_told:")] == []


async def _its_programme_is_rich(every: list[ListingPage], now: datetime) -> None:
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


async def _its_seats_are_partly_sold(every: list[ListingPage]) -> None:
    for page in every:
        sold = (await inventory.snapshot(ResourceId(page.id))).status
        assert set(sold.values()) <= {"sold"}
        if page.status is Status.SOLD_OUT:
            assert len(sold) == page.capacity
        if page.slug == "the-tempest":
            assert 0.4 < len(sold) / page.capacity < 0.5


async def _its_people_can_log_in(built: World, now: datetime) -> None:
    async with transaction() as session:
        for email in (BUYER, SELLER, OPERATOR):
            tokens = await accounts.login(session, email=email, password=PASSWORD, device="test", now=now)
            assert tokens.account == built.accounts[email]
    assert built.accounts[OPERATOR].is_operator


async def _its_orders_are_like_any_others(built: World, now: datetime) -> None:
    """Paid to the cent, known to the provider, and cancelled like one of today; nobody was written to about them."""
    wiring.wire()
    ada = Actor(account=built.accounts[BUYER].id)
    async with transaction(reading=True) as session:
        cards = (await bookings.orders(session, ada)).items
        assert sorted(card.is_coming(now) for card in cards) == [False, True, True]
        coming = next(card for card in cards if card.title == "The Tempest")
        order = await bookings.order(session, ada, coming.id)
        [payment] = await payment_queries.payments_of(session, order.id)
        assert (await mail.mailbox(session)).items == ()
    assert len(order.tickets) == len(order.units) == coming.quantity
    assert payment.amount == order.total == Money.sum((line.amount for line in order.bought), order.currency)
    assert payment.status is PaymentStatus.SUCCEEDED
    async with transaction() as session:
        await actions.cancel(session, ada, order.id, now, status=order.status, refund=order.total)
    while await outbox.deliver_due(now + timedelta(minutes=1)):
        pass
    async with transaction(reading=True) as session:
        [refund] = await payment_queries.refunds_of(session, payment.id)
    assert refund.amount == order.total
    assert refund.status is RefundStatus.SUCCEEDED
    sold = (await inventory.snapshot(ResourceId(order.listing_id))).status
    assert not set(order.units) & sold.keys()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"])
def test_something_is_on_today_whenever_the_world_is_built_and_wherever_one_looks(zone: str) -> None:
    """Until a quarter to midnight of whoever looks: what begins later begins tomorrow."""
    local = datetime(2026, 10, 24, 0, 3, 20, tzinfo=ZoneInfo(zone))
    for minutes in range(0, 24 * 60 - 18, 7):
        now = (local + timedelta(minutes=minutes)).astimezone(UTC)
        starts = [_starts(show, now, ZoneInfo("Europe/Prague")) for show in PROGRAMME if not show.is_draft]
        today = now.astimezone(ZoneInfo(zone)).date()
        assert any(at > now and at.astimezone(ZoneInfo(zone)).date() == today for at in starts), now


async def test_a_world_that_stands_is_left_as_it_is(
    database: str, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await build_world_if_empty()
    assert not await build_world_if_empty()
    second = await build_world(now + timedelta(days=1))
    assert not second.was_built
    assert {"the-tempest", "nova-marsh-signal-fires", "dawn-coach-to-the-wachau"} <= second.listings.keys()
    # Another process that looked too early finds the people there, and gives way.
    look, looks = world._standing, iter([False, True, True])

    async def too_early(session, at):
        return await look(session, at) if next(looks) else None

    monkeypatch.setattr(world, "_standing", too_early)
    assert await build_world(now) == second


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
