"""Picking: what a visitor wishes for, turned into a hold on units, with every rule of the listing kept.

No SQL is written here. A hold lives in Redis until check-out; what it costs is reckoned from the listing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from marketplace import settings
from marketplace.bookings.errors import NoSuchSeatsTogether, NotOnSale, SingleSeatLeft
from marketplace.catalog import queries as catalog
from marketplace.catalog.kinds import AnyOf, BestOf, These, UnitRequest, kind
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


async def hold(actor: Actor, listing_id: ListingId, request: UnitRequest, now: datetime) -> Held:
    """Hold what is asked for, added to what the visitor holds on this listing already.

    Raises NotOnSale, UnknownUnits, UnitsTaken, TooManyUnits, SingleSeatLeft, NoSuchSeatsTogether, Invalid for what can
    never be had, and Unavailable while Redis is away: nothing is held unguarded.
    """
    cart = actor.must_have_cart()
    offer = await catalog.offer(listing_id)
    if not offer.is_on_sale(now):
        raise NotOnSale(offer.title)
    return _held(await _claim(offer, cart, request), offer)


async def _claim(offer: SeatOffer, cart: str, request: UnitRequest) -> Claim:
    resource = ResourceId(offer.listing_id)
    match kind(offer.kind).units_for(offer, request):
        case These(units):
            if offer.no_single_seats:
                await _must_leave_no_single(offer, units)
            return await inventory.claim(resource, cart, units, **_limits(offer))
        case AnyOf(pool, quantity, capacity):
            return await inventory.claim_any(resource, cart, pool, quantity, capacity, **_limits(offer))
        case BestOf() as best:
            return await _claim_best(offer, cart, best)


async def _must_leave_no_single(offer: SeatOffer, units: Sequence[str]) -> None:
    """Raises SingleSeatLeft.

    Looked at before the claim, not within it: two who pick at the same moment may leave a seat alone between them. That
    is a courtesy to the seller, none of the promises.
    """
    taken = (await inventory.snapshot(ResourceId(offer.listing_id))).status.keys()
    wanted = set(units)
    for row in offer.plan.rows:
        in_row = [seat.unit for seat in row.seats]
        if not wanted.isdisjoint(in_row) and leaves_single(in_row, taken, units):
            raise SingleSeatLeft


async def _claim_best(offer: SeatOffer, cart: str, best: BestOf) -> Claim:
    """Rank free groups by our picture of the hall and take the first that is still free; look again if all are gone."""
    resource = ResourceId(offer.listing_id)
    rows = [row.places for row in best.rows]
    for _ in range(_LOOKS):
        snapshot = await inventory.snapshot(resource)
        # In a thread: ranking a hall of 10,000 takes longer than anybody else should wait for an answer.
        candidates = await asyncio.to_thread(
            best_sets, rows, best.focal, snapshot.status.keys(), best.quantity,
            no_single=offer.no_single_seats, is_together=best.together,
        )  # fmt: skip
        if not candidates:
            break
        try:
            return await inventory.claim_first(resource, cart, candidates, **_limits(offer))
        except UnitsTaken:
            continue
    raise NoSuchSeatsTogether(best.quantity)


_LOOKS = 4
"""How often we look for seats anew when others were faster every time."""


def _limits(offer: SeatOffer) -> dict[str, int]:
    chosen = settings.current()
    return {
        "seconds": kind(offer.kind).hold_seconds,
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
