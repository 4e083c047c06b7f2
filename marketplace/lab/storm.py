"""An on-sale storm: many simulated buyers fall upon one listing at once, and its course is written down as it happens.

Each goes the way of a guest, through the same rooms' verbs: the best seats that are left, check-out, a card that the
simulator accepts. What becomes of them lies in Redis, so that any process can tell it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from time import monotonic

import structlog
from redis.exceptions import RedisError

from marketplace import clock, redis
from marketplace.accounts.views import Actor
from marketplace.bookings import actions as bookings
from marketplace.bookings import holding
from marketplace.bookings.errors import NotOnSale
from marketplace.bookings.views import Buyer
from marketplace.catalog import queries as catalog
from marketplace.db import transaction
from marketplace.errors import Conflict, FieldError, HoldfastError, Invalid
from marketplace.i18n import _, gettext_noop
from marketplace.ids import CartId, ListingId, PaymentId, ResourceId, ulid
from marketplace.inventory import queries as inventory
from marketplace.lab.gate import must_be_open
from marketplace.payments import actions as payments
from marketplace.payments import queries as payment_queries
from marketplace.payments.gateway import Card

MOST_BUYERS = 500
MOST_SEATS = 4
"""A buyer wants one to so many seats together."""

_AT_A_TIME = 25
_EVERY = 0.5
_SETTLING = 5.0
"""Seconds that the last sales may take to be booked when every payment is decided."""
_PATIENCE = 120.0
"""Seconds without a sale, once every buyer has been answered, after which nobody waits for another payment."""

_RAGING, _NUMBERS, _COURSE = "lab:storm:raging", "lab:storm:numbers", "lab:storm:course"
_KEPT = timedelta(days=1)
_AWAY = "A storm needs Redis, which does not answer."

log = structlog.get_logger()


class StormRaging(Conflict):
    code = "storm_raging"
    title = gettext_noop("Load test already running")

    def __init__(self) -> None:
        super().__init__(_("A load test is already running. Wait until it ends."))


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood `seconds` after the storm began: seats held so far, and seats sold."""

    seconds: float
    held: int
    sold: int


@dataclass(frozen=True, slots=True)
class Storm:
    """Of `buyers`, `served` got seats (`held` in all) and `refused` none; `sold` of the seats are paid for by now.

    It is over when every payment is decided: seats that are held and not sold then were declined, or are waiting still.
    `failed` buyers met an error that is nobody's answer. `course` has one moment for each half second.
    """

    listing_id: ListingId
    buyers: int
    served: int
    refused: int
    failed: int
    held: int
    sold: int
    is_over: bool
    course: tuple[Moment, ...]


_storms: set[asyncio.Task[None]] = set()


async def begin(listing_id: ListingId, buyers: int) -> None:
    """Let `buyers` loose on the listing; returns at once, the storm goes on in this process.

    Raises LabClosed, Invalid, NotFound, NotOnSale, StormRaging, Unavailable.
    """
    must_be_open()
    if not 1 <= buyers <= MOST_BUYERS:
        raise Invalid(
            _("Use 1 to {most} buyers.", most=MOST_BUYERS),
            [FieldError("buyers", _("Give 1 to {most}.", most=MOST_BUYERS))],
        )
    offer = await catalog.offer(listing_id)
    if not offer.is_on_sale(clock.now()):
        raise NotOnSale(offer.title)
    with redis.must_answer(_AWAY):
        if not await redis.client().set(_RAGING, listing_id, nx=True, ex=60):
            raise StormRaging
        await redis.client().delete(_NUMBERS, _COURSE)
        await redis.client().hset(_NUMBERS, mapping={"listing": listing_id, "buyers": buyers})  # type: ignore[misc]
    task = asyncio.create_task(_rage(listing_id, buyers))
    _storms.add(task)
    task.add_done_callback(_storms.discard)


async def show() -> Storm | None:
    """The last storm, or the one that rages. Raises LabClosed, Unavailable."""
    must_be_open()
    with redis.must_answer(_AWAY):
        numbers: dict[str, str] = await redis.client().hgetall(_NUMBERS)  # type: ignore[misc]
        course: list[str] = await redis.client().lrange(_COURSE, 0, -1)  # type: ignore[misc]
        is_raging = bool(await redis.client().exists(_RAGING))
    if "listing" not in numbers:
        return None
    moments = tuple(Moment(**json.loads(entry)) for entry in course)

    def number(name: str) -> int:
        return int(numbers.get(name, 0))

    return Storm(
        listing_id=ListingId(numbers["listing"]), buyers=number("buyers"), served=number("served"),
        refused=number("refused"), failed=number("failed"), held=number("held"),
        sold=moments[-1].sold if moments else 0, is_over=not is_raging, course=moments,
    )  # fmt: skip


