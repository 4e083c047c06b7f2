"""Loops beside the work of a process end with it."""

from __future__ import annotations

import asyncio

import pytest

from marketplace.background import beside, end
from tests.waiting import eventually


class Deaf:
    """A loop that takes its first cancellation for something else, as redis-py's time-out may."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def run(self) -> None:
        while self.cancelled < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled += 1


async def test_a_loop_that_misses_its_first_cancellation_is_told_again() -> None:
    deaf = Deaf()
    task = asyncio.create_task(deaf.run())
    await asyncio.sleep(0)
    await end(task, patience=0.01)
    assert task.done()
    assert deaf.cancelled == 2


async def test_told_once_it_would_go_on() -> None:
    deaf = Deaf()
    task = asyncio.create_task(deaf.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=0.01)
    assert not task.done()
    await end(task, patience=0.01)


async def test_loops_last_as_long_as_the_block_also_where_it_fails() -> None:
    begun, ended = [], []

    async def loop(name: str) -> None:
        begun.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    with pytest.raises(ZeroDivisionError):
        async with beside(loop("one"), loop("other")):
            await eventually(lambda: len(begun) == 2)
            raise ZeroDivisionError
    assert sorted(ended) == ["one", "other"]
