"""A worker whose Redis is away asks for work ever more rarely."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Worker
from saq.queue.redis import RedisQueue

from marketplace import queues
from marketplace.pauses import Pauses
from tests.waiting import eventually

NOWHERE = "unix:///nowhere/redis.sock"
UPKEEP = {"schedule": 1000, "sweep": 1000, "worker_info": 1000, "abort": 1000}


async def never(_: object) -> None:
    raise AssertionError


def count(queue: RedisQueue, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One entry for each time that the queue asks for work."""
    asked: list[bool] = []
    version = queue.version

    async def counted() -> object:
        asked.append(True)
        return await version()

    monkeypatch.setattr(queue, "version", counted)
    return asked


async def work(queue: RedisQueue) -> asyncio.Task[None]:
    worker = Worker(queue, functions=[never], concurrency=16, dequeue_timeout=1, timers=UPKEEP)
    worker.SIGNALS = []
    return asyncio.create_task(worker.start())


async def end(working: asyncio.Task[None], queue: RedisQueue) -> None:
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    with suppress(RedisError):
        await queue.disconnect()


async def test_its_pauses_grow_and_one_asks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    enough = asyncio.Event()

    async def wait(self: Pauses) -> None:
        pauses.append(self.next())
        if len(pauses) == 8:
            enough.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(Pauses, "wait", wait)
    queue = queues.connect(NOWHERE, "test")
    asked = count(queue, monkeypatch)
    working = await work(queue)
    await asyncio.wait_for(enough.wait(), 20)
    assert pauses == [0.25, 0.5, 1, 2, 4, 5, 5, 5]
    assert len(asked) == 8
    await end(working, queue)


async def test_saqs_own_queue_asks_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = RedisQueue(Redis.from_url(NOWHERE), name="test")
    asked = count(queue, monkeypatch)
    working = await work(queue)
    await eventually(lambda: len(asked) > 500)
    await end(working, queue)


async def test_when_redis_is_back_the_next_pause_is_short_again(redis: Redis, redis_server) -> None:
    queue = queues.connect(redis_server.url, "test")
    for _ in range(5):
        queue._pauses.next()
    await queue.dequeue(timeout=0.01)
    assert queue._pauses.next() == queues.SHORTEST_PAUSE
    await queue.disconnect()
