"""Moves the clock of every process at once: the offset lies in Redis, and each process follows it.

Only while the lab is open. What has come due by the move happens by the jobs' next runs, as it would have in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from redis.exceptions import RedisError

from marketplace import clock, redis
from marketplace.errors import Fault, Invalid
from marketplace.lab.gate import must_be_open
from marketplace.words import say

_AHEAD = "lab:clock_ahead_ms"
_FOLLOW_EVERY = 0.25
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
    return clock.offset()


async def reset() -> None:
    """Back to real time. What has happened meanwhile stays."""
    must_be_open()
    with redis.must_answer("The clock cannot be moved while Redis is away."):
        await redis.client().delete(_AHEAD)
    clock.reset()


@asynccontextmanager
async def following() -> AsyncIterator[None]:
    """Keep this process's clock where the lab has put it."""
    await _look()
    task = asyncio.create_task(_follow())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _follow() -> None:
    while True:
        await asyncio.sleep(_FOLLOW_EVERY)
        await _look()


async def _look() -> None:
    with suppress(RedisError, OSError):  # without Redis the clock stays where it is
        _take(await redis.client().get(_AHEAD))


def _take(milliseconds: str | int | None) -> None:
    clock.move_to_offset(timedelta(milliseconds=int(milliseconds or 0)))
