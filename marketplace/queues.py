"""The queues that background work goes through (SAQ on our Redis)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Job
from saq.queue.redis import ID_PREFIX, PubSubMultiplexer, RedisQueue

from marketplace.pauses import Pauses

log = structlog.get_logger()

WORK, MAIL = "holdfast", "holdfast-mail"
"""Mail waits for a server of somebody else's, and has a queue and workers of its own: no payment waits behind it."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
ANSWER_SECONDS = 15
"""More than any worker waits for a job in one question: who hears nothing for so long has lost the connection."""

LISTENING_SECONDS = 10
"""How long to wait for news of jobs before listening anew: less than ANSWER_SECONDS, for silence is no failure."""


class PatientListener(PubSubMultiplexer):
    """Hears what becomes of jobs; once its connection is lost, it gets another after a pause.

    SAQ's own reads on from the lost one, which fails at once and without waiting: nothing else in the process, not even
    the signal to stop it, ever had its turn.
    """

    async def _start(self) -> None:
        pauses = Pauses(SHORTEST_PAUSE, LONGEST_PAUSE)
        while True:
            try:
                await self.pubsub.psubscribe(f"{self.prefix}*")
                while True:
                    message = await self.pubsub.get_message(timeout=LISTENING_SECONDS)
                    pauses.end()
                    if message and message["type"] == "pmessage":
                        message["channel"] = message["channel"].decode()
                        self.publish(message["channel"], message)
            except (RedisError, OSError) as error:
                log.warning("queue.deaf", error=repr(error))
                with suppress(RedisError, OSError):
                    await self.pubsub.aclose()  # type: ignore[no-untyped-call]
                await pauses.wait()


class PatientQueue(RedisQueue):
    """One task at a time asks for work, and while Redis is away it pauses longer and longer.

    A worker of SAQ asks again at once, with as many tasks as it may run jobs.
    """

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(redis, name=name)
        self._pubsub = PatientListener(redis.pubsub(), prefix=f"{ID_PREFIX}{self.name}")
        self._asking = asyncio.Lock()
        self._pauses = Pauses(SHORTEST_PAUSE, LONGEST_PAUSE)

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:  # noqa: ASYNC109 - SAQ's
        async with self._asking:
            try:
                job = await super().dequeue(timeout, poll_interval)
            except (RedisError, OSError) as error:
                log.warning("queue.away", queue=self.name, error=repr(error))
                await self._pauses.wait()
                raise
            self._pauses.end()
            return job

    async def disconnect(self) -> None:
        with suppress(RedisError, OSError):  # it says good-bye first, and there may be nobody to say it to
            await super().disconnect()


def connect(address: str, name: str) -> PatientQueue:
    # SAQ reads bytes; every other user of Redis here reads text, so it gets a client of its own.
    return PatientQueue(Redis.from_url(address, socket_connect_timeout=2, socket_timeout=ANSWER_SECONDS), name)
