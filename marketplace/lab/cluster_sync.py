"""Keeps all processes in step with what the lab has decided: where the clock stands, and which world there is.

Both lie in Redis. Every process looks there all the time, takes in what has changed, and writes down how far it has
come. A change is over when each process that is alive has taken it in, so that whoever asked for it may go on as if
there were one process. Only while the lab is open.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from redis.exceptions import RedisError

from marketplace import cache, clock, redis, settings
from marketplace.background import beside
from marketplace.ids import ulid
from marketplace.pauses import Pauses

AHEAD = "lab:clock_ahead_ms"
WORLD = "lab:world"
"""Changes with every new world; what it says means nothing."""

FOLLOWERS = "lab:followers"
"""A hash of every following process: where it stands, and the real second in which it last looked."""

_FOLLOW_EVERY = 0.1
_LONGEST_PAUSE = 2.0
_LOST_AFTER = 3.0
"""Seconds without a look after which a process counts as dead, and nobody waits for it."""

_world = ""


@asynccontextmanager
async def following() -> AsyncIterator[None]:
    """Keep this process in step; where the lab is closed, leave it alone."""
    if not settings.current().lab_is_open:
        yield
        return
    me = ulid()
    await _look(me)
    try:
        async with beside(_follow(me)):
            yield
    finally:
        with suppress(RedisError, OSError):
            await redis.client().hdel(FOLLOWERS, me)  # type: ignore[misc]


async def until_all_have_followed() -> None:
    """Take in what has just been decided, here and then in every other process. Raises redis-py's errors."""
    _take(await _stand())
    while True:
        stand = " ".join(await _stand())
        behind = False
        for who, note in (await redis.client().hgetall(FOLLOWERS)).items():  # type: ignore[misc]
            there, _, looked_at = note.rpartition(" ")
            if time.time() - float(looked_at) > _LOST_AFTER:
                await redis.client().hdel(FOLLOWERS, who)  # type: ignore[misc]
            elif there != stand:
                behind = True
        if not behind:
            return
        await asyncio.sleep(_FOLLOW_EVERY / 4)


async def _follow(me: str) -> None:
    pauses = Pauses(_FOLLOW_EVERY, _LONGEST_PAUSE)
    while True:
        await pauses.wait()
        if await _look(me):
            pauses.end()


async def _look(me: str) -> bool:
    """False where there is no Redis to look at: everything stays as it is."""
    try:
        stand = await _stand()
        _take(stand)
        await redis.client().hset(FOLLOWERS, me, f"{' '.join(stand)} {time.time():.3f}")  # type: ignore[misc]
    except (RedisError, OSError):
        return False
    return True


async def _stand() -> tuple[str, str]:
    """How far ahead the clock is, in milliseconds, and the mark of the world."""
    ahead, world = await redis.client().mget(AHEAD, WORLD)
    return ahead or "0", world or "first"


def _take(stand: tuple[str, str]) -> None:
    global _world  # noqa: PLW0603 - a process lives in one world
    ahead, world = stand
    clock.move_to_offset(timedelta(milliseconds=int(ahead)))
    if world != _world:
        _world = world
        cache.clear_all()
