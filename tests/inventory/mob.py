"""A crowd of buyers who all want the one seat that is left, in a process that may be killed at any step of theirs."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass

from marketplace import clock, db
from marketplace import redis as redis_room
from marketplace.db import transaction
from marketplace.errors import Conflict
from marketplace.ids import ResourceId
from marketplace.inventory import actions as inventory
from marketplace.inventory.errors import UnitsTaken

MOB_HOLD_SECONDS = 1
TOLD = "mob:told"
"""Buyers who have heard that the seat is theirs."""
_STEPS = "mob:steps"
_KILLED_IN = 0.35
_PATIENCE = 12
"""Seconds after which a process goes home, sold out or not."""
_BETWEEN_TRIES = 0.2


@dataclass(frozen=True)
class Mob:
    """What each process is told."""

    redis_url: str
    database_url: str
    resource: ResourceId
    buyers: int
    seed: int


def struggle(mob: Mob, number: int) -> None:
    """Let everybody try until the seat is sold; runs in the child process, and may be the end of it."""
    asyncio.run(_struggle(mob, number))


async def _struggle(mob: Mob, number: int) -> None:
    redis_room.use(mob.redis_url)
    db.use(db.connect(mob.database_url))
    patience = time.monotonic() + _PATIENCE
    while time.monotonic() < patience:
        await asyncio.gather(*(_try(mob, f"{number}-{buyer}") for buyer in range(mob.buyers)))
        if "sold" in (await inventory.snapshot(mob.resource)).status.values():
            break
        await asyncio.sleep(_BETWEEN_TRIES)
    await redis_room.close()
    await db.close()


async def _try(mob: Mob, buyer: str) -> None:
    try:
        claim = await inventory.claim(
            mob.resource, buyer, ["seat:1"], seconds=MOB_HOLD_SECONDS, limit_seconds=MOB_HOLD_SECONDS
        )
    except UnitsTaken:
        return
    await _dice_with_death(mob)
    try:
        async with transaction() as session:
            await inventory.check_out(session, claim, buyer, clock.now())
            await _dice_with_death(mob)
        await _dice_with_death(mob)
        async with transaction() as session:
            await inventory.confirm(session, claim.id, clock.now())
            await _dice_with_death(mob)
    except Conflict:
        return
    await _dice_with_death(mob)
    await redis_room.client().rpush(TOLD, buyer)


async def _dice_with_death(mob: Mob) -> None:
    """All processes count their steps together, so that the same ones are fatal in every run, whoever takes them."""
    step = await redis_room.client().incr(_STEPS)
    if random.Random(f"{mob.seed}/{step}").random() < _KILLED_IN:
        os.kill(os.getpid(), signal.SIGKILL)
