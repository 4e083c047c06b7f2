"""Moves the clock of every process at once: the offset lies in Redis, and each process follows it.

Only while the lab is open. A move is over when every process that is alive has followed, so that whoever asked for it
may go on as if there were one clock. What has come due by it happens by the jobs' next runs, as it would have in time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from redis.exceptions import RedisError

from marketplace import clock, redis, settings
from marketplace.errors import Fault, Invalid
from marketplace.ids import ulid
from marketplace.lab.gate import must_be_open
from marketplace.words import say

_AHEAD = "lab:clock_ahead_ms"
_FOLLOWERS = "lab:clock_followers"
"""A hash of every following process: where its clock stands, and the real second in which it last looked."""

_FOLLOW_EVERY = 0.1
_LOST_AFTER = 3.0
"""Seconds without a look after which a process counts as dead, and nobody waits for it."""
FARTHEST = timedelta(days=3 * 366)


async def advance(by: timedelta) -> timedelta:
    """Let `by` go past in every process; returns how far the clock is ahead now. Raises Invalid for steps back."""
    must_be_open()
    if not timedelta() < by <= FARTHEST:
        raise Invalid(
            say("Time goes forward, by at most three years."), [Fault("seconds", say("Give a positive step."))]
        )
    with redis.must_answer("The clock cannot be moved while Redis is away."):
        _take(await redis.client().incrby(_AHEAD, round(by.total_seconds() * 1000)))
        await _until_all_have_followed()
    return clock.offset()


async def reset() -> None:
    """Back to real time. What has happened meanwhile stays."""
    must_be_open()
    with redis.must_answer("The clock cannot be moved while Redis is away."):
        await redis.client().delete(_AHEAD)
        clock.reset()
        await _until_all_have_followed()


@asynccontextmanager
async def following() -> AsyncIterator[None]:
    """Keep this process's clock where the lab has put it; where the lab is closed, leave it alone."""
    if not settings.current().lab_is_open:
        yield
        return
    me = ulid()
    await _look(me)
    task = asyncio.create_task(_follow(me))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        with suppress(RedisError, OSError):
            await redis.client().hdel(_FOLLOWERS, me)  # type: ignore[misc]


async def _follow(me: str) -> None:
    while True:
        await asyncio.sleep(_FOLLOW_EVERY)
        await _look(me)


async def _look(me: str) -> None:
    with suppress(RedisError, OSError):  # without Redis the clock stays where it is
        ahead = await redis.client().get(_AHEAD) or "0"
        _take(ahead)
        await redis.client().hset(_FOLLOWERS, me, f"{ahead} {time.time():.3f}")  # type: ignore[misc]


async def _until_all_have_followed() -> None:
    while True:
        stand = await redis.client().get(_AHEAD) or "0"
        behind = False
        for who, note in (await redis.client().hgetall(_FOLLOWERS)).items():  # type: ignore[misc]
            ahead, looked_at = note.split()
            if time.time() - float(looked_at) > _LOST_AFTER:
                await redis.client().hdel(_FOLLOWERS, who)  # type: ignore[misc]
            elif ahead != stand:
                behind = True
        if not behind:
            return
        await asyncio.sleep(_FOLLOW_EVERY / 4)


def _take(milliseconds: str | int) -> None:
    clock.move_to_offset(timedelta(milliseconds=int(milliseconds)))
