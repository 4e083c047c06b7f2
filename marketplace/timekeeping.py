"""Lets every process tell the same time: that of Redis.

Leases, deadlines and expiry compare moments that different processes have written down, and Redis' own clock decides when
a hold ends. So the time that `clock.now()` tells is Redis' time: each process measures, again and again, how far its
machine's clock is from it. A machine whose clock is an hour off then neither takes over work that others still do, nor
ends orders early or late.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError

from marketplace import clock, redis
from marketplace.background import beside
from marketplace.errors import Unavailable

log = structlog.get_logger()

EVERY = 30.0
"""Seconds between two measurements."""
NOTABLE = timedelta(seconds=1)


@asynccontextmanager
async def keeping_time() -> AsyncIterator[None]:
    """Tell Redis' time in this process, from now on."""
    await measure()
    async with beside(_measure_for_good()):
        yield


async def measure() -> None:
    """Find out how far this machine's clock is from Redis'. While Redis is away, what was known last goes on."""
    try:
        began = clock.machines()
        seconds, microseconds = await redis.client().time()
        ended = clock.machines()
    except (RedisError, OSError, Unavailable) as away:
        log.warning("clock.not_measured", error=repr(away))
        return
    told = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
    if began + clock.skew() <= told <= ended + clock.skew():
        return  # answered between question and answer, as far as we can tell: nothing to correct
    skew = told - (began + (ended - began) / 2)
    if abs(skew - clock.skew()) >= NOTABLE:
        log.warning("clock.corrected", seconds=round(skew.total_seconds(), 3))
    clock.correct_by(skew)


async def _measure_for_good() -> None:
    while True:
        await asyncio.sleep(EVERY)
        await measure()
