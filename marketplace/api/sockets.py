"""Websockets end when what they need goes away, and none begins until it is back; none may send without end.

A tab keeps its state in Redis. While that is away no event can be answered, not even with a word of regret. A browser
whose websocket ends says so in the page by itself, asks again after growing pauses, and then loads the page anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marketplace import redis
from marketplace.background import beside
from marketplace.errors import Unavailable

log = structlog.get_logger()

LOOK_EVERY = 2.0
PATIENCE = 1.0
"""Seconds without an answer after which Redis counts as away: a browser asks again soon."""
TRY_AGAIN_LATER, POLICY_VIOLATION = 1013, 1008

MOST_CHARACTERS = 256 << 10
"""In one message: more than any form of ours holds. Files take another way."""
MOST_AT_ONCE, MOST_PER_SECOND = 200, 20
"""Messages of one websocket: many more than a person makes who types and clicks."""

_open: set[asyncio.Task[Any]] = set()


class Sockets:
    """An ASGI layer that knows this process's websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
        elif await _store_answers():
            await self._hold(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "Please try again in a moment."})

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        _open.add(task)
        budget = Budget(asyncio.get_running_loop().time)

        async def bounded_receive() -> Message:
            message = await receive()
            size = max(len(message.get("text") or ""), len(message.get("bytes") or b""))
            if size <= MOST_CHARACTERS and budget.spend():
                return message
            log.warning("sockets.too_much", size=size)
            # The application takes it for a browser that has left.
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "That was too much at once."})
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}

        try:
            await self.app(scope, bounded_receive, send)
        except asyncio.CancelledError:
            if task in _open:  # it was not us who hung up
                raise
        finally:
            _open.discard(task)


class Budget:
    """What one websocket may still send: MOST_AT_ONCE, which fills up again by MOST_PER_SECOND."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left, self._looked_at = float(MOST_AT_ONCE), clock()

    def spend(self) -> bool:
        now = self._clock()
        self._left = min(MOST_AT_ONCE, self._left + (now - self._looked_at) * MOST_PER_SECOND)
        self._looked_at = now
        self._left -= 1
        return self._left >= 0


def hang_up() -> None:
    """End every websocket of this process."""
    ended = tuple(_open)
    _open.clear()
    for task in ended:
        task.cancel()


@asynccontextmanager
async def watching_the_store() -> AsyncIterator[None]:
    """Notice a Redis that does not answer, also one that hangs: events that wait for it would wait without a word."""
    async with beside(_watch()):
        yield


async def _watch() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if _open and not await _store_answers():
            log.warning("sockets.hung_up", count=len(_open))
            hang_up()


async def _store_answers() -> bool:
    try:
        await redis.ping(within=PATIENCE)
    except Unavailable:
        return False
    return True
