"""Picking: what a visitor wishes for, turned into a hold on units, with every rule of the listing kept.

No SQL is written here. A hold lives in Redis until check-out; what it costs is reckoned from the listing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from marketplace import settings
from marketplace.accounts import throttle
from marketplace.bookings import terms
from marketplace.bookings.errors import NoSuchSeatsTogether, NotOnSale, SingleSeatLeft, TooManyFromNetwork
from marketplace.catalog import queries as catalog
from marketplace.catalog.kinds import AnyOf, BestOf, These, UnitRequest, kind
from marketplace.errors import NotFound
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.best import best_sets, leaves_single
from marketplace.inventory.errors import HoldNotFound, TooManyUnits, UnitsTaken
from marketplace.inventory.views import Cap
from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor
    from marketplace.catalog.views import Policy, SeatOffer, UnitLine
    from marketplace.inventory.views import Claim


@dataclass(frozen=True, slots=True)
class Held:
    """What a visitor holds on one listing, and until when."""

    id: HoldId
    listing_id: ListingId
    lines: tuple[UnitLine, ...]
    price: Money
    surcharge: Money
    """What its holder pays on top, who has no account."""
    guest_surcharge_bp: int
    policy: Policy
    expires_at: datetime
    fence: int
    is_extended: bool
    is_checked_out: bool

    @property
    def total(self) -> Money:
        """What its holder is asked for, and is to name when checking out."""
        return self.price + self.surcharge

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
    return _held(actor, await _claim(offer, actor, cart, request), offer)


async def _claim(offer: SeatOffer, actor: Actor, cart: str, request: UnitRequest) -> Claim:
    resource, how = ResourceId(offer.listing_id), _how(offer, actor)
    match kind(offer.kind).units_for(offer, request):
        case These(units):
            if offer.no_single_seats:
                await _must_leave_no_single(offer, units)
            return await inventory.claim(resource, cart, units, **how)
        case AnyOf(pool, quantity, capacity):
            return await inventory.claim_any(resource, cart, pool, quantity, capacity, **how)
        case BestOf() as best:
            return await _claim_best(offer, cart, best, how)


async def _must_leave_no_single(offer: SeatOffer, units: Sequence[str]) -> None:
    """Raises SingleSeatLeft.

    Looked at before the claim, not within it: two who pick at the same moment may leave a seat alone between them. That
    is a courtesy to the seller, none of the promises.
    """
    rows = offer.plan.rows_of(units)
    taken = await inventory.taken(ResourceId(offer.listing_id), [unit for row in rows for unit in row])
    if any(leaves_single(row, taken, units) for row in rows):
        raise SingleSeatLeft


async def _claim_best(offer: SeatOffer, cart: str, best: BestOf, how: _How) -> Claim:
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
            return await inventory.claim_first(resource, cart, candidates, **how)
        except UnitsTaken:
            continue
    raise NoSuchSeatsTogether(best.quantity)


_LOOKS = 4
"""How often we look for seats anew when others were faster every time."""


class _How(TypedDict):
    """What every claim on a listing is told."""

    seconds: int
    limit_seconds: int
    most: int
    caps: Sequence[Cap]
    terms: str


def _how(offer: SeatOffer, actor: Actor) -> _How:
    return {
        "seconds": kind(offer.kind).hold_seconds,
        "limit_seconds": settings.current().hold_limit_seconds,
        "most": offer.max_per_buyer,
        "caps": _caps(offer, actor),
        "terms": terms.written(offer),
    }


def _caps(offer: SeatOffer, actor: Actor) -> list[Cap]:
    """How much an account may hold in all its carts, and a network in all of everybody's: carts are given to whoever asks."""
    caps = []
    if actor.account is not None:
        caps.append(Cap(actor.account, offer.max_per_buyer, TooManyUnits))
    if actor.network is not None:
        most = settings.current().held_per_network
        caps.append(Cap(throttle.anonymous(actor.network), most, TooManyFromNetwork))
    return caps


async def show(actor: Actor, hold_id: HoldId) -> Held:
    """The holder's own hold. Raises NotFound for anybody else's, HoldExpired."""
    cart, offer = actor.must_have_cart(), await _offer_of(hold_id)
    return _held(actor, await inventory.hold(hold_id, cart), offer)


async def mine(actor: Actor, listing_id: ListingId) -> Held | None:
    """What this visitor holds on the listing and has not checked out yet."""
    if actor.cart is None:
        return None
    offer = await catalog.offer(listing_id)
    claim = await inventory.open_hold(ResourceId(listing_id), actor.cart)
    return None if claim is None else _held(actor, claim, offer)


async def extend(actor: Actor, hold_id: HoldId) -> Held:
    """More time, once. Raises NotFound, HoldExpired, AlreadyExtended."""
    cart, offer = actor.must_have_cart(), await _offer_of(hold_id)
    return _held(actor, await inventory.extend(hold_id, cart), offer)


async def release(
    actor: Actor, hold_id: HoldId, units: Sequence[str] | None = None, *, fence: int | None = None
) -> None:
    """Let go of these units, or of the whole hold as its holder saw it at this `fence`. Raises NotFound, HoldExpired, HoldChanged."""
    cart, _ = actor.must_have_cart(), await _offer_of(hold_id)
    await inventory.release(hold_id, cart, units, fence=fence)


async def claim_of(actor: Actor, hold_id: HoldId) -> Claim:
    """The holder's own claim as it stands, whatever it costs. Raises as `show` does."""
    cart, _ = actor.must_have_cart(), await _offer_of(hold_id)
    return await inventory.hold(hold_id, cart)


async def _offer_of(hold_id: HoldId) -> SeatOffer:
    """The offer that a hold is about. Raises HoldNotFound.

    Asked for before the hold: for a listing that somebody has made up, nothing is to be built in Redis.
    """
    try:
        return await catalog.offer(ListingId(hold_id.resource))
    except NotFound:
        raise HoldNotFound(hold_id) from None


def _held(actor: Actor, claim: Claim, offer: SeatOffer) -> Held:
    offer = terms.applied(offer, claim.terms)
    lines = tuple(offer.line(unit) for unit in claim.units)
    price = Money.sum((line.price for line in lines), offer.currency)
    return Held(
        id=claim.id, listing_id=offer.listing_id, lines=lines, price=price,
        surcharge=Money.zero(offer.currency) if actor.account else price.share(offer.guest_surcharge_bp),
        guest_surcharge_bp=offer.guest_surcharge_bp, policy=offer.policy, expires_at=claim.expires_at,
        fence=claim.fence, is_extended=claim.is_extended, is_checked_out=claim.is_checked_out,
    )  # fmt: skip
