"""What befalls the marketplace meanwhile, in an order that the seed decides."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from marketplace import redis
from marketplace.lab import cluster_sync
from marketplace.redis import EmbeddedRedis
from tests.storm.caller import Caller
from tests.storm.instance import Instance, tell
from tests.storm.journal import Journal

PAUSE = (2, 6)
FAULTS: tuple[dict[str, Any], ...] = (
    {},
    {"duplicates": 3},
    {"reorder": True, "duplicates": 1},
    {"drop": True},
    {"forge": True, "delay_seconds": 2},
)
"""Of the provider's webhooks."""

Blow = Callable[["Chaos", Random], Awaitable[str]]


class Chaos:
    """One blow after the other, each with what it needs to be over."""

    def __init__(self, instance: Instance, server: EmbeddedRedis, tester: Caller, journal: Journal, seed: str) -> None:
        self._instance, self._redis, self._tester = instance, server, tester
        self._journal, self._dice = journal, Random(f"{seed} chaos")
        self._ahead = 0

    async def rage(self) -> None:
        """For ever: ended by whoever started it."""
        while True:
            await asyncio.sleep(self._dice.uniform(*PAUSE))
            blow, _ = self._dice.choices(BLOWS, [weight for _, weight in BLOWS])[0]
            # Each blow has dice of its own: how many are thrown must not decide what comes next.
            detail = await blow(self, Random(self._dice.getrandbits(64)))
            self._journal.write("chaos", blow.__name__.removeprefix("_").replace("_", " "), detail)

    async def calm(self) -> None:
        """Nothing is broken any more, and the provider does as it should."""
        self._instance.start_workers()
        await self._behave({})

    async def _kill_a_web_worker(self, dice: Random) -> str:
        return _kill(dice, self._instance.web_workers())

    async def _kill_a_job_worker(self, dice: Random) -> str:
        killed = _kill(dice, self._instance.job_workers())
        await asyncio.sleep(dice.uniform(0, 2))
        self._instance.start_workers()
        return killed

    async def _pause_a_worker(self, dice: Random) -> str:
        pids = (*self._instance.web_workers(), *self._instance.job_workers())
        return await _pause(dice.choice(pids), dice.uniform(0.5, 4)) if pids else "there was none"

    async def _pause_redis(self, dice: Random) -> str:
        return await _pause(self._redis.pid, dice.uniform(0.2, 2))

    async def _flush_redis(self, dice: Random) -> str:
        async with redis.client().pipeline() as both:
            # The lab's clock lies there, too, and stays as it was: a real one does not jump back.
            await both.flushall().set(cluster_sync.AHEAD, self._ahead).execute()
        return ""

    async def _restart_redis(self, dice: Random) -> str:
        is_killed = dice.random() < 0.5
        self._redis.stop(kill=is_killed)
        try:
            await asyncio.sleep(dice.uniform(0, 1.5))
        finally:
            self._redis.start()
        return "killed" if is_killed else "in order"

    async def _move_the_clock(self, dice: Random) -> str:
        seconds = dice.choice((30, 120, 400, 1000))
        answer = await self._tester.ask("POST", "/lab/clock", {"seconds": seconds})
        if answer is not None and answer.is_success:
            self._ahead = round(answer.json()["ahead_seconds"] * 1000)
        return f"by {seconds} s"

    async def _let_webhooks_go_astray(self, dice: Random) -> str:
        faults = dice.choice(FAULTS)
        await self._behave(faults)
        return str(faults)

    async def _behave(self, faults: dict[str, Any]) -> None:
        simulator_settings = await self._tester.ask("GET", "/lab/simulator")
        if simulator_settings is not None and simulator_settings.is_success:
            await self._tester.ask("PUT", "/lab/simulator", {**simulator_settings.json(), "faults": faults})


BLOWS: tuple[tuple[Blow, int], ...] = (
    (Chaos._kill_a_web_worker, 3),
    (Chaos._kill_a_job_worker, 3),
    (Chaos._pause_a_worker, 4),
    (Chaos._pause_redis, 2),
    (Chaos._flush_redis, 3),
    (Chaos._restart_redis, 2),
    (Chaos._move_the_clock, 2),
    (Chaos._let_webhooks_go_astray, 4),
)


def _kill(dice: Random, pids: list[int]) -> str:
    if not pids:
        return "there was none"
    pid = dice.choice(pids)
    tell(pid, signal.SIGKILL)
    return str(pid)


async def _pause(pid: int, seconds: float) -> str:
    tell(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        tell(pid, signal.SIGCONT)
    return f"{pid} for {seconds:.1f} s"
