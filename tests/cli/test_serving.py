import asyncio
import os
from typing import Any

import pytest

from marketplace.cli.serving import LettingGo, Lifeline


class Streaming:
    """An application whose every response of type `kind` goes on until it is cancelled."""

    def __init__(self, kind: bytes) -> None:
        self.kind = kind
        self.began, self.finish = asyncio.Event(), asyncio.Event()
        self.is_finished = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self.kind)]})
        self.began.set()
        await self.finish.wait()
        self.is_finished = True


async def sent(_: Any) -> None:
    pass


async def cut_during(streaming: Streaming) -> "asyncio.Task[None]":
    lifeline = Lifeline()
    app = LettingGo(streaming, lifeline)
    await app({"type": "lifespan"}, sent, sent)
    request = asyncio.ensure_future(app({"type": "http"}, sent, sent))
    await streaming.began.wait()
    # A fork shares the pipe's near end; here there is none, so this cut is the last.
    lifeline.launcher = os.getppid()
    lifeline.cut()
    return request


async def test_a_cut_lifeline_ends_streams():
    streaming = Streaming(b"text/event-stream; charset=utf-8")
    await asyncio.wait_for(await cut_during(streaming), 5)
    assert not streaming.is_finished


async def test_what_ends_by_itself_may_finish():
    streaming = Streaming(b"application/json")
    request = await cut_during(streaming)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(request), 0.05)
    streaming.finish.set()
    await asyncio.wait_for(request, 5)
    assert streaming.is_finished
