"""A crowd of buyers in a process of its own, who all want a few of the same seats."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, replace

from marketplace import clock, db
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.errors import Conflict, Unavailable
from marketplace.ids import HoldId, ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory import hold_scripts
from marketplace.inventory.views import Claim

SEATS = 40
TRIES = 4
HOLD_SECONDS = 60
AT_THE_TILL = 12
"""Buyers of one process who check out at the same time: a database has so many connections and no more."""


@dataclass(frozen=True)
class Crowd:
    """What a process is told. Without the guard its buyers look whether seats are free and then take them."""

    redis_url: str
    database_url: str
    resource: ResourceId
    buyers: int
    seed: int
    is_guarded: bool = True


@dataclass
class Outcome:
    """What its buyers were told is theirs, and how often they were refused, by the name of the refusal."""

    bought: list[tuple[str, ...]]
    refused: list[str]


def shop(crowd: Crowd) -> Outcome:
    """Let everybody buy; runs in the child process."""
    return asyncio.run(_shop(crowd))


async def _shop(crowd: Crowd) -> Outcome:
    redis_room.use(crowd.redis_url)
    db.use(db.connect(crowd.database_url))
    outcome, till = Outcome([], []), asyncio.Semaphore(AT_THE_TILL)
    dice = random.Random(crowd.seed)
    wishes = [
        [tuple(f"seat:{n}" for n in dice.sample(range(SEATS), dice.randint(1, 4))) for _ in range(TRIES)]
        for _ in range(crowd.buyers)
    ]
    await asyncio.gather(*(_buy(crowd, f"{crowd.seed}-{n}", wish, outcome, till) for n, wish in enumerate(wishes)))
    await redis_room.close()
    await db.close()
    return outcome


async def _buy(
    crowd: Crowd, buyer: str, wishes: list[tuple[str, ...]], outcome: Outcome, till: asyncio.Semaphore
) -> None:
    """Try for one set of seats after the other until one is bought."""
    for units in wishes:
        try:
            claim = await (_claim if crowd.is_guarded else _grab)(crowd.resource, buyer, units)
            async with till, transaction() as session:
                await inventory.check_out(session, claim, buyer, clock.now())
                await inventory.confirm(session, claim.id, clock.now())
        except (Conflict, Unavailable) as refusal:
            outcome.refused.append(refusal.code)
            # Who was refused by SQL starts afresh, as a buyer would.
            await _give_up(crowd.resource, buyer)
        else:
            outcome.bought.append(claim.units)
            return


async def _claim(resource: ResourceId, buyer: str, units: tuple[str, ...]) -> Claim:
    return await inventory.claim(resource, buyer, units, seconds=HOLD_SECONDS, limit_seconds=HOLD_SECONDS)


async def _give_up(resource: ResourceId, buyer: str) -> None:
    try:
        if left := await inventory.open_hold(resource, buyer):
            await inventory.release(left.id, buyer)
    except (Conflict, Unavailable):
        await asyncio.sleep(0.05)


async def _grab(resource: ResourceId, buyer: str, units: tuple[str, ...]) -> Claim:
    """What a shop without this room does: look, and then write."""
    redis = redis_room.client()
    (key, *_), _ = hold_scripts.names_of(resource)
    if any(await redis.hmget(key, units)):
        raise inventory.UnitsTaken(units)
    await redis.hset(key, mapping=dict.fromkeys(units, buyer))
    # A claim on something else gives us a hold to check the seats out with.
    claim = await inventory.claim(
        resource, buyer, [f"shadow:{buyer}"], seconds=HOLD_SECONDS, limit_seconds=HOLD_SECONDS
    )
    return replace(claim, id=HoldId.on(resource), units=units, fence=2**62)
