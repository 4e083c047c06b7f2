"""The demo world: people, shops, halls and a programme that is already selling. The same seed makes the same world."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import repeat
from typing import cast
from zoneinfo import ZoneInfo

from marketplace import clock
from marketplace.accounts import actions as accounts
from marketplace.accounts import queries as people
from marketplace.accounts.errors import EmailTaken
from marketplace.accounts.views import SYSTEM, AccountView, SellerView
from marketplace.catalog import actions as catalog
from marketplace.catalog import queries
from marketplace.catalog.views import ListingContent, ListingPage
from marketplace.db import Session, transaction
from marketplace.ids import ListingId, PlanId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.kinds.seats import actions as plan_actions
from marketplace.kinds.seats.kind import Seats, SeatTerms
from marketplace.kinds.seats.seating import Row, SeatPlan
from marketplace.lab.history import PastOrder, write_orders
from marketplace.lab.programme import HOUSES, PROGRAMME, SHOPS, Show
from marketplace.paging import MOST_PER_PAGE

PASSWORD = "holdfast-demo"  # noqa: S105 - everybody may know it: the demo world is for trying out
BUYER, SELLER, OPERATOR = "ada@holdfast.example", "mira@holdfast.example", "olga@holdfast.example"

SEED = 7
_ANNOUNCED = timedelta(days=21)
_REMEMBERED = timedelta(days=20)
_LARGEST_IN_ORDERS = 1_500
"""Places of the largest house whose sales are all orders. In a larger one most were sold at the box office."""
_FEW_ORDERS = 100
"""Orders of an event in a larger house."""
ADAS = frozenset({"the-tempest", "blue-hour-yuki-tanabe", "a-short-history-of-wrong-maps"})
"""Where the demo world's buyer has been, or is going."""


@dataclass(frozen=True, slots=True)
class World:
    """What there is: accounts by address, shops by the programme's key, listings by slug."""

    accounts: Mapping[str, AccountView]
    shops: Mapping[str, SellerView]
    listings: Mapping[str, ListingId]
    was_built: bool


async def build_world(now: datetime, *, seed: int = SEED) -> World:
    """Build the world around `now`, whole or not at all; where it stands already, leave it as it is."""
    async with transaction(reading=True) as session:
        world = await _standing(session, now)
    if world is not None:
        return world
    try:
        async with transaction() as session:
            return await build_anew(session, now, seed=seed)
    except EmailTaken:
        # Two processes started together, and the other one was first.
        return await build_world(now, seed=seed)


async def build_anew(session: Session, now: datetime, *, seed: int = SEED) -> World:
    """Build the world in this transaction, in which there must be nothing of it yet. Raises EmailTaken."""
    return await _build(session, now, random.Random(seed))  # noqa: S311 - which seats are sold is no secret


async def build_world_if_empty() -> bool:
    """Build the world as of this moment unless something is on offer already. True if it did."""
    now = clock.now()
    async with transaction(reading=True) as session:
        if await queries.is_anything_listed(session):
            return False
    return (await build_world(now)).was_built


async def _standing(session: Session, now: datetime) -> World | None:
    """The world as it was built before, if it was."""
    accounts: dict[str, AccountView] = {}
    for email in (BUYER, OPERATOR, *(shop.email for shop in SHOPS)):
        row = await people.account_by_email(session, email)
        if row is None:
            return None
        accounts[email] = await people.view_of(session, row)
    shops = {shop.key: accounts[shop.email].sellers[0] for shop in SHOPS}
    listings: dict[str, ListingId] = {}
    for seller in shops.values():
        page = await queries.shop_listings(session, SYSTEM, seller.id, now, limit=MOST_PER_PAGE)
        listings |= {card.slug: card.id for card in page.items}
    return World(accounts, shops, listings, was_built=False)


async def _build(session: Session, now: datetime, dice: random.Random) -> World:
    registered = now - 4 * _ANNOUNCED
    known: dict[str, AccountView] = {}
    shops: dict[str, SellerView] = {}
    for email, name in (
        (BUYER, "Ada Brandt"),
        (OPERATOR, "Olga Petrenko"),
        *((shop.email, shop.person) for shop in SHOPS),
    ):
        person = await accounts.register(session, email=email, name=name, password=PASSWORD, now=registered)
        known[email] = await accounts.vouch_for(session, person.id, registered)
    known[OPERATOR] = await accounts.appoint_operator(session, SYSTEM, known[OPERATOR].id)
    for shop in SHOPS:
        owner = known[shop.email].id
        shops[shop.key] = await accounts.open_shop(session, owner, name=shop.name, about=shop.about, now=registered)
        known[shop.email] = await people.account_view(session, owner)
    plans: dict[tuple[str, str], PlanId] = {}
    listings = {}
    for show in PROGRAMME:
        house = HOUSES[show.house]
        seat = (show.shop, show.house)
        if seat not in plans:
            document = house.hall(house.hall_name)
            plans[seat] = (
                await plan_actions.import_plan(session, SYSTEM, shops[show.shop].id, document, registered)
            ).id
        page = await _put_on(session, show, shops[show.shop], plans[seat], now)
        await _sell(session, show, page, dice, known[BUYER], now)
        listings[page.slug] = page.id
    return World(known, shops, listings, was_built=True)


