"""Loops that run beside the other work of a process, and end with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

PATIENCE = 5.0
"""Seconds that a task may take to tidy up before it is told to end once more."""


@asynccontextmanager
async def beside(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these for as long as the block lasts."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Task[Any], patience: float = PATIENCE) -> None:
    """Cancel these tasks and wait until each has ended, however it did.

    One cancellation may be lost: a time-out that fires within the task at that moment takes it for its own, and the
    task goes on. So it is repeated.
    """
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=patience)
    await asyncio.gather(*tasks, return_exceptions=True)
