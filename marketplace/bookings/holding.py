"""Picking: what a visitor wishes for, turned into a hold on units, with every rule of the listing kept.

No SQL is written here. A hold lives in Redis until check-out; what it costs is reckoned from the listing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from marketplace import settings
from marketplace.accounts import throttle
from marketplace.bookings import terms
from marketplace.bookings.errors import NotOnSale, TooManyFromNetwork
from marketplace.bookings.fees import fees
from marketplace.catalog import queries as catalog
from marketplace.catalog.kind import AnyOf, BestOf, These, UnitRequest, kind, request_of
from marketplace.errors import NotFound
from marketplace.ids import HoldId, ListingId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import HoldNotFound, TooManyUnits, UnitsTaken
from marketplace.inventory.views import Cap
from marketplace.money import Money

if TYPE_CHECKING:
    from marketplace.accounts.views import Actor
    from marketplace.catalog.views import Offer, Policy, UnitLine
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


async def hold(actor: Actor, listing_id: ListingId, request: UnitRequest | Mapping[str, Any], now: datetime) -> Held:
    """Hold what is asked for, added to what the visitor holds on this listing already.

    A request that is still to be read is what the listing's kind makes of it.

    Raises NotOnSale, UnknownUnits, UnitsTaken, TooManyUnits, what its kind refuses, Invalid for what can never be had,
    and Unavailable while Redis is away: nothing is held unguarded.
    """
    cart = actor.must_have_cart()
    offer = await catalog.offer(listing_id)
    if not offer.is_on_sale(now):
        raise NotOnSale(offer.title)
    wish = request_of(kind(offer.kind), request) if isinstance(request, Mapping) else request
    return _held(actor, await _claim(offer, actor, cart, wish), offer)


async def _claim(offer: Offer, actor: Actor, cart: str, request: UnitRequest) -> Claim:
    its, how = kind(offer.kind), _how(offer, actor)
    resource = its.resource(offer)
    match its.wanted(offer, request):
        case These() as these:
            return await _claim_these(cart, resource, these, how)
        case AnyOf(pool, quantity, capacity):
            return await inventory.claim_any(resource, cart, pool, quantity, capacity, **how)
        case BestOf() as best:
            return await _claim_best(cart, resource, best, how)


async def _claim_these(cart: str, resource: ResourceId, these: These, how: _How) -> Claim:
    """Raises UnitsTaken, and what the kind refuses beside what is taken.

    That is looked at before the claim, not within it: two who pick at the same moment may have together what neither may
    have beside the other. It is a courtesy to the seller, none of the promises.
    """
    if these.check is not None:
        these.check(await inventory.taken(resource, these.beside))
    return await inventory.claim(resource, cart, these.units, **how)


async def _claim_best(cart: str, resource: ResourceId, best: BestOf, how: _How) -> Claim:
    """Rank free sets by our picture of what is taken, and take the first that is still free; look again if all are gone."""
    for _ in range(_LOOKS):
        snapshot = await inventory.snapshot(resource)
        # In a thread: ranking a hall of 10,000 takes longer than anybody else should wait for an answer.
        candidates = await asyncio.to_thread(best.rank, snapshot.status.keys())
        if not candidates:
            break
        try:
            return await inventory.claim_first(resource, cart, candidates, **how)
        except UnitsTaken:
            continue
    raise best.refusal


_LOOKS = 4
"""How often we look anew when others were faster every time."""


class _How(TypedDict):
    """What every claim on a listing is told."""

    seconds: int
    limit_seconds: int
    most: int
    caps: Sequence[Cap]
    terms: str


def _how(offer: Offer, actor: Actor) -> _How:
    return {
        "seconds": kind(offer.kind).hold_seconds,
        "limit_seconds": settings.current().hold_limit_seconds,
        "most": offer.max_per_buyer,
        "caps": _caps(offer, actor),
        "terms": terms.written(offer),
    }


def _caps(offer: Offer, actor: Actor) -> list[Cap]:
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


async def _offer_of(hold_id: HoldId) -> Offer:
    """The offer that a hold is about. Raises HoldNotFound.

    Asked for before the hold: for a listing that somebody has made up, nothing is to be built in Redis.
    """
    try:
        return await catalog.offer(ListingId(hold_id.resource))
    except NotFound:
        raise HoldNotFound(hold_id) from None


def _held(actor: Actor, claim: Claim, offer: Offer) -> Held:
    offer = terms.applied(offer, claim.terms)
    lines = offer.lines(claim.units)
    price = Money.sum((line.price for line in lines), offer.currency)
    return Held(
        id=claim.id, listing_id=offer.listing_id, lines=lines, price=price,
        surcharge=fees(offer, price, has_account=actor.account is not None).surcharge,
        guest_surcharge_bp=offer.guest_surcharge_bp, policy=offer.policy, expires_at=claim.expires_at,
        fence=claim.fence, is_extended=claim.is_extended, is_checked_out=claim.is_checked_out,
    )  # fmt: skip
