"""Websockets and the probe, while Redis is away or hangs."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from marketplace import redis as redis_room
from marketplace.api import sockets
from marketplace.api.sockets import Sockets
from marketplace.redis import EmbeddedRedis
from tests.api.client import Client
from tests.conftest import short_folder
from tests.waiting import eventually


@pytest.fixture
async def own_redis(own_settings):
    """A server that may be stopped and killed."""
    with short_folder() as folder:
        server = EmbeddedRedis(folder)
        redis_room.use(server.start())
        yield server
        await redis_room.close()
        server.remove()


@contextmanager
def frozen(server: EmbeddedRedis) -> Iterator[None]:
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


class Tab:
    """A websocket that stays open, and what it was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.is_open = asyncio.Event()
        self.task = asyncio.create_task(Sockets(self._talk)({"type": "websocket"}, self._receive, self._send))

    async def _talk(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        self.is_open.set()
        await asyncio.Event().wait()

    async def _receive(self) -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


async def test_no_websocket_begins_while_redis_is_away(own_redis: EmbeddedRedis) -> None:
    own_redis.stop(kill=True)
    refused = Tab()
    await asyncio.wait_for(refused.task, 10)
    assert [(message["type"], message["code"]) for message in refused.sent] == [("websocket.close", 1013)]
    own_redis.start()
    tab = Tab()
    await asyncio.wait_for(tab.is_open.wait(), 10)
    tab.task.cancel()
    with pytest.raises(asyncio.CancelledError):  # the server's own way to end it is left alone
        await tab.task
    assert sockets._open == set()


async def test_open_websockets_end_when_redis_hangs(own_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "LOOK_EVERY", 0.05)
    tabs = [Tab(), Tab()]
    async with sockets.watching_the_store():
        for tab in tabs:
            await asyncio.wait_for(tab.is_open.wait(), 10)
        with frozen(own_redis):
            await asyncio.wait_for(asyncio.gather(*(tab.task for tab in tabs)), 20)
    assert sockets._open == set()


async def test_the_probe_does_not_wait_for_a_redis_that_hangs(
    own_redis: EmbeddedRedis, database: str, api: Client
) -> None:
    await redis_room.ping()
    with frozen(own_redis):
        without_end = asyncio.create_task(redis_room.client().ping())
        await asyncio.sleep(0)
        ready = await api.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": "ok", "redis": "Redis does not answer."}
        assert not without_end.done()  # what everybody else would wait for
        without_end.cancel()
    await eventually(without_end.done)
    assert (await api.get("/health/ready")).status_code == 200


class Flooded(Tab):
    """A browser that sends these messages at once, and what of them is let through."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.heard: list[Any] = []
        super().__init__()

    async def _talk(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            self.heard.append(message["text"])
        self.heard.append(message["type"])

    async def _receive(self) -> dict[str, Any]:
        return {"type": "websocket.receive", "text": self._texts.pop(0)}


async def test_a_websocket_that_sends_without_end_is_ended(own_redis: EmbeddedRedis) -> None:
    flood = Flooded(*["x"] * (sockets.MOST_AT_ONCE * 2))
    await asyncio.wait_for(flood.task, 10)
    assert sockets.MOST_AT_ONCE <= len(flood.heard) < sockets.MOST_AT_ONCE * 2
    assert flood.heard[-1] == "websocket.disconnect"
    assert flood.sent[-1]["code"] == 1008


async def test_a_message_that_is_too_large_is_not_let_through(own_redis: EmbeddedRedis) -> None:
    flood = Flooded("x" * sockets.MOST_CHARACTERS, "x" * (sockets.MOST_CHARACTERS + 1), "y")
    await asyncio.wait_for(flood.task, 10)
    assert [len(flood.heard), flood.heard[1]] == [2, "websocket.disconnect"]


def test_what_may_be_sent_fills_up_again() -> None:
    now = 0.0
    budget = sockets.Budget(lambda: now)
    assert sum(budget.spend() for _ in range(1000)) == sockets.MOST_AT_ONCE
    now += 100
    assert sum(budget.spend() for _ in range(1000)) == sockets.MOST_AT_ONCE
