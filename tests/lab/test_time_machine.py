"""The lab's clock: moved once, followed everywhere, and only where the lab is open."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from marketplace import clock, settings
from marketplace import redis as redis_room
from marketplace.errors import Invalid, NotFound, Unavailable
from marketplace.lab import cluster_sync, time_machine
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("redis")
AN_HOUR = timedelta(hours=1)


async def test_steps_add_up_and_a_reset_takes_them_back() -> None:
    assert await time_machine.advance(AN_HOUR) == AN_HOUR
    assert await time_machine.advance(AN_HOUR) == clock.offset() == 2 * AN_HOUR
    await time_machine.reset()
    assert clock.offset() == timedelta()


@pytest.mark.parametrize("step", [timedelta(), -AN_HOUR, time_machine.FARTHEST + AN_HOUR])
async def test_a_step_back_or_too_far_is_refused(step: timedelta) -> None:
    with pytest.raises(Invalid, match="forward"):
        await time_machine.advance(step)
    assert clock.offset() == timedelta()


async def test_a_process_that_follows_goes_along_with_the_others(redis: Redis) -> None:
    async with cluster_sync.following():
        await time_machine.advance(AN_HOUR)
        clock.reset()  # as if another process had moved it
        await eventually(lambda: clock.offset() == AN_HOUR)
        await time_machine.reset()
        await eventually(lambda: clock.offset() == timedelta())
    await time_machine.advance(AN_HOUR)
    clock.reset()
    assert clock.offset() == timedelta()


async def test_a_move_is_over_when_every_process_has_followed(redis: Redis) -> None:
    await redis.hset(cluster_sync.FOLLOWERS, "slow", f"0 first {time.time():.3f}")
    moving = asyncio.create_task(time_machine.advance(AN_HOUR))
    await eventually(lambda: clock.offset() == AN_HOUR)
    assert not (await asyncio.wait([moving], timeout=0.05))[0], "one process is not there yet"
    await redis.hset(cluster_sync.FOLLOWERS, "slow", f"{AN_HOUR // timedelta(milliseconds=1)} first {time.time():.3f}")
    assert await moving == AN_HOUR


async def test_nobody_waits_for_a_process_that_is_dead(redis: Redis) -> None:
    await redis.hset(cluster_sync.FOLLOWERS, "dead", f"0 first {time.time() - 60:.3f}")
    assert await time_machine.advance(AN_HOUR) == AN_HOUR
    assert await redis.hlen(cluster_sync.FOLLOWERS) == 0


async def test_whoever_starts_later_stands_where_the_others_do() -> None:
    await time_machine.advance(AN_HOUR)
    clock.reset()
    async with cluster_sync.following():
        assert clock.offset() == AN_HOUR


async def test_without_redis_the_clock_stays_where_it_is(tmp_path: Path) -> None:
    await time_machine.advance(AN_HOUR)
    await redis_room.close()
    redis_room.use(f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(Unavailable, match="clock cannot be moved"):
        await time_machine.advance(AN_HOUR)
    async with cluster_sync.following():
        assert clock.offset() == AN_HOUR


async def test_where_the_lab_is_closed_time_goes_by_itself(own_settings: settings.Settings, redis: Redis) -> None:
    settings.use(own_settings.model_copy(update={"lab": False}))
    for move in (time_machine.advance(AN_HOUR), time_machine.reset()):
        with pytest.raises(NotFound):
            await move
    async with cluster_sync.following():
        assert await redis.hlen(cluster_sync.FOLLOWERS) == 0
