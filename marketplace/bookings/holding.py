"""Picking: what a visitor wishes for, turned into a hold on units, with every rule of the listing kept.

No SQL is written here. A hold lives in Redis until check-out; what it costs is reckoned from the listing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from marketplace import settings
from marketplace.bookings.errors import DuplicateSeats, NoSuchSeatsTogether, NotOnSale, SingleSeatLeft
from marketplace.catalog import queries as catalog
from marketplace.catalog.seating import Row
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.best import best_sets, leaves_single
from marketplace.inventory.errors import UnitsTaken
from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor
    from marketplace.catalog.views import SeatOffer, UnitLine
    from marketplace.inventory.views import Claim


@dataclass(frozen=True, slots=True)
class TheseSeats:
    """Seats by their guid in the plan."""

    guids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BestSeats:
    """`quantity` seats, side by side if `is_together`, of one category or below a price where asked."""

    quantity: int
    category: str | None = None
    most: Money | None = None
    is_together: bool = True


@dataclass(frozen=True, slots=True)
class StandingPlaces:
    """`quantity` places in the standing area `guid`."""

    guid: str
    quantity: int


Wish: TypeAlias = TheseSeats | BestSeats | StandingPlaces


@dataclass(frozen=True, slots=True)
class Held:
    """What a visitor holds on one listing, and until when."""

    id: HoldId
    listing_id: ListingId
    lines: tuple[UnitLine, ...]
    price: Money
    expires_at: datetime
    fence: int
    is_extended: bool
    is_checked_out: bool

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(line.unit for line in self.lines)


async def hold(actor: Actor, listing_id: ListingId, wish: Wish, now: datetime) -> Held:
    """Hold what is wished for, added to what the visitor holds on this listing already.

    Raises NotOnSale, UnknownUnits, DuplicateSeats, UnitsTaken, TooManyUnits, SingleSeatLeft, NoSuchSeatsTogether, and
    Unavailable while Redis is away: nothing is held unguarded.
    """
    cart = actor.must_have_cart()
    offer = await catalog.offer(listing_id)
    if not offer.is_on_sale(now):
        raise NotOnSale(offer.title)
    return _held(await _claim(offer, cart, wish), offer)


async def _claim(offer: SeatOffer, cart: str, wish: Wish) -> Claim:
    match wish:
        case TheseSeats():
            return await _hold_these(offer, cart, wish)
        case BestSeats():
            return await _hold_best(offer, cart, wish)
        case StandingPlaces():
            area = offer.plan.standing_area(wish.guid)
            return await inventory.claim_any(
                ResourceId(offer.listing_id), cart, area.pool, wish.quantity, area.capacity, **_limits(offer)
            )


async def _hold_these(offer: SeatOffer, cart: str, wish: TheseSeats) -> Claim:
    units = [f"seat:{guid}" for guid in wish.guids]
    if len(set(units)) < len(units):
        raise DuplicateSeats(sorted({guid for guid in wish.guids if wish.guids.count(guid) > 1}))
    offer.check(units)
    resource = ResourceId(offer.listing_id)
    if offer.no_single_seats:
        snapshot = await inventory.snapshot(resource)
        for row in _rows_of(offer, units):
            if leaves_single([unit for unit, _, _ in row.places], snapshot.status.keys(), units):
                raise SingleSeatLeft
    return await inventory.claim(resource, cart, units, **_limits(offer))


def _rows_of(offer: SeatOffer, units: Sequence[str]) -> list[Row]:
    wanted = set(units)
    return [row for row in offer.plan.rows if any(seat.unit in wanted for seat in row.seats)]


async def _hold_best(offer: SeatOffer, cart: str, wish: BestSeats) -> Claim:
    """Rank free groups by our picture of the hall and take the first that is still free; look again if all are gone."""
    resource = ResourceId(offer.listing_id)
    allowed = {
        name
        for name, price in offer.prices.items()
        if wish.category in {None, name} and (wish.most is None or price <= wish.most)
    }

    def is_allowed(unit: str) -> bool:
        return bool(unit) and offer.plan.place(unit).category in allowed

    rows = [row.places for row in offer.plan.rows]
    for _ in range(_LOOKS):
        snapshot = await inventory.snapshot(resource)
        # In a thread: ranking a hall of 10,000 takes longer than anybody else should wait for an answer.
        candidates = await asyncio.to_thread(
            best_sets, rows, offer.plan.focal, snapshot.status.keys(), wish.quantity,
            no_single=offer.no_single_seats, is_together=wish.is_together, is_allowed=is_allowed,
        )  # fmt: skip
        if not candidates:
            break
        try:
            return await inventory.claim_first(resource, cart, candidates, **_limits(offer))
        except UnitsTaken:
            continue
    raise NoSuchSeatsTogether(wish.quantity)


_LOOKS = 4
"""How often we look for seats anew when others were faster every time."""


def _limits(offer: SeatOffer) -> dict[str, int]:
    chosen = settings.current()
    return {
        "seconds": chosen.hold_seconds,
        "limit_seconds": chosen.hold_limit_seconds,
        "most": offer.max_per_buyer,
    }


async def show(actor: Actor, hold_id: HoldId) -> Held:
    """The holder's own hold. Raises NotFound for anybody else's, HoldExpired."""
    return await _priced(await inventory.hold(hold_id, actor.must_have_cart()))


async def mine(actor: Actor, listing_id: ListingId) -> Held | None:
    """What this visitor holds on the listing and has not checked out yet."""
    if actor.cart is None:
        return None
    claim = await inventory.open_hold(ResourceId(listing_id), actor.cart)
    return None if claim is None else await _priced(claim)


async def extend(actor: Actor, hold_id: HoldId) -> Held:
    """More time, once. Raises NotFound, HoldExpired, AlreadyExtended."""
    return await _priced(await inventory.extend(hold_id, actor.must_have_cart()))


async def release(actor: Actor, hold_id: HoldId, units: Sequence[str] | None = None) -> None:
    """Let go of these units, or of the whole hold. Raises NotFound, HoldExpired."""
    await inventory.release(hold_id, actor.must_have_cart(), units)


async def _priced(claim: Claim) -> Held:
    return _held(claim, await catalog.offer(ListingId(claim.resource)))


def _held(claim: Claim, offer: SeatOffer) -> Held:
    lines = tuple(offer.line(unit) for unit in claim.units)
    return Held(
        id=claim.id, listing_id=offer.listing_id, lines=lines,
        price=Money.sum((line.price for line in lines), offer.currency), expires_at=claim.expires_at,
        fence=claim.fence, is_extended=claim.is_extended, is_checked_out=claim.is_checked_out,
    )  # fmt: skip
