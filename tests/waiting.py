"""Waiting for what will happen, instead of for time to go past."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from marketplace import db

BETWEEN_LOOKS = 0.01


async def eventually(happened: Callable[[], bool | Awaitable[bool]], within: float = 10) -> None:
    """Return as soon as `happened()` is true; fail if it is not within so many seconds."""
    deadline = time.monotonic() + within
    while True:
        seen = happened()
        if await seen if inspect.isawaitable(seen) else seen:
            return
        assert time.monotonic() < deadline, f"did not happen within {within} s: {inspect.getsource(happened).strip()}"
        await asyncio.sleep(BETWEEN_LOOKS)


@contextmanager
def somebody_else() -> Iterator[None]:
    """Within a test's own transaction: what follows is another party's doing, with a connection of its own."""
    ours = db._ours.get()
    db._ours.set(None)
    try:
        yield
    finally:
        db._ours.set(ours)