async def forget() -> None:
    """End the storm that rages, in whichever process it does, and forget the last one. Raises Unavailable."""
    with redis.must_answer(_AWAY):
        await redis.client().delete(_RAGING, _NUMBERS, _COURSE)


async def _rage(listing_id: ListingId, buyers: int) -> None:
    door = asyncio.Semaphore(_AT_A_TIME)
    began = moved = monotonic()
    before = sold = await _sold(listing_id)
    wishes = [number % MOST_SEATS + 1 for number in range(buyers)]
    begun: list[PaymentId] = []
    crowd = asyncio.gather(
        *(_buy(listing_id, wish, number, door, begun) for number, wish in enumerate(wishes)), return_exceptions=True
    )
    try:
        while True:
            await asyncio.sleep(_EVERY)
            if await redis.client().get(_RAGING) != listing_id:
                return  # ended by `forget`
            is_answered, now_sold = crowd.done(), await _sold(listing_id)
            if now_sold != sold or not is_answered:
                sold, moved = now_sold, monotonic()
            held = await _write_down(monotonic() - began, sold - before)
            if is_answered and (sold - before >= held or monotonic() - moved > await _patience(begun)):
                break
    finally:
        crowd.cancel()
        with suppress(asyncio.CancelledError):
            await crowd
        with suppress(RedisError):
            if await redis.client().get(_RAGING) == listing_id:
                await redis.client().delete(_RAGING)


async def _patience(begun: Sequence[PaymentId]) -> float:
    """How long another sale is waited for: while the bank still thinks, longer than the bank ever takes."""
    async with transaction(reading=True) as session:
        return _PATIENCE if await payment_queries.undecided(session, begun) else _SETTLING


async def _write_down(seconds: float, sold: int) -> int:
    """Add a moment to the course; answers how many seats are held so far."""
    client = redis.client()
    held = int(await client.hget(_NUMBERS, "held") or 0)  # type: ignore[misc]
    await client.rpush(_COURSE, json.dumps(asdict(Moment(round(seconds, 1), held, sold))))  # type: ignore[misc]
    for key in (_NUMBERS, _COURSE):
        await client.expire(key, _KEPT)
    await client.expire(_RAGING, int(_PATIENCE) + 60)
    return held


async def _buy(listing_id: ListingId, wish: int, number: int, door: asyncio.Semaphore, begun: list[PaymentId]) -> None:
    """One buyer, from the wish to the payment, which is added to `begun`. What is answered is counted, nothing is raised."""
    async with door:
        actor = Actor(cart=CartId.new())
        try:
            held = await holding.hold(actor, listing_id, {"quantity": wish}, clock.now())
        except HoldfastError:
            await _count("refused")
            return
        await _count("served")
        await _count("held", len(held.units))
        buyer = Buyer(f"Storm buyer {number + 1}", f"storm-{ulid().lower()}@example.org")
        try:
            async with transaction() as session:
                order = await bookings.check_out(session, actor, held.id, buyer, held.total, clock.now())
            card = Card("4242424242424242", 12, clock.now().year + 3, "123")
            method = (await payments.keep_card("simulator", card, clock.now())).token
            async with transaction() as session:
                payment = await bookings.pay(
                    session,
                    actor,
                    order.id,
                    total=order.total,
                    provider="simulator",
                    method=method,
                    key="storm",
                    now=clock.now(),
                )
            begun.append(payment.id)
        except HoldfastError:
            log.exception("lab.storm_buyer_failed", buyer=number)
            await _count("failed")
            await _count("held", -len(held.units))


async def _count(name: str, by: int = 1) -> None:
    await redis.client().hincrby(_NUMBERS, name, by)  # type: ignore[misc]


async def _sold(listing_id: ListingId) -> int:
    async with transaction(reading=True) as session:
        return await inventory.sold_count(session, ResourceId(listing_id))
