import asyncio
import os
import signal
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from marketplace.cli.serving import LettingGo, Lifeline
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


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


SERVED = """
    import multiprocessing, os, sys
    from granian.constants import Interfaces
    from granian.server.mp import MPServer
    from marketplace.cli.serving import Lifeline, Server

    multiprocessing.set_start_method("fork", force=True)
    port, whose = int(sys.argv[1]), sys.argv[2]
    how = {"address": "127.0.0.1", "port": port, "interface": Interfaces.ASGI, "workers": 1}
    how |= {"respawn_failed_workers": True, "workers_kill_timeout": 2}
    server = Server(Lifeline(), **how) if whose == "ours" else MPServer("x:y", **how)

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(os.getpid()).encode()})

    server.serve(target_loader=lambda: app, wrap_loader=False)
"""


async def _killed_again_and_again(whose: str, port: int) -> int | None:
    """Kill four processes, each as soon as it answers. What the launcher returned; None if it serves with a fifth."""
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(SERVED), str(port), whose, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    killed: list[int] = []
    answering = 0

    async def a_new_one_answers_or_all_is_over() -> bool:
        nonlocal answering
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient() as client:
                answering = int((await client.get(f"http://127.0.0.1:{port}/")).text)
        return (answering and answering not in killed) or launcher.returncode is not None

    try:
        while launcher.returncode is None:
            await eventually(a_new_one_answers_or_all_is_over, within=40)
            if launcher.returncode is not None or len(killed) == 4:
                break
            killed.append(answering)
            os.kill(answering, signal.SIGKILL)
        return launcher.returncode
    finally:
        if launcher.returncode is None:
            launcher.terminate()
        await asyncio.wait_for(launcher.wait(), 30)


async def test_processes_that_are_killed_again_and_again_do_not_end_the_site(unused_tcp_port: int) -> None:
    assert await _killed_again_and_again("ours", unused_tcp_port) is None


async def test_without_our_own_loop_they_do(unused_tcp_port: int) -> None:
    assert await _killed_again_and_again("theirs", unused_tcp_port) == 1
