"""A worker whose Redis is away asks for work ever more rarely."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Worker
from saq.queue.redis import PubSubMultiplexer, RedisQueue

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


class LostPubSub:
    """A connection that is gone: every question fails at once, without giving anybody else a turn."""

    def __init__(self, most: int = 1_000) -> None:
        self.asked, self.most = 0, most

    async def psubscribe(self, _pattern: str) -> None: ...

    async def get_message(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - redis-py's
        self.asked += 1
        if self.asked == self.most:
            raise asyncio.CancelledError
        raise ConnectionError("Connection closed by server.")

    async def aclose(self) -> None: ...


async def turns_meanwhile(listening: PubSubMultiplexer) -> int:
    """How often a lost connection had been asked when anybody else had a turn."""
    listener = asyncio.create_task(listening._start())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked: int = listening.pubsub.asked
    listener.cancel()
    with suppress(asyncio.CancelledError):
        await listener
    return asked


async def test_whoever_hears_of_jobs_leaves_others_their_turn_when_its_connection_is_lost() -> None:
    assert await turns_meanwhile(queues.PatientListener(LostPubSub(), "jobs")) == 1


async def test_as_saq_would_do_it_nobody_else_had_a_turn() -> None:
    """The control."""
    assert await turns_meanwhile(PubSubMultiplexer(LostPubSub(), "jobs")) == 1_000