async def _put_on(session: Session, show: Show, shop: SellerView, plan: PlanId, now: datetime) -> ListingPage:
    """Write and publish one event, some weeks before today."""
    place = HOUSES[show.house].place
    zone = ZoneInfo(place.zone)
    starts_at = _starts(show, now, zone)
    announced = min(now, starts_at) - _ANNOUNCED
    page = await catalog.create_listing(
        session,
        SYSTEM,
        ListingContent(
            seller_id=shop.id,
            title=show.title,
            story=show.text,
            category=show.genre,
            place=place,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=show.minutes),
            doors_at=starts_at - timedelta(minutes=45 if show.minutes < 300 else 15),
            sale_starts_at=None if show.sale_in_days is None else _local(now, show.sale_in_days, "10:00", zone),
            currency=show.currency,
            kind=Seats.name,
            terms=SeatTerms(plan_id=plan, no_single_seats=show.no_single_seats),
            prices=show.prices,
            policy=show.policy,
            max_per_buyer=show.max_per_buyer,
        ),
        announced,
    )
    return page if show.is_draft else await catalog.publish(session, SYSTEM, page.id, announced)


async def _sell(
    session: Session, show: Show, page: ListingPage, dice: random.Random, ada: AccountView, now: datetime
) -> None:
    """Sell the share of the house that has gone by today, then say what else has become of the event."""
    plan = cast("SeatPlan", await queries.stock(session, page.id))
    parties = list(_gone(plan, show, dice))
    dice.shuffle(parties)
    orders, others = _remembered(show, page.capacity, parties)
    if others:
        units = [unit for party in others for unit in party]
        await inventory.allot(session, ResourceId(page.id), units, "demo", now)
    if orders:
        offer = await queries.offer_within(session, page.id)
        begun = max(offer.sale_starts_at, now - _REMEMBERED)
        moments = sorted(begun + dice.random() * (min(now, offer.starts_at) - begun) for _ in orders)
        buyers = [ada if page.slug in ADAS else None, *repeat(None, len(orders) - 1)]
        await write_orders(session, offer, list(map(PastOrder, orders, moments, buyers)), dice)
    if show.sold == 1:
        await catalog.mark_sold_out(session, page.id, now)
    if show.is_cancelled:
        await catalog.cancel(session, SYSTEM, page.id, now, reason="The conductor is unwell.")


def _remembered(show: Show, capacity: int, parties: list[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """Which parties stand in the books as orders, and which have bought at the box office."""
    # What was called off has no orders: each would have to be cancelled and paid back, and its buyer be told.
    most = 0 if show.is_cancelled else len(parties) if capacity <= _LARGEST_IN_ORDERS else _FEW_ORDERS
    return parties[:most], parties[most:]


def _gone(plan: SeatPlan, show: Show, dice: random.Random) -> Iterator[list[str]]:
    """Who would have taken that share of the house: parties side by side, mostly good seats first; then who stands."""
    farthest = max(math.dist(plan.focal, (seat.x, seat.y)) for seat in plan.seats) or 1
    parties = []
    for row in plan.rows:
        for party in _parties(row, show.max_per_buyer, dice):
            middle = party[len(party) // 2]
            distance = math.dist(plan.focal, (middle[1], middle[2])) / farthest
            parties.append((distance + dice.gauss(0, 0.22), [unit for unit, _, _ in party]))
    wanted = round(show.sold * len(plan.seats))
    for _, units in sorted(parties):
        if wanted > 0:
            yield units[:wanted]
        wanted -= len(units)
    for area in plan.standing:
        yield from ([unit] for unit, _ in zip(area.units(), range(round(show.sold * area.capacity)), strict=False))


def _parties(row: Row, most: int, dice: random.Random) -> Iterator[tuple[tuple[str, float, float], ...]]:
    """A row cut into people who came together."""
    places, at = row.places, 0
    while at < len(places):
        size = min(most, dice.choices((1, 2, 3, 4, 5), (8, 50, 14, 20, 8))[0])
        yield places[at : at + size]
        at += size


def _starts(show: Show, now: datetime, zone: ZoneInfo) -> datetime:
    if show.in_minutes is None:
        return _local(now, show.in_days, show.at, zone)
    # Upon a round five minutes, as somebody would have announced it.
    at = (now + timedelta(minutes=show.in_minutes)).replace(second=0, microsecond=0)
    return at - timedelta(minutes=at.minute % 5)


def _local(now: datetime, in_days: int, at: str, zone: ZoneInfo) -> datetime:
    """That wall-clock time, so many days from today as people there count them."""
    day = now.astimezone(zone).date() + timedelta(days=in_days)
    return datetime.combine(day, time.fromisoformat(at), zone)
